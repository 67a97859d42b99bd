//! Names, and other values that only one object can have at a time, that pass from one object to another in a plan.

use std::collections::HashMap;

use serde_json::Value;

use super::plan::{Action, AttributeChange, ResourceChange};
use super::resource::Readers;
use super::schema::{Schema, UniqueKey};

/// A value that one object takes after another gives it up. A replaced object takes what it gave up itself.
pub(super) struct Handover {
    /// The index of the change that gives it up.
    pub(super) giver: usize,
    /// The index of the change that takes it.
    pub(super) taker: usize,
    /// What passes.
    pub(super) key: UniqueKey,
}

/// The handovers among changes.
pub(super) fn find(changes: &[ResourceChange], readers: &Readers) -> Vec<Handover> {
    let keys = || {
        changes.iter().enumerate().flat_map(|(index, change)| {
            let schema = readers.schema(change.address.type_name());
            schema.into_iter().flat_map(move |schema| schema.unique_keys().map(move |key| (index, change, schema, key)))
        })
    };
    let values = |change: &ResourceChange, key: UniqueKey, value: fn(&AttributeChange) -> Option<&Value>| {
        let part = |name: &&str| value(change.attributes.get(*name)?).map(Value::to_string);
        key.iter().map(part).collect::<Option<Vec<_>>>()
    };
    let is_changed = |change: &ResourceChange, key: UniqueKey| key.iter().any(|name| change.is_changed(name));
    let mut given_up = HashMap::new();
    for (index, change, schema, key) in keys() {
        if change.action == Action::Delete || is_changed(change, key) {
            let before = values(change, key, |attribute| attribute.before.as_ref());
            given_up.extend(before.map(|values| ((schema.type_name, key, values), index)));
        }
    }
    if given_up.is_empty() {
        return Vec::new();
    }
    let taken = keys().filter(|(_, change, _, key)| change.action == Action::Create || is_changed(change, key));
    let handover = |(taker, change, schema, key): (usize, &ResourceChange, &Schema, UniqueKey)| {
        let after = values(change, key, AttributeChange::after)?;
        let giver = *given_up.get(&(schema.type_name, key, after))?;
        Some(Handover { giver, taker, key })
    };
    taken.filter_map(handover).collect()
}
