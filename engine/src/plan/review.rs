//! What of a plan was reviewed before, in another one (R7).
//!
//! Other pull requests are merged, and resources applied, between a review and the apply. A plan that is made then is
//! covered by the reviewed one if it does nothing that was not shown there. It may do less: what is done already is no
//! change any more.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::attribute::{AttributeChange, Goal, Planned};
use super::change::ResourceChange;
use super::document::Plan;
use super::moved::Moved;
use crate::address::Address;

impl Plan {
    /// The changes of this plan that `reviewed` does not have, or has otherwise.
    #[must_use]
    pub fn not_in<'a>(&'a self, reviewed: &Plan) -> Vec<&'a ResourceChange> {
        let seen: BTreeMap<&Address, &ResourceChange> = changes(reviewed).map(|one| (&one.address, one)).collect();
        changes(self).filter(|change| !seen.get(&change.address).is_some_and(|seen| is_covered(change, seen))).collect()
    }

    /// The resources that get another address in this plan, and not in `reviewed`.
    #[must_use]
    pub fn moved_unlike<'a>(&'a self, reviewed: &Plan) -> Vec<&'a Moved> {
        let seen: BTreeSet<&Moved> = reviewed.scopes.iter().flat_map(|scope| &scope.moved).collect();
        self.scopes.iter().flat_map(|scope| &scope.moved).filter(|moved| !seen.contains(moved)).collect()
    }
}

/// Everything that a plan does, protection included.
fn changes(plan: &Plan) -> impl Iterator<Item = &ResourceChange> {
    let changes = plan.scopes.iter().flat_map(|scope| &scope.changes);
    changes.filter(|change| change.action.is_change() || change.new_protection().is_some())
}

/// True if a change does the same as the reviewed one, to the same object.
fn is_covered(change: &ResourceChange, reviewed: &ResourceChange) -> bool {
    change.action == reviewed.action
        && change.id == reviewed.id
        && change.new_protection() == reviewed.new_protection()
        && (change.action == Action::Delete || effects_are_covered(change, reviewed))
}

fn effects_are_covered(change: &ResourceChange, reviewed: &ResourceChange) -> bool {
    let (found, seen) = (effects(change), effects(reviewed));
    found.keys().collect::<BTreeSet<_>>() == seen.keys().collect::<BTreeSet<_>>()
        && found.iter().all(|(name, attribute)| is_same(attribute, seen[name], &change.dependencies))
}

/// The attributes that the change sets, now or in the next plan.
fn effects(change: &ResourceChange) -> BTreeMap<&str, &AttributeChange> {
    let sets = |attribute: &AttributeChange| !matches!(attribute.goal, Goal::Unset | Goal::Same(_));
    let attributes = change.attributes.iter().filter(|(_, attribute)| sets(attribute));
    attributes.map(|(name, attribute)| (name.as_str(), attribute)).collect()
}

/// True if an attribute goes from the same value to the same value. A reference may be known by now: then it is the
/// value that the reviewed reference asked for, as long as the resource still depends on what that was about.
fn is_same(found: &AttributeChange, seen: &AttributeChange, dependencies: &BTreeSet<Address>) -> bool {
    let goal = match (found.goal.asked(), seen.goal.asked()) {
        (Some(Planned::Known(_)), Some(Planned::Unknown(reference))) => dependencies.contains(&reference.address),
        (found, seen) => found == seen,
    };
    goal && found.before == seen.before
        && found.forces_replacement() == seen.forces_replacement()
        && found.is_changed() == seen.is_changed()
}
