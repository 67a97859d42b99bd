//! Objects that no part of the configuration asks for, and why.

use super::inventory::{Inventory, text};
use super::proof::Proven;
use crate::konnect::resources::{TYPES, team_role};
use crate::manifest::model::Region;
use crate::resource_type::{Generate, Title, Unmanaged};
use engine::Remote;

/// An object that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmanagedObject {
    /// Its type.
    pub type_name: &'static str,
    /// Its name for people.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Why it is left alone.
    pub reason: String,
}

/// All objects of the inventory that no part of the configuration asks for, by type. Objects below an unmanaged one are
/// not reported again.
#[must_use]
pub fn unmanaged(proven: &Proven, inventory: &Inventory) -> Vec<UnmanagedObject> {
    let mut unmanaged = Vec::new();
    for one in TYPES {
        let Generate::Read { unmanaged: Some(report), .. } = &one.generate else { continue };
        let type_name = one.schema.type_name;
        for object in inventory.of(type_name) {
            let is_managed = proven.world.holder(type_name, &object.id).is_some();
            if is_managed || is_below_unmanaged(report, object, proven, inventory) {
                continue;
            }
            let known = proven.draft.given_up.get(&(type_name.to_owned(), object.id.clone())).cloned();
            let known = known.or_else(|| in_unread_region(object, inventory));
            unmanaged.push(UnmanagedObject {
                type_name,
                name: title(report.title, object, inventory),
                id: object.id.clone(),
                reason: known.unwrap_or_else(|| report.reason.to_owned()),
            });
        }
    }
    unmanaged
}

fn is_below_unmanaged(report: &Unmanaged, object: &Remote, proven: &Proven, inventory: &Inventory) -> bool {
    report.below.iter().any(|(whole, attribute)| {
        let (type_name, id) = (whole.type_name, text(object, attribute));
        // A role can be about an entity of another type, which was not read.
        inventory.get(type_name, id).is_some() && proven.world.holder(type_name, id).is_none()
    })
}

/// The reason if an object is about one in a region that was not read. `None` if it is not.
fn in_unread_region(object: &Remote, inventory: &Inventory) -> Option<String> {
    let region = text(object, team_role::ENTITY_REGION.text());
    let is_one = Region::ALL.iter().any(|known| known.as_str() == region);
    (is_one && !inventory.regions.contains(region))
        .then(|| format!("it is about an object in the region `{region}`, which was not read: add --region {region}"))
}

/// The name of an object for people.
fn title(pieces: &[Title], object: &Remote, inventory: &Inventory) -> String {
    let piece = |piece: &Title| match *piece {
        Title::Attribute(attribute) => text(object, attribute).to_owned(),
        Title::NameOf(schema, attribute) => name_of(schema.type_name, text(object, attribute), inventory),
        Title::Text(text) => text.to_owned(),
    };
    pieces.iter().map(piece).collect()
}

/// The name of the object of that id, or its last name if it has several. The id if it was not read.
fn name_of(type_name: &str, id: &str, inventory: &Inventory) -> String {
    let object = inventory.get(type_name, id);
    let name = object.map(|object| text(object, "name")).filter(|name| !name.is_empty());
    let names = object.and_then(|object| object.attributes.get("names")?.as_array()?.last()?.as_str());
    name.or(names).unwrap_or(id).to_owned()
}
