//! Environments. Each has a portal with its label, or of its name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::generate::draft::{Draft, DraftEnvironment};
use crate::generate::inventory::{Inventory, is_on, label, other_labels, text};
use crate::konnect::resources::portal::{
    AUTHENTICATION_ENABLED, AUTO_APPROVE_APPLICATIONS, AUTO_APPROVE_DEVELOPERS, DEFAULT_API_VISIBILITY,
    DEFAULT_PAGE_VISIBILITY, DESCRIPTION, DISPLAY_NAME, NAME, NOTIFICATIONS_DEVELOPER_PII_VISIBILITY_ENABLED,
    RBAC_ENABLED, SIPR_ENABLED,
};
use crate::konnect::resources::{api, control_plane, portal};
use crate::manifest::model::{Customization, Environment, EnvironmentPortal, EnvironmentType, Region, Visibility};
use crate::manifest::{fitting_name, unfit_name, unfit_shown_name};
use engine::Remote;

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let mut by_name: BTreeMap<String, Vec<&Remote>> = BTreeMap::new();
    for portal in inventory.of(portal::SCHEMA.type_name) {
        match environment_of(portal) {
            Ok(name) => by_name.entry(name).or_default().push(portal),
            Err(reason) => draft.give_up(portal::SCHEMA.type_name, &portal.id, reason),
        }
    }
    for (name, mut portals) in by_name {
        portals.sort_by_key(|portal| Reverse(weight(inventory, portal, &name)));
        let Some((portal, others)) = portals.split_first() else { continue };
        let region = text(portal, "region");
        for other in others {
            draft.give_up(
                portal::SCHEMA.type_name,
                &other.id,
                format!("the environment `{name}` is the one of its name in {region}"),
            );
        }
        if let Some(environment) = environment(portal, &draft.options.organization, &name) {
            draft.environments.insert(name, environment);
        }
    }
}

/// The name of the environment of a portal: by its label, or else by its name.
///
/// # Errors
/// The reason if a portal cannot be that of an environment.
fn environment_of(portal: &Remote) -> Result<String, String> {
    let named = label(portal, "env-name").unwrap_or_else(|| text(portal, NAME.text()));
    match unfit_name(named) {
        None => Ok(named.to_owned()),
        Some(reason) => fitting_name(named).ok_or_else(|| format!("no environment can have its name: {reason}")),
    }
}

/// The number of objects in the portal's region with the label of its environment. Among equals, the first region counts.
fn weight(inventory: &Inventory, portal: &Remote, name: &str) -> (bool, usize) {
    let region = text(portal, "region");
    let count = |type_name| {
        let of_region = inventory.of(type_name).iter().filter(|object| text(object, "region") == region);
        of_region.filter(|object| label(object, "env-name") == Some(name)).count()
    };
    (label(portal, "env-name").is_some(), count(control_plane::SCHEMA.type_name) + count(api::SCHEMA.type_name))
}

fn environment(portal: &Remote, organization: &str, name: &str) -> Option<DraftEnvironment> {
    let region: Region = serde_json::from_value(text(portal, "region").into()).ok()?;
    let (r#type, guess) = match label(portal, "env-type") {
        Some("PROD") => (EnvironmentType::Prod, None),
        Some("DEV") => (EnvironmentType::Dev, None),
        _ if is_on(portal, AUTHENTICATION_ENABLED.text()) => {
            (EnvironmentType::Dev, Some("guessed: the portal is private"))
        }
        _ => (EnvironmentType::Prod, Some("guessed: the portal is public")),
    };
    let overrides = overrides(portal, organization, name, &Environment::new(r#type, region));
    let (members, pages, snippets, roles) = Default::default();
    let portal = portal.id.clone();
    Some(DraftEnvironment { r#type, guess, region, portal, overrides, members, pages, snippets, roles })
}

/// A portal, where it differs from that of a usual environment. A name that the configuration cannot have is left out, so
/// that the proof gives the environment up.
fn overrides(portal: &Remote, organization: &str, name: &str, usual: &Environment) -> EnvironmentPortal {
    let shown = |attribute: &str, usual: &str| {
        let is = text(portal, attribute);
        Some(is.to_owned()).filter(|is| is != usual && unfit_shown_name(is).is_none())
    };
    let visibility = |attribute: &str, usual: Visibility| {
        serde_json::from_value(text(portal, attribute).into()).ok().filter(|is| *is != usual)
    };
    let switch = |attribute: &str, usual: bool| {
        let is = portal.attributes.get(attribute).and_then(Value::as_bool);
        is.filter(|is| *is != usual)
    };
    EnvironmentPortal {
        name: shown(NAME.text(), usual.portal_name(name)),
        display_name: shown(DISPLAY_NAME.text(), &usual.portal_display_name(organization, name)),
        description: Some(text(portal, DESCRIPTION.text()).to_owned()).filter(|text| !text.is_empty()),
        authentication: switch(AUTHENTICATION_ENABLED.text(), usual.signs_in()),
        authorization: None,
        custom_domain: None,
        customization: Customization::default(),
        logo: None,
        favicon: None,
        rbac: switch(RBAC_ENABLED.text(), false),
        ip_allow_list: switch(SIPR_ENABLED.text(), false),
        default_api_visibility: visibility(DEFAULT_API_VISIBILITY.text(), usual.api_visibility()),
        default_page_visibility: visibility(DEFAULT_PAGE_VISIBILITY.text(), usual.page_visibility()),
        auto_approve_developers: switch(AUTO_APPROVE_DEVELOPERS.text(), false),
        auto_approve_applications: switch(AUTO_APPROVE_APPLICATIONS.text(), false),
        developers_in_notifications: switch(NOTIFICATIONS_DEVELOPER_PII_VISIBILITY_ENABLED.text(), false),
        auth_strategies: BTreeMap::new(),
        default_application_auth_strategy: None,
        teams: BTreeMap::new(),
        labels: other_labels(portal),
        pages: BTreeMap::new(),
        snippets: BTreeMap::new(),
    }
}
