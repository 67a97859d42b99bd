//! Drift, accepted into the state: the plan of `--refresh-only`.
//!
//! A changed object is recorded as it is, a deleted one is forgotten, and one that was deleted and created again is
//! recorded under its new id. If the configuration wants another value, that is a change of the next plan. Pure: it
//! reads and writes nothing.

use std::collections::HashSet;

use serde_json::Value;

use super::address::{Address, Targets};
use super::desired::Desired;
use super::diff::Diff;
use super::drift;
use super::plan::{Action, Goal, ResourceChange};
use super::remembered::Remembered;
use super::remote::Remote;
use super::resource::Readers;
use super::schema::{Attribute, Kind, Schema};
use super::target::reach;
use super::value::{own, stored_form};
use super::world::World;
use crate::state::ResourceState;

/// Compares the state with the live systems. By `desired`, objects that were created again have been recognised.
#[must_use]
pub fn accept(
    desired: &[Desired],
    state: &Remembered,
    world: &World,
    readers: &Readers,
    targets: Option<&Targets>,
) -> Diff {
    let nothing = HashSet::new();
    let reached = targets.map(|targets| reach(desired, state, world, &nothing, targets, &HashSet::new()));
    let is_meant = |address: &Address| reached.as_ref().is_none_or(|reached| reached.contains(address));
    let mut diff = Diff::default();
    for (address, prior) in state.0.iter().filter(|(address, _)| is_meant(address)) {
        // A type that no reader knows was refused when the scope was read.
        let Some(schema) = readers.schema(address.type_name()) else { continue };
        let remote = world.object(address);
        diff.drift.extend(drift::of(address, schema, prior, remote));
        let change = ResourceChange::remembered(address, prior, schema);
        match remote {
            None => diff.changes.push(forgotten(change)),
            Some(remote) => {
                let change = as_it_is(change, prior, schema, remote);
                if change.record(schema, remote) != *prior {
                    diff.changes.push(change);
                }
            }
        }
    }
    diff
}

fn forgotten(mut change: ResourceChange) -> ResourceChange {
    change.action = Action::Forget;
    change.reason = Some("it is gone".to_owned());
    change
}

/// The record of an object as it is, with the attributes that were recorded before.
fn as_it_is(mut change: ResourceChange, prior: &ResourceState, schema: &Schema, remote: &Remote) -> ResourceChange {
    change.id = Some(remote.id.clone());
    change.attributes.clear();
    change.extend_before(remote.attributes.clone());
    change.dependencies = prior.addresses();
    for attribute in schema.attributes {
        let Some(was) = prior.attributes.get(attribute.name) else { continue };
        if let Some(asked) = asked(attribute, was, prior, remote) {
            change.set(attribute.name, Goal::Same(asked));
        }
        if attribute.kind == Kind::Labels
            && let Some(is) = change.attributes.get_mut(attribute.name).and_then(|change| change.before.as_mut())
        {
            *is = own(is, was, &Value::Null);
        }
    }
    change
}

/// The value that counts as requested: the one of the object, unless the server made it of another one.
fn asked(attribute: &Attribute, was: &Value, prior: &ResourceState, remote: &Remote) -> Option<Value> {
    let is = remote.attributes.get(attribute.name);
    match attribute.kind {
        Kind::Computed => None,
        // The secret of an object that koctl did not create is unknown.
        Kind::WriteOnly => (prior.id == remote.id).then(|| was.clone()),
        kind => {
            let is = is?;
            let is = if kind == Kind::Labels { own(is, was, &Value::Null) } else { is.clone() };
            let stays = stored_form(kind, &is) == *was;
            Some(prior.normalised.get(attribute.name).filter(|_| stays).cloned().unwrap_or(is))
        }
    }
}
