//! Which teams take part in an environment: those with the role of its type on a control plane of the environment.

use std::collections::BTreeMap;

use super::by_suffix;
use crate::engine::Remote;
use crate::generate::draft::{Draft, DraftMember};
use crate::generate::inventory::{Inventory, label, text};
use crate::manifest::model::EnvironmentType;

/// How well a control plane suits a team: the smaller, the better.
type Rank = (u8, String);

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let roles = inventory.by("team_role", "entity_id");
    let names: BTreeMap<String, String> =
        draft.teams.iter().map(|(name, team)| (team.id.clone(), name.clone())).collect();
    for plane in inventory.of("control_plane") {
        match environment_of(plane, draft) {
            Ok(environment) => {
                let roles = roles.get(plane.id.as_str()).map(Vec::as_slice).unwrap_or_default();
                let teams = |role: &str| teams_with(role, roles, &names);
                place(inventory, plane, &environment, teams, draft);
            }
            Err(reason) => draft.give_up("control_plane", &plane.id, reason),
        }
    }
}

/// The environment of a control plane, or why there is none.
fn environment_of(plane: &Remote, draft: &Draft) -> Result<String, String> {
    let region = text(plane, "region");
    let in_region = || draft.environments.iter().filter(|(_, one)| one.region.as_str() == region);
    if let Some(named) = label(plane, "env-name").or_else(|| label(plane, "env")) {
        let there = in_region().any(|(name, _)| name == named);
        return there.then(|| named.to_owned()).ok_or_else(|| no_portal(named, region));
    }
    match by_suffix(text(plane, "name"), in_region().map(|(name, _)| name.as_str())) {
        Some((_, environment)) => Ok(environment.to_owned()),
        None => Err("it has no label `env-name`, and no environment is at the end of its name".to_owned()),
    }
}

pub(super) fn no_portal(environment: &str, region: &str) -> String {
    format!("the environment `{environment}` has no portal in {region}")
}

/// Has the teams of a control plane take part in its environment, each with the one that suits it best.
fn place(
    inventory: &Inventory,
    plane: &Remote,
    environment: &str,
    teams: impl Fn(&str) -> Vec<String>,
    draft: &mut Draft,
) {
    let Some(r#type) = draft.environments.get(environment).map(|one| one.r#type) else { return };
    let role = role(r#type);
    let teams = teams(role);
    if teams.is_empty() {
        let reason = format!(
            "no team has the role `{role}` on it, as a team does in an environment of type {type}",
            r#type = r#type
        );
        return draft.give_up("control_plane", &plane.id, reason);
    }
    let owner = owner(plane, environment, draft);
    for team in teams {
        // Somebody else's control plane is a team's own only where the team has APIs, and no better one.
        if owner.as_ref().is_some_and(|owner| *owner != team) && !has_apis(inventory, &team, environment) {
            continue;
        }
        let new =
            DraftMember { plane: plane.id.clone(), plane_name: text(plane, "name").to_owned(), apis: BTreeMap::new() };
        let ranked = |member: &DraftMember| rank(inventory, member, &team, environment);
        let Some(drafted) = draft.environments.get(environment) else { return };
        let loser = match drafted.members.get(&team) {
            Some(old) if ranked(old) <= ranked(&new) => Some(new.plane.clone()),
            old => {
                let loser = old.map(|old| old.plane.clone());
                let members = draft.environments.get_mut(environment).map(|one| &mut one.members);
                members.into_iter().for_each(|members| drop(members.insert(team.clone(), new.clone())));
                loser
            }
        };
        if let Some(loser) = loser {
            let reason = format!("team `{team}` has another control plane in `{environment}` already");
            draft.give_up("control_plane", &loser, reason);
        }
    }
}

/// The role that the compiler gives a team on its control plane.
fn role(environment: EnvironmentType) -> &'static str {
    match environment {
        EnvironmentType::Prod => "Viewer",
        EnvironmentType::Dev => "Admin",
    }
}

/// The teams that have `role` by one of `roles`.
fn teams_with(role: &str, roles: &[&Remote], names: &BTreeMap<String, String>) -> Vec<String> {
    let with_role = roles.iter().filter(|one| text(one, "role_name") == role);
    let mut teams: Vec<String> = with_role.filter_map(|one| names.get(text(one, "team_id")).cloned()).collect();
    teams.sort_unstable();
    teams.dedup();
    teams
}

/// The team that a control plane is of, by its label or its name.
fn owner(plane: &Remote, environment: &str, draft: &Draft) -> Option<String> {
    let labelled = label(plane, "team").map(str::to_owned);
    let named = || text(plane, "name").strip_suffix(environment)?.strip_suffix('-').map(str::to_owned);
    labelled.or_else(named).filter(|team| draft.teams.contains_key(team))
}

fn has_apis(inventory: &Inventory, team: &str, environment: &str) -> bool {
    let is_of = |api: &Remote| label(api, "team-name") == Some(team) && label(api, "env-name") == Some(environment);
    inventory.of("api").iter().any(is_of)
}

fn rank(inventory: &Inventory, member: &DraftMember, team: &str, environment: &str) -> Rank {
    let labelled = inventory.get("control_plane", &member.plane).and_then(|plane| label(plane, "team")) == Some(team);
    let rank = match () {
        () if member.plane_name == format!("{team}-{environment}") => 0,
        () if labelled => 1,
        () => 2,
    };
    (rank, member.plane_name.clone())
}
