//! Objects that the configuration declares and that are not managed yet: `koctl import` adds them to the state (R5).
//!
//! Each object is taken over as it is. If it differs from the configuration, the next plan changes it, so that nothing
//! is sent before it was shown. Pure: it reads and writes nothing.

use std::collections::HashSet;

use super::address::{Address, Targets};
use super::collisions;
use super::compare::Case;
use super::desired::{Desired, Expr};
use super::diff::Diff;
use super::graph::Graph;
use super::names;
use super::plan::{Action, Goal, Planned, ResourceChange};
use super::refusal::Refusal;
use super::remembered::Remembered;
use super::remote::Remote;
use super::resource::Readers;
use super::schema::Schema;
use super::secret::trace;
use super::target::reach;
use super::world::World;

/// Options of an import.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdoptOptions<'a> {
    /// Limits it to these (`--target`), and to what they depend on.
    pub targets: Option<&'a Targets>,
    /// Limits it to this one.
    pub only: Option<&'a Address>,
    /// The lineage of the state, which is the key of the traces of secrets (R11).
    pub lineage: &'a str,
}

/// Compares. A resource that could be any of several objects is [deferred](Action::Deferred), with their ids.
///
/// An object that is in the state under another address is left to the next plan, which moves it.
///
/// # Errors
/// Every reason for which the configuration makes no sense.
pub fn adopt(
    desired: &[Desired],
    state: &Remembered,
    world: &World,
    readers: &Readers,
    options: AdoptOptions<'_>,
) -> Result<Diff, Vec<Refusal>> {
    Graph::new(desired).map_err(|error| vec![error.into()])?;
    let unknown_names = names::check(desired, readers);
    if !unknown_names.is_empty() {
        return Err(unknown_names);
    }
    let nothing = HashSet::new();
    let reached = options.targets.map(|targets| reach(desired, state, world, &nothing, targets, &HashSet::new()));
    let is_meant = |address: &Address| {
        reached.as_ref().is_none_or(|reached| reached.contains(address))
            && options.only.is_none_or(|only| only == address)
    };
    let mut refusals = collisions::find(desired, world, readers);
    refusals.retain(|refusal| refusal.addresses().any(is_meant));
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let known: HashSet<(&str, &str)> =
        state.0.iter().map(|(address, one)| (address.type_name(), one.id.as_str())).collect();
    let mut changes = Vec::new();
    for desired in desired.iter().filter(|one| is_meant(&one.address) && !state.0.contains_key(&one.address)) {
        // A type that no reader knows was refused when the scope was read.
        let Some(schema) = readers.schema(desired.address.type_name()) else { continue };
        let remote = world.object(&desired.address);
        let case = Case { desired, schema, prior: None, remote };
        match remote {
            Some(remote) if !known.contains(&(schema.type_name, remote.id.as_str())) => {
                changes.push(taken_over(&case, remote, world, options.lineage));
            }
            Some(_) => {}
            None => changes.extend(world.ambiguous(&desired.address).map(|ids| unclear(&case, ids))),
        }
    }
    changes.sort_unstable_by(|a, b| a.address.cmp(&b.address));
    Ok(Diff { changes, ..Diff::default() })
}

/// An object as it is, with the values that the configuration wants otherwise.
fn taken_over(case: &Case<'_>, remote: &Remote, world: &World, lineage: &str) -> ResourceChange {
    let Case { desired, schema, .. } = *case;
    let mut change = ResourceChange::new(case);
    for (name, expr) in desired.attributes.iter().filter(|(name, _)| !desired.ignored.contains(*name)) {
        let known = match expr {
            Expr::Value(value) => Some(value.clone()),
            Expr::Secret(secret) => Some(trace(lineage, &desired.address, name, secret)),
            Expr::Lookup(lookup) => world.look_up(lookup).ok(),
            Expr::Reference(reference) => {
                let value = world.value(reference);
                if value.is_none() {
                    change.set(name, Goal::Set(Planned::Unknown(reference.clone())));
                }
                value
            }
        };
        if let Some(value) = known {
            change.set(name, Goal::Set(Planned::Known(value)));
        }
    }
    compare(&mut change, schema, remote);
    change
}

fn compare(change: &mut ResourceChange, schema: &Schema, remote: &Remote) {
    for attribute in schema.attributes {
        change.compare(attribute, None, remote, false);
    }
    change.as_it_is(schema);
}

fn unclear(case: &Case<'_>, ids: &[String]) -> ResourceChange {
    let mut change = ResourceChange::new(case);
    change.action = Action::Deferred;
    change.reason = Some(format!("it could be any of {} existing objects: {}", ids.len(), ids.join(", ")));
    change.candidates = ids.to_vec();
    change
}
