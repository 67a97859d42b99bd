//! The service, the environment and the team of each API.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{by_suffix, no_portal};
use crate::compiler::Spec;
use crate::generate::draft::{Draft, DraftApi, DraftEnvironment};
use crate::generate::inventory::{Inventory, label, other_labels, text};
use crate::konnect::resources::{api, api_implementation, api_publication, api_version};
use crate::manifest::model::{EnvironmentType, Visibility};
use crate::manifest::{fitting_name, is_slug, unfit_label, unfit_shown_name};
use engine::Remote;

/// The objects that refer to APIs, by the id of the API.
struct Around<'a> {
    versions: BTreeMap<&'a str, Vec<&'a Remote>>,
    publications: BTreeMap<&'a str, Vec<&'a Remote>>,
    implementations: BTreeMap<&'a str, Vec<&'a Remote>>,
}

impl<'a> Around<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        Self {
            versions: inventory.by(api_version::SCHEMA.type_name, api_version::API_ID.text()),
            publications: inventory.by(api_publication::SCHEMA.type_name, api_publication::API_ID.text()),
            implementations: inventory.by(api_implementation::SCHEMA.type_name, api_implementation::API_ID.text()),
        }
    }
}

/// The texts of an attribute of the objects that refer to an API.
fn texts<'a>(around: &BTreeMap<&str, Vec<&'a Remote>>, api: &Remote, attribute: &str) -> BTreeSet<&'a str> {
    around.get(api.id.as_str()).into_iter().flatten().map(|object| text(object, attribute)).collect()
}

/// An API with the place that it would have.
struct Claim<'a> {
    remote: &'a Remote,
    environment: String,
    team: String,
    service: String,
    /// True if it has the name that the API of the service usually has.
    is_usual: bool,
    api: DraftApi,
}

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let around = Around::new(inventory);
    let mut claims = Vec::new();
    for api in inventory.of(api::SCHEMA.type_name) {
        match claim(&around, api, draft) {
            Ok(claim) => claims.push(claim),
            Err(reason) => draft.give_up(api::SCHEMA.type_name, &api.id, reason),
        }
    }
    let owners = owners(&claims);
    // Of several for one place, the labelled one, then that of the usual name, and then the highest version as text.
    claims.sort_by_key(|claim| {
        let labelled = label(claim.remote, "service-name").is_some();
        std::cmp::Reverse((labelled, claim.is_usual, text(claim.remote, "version").to_owned()))
    });
    let mut names = BTreeSet::new();
    for claim in claims {
        let Claim { remote, environment, team, service, api, .. } = claim;
        if names.contains(&(text(remote, "region"), api.name.clone())) {
            let reason = format!("another API of its name is taken over: `{}`", api.name);
            draft.give_up(api::SCHEMA.type_name, &remote.id, reason);
            continue;
        }
        let owner = owners.get(&service).filter(|owner| **owner != team);
        let member = draft.environments.get_mut(&environment).and_then(|one| one.members.get_mut(&team));
        let reason = match (owner, member) {
            (Some(owner), _) => format!("the service `{service}` is of team `{owner}` elsewhere"),
            (None, Some(member)) if !member.apis.contains_key(&service) => {
                names.insert((text(remote, "region"), api.name.clone()));
                member.apis.insert(service, api);
                continue;
            }
            _ => format!("another API is that of the service `{service}` in `{environment}`"),
        };
        draft.give_up(api::SCHEMA.type_name, &remote.id, reason);
    }
}

/// The team of each service: a service is one team's, in all environments.
fn owners(claims: &[Claim<'_>]) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for claim in claims {
        *counts.entry(&claim.service).or_default().entry(&claim.team).or_default() += 1;
    }
    let most = counts.into_iter().filter_map(|(service, teams)| {
        // The last of equals is the first by name.
        let (team, _) = teams.into_iter().rev().max_by_key(|(_, count)| *count)?;
        Some((service.to_owned(), team.to_owned()))
    });
    most.collect()
}

