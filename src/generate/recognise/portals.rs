//! What belongs to the portals of environments: auth strategies, and teams of developers with their roles.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::generate::draft::{Draft, DraftEnvironment};
use crate::generate::inventory::{Inventory, is_on, label, other_labels, text};
use crate::konnect::resources::application_auth_strategy::{
    AUTH_METHODS, CREDENTIAL_CLAIM, DISPLAY_NAME, ISSUER, KEY_NAMES, NAME, SCOPES, STRATEGY_TYPE, TTL,
};
use crate::konnect::resources::portal::DEFAULT_APPLICATION_AUTH_STRATEGY_ID;
use crate::konnect::resources::{api_publication, application_auth_strategy, portal, portal_team, portal_team_role};
use crate::manifest::model::{AuthStrategy, EnvironmentType, NO_STRATEGY, PortalRole, PortalTeam, Ttl};
use crate::manifest::{fitting_name, unfit_name, unfit_shown_name, unfit_team};
use engine::Remote;

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    strategies(inventory, draft);
    teams(inventory, draft);
}

/// The key of each strategy that is taken over, with its environment, by its id.
type Keys = BTreeMap<String, (String, String)>;

fn strategies(inventory: &Inventory, draft: &mut Draft) {
    let used = used(inventory, draft);
    let mut keys = Keys::new();
    for strategy in inventory.of(application_auth_strategy::SCHEMA.type_name) {
        let labelled = label(strategy, "env-name").map(str::to_owned);
        let is_near = |name: &String| {
            draft.environments.get(name).is_some_and(|one| one.region.as_str() == text(strategy, "region"))
        };
        let Some(name) = labelled.filter(is_near).or_else(|| used.get(&strategy.id).cloned()) else { continue };
        let Some(environment) = draft.environments.get_mut(&name) else { continue };
        match self::strategy(strategy, &name, environment) {
            Ok((key, one)) => {
                keys.insert(strategy.id.clone(), (name, key.clone()));
                environment.overrides.auth_strategies.insert(key, one);
            }
            Err(reason) => draft.give_up(application_auth_strategy::SCHEMA.type_name, &strategy.id, reason),
        }
    }
    let publications = inventory.by(api_publication::SCHEMA.type_name, api_publication::API_ID.text());
    for (name, environment) in &mut draft.environments {
        let key_of = |id: &str| keys.get(id).filter(|(of, _)| of == name).map(|(_, key)| key.clone());
        let portal = inventory.get(portal::SCHEMA.type_name, &environment.portal);
        let default = portal.map_or("", |portal| text(portal, DEFAULT_APPLICATION_AUTH_STRATEGY_ID.text()));
        environment.overrides.default_application_auth_strategy = key_of(default);
        let has_default = environment.overrides.default_application_auth_strategy.is_some();
        for api in environment.members.values_mut().flat_map(|member| member.apis.values_mut()) {
            let mut published = publications.get(api.id.as_str()).into_iter().flatten();
            let here = published.find(|one| text(one, api_publication::PORTAL_ID.text()) == environment.portal);
            api.auth_strategy = match here.map(|one| text(one, api_publication::AUTH_STRATEGY_ID.text())) {
                Some("") => has_default.then(|| NO_STRATEGY.to_owned()),
                Some(id) => key_of(id),
                None => None,
            };
        }
    }
}

/// The environment that uses each strategy, in its portal or in an API there. The first of several.
fn used(inventory: &Inventory, draft: &Draft) -> BTreeMap<String, String> {
    let mut used = BTreeMap::new();
    for (name, environment) in &draft.environments {
        let portal = inventory.get(portal::SCHEMA.type_name, &environment.portal);
        let default = portal.map(|portal| text(portal, DEFAULT_APPLICATION_AUTH_STRATEGY_ID.text()));
        let publications = inventory.of(api_publication::SCHEMA.type_name).iter();
        let here = publications.filter(|one| text(one, api_publication::PORTAL_ID.text()) == environment.portal);
        let of_apis = here.map(|one| text(one, api_publication::AUTH_STRATEGY_ID.text()));
        for id in default.into_iter().chain(of_apis).filter(|id| !id.is_empty()) {
            used.entry(id.to_owned()).or_insert_with(|| name.clone());
        }
    }
    used
}

