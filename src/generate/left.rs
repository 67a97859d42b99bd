//! What no part of the configuration answers for, and why.

use super::inventory::{Inventory, text};
use super::proof::Proven;
use engine::Remote;
use engine::world::World;

/// An object that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its type.
    pub type_name: &'static str,
    /// What people know it by.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// The types that are looked through, in the order of a report, with the reason where there is no better one.
const TYPES: &[(&str, &str)] = &[
    ("team", "the configuration has no team of its name"),
    ("user", "the user is in no team of the configuration"),
    ("team_role", "a team has one role in an environment, on its control plane, and this is another"),
    ("control_plane", "no team has it as its control plane"),
    ("portal", "no environment has it as its portal"),
    ("api", "no service has it as its API"),
    ("api_publication", "an API is published to the portal of its environment alone"),
    ("api_implementation", "the gateway service is not tagged with the name of the API"),
    ("identity_provider", "how people sign in is not described"),
    ("team_group_mapping", "the mappings of another identity provider are described, or of none"),
    ("notification_subscription", "only channels that are the same for all events can be described"),
    ("dashboard", "only koctl's own dashboards can be described, in every region of an environment"),
];

/// Everything of the inventory that the configuration has no word for, by type. What is below something that is left
/// is not told again.
#[must_use]
pub fn left(proven: &Proven, inventory: &Inventory) -> Vec<Left> {
    let mut left = Vec::new();
    for (type_name, usual) in TYPES {
        for object in inventory.of(type_name) {
            let is_held = proven.world.holder(type_name, &object.id).is_some();
            if is_held || is_below_what_is_left(type_name, object, &proven.world) {
                continue;
            }
            let known = proven.draft.given_up.get(&((*type_name).to_owned(), object.id.clone()));
            left.push(Left {
                type_name,
                name: name(type_name, object, inventory),
                id: object.id.clone(),
                reason: known.cloned().unwrap_or_else(|| (*usual).to_owned()),
            });
        }
    }
    left
}

/// The objects that an object is a part of, by type and id.
fn wholes<'a>(type_name: &str, object: &'a Remote) -> Vec<(&'static str, &'a str)> {
    match type_name {
        "team_role" => vec![("team", text(object, "team_id"))],
        "api_publication" | "api_implementation" => vec![("api", text(object, "api_id"))],
        "team_group_mapping" => vec![("identity_provider", text(object, "identity_provider_id"))],
        _ => Vec::new(),
    }
}

fn is_below_what_is_left(type_name: &str, object: &Remote, world: &World) -> bool {
    // The entity of a role can be anything; where it is a control plane, that was read.
    let entity = world.by_id("control_plane", text(object, "entity_id")).map(|plane| ("control_plane", &*plane.id));
    let wholes = wholes(type_name, object).into_iter().chain(entity);
    wholes.into_iter().any(|(whole, id)| world.holder(whole, id).is_none())
}

/// What people know an object by.
fn name(type_name: &str, object: &Remote, inventory: &Inventory) -> String {
    let known = |type_name: &str, id: &str| {
        let object = inventory.get(type_name, id);
        let name = object.map(|object| text(object, "name")).filter(|name| !name.is_empty());
        let names = object.and_then(|object| object.attributes.get("names")?.as_array()?.last()?.as_str());
        name.or(names).unwrap_or(id).to_owned()
    };
    let names = |attributes: [(&str, &str); 2]| {
        attributes.map(|(type_name, attribute)| known(type_name, text(object, attribute)))
    };
    match type_name {
        "user" => text(object, "email").to_owned(),
        "identity_provider" => text(object, "type").to_owned(),
        "notification_subscription" => format!("{} of {}", text(object, "name"), text(object, "event_id")),
        "team_role" => {
            let [team, entity] = names([("team", "team_id"), ("control_plane", "entity_id")]);
            format!("{team}: {} of {entity}", text(object, "role_name"))
        }
        "api_publication" => names([("api", "api_id"), ("portal", "portal_id")]).join(" in "),
        "api_implementation" => names([("api", "api_id"), ("gateway_service", "service_id")]).join(" by "),
        "team_group_mapping" => {
            format!("{}: {}", known("konnect_team", text(object, "team_id")), text(object, "group"))
        }
        _ => text(object, "name").to_owned(),
    }
}
