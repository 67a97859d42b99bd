//! Drift, accepted into the state: what `--refresh-only` has the state know.
//!
//! What changed outside koctl is recorded as it is, what is gone is forgotten, and what was deleted and made again is
//! recorded under its new id. What of this the configuration wants otherwise is a change of the next plan. Pure: nothing
//! is read and nothing is written here.

use std::collections::HashSet;

use serde_json::Value;

use super::address::{Address, Targets};
use super::desired::Desired;
use super::diff::Diff;
use super::drift;
use super::plan::{Action, ResourceChange};
use super::refresh::Remembered;
use super::resource::{Readers, Remote};
use super::schema::{Attribute, Kind, Schema};
use super::target::reach;
use super::value::{own, stored_form};
use super::world::World;
use crate::state::ResourceState;

/// Compares what the state knows with what is there. `desired` is by what objects were recognised that were made again.
#[must_use]
pub fn accept(
    desired: &[Desired],
    state: &Remembered,
    world: &World,
    readers: &Readers,
    targets: Option<&Targets>,
) -> Diff {
    let nothing = HashSet::new();
    let reached = targets.map(|targets| reach(desired, state, world, &nothing, targets));
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

/// The record of an object as it is, of all that was recorded before.
fn as_it_is(mut change: ResourceChange, prior: &ResourceState, schema: &Schema, remote: &Remote) -> ResourceChange {
    change.id = Some(remote.id.clone());
    change.before = remote.attributes.clone();
    change.dependencies = prior.addresses();
    for attribute in schema.attributes {
        if let Some(was) = prior.attributes.get(attribute.name)
            && let Some(asked) = asked(attribute, was, prior, remote)
        {
            change.after.insert(attribute.name.to_owned(), asked);
        }
        if attribute.kind == Kind::Labels
            && let (Some(was), Some(is)) = (prior.attributes.get(attribute.name), change.before.get_mut(attribute.name))
        {
            *is = own(is, was, &Value::Null);
        }
    }
    change
}

/// What counts as asked for: what is there, unless that is what the server made of something else.
fn asked(attribute: &Attribute, was: &Value, prior: &ResourceState, remote: &Remote) -> Option<Value> {
    let is = remote.attributes.get(attribute.name);
    match attribute.kind {
        Kind::Computed => None,
        // Of an object that somebody else made, nobody knows the secret.
        Kind::WriteOnly => (prior.id == remote.id).then(|| was.clone()),
        kind => {
            let is = is?;
            let is = if kind == Kind::Labels { own(is, was, &Value::Null) } else { is.clone() };
            let stays = stored_form(kind, &is) == *was;
            Some(prior.normalised.get(attribute.name).filter(|_| stays).cloned().unwrap_or(is))
        }
    }
}