fn strategy(
    strategy: &Remote,
    environment_name: &str,
    environment: &DraftEnvironment,
) -> Result<(String, AuthStrategy), String> {
    let name = text(strategy, NAME.text());
    let stem = match environment.r#type {
        EnvironmentType::Prod => name,
        EnvironmentType::Dev => {
            name.strip_suffix(environment_name).and_then(|stem| stem.strip_suffix('-')).unwrap_or(name)
        }
    };
    let is_fit = unfit_name(stem).is_none();
    let key = if is_fit { Some(stem.to_owned()) } else { fitting_name(stem) };
    let key = key.filter(|key| key != NO_STRATEGY).ok_or("no auth strategy of the configuration can have its name")?;
    if environment.overrides.auth_strategies.contains_key(&key) {
        return Err(format!("another auth strategy is `{key}` in `{environment_name}`"));
    }
    let strategy_type = serde_json::from_value(text(strategy, STRATEGY_TYPE.text()).into());
    let strategy_type = strategy_type.map_err(|_| "its type is not known".to_owned())?;
    let shown = |name: &str, usual: &str| {
        Some(name.to_owned()).filter(|name| name != usual && unfit_shown_name(name).is_none())
    };
    let list = |attribute: &str, usual: &[&str]| {
        let items = strategy.attributes.get(attribute)?.as_array()?;
        let items: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        (items != usual).then_some(items)
    };
    let ttl = strategy.attributes.get(TTL.text()).and_then(|ttl| {
        let text = format!("{} {}", ttl["value"].as_u64()?, ttl["unit"].as_str()?);
        Ttl::parse(&text).map(|_| text)
    });
    let one = AuthStrategy {
        name: shown(name, &environment.r#type.api_name(&key, environment_name)),
        display_name: shown(text(strategy, DISPLAY_NAME.text()), &key),
        key_names: list(KEY_NAMES.text(), AuthStrategy::KEY_NAMES),
        ttl,
        issuer: Some(text(strategy, ISSUER.text()).to_owned()).filter(|issuer| !issuer.is_empty()),
        credential_claim: list(CREDENTIAL_CLAIM.text(), AuthStrategy::CREDENTIAL_CLAIM),
        scopes: list(SCOPES.text(), AuthStrategy::SCOPES),
        auth_methods: list(AUTH_METHODS.text(), AuthStrategy::AUTH_METHODS),
        labels: other_labels(strategy),
        ..AuthStrategy::new(strategy_type)
    };
    Ok((key, one))
}

/// The teams of developers of the portals of environments, and their roles on the APIs there.
fn teams(inventory: &Inventory, draft: &mut Draft) {
    let teams = inventory.by(portal_team::SCHEMA.type_name, portal_team::PORTAL_ID.text());
    let roles = inventory.by(portal_team_role::SCHEMA.type_name, portal_team_role::TEAM_ID.text());
    let mut unfit = Vec::new();
    for environment in draft.environments.values_mut() {
        for team in teams.get(environment.portal.as_str()).into_iter().flatten() {
            let name = text(team, portal_team::NAME.text());
            if let Some(reason) = unfit_team(name) {
                unfit.push((team.id.clone(), format!("no team of developers can have its name: {reason}")));
                continue;
            }
            let description = text(team, portal_team::DESCRIPTION.text());
            // Konnect shows the name in the place of a description that is not there.
            let is_own = !description.trim().is_empty() && description != name;
            let one = PortalTeam {
                description: is_own.then(|| description.to_owned()),
                can_own_applications: is_on(team, portal_team::CAN_OWN_APPLICATIONS.text()).then_some(true),
                roles: Vec::new(),
            };
            environment.overrides.teams.insert(name.to_owned(), one);
            let of_team = roles.get(team.id.as_str()).into_iter().flatten();
            let known: Vec<_> = of_team.filter_map(|role| self::role(role, environment)).collect();
            environment.roles.entry(name.to_owned()).or_default().extend(known);
        }
    }
    for (id, reason) in unfit {
        draft.give_up(portal_team::SCHEMA.type_name, &id, reason);
    }
}

/// A role, with the name of the service whose API it is about. `None` if it is not about an API of the environment.
fn role(role: &Remote, environment: &DraftEnvironment) -> Option<(PortalRole, String)> {
    let name = text(role, portal_team_role::ROLE_NAME.text());
    let named = PortalRole::ALL.into_iter().find(|one| one.as_str() == name)?;
    let entity = text(role, portal_team_role::ENTITY_ID.text());
    let mut apis = environment.members.values().flat_map(|member| &member.apis);
    apis.find(|(_, api)| api.id == entity).map(|(service, _)| (named, service.clone()))
}
