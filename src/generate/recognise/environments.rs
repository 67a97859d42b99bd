//! Environments. Each has a portal of its name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::generate::draft::{Draft, DraftEnvironment};
use crate::generate::inventory::{Inventory, is_on, label, text};
use crate::konnect::resources::{api, control_plane, portal};
use crate::manifest::model::{EnvironmentType, Region};
use crate::manifest::unfit_name;
use engine::Remote;

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let mut by_name: BTreeMap<&str, Vec<&Remote>> = BTreeMap::new();
    for portal in inventory.of(portal::SCHEMA.type_name) {
        let name = text(portal, "name");
        match refuse(portal, name) {
            Some(reason) => draft.give_up(portal::SCHEMA.type_name, &portal.id, reason),
            None => by_name.entry(name).or_default().push(portal),
        }
    }
    for (name, mut portals) in by_name {
        portals.sort_by_key(|portal| Reverse(weight(inventory, portal, name)));
        let Some((portal, others)) = portals.split_first() else { continue };
        let region = text(portal, "region");
        for other in others {
            draft.give_up(
                portal::SCHEMA.type_name,
                &other.id,
                format!("the environment `{name}` is the one of its name in {region}"),
            );
        }
        if let Some(environment) = environment(portal) {
            draft.environments.insert(name.to_owned(), environment);
        }
    }
}

/// The reason if a portal cannot be that of an environment. `None` if it can.
fn refuse(portal: &Remote, name: &str) -> Option<String> {
    if let Some(reason) = unfit_name(name) {
        return Some(format!("no environment can have its name: {reason}"));
    }
    let named = label(portal, "env-name").filter(|named| *named != name)?;
    Some(format!("the portal of an environment has its name, and its label `env-name` is `{named}`"))
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

fn environment(portal: &Remote) -> Option<DraftEnvironment> {
    let region: Region = serde_json::from_value(text(portal, "region").into()).ok()?;
    let (r#type, guess) = match label(portal, "env-type") {
        Some("PROD") => (EnvironmentType::Prod, None),
        Some("DEV") => (EnvironmentType::Dev, None),
        _ if is_on(portal, "authentication_enabled") => (EnvironmentType::Dev, Some("guessed: the portal is private")),
        _ => (EnvironmentType::Prod, Some("guessed: the portal is public")),
    };
    Some(DraftEnvironment { r#type, guess, region, portal: portal.id.clone(), members: BTreeMap::new() })
}