fn claim<'a>(around: &Around<'_>, api: &'a Remote, draft: &Draft) -> Result<Claim<'a>, String> {
    let environment = environment_of(around, api, draft)?;
    let (team, guess) = team_of(around, api, &environment, draft)?;
    let Some(drafted) = draft.environments.get(&environment) else { return Err(no_portal(&environment, "any region")) };
    let name = text(api, "name");
    let service = service_of(api, &environment, drafted.r#type)?;
    if let Some(reason) = unfit_shown_name(name) {
        return Err(format!("no API of the configuration can have its name: {reason}"));
    }
    if name.contains('{') {
        return Err("its name has a `{`, which begins a placeholder in the configuration".to_owned());
    }
    let is_usual = name == drafted.r#type.api_name(&service, &environment);
    let description = Some(text(api, "description")).filter(|text| !text.is_empty()).map(str::to_owned);
    let api_draft = DraftApi {
        id: api.id.clone(),
        name: name.to_owned(),
        visibility: visibility(around, api, drafted),
        description,
        slug: slug(api),
        labels: other_labels(api),
        auth_strategy: None,
        spec: specification(around, api)?,
        guess,
    };
    Ok(Claim { remote: api, environment, team, service, is_usual, api: api_draft })
}

/// The slug of an API, if a person chose it. Konnect makes one of the first name and version (`Api` of `api-builder-v3`).
fn slug(api: &Remote) -> Option<String> {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let slug = text(api, api::SLUG.text());
    let version = letters(slug).strip_prefix(&letters(text(api, "name"))).map(str::to_owned);
    let is_made = version.is_some_and(|version| version.contains(|c: char| c.is_ascii_digit()));
    Some(slug.to_owned()).filter(|slug| !slug.is_empty() && !is_made && is_slug(slug))
}

/// Who sees an API in the portal of its environment, if that differs from the other APIs there.
fn visibility(around: &Around<'_>, api: &Remote, environment: &DraftEnvironment) -> Option<Visibility> {
    let publications = around.publications.get(api.id.as_str()).into_iter().flatten();
    let mut of_portal = publications.filter(|one| text(one, "portal_id") == environment.portal);
    let is = of_portal.next().map(|one| text(one, api_publication::VISIBILITY.text()))?;
    let usual = environment.overrides.default_api_visibility.unwrap_or(environment.r#type.visibility());
    serde_json::from_value(is.into()).ok().filter(|is| *is != usual)
}

fn environment_of(around: &Around<'_>, api: &Remote, draft: &Draft) -> Result<String, String> {
    let region = text(api, "region");
    let in_region = || draft.environments.iter().filter(|(_, one)| one.region.as_str() == region);
    if let Some(named) = label(api, "env-name") {
        let there = in_region().any(|(name, _)| name == named);
        return there.then(|| named.to_owned()).ok_or_else(|| no_portal(named, region));
    }
    let portals = texts(&around.publications, api, "portal_id");
    let published: Vec<&String> =
        in_region().filter(|(_, one)| portals.contains(one.portal.as_str())).map(|(name, _)| name).collect();
    if let [only] = published.as_slice() {
        return Ok((*only).clone());
    }
    match by_suffix(text(api, "name"), in_region().map(|(name, _)| name.as_str())) {
        Some((_, environment)) => Ok(environment.to_owned()),
        None => Err("it has no label `env-name`, and is not published to the portal of one environment".to_owned()),
    }
}

/// The team, and the source of the guess.
fn team_of(
    around: &Around<'_>,
    api: &Remote,
    environment: &str,
    draft: &Draft,
) -> Result<(String, Option<&'static str>), String> {
    let nothing = BTreeMap::new();
    let members = draft.environments.get(environment).map_or(&nothing, |one| &one.members);
    if let Some(named) = label(api, "team-name") {
        let takes_part = members.contains_key(named);
        let reason = || format!("team `{named}` has no control plane of its own in `{environment}`");
        return takes_part.then(|| (named.to_owned(), None)).ok_or_else(reason);
    }
    let planes = texts(&around.implementations, api, "control_plane_id");
    let served: Vec<&String> =
        members.iter().filter(|(_, member)| planes.contains(member.plane.as_str())).map(|(name, _)| name).collect();
    match (served.as_slice(), members.len()) {
        ([only], _) => Ok(((*only).clone(), Some("its team is guessed from the control plane that serves it"))),
        (_, 1) => {
            let only = members.keys().next().cloned().unwrap_or_default();
            Ok((only, Some("its team is guessed: it is the only one of the environment")))
        }
        _ => Err("it has no label `team-name`, and no control plane that serves it identifies its team".to_owned()),
    }
}

fn service_of(api: &Remote, environment: &str, r#type: EnvironmentType) -> Result<String, String> {
    let name = text(api, "name");
    if let Some(service) = label(api, "service-name") {
        let reason = unfit_label(service).map(|reason| format!("no service can have its name: {reason}"));
        return reason.map_or_else(|| Ok(service.to_owned()), Err);
    }
    let stem = match r#type {
        EnvironmentType::Prod => name,
        EnvironmentType::Dev => name.strip_suffix(environment).and_then(|s| s.strip_suffix('-')).unwrap_or(name),
    };
    match unfit_label(stem) {
        None => Ok(stem.to_owned()),
        Some(reason) => fitting_name(stem).ok_or_else(|| format!("no service can have its name: {reason}")),
    }
}

fn specification(around: &Around<'_>, api: &Remote) -> Result<Spec, String> {
    let version = around.versions.get(api.id.as_str()).and_then(|versions| versions.first());
    let version = version.ok_or("it has no version, and with it no specification")?;
    let spec = Spec::parse(text(version, "content").to_owned())
        .map_err(|reason| format!("its specification cannot be used: {reason}"))?;
    let (own, named) = (text(api, "version"), spec.version.as_deref().unwrap_or_default());
    if own != named {
        return Err(format!("its version is `{own}`, and its specification says `{named}`"));
    }
    Ok(spec)
}
