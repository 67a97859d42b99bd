//! Second objects of koctl's own, of types whose names may repeat: what a request left whose answer came late, or what
//! two states made.

use std::collections::HashSet;

use serde_json::Value;

use super::plan::Duplicate;
use super::remembered::Remembered;
use super::remote::Remote;
use super::resource::Readers;
use super::schema::{Attribute, Kind, Schema};
use super::value::{entries, stored_form};
use super::world::World;
use crate::state::ResourceState;

/// The resources of the state of which there is another object, which no address has, by address.
pub(super) fn find(state: &Remembered, world: &World, readers: &Readers) -> Vec<Duplicate> {
    let known: HashSet<(&str, &str)> = state.0.values().map(|one| (one.type_name.as_str(), one.id.as_str())).collect();
    let duplicate = |(address, prior): (_, &ResourceState)| {
        let schema = readers.schema(prior.type_name.as_str()).filter(|schema| schema.may_repeat)?;
        let object = world.object(address)?;
        let others = world.namesakes(address).filter(|other| {
            let is_held = world.holder(schema.type_name, &other.id).is_some();
            !is_held && !known.contains(&(schema.type_name, other.id.as_str())) && is_own(schema, prior, other)
        });
        let others: Vec<String> = others.map(|other| other.id.clone()).collect();
        let address = address.clone();
        (!others.is_empty()).then(|| Duplicate { address, id: object.id.clone(), others })
    };
    state.0.iter().filter_map(duplicate).collect()
}

/// True if koctl made the object too: it has the labels that koctl set, or if the type has none, all of the values.
fn is_own(schema: &Schema, prior: &ResourceState, other: &Remote) -> bool {
    let has_labels = schema.attributes.iter().any(|attribute| attribute.kind == Kind::Labels);
    let counts = |attribute: &&Attribute| attribute.is_read_back() && (attribute.kind == Kind::Labels) == has_labels;
    schema.attributes.iter().filter(counts).all(|attribute| {
        let Some(was) = prior.attributes.get(attribute.name) else { return !has_labels };
        let is = other.attributes.get(attribute.name).unwrap_or(&Value::Null);
        match attribute.kind {
            Kind::Labels => entries(was).all(|(key, value)| is.get(key) == Some(value)),
            kind => stored_form(kind, is) == *was,
        }
    })
}
