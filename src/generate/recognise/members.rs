//! Which teams take part in an environment: those with the role of its type on a control plane of the environment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::{by_suffix, no_portal};
use crate::generate::draft::{Draft, DraftMember};
use crate::generate::inventory::{Inventory, label, other_labels, text};
use crate::konnect::resources::{api, control_plane, team_role};
use crate::manifest::model::{AuthType, ControlPlane, EnvironmentType, ProxyUrl};
use engine::Remote;

/// The control planes that a team could have in an environment, by the names of the environment and the team; each with
/// how well it suits: the smaller, the better.
type Candidates<'a> = BTreeMap<(String, String), Vec<(Rank, &'a Remote)>>;

/// The order of candidates: the usual name first, then the team's label, then the name.
type Rank = (bool, bool, String);

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let around = Around::new(inventory, draft);
    let mut candidates = Candidates::new();
    for plane in inventory.of(control_plane::SCHEMA.type_name) {
        if let Err(reason) = propose(plane, draft, &around, &mut candidates) {
            draft.give_up(control_plane::SCHEMA.type_name, &plane.id, reason);
        }
    }
    for ((environment, team), mut planes) in candidates {
        planes.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut planes = planes.into_iter().map(|(_, plane)| plane);
        let (Some(plane), Some(drafted)) = (planes.next(), draft.environments.get_mut(&environment)) else { continue };
        let (id, plane_name) = (plane.id.clone(), text(plane, "name").to_owned());
        let settings = settings(plane, drafted.r#type);
        drafted.members.insert(team.clone(), DraftMember { plane: id, plane_name, settings, apis: BTreeMap::new() });
        for other in planes {
            let reason = format!("team `{team}` has another control plane in `{environment}` already");
            draft.give_up(control_plane::SCHEMA.type_name, &other.id, reason);
        }
    }
}

/// A control plane, where it differs from that of a usual environment of this type.
fn settings(plane: &Remote, r#type: EnvironmentType) -> ControlPlane {
    let cluster_type = serde_json::from_value(text(plane, control_plane::CLUSTER_TYPE.text()).into()).ok();
    let auth_type = serde_json::from_value(text(plane, control_plane::AUTH_TYPE.text()).into()).ok();
    let description = Some(text(plane, control_plane::DESCRIPTION.text()).to_owned());
    ControlPlane {
        cluster_type: cluster_type.filter(|one| *one != r#type.cluster_type()),
        description: description.filter(|text| !text.is_empty()),
        // A new control plane has the other one.
        auth_type: auth_type.filter(|one| *one == AuthType::PkiClientCerts),
        proxy_urls: proxy_urls(plane),
        labels: other_labels(plane),
    }
}

/// The addresses of data planes. `None` if there are none, or if they cannot be written.
fn proxy_urls(plane: &Remote) -> Option<Vec<String>> {
    let urls = plane.attributes.get(control_plane::PROXY_URLS.text())?.as_array()?;
    let written = |url: &Value| {
        let written = format!("{}://{}:{}", url["protocol"].as_str()?, url["host"].as_str()?, url["port"].as_u64()?);
        written.parse::<ProxyUrl>().ok().map(|url| url.to_string())
    };
    urls.iter().map(written).collect::<Option<Vec<_>>>().filter(|urls| !urls.is_empty())
}

/// The objects that identify the teams of control planes.
struct Around<'a> {
    /// The names of teams by id.
    teams: BTreeMap<String, String>,
    /// The roles on each entity.
    roles: BTreeMap<&'a str, Vec<&'a Remote>>,
    /// The environments and teams that APIs name together.
    with_apis: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Around<'a> {
    fn new(inventory: &'a Inventory, draft: &Draft) -> Self {
        let named = |api| Some((label(api, "env-name")?, label(api, "team-name")?));
        Self {
            teams: draft.teams.iter().map(|(name, team)| (team.id.clone(), name.clone())).collect(),
            roles: inventory.by(team_role::SCHEMA.type_name, team_role::ENTITY_ID.text()),
            with_apis: inventory.of(api::SCHEMA.type_name).iter().filter_map(named).collect(),
        }
    }

    /// The teams that have `role` on a control plane.
    fn teams_with(&self, role: &str, plane: &Remote) -> BTreeSet<&String> {
        let roles = self.roles.get(plane.id.as_str()).into_iter().flatten();
        let of_that_name = roles.filter(|one| text(one, "role_name") == role);
        of_that_name.filter_map(|one| self.teams.get(text(one, "team_id"))).collect()
    }
}

/// Adds a control plane to the candidates of each team that could have it.
///
/// # Errors
/// The reason if no team can have it.
fn propose<'a>(
    plane: &'a Remote,
    draft: &Draft,
    around: &Around<'_>,
    candidates: &mut Candidates<'a>,
) -> Result<(), String> {
    let (environment, r#type) = environment_of(plane, draft)?;
    let role = role(r#type);
    let teams = around.teams_with(role, plane);
    if teams.is_empty() {
        return Err(format!(
            "no team has the role `{role}` on it, as teams do in an environment of type {}",
            r#type.as_str()
        ));
    }
    let owner = owner(plane, environment, draft);
    for team in teams {
        // Another team's control plane is a candidate only if the team has APIs in the environment.
        let is_others = owner.is_some_and(|owner| owner != team);
        if !is_others || around.with_apis.contains(&(environment, team)) {
            let one = (rank(plane, environment, team), plane);
            candidates.entry((environment.to_owned(), team.clone())).or_default().push(one);
        }
    }
    Ok(())
}

/// The environment of a control plane, or why there is none.
fn environment_of<'a>(plane: &'a Remote, draft: &'a Draft) -> Result<(&'a str, EnvironmentType), String> {
    let region = text(plane, "region");
    let in_region = || draft.environments.iter().filter(|(_, one)| one.region.as_str() == region);
    // The Go koctl sets `env` to the type of the environment, others to its name.
    let is_name = |value: &&str| in_region().any(|(name, _)| name == value);
    let labelled = label(plane, "env-name").or_else(|| label(plane, "env").filter(is_name));
    let by_name = || by_suffix(text(plane, "name"), in_region().map(|(name, _)| name.as_str()));
    let named = labelled
        .or_else(|| by_name().map(|(_, environment)| environment))
        .ok_or("it has no label `env-name`, and no environment is at the end of its name")?;
    let found = in_region().find(|(name, _)| *name == named);
    found.map(|(_, one)| (named, one.r#type)).ok_or_else(|| no_portal(named, region))
}

/// The role that the compiler gives a team on its control plane.
fn role(environment: EnvironmentType) -> &'static str {
    match environment {
        EnvironmentType::Prod => "Viewer",
        EnvironmentType::Dev => "Admin",
    }
}

/// The team of a control plane, by its label or its name.
fn owner<'a>(plane: &'a Remote, environment: &str, draft: &Draft) -> Option<&'a str> {
    let named = || text(plane, "name").strip_suffix(environment)?.strip_suffix('-');
    label(plane, "team").or_else(named).filter(|team| draft.teams.contains_key(*team))
}

fn rank(plane: &Remote, environment: &str, team: &str) -> Rank {
    let name = text(plane, "name");
    (name != format!("{team}-{environment}"), label(plane, "team") != Some(team), name.to_owned())
}
