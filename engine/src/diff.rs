//! Desired, state and remote compared (R3 to R5, R9, R12).
//!
//! Pure: nothing is read and nothing is written here.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::address::{Address, Targets};
use super::change::{Case, Provenance};
use super::collide::collisions;
use super::desired::{Desired, Expr, Lookup, Reference};
use super::drift;
use super::graph::{Graph, GraphError};
use super::plan::{Action, Drift, ResourceChange};
use super::refresh::Remembered;
use super::resource::{Readers, Remote};
use super::schema::{Attribute, Kind, OnRemoval, Schema};
use super::secret::trace;
use super::target::reach;
use super::value::{entries, stored_form};
use super::world::World;
use crate::state::{ResourceState, shell_word};

/// What `plan` was asked for beyond the comparison.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Objects that exist but that koctl did not make are an error instead of an import (`--no-adopt`).
    pub no_adopt: bool,
    /// The plan is about these alone (`--target`), with what they depend on, and with what depends on those that are
    /// to be deleted or replaced. What the rest is like still counts: the object of another address stays with that one.
    pub targets: Option<&'a Targets>,
    /// What the configuration protects although the plan does not want it: everything, when it is to be destroyed.
    pub protected: Option<&'a BTreeSet<Address>>,
    /// The lineage of the state, under which secrets leave their traces (R11).
    pub lineage: &'a str,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub struct Diff {
    /// By address.
    pub changes: Vec<ResourceChange>,
    /// By address.
    pub drift: Vec<Drift>,
}

/// Why a scope cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `protect: true` covers a resource that would be deleted or replaced.
    #[error(
        "`{address}` {}, but it is protected{}; if this is meant, take `protect: true` away, apply that, and then go on",
        .action.future(), because(.attributes)
    )]
    Protected {
        /// The resource.
        address: Address,
        /// Delete or replace.
        action: Action,
        /// What forces the replacement.
        attributes: Vec<String>,
    },
    /// Several objects could be meant.
    #[error("`{address}` could be any of {} existing objects of its name: {}; take over the one that is meant with `koctl import {} ID`, or delete or rename the others", .ids.len(), .ids.join(", "), shell_word(.address.as_str()))]
    Ambiguous {
        /// The resource.
        address: Address,
        /// Their ids.
        ids: Vec<String>,
    },
    /// `--no-adopt`, and the object exists.
    #[error("`{address}` exists already with the id {id}, and --no-adopt was given; leave the option out to import it")]
    Exists {
        /// The resource.
        address: Address,
        /// Its id.
        id: String,
    },
    /// It names something that does not exist.
    #[error("`{address}` cannot be made: {reason}")]
    Absent {
        /// The resource.
        address: Address,
        /// What does not exist, and what is called nearly the same.
        reason: String,
    },
    /// Two resources would be one object.
    #[error("`{first}` and `{second}` would be the same object ({}); give one of them another name", .key.join(", "))]
    Collision {
        /// One.
        first: Address,
        /// The other.
        second: Address,
        /// The natural key that they share.
        key: Vec<String>,
    },
    /// The references do not make sense.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

fn because(attributes: &[String]) -> String {
    match attributes {
        [] => String::new(),
        names => format!(" (because of `{}`)", names.join("`, `")),
    }
}

impl Refusal {
    /// Whether it concerns one of `addresses`. What is wrong with the graph concerns all.
    fn concerns(&self, addresses: &HashSet<&Address>) -> bool {
        matches!(self, Self::Graph(_)) || self.addresses().any(|address| addresses.contains(address))
    }

    /// The resources that it names; none where it is about all.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        let (one, other) = match self {
            Self::Protected { address, .. }
            | Self::Ambiguous { address, .. }
            | Self::Exists { address, .. }
            | Self::Absent { address, .. } => (Some(address), None),
            Self::Collision { first, second, .. } => (Some(first), Some(second)),
            Self::Graph(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// Compares.
///
/// # Errors
/// Every reason for which the scope cannot be planned; there is no partial plan.
pub fn diff(
    desired: &[Desired],
    state: &Remembered,
    world: &World,
    readers: &Readers,
    options: Options<'_>,
) -> Result<Diff, Vec<Refusal>> {
    let graph = Graph::new(desired).map_err(|error| vec![error.into()])?;
    let mut priors: HashMap<&Address, &ResourceState> = state.0.iter().collect();
    let remembered: Vec<_> = desired.iter().map(|resource| priors.remove(&resource.address)).collect();
    let mut leaving: Vec<_> = priors.into_iter().collect();
    leaving.sort_unstable_by_key(|(address, _)| *address);
    let mut differ = Differ {
        world,
        no_adopt: options.no_adopt,
        protected: options.protected,
        lineage: options.lineage,
        pending: HashMap::new(),
        waiting: HashMap::new(),
        leaving: leaving.iter().map(|one| ((one.0.type_name(), one.1.id.as_str()), *one)).collect(),
        out: Diff::default(),
        refusals: collisions(desired, world, readers),
    };
    for index in graph.order() {
        let desired = &desired[*index];
        // A type that no reader knows was refused when the scope was read.
        if let Some(schema) = readers.schema(desired.address.type_name()) {
            let (prior, remote) = (remembered[*index], world.object(&desired.address));
            differ.wanted(Case { desired, schema, prior, remote });
        }
    }
    for (address, prior) in leaving {
        if let Some(schema) = readers.schema(address.type_name()) {
            differ.unwanted(address, prior, schema);
        }
    }
    let Differ { mut out, mut refusals, .. } = differ;
    if let Some(targets) = options.targets {
        let going = out.changes.iter().filter(|change| change.destroys()).map(|change| &change.address).collect();
        let reach = reach(desired, state, world, &going, targets);
        out.changes.retain(|change| reach.contains(&change.address));
        out.drift.retain(|drift| reach.contains(&drift.address));
        refusals.retain(|refusal| refusal.concerns(&reach));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    out.changes.sort_unstable_by(|a, b| a.address.cmp(&b.address));
    out.drift.sort_unstable_by(|a, b| a.address.cmp(&b.address));
    Ok(out)
}

/// The value of an expression, as far as it is known.
enum Resolved {
    Known(Value),
    Unknown(Reference),
    Deferred(Waiting),
    /// It is not there, and nobody will make it.
    Absent(String),
}

/// Why a resource waits (R9).
#[derive(Clone)]
struct Waiting {
    reason: String,
    /// What was there so far goes with this plan, and comes back only after the waiting.
    lost: bool,
}

/// What of a resource is known only after it was made or changed.
enum Pending {
    /// All of it: it is made.
    All,
    /// It is made again, with these attributes as they were.
    AllBut(Vec<String>),
    /// It is changed in place. What the server computes is taken to stay.
    Only(Vec<String>),
}

impl Pending {
    fn covers(&self, attribute: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(kept) => !kept.iter().any(|name| name == attribute),
            Self::Only(changed) => changed.iter().any(|name| name == attribute),
        }
    }
}

struct Differ<'a> {
    world: &'a World,
    no_adopt: bool,
    protected: Option<&'a BTreeSet<Address>>,
    lineage: &'a str,
    pending: HashMap<&'a Address, Pending>,
    waiting: HashMap<&'a Address, Waiting>,
    /// What only the state knows, by type and id.
    leaving: HashMap<(&'a str, &'a str), (&'a Address, &'a ResourceState)>,
    out: Diff,
    refusals: Vec<Refusal>,
}

impl<'a> Differ<'a> {
    fn resolve(&self, address: &Address, name: &str, expr: &Expr) -> Resolved {
        match expr {
            Expr::Value(value) => Resolved::Known(value.clone()),
            Expr::Reference(reference) => self.refer(reference),
            Expr::Lookup(lookup) => self.look_up(lookup),
            Expr::Secret(secret) => Resolved::Known(trace(self.lineage, address, name, secret)),
        }
    }

    fn refer(&self, reference: &Reference) -> Resolved {
        let Reference { address, attribute } = reference;
        if let Some(waiting) = self.waiting.get(address) {
            return Resolved::Deferred(waiting.clone());
        }
        match self.world.object(address) {
            Some(object) if !self.pending.get(address).is_some_and(|pending| pending.covers(attribute)) => {
                Resolved::Known(object.attribute(attribute).unwrap_or_default())
            }
            _ => Resolved::Unknown(reference.clone()),
        }
    }

    fn look_up(&self, lookup: &Lookup) -> Resolved {
        for reference in lookup.within.values() {
            match self.refer(reference) {
                Resolved::Known(_) => {}
                // What was found there goes with what it was found in.
                Resolved::Unknown(_) => {
                    return Resolved::Deferred(Waiting { reason: lookup.absent.clone(), lost: true });
                }
                other @ (Resolved::Deferred(_) | Resolved::Absent(_)) => return other,
            }
        }
        match self.world.look_up(lookup) {
            Ok(value) => Resolved::Known(value),
            Err(reason) if lookup.must_exist => Resolved::Absent(self.suggest(lookup, reason)),
            Err(reason) => Resolved::Deferred(Waiting { reason, lost: false }),
        }
    }

    fn suggest(&self, lookup: &Lookup, reason: String) -> String {
        match self.world.nearest(lookup) {
            Some(meant) => format!("{reason}; did you mean `{meant}`?"),
            None => reason,
        }
    }

    /// A resource that the configuration asks for.
    fn wanted(&mut self, case: Case<'a>) {
        let address = &case.desired.address;
        if let Some(ids) = self.world.ambiguous(address) {
            return self.refusals.push(Refusal::Ambiguous { address: address.clone(), ids: ids.to_vec() });
        }
        if self.plainly_same(&case) {
            return;
        }
        let mut change = ResourceChange::new(&case);
        let mut waits: Vec<(&str, Waiting)> = Vec::new();
        for (name, expr) in &case.desired.attributes {
            match self.resolve(address, name, expr) {
                Resolved::Known(value) => {
                    change.after.insert(name.clone(), value);
                }
                Resolved::Unknown(reference) => {
                    change.unknown.insert(name.clone(), reference);
                }
                Resolved::Absent(reason) => {
                    return self.refusals.push(Refusal::Absent { address: address.clone(), reason });
                }
                // What exists already keeps what was found when it was made.
                Resolved::Deferred(waiting) => match case.remote.and_then(|remote| remote.attribute(name)) {
                    Some(value) => {
                        change.after.insert(name.clone(), value);
                        waits.push((name, waiting));
                    }
                    None => return self.defer(case, change, waiting.reason),
                },
            }
        }
        match case.remote {
            Some(remote) => self.compare(case, change, remote, &waits),
            None => self.create(case, change),
        }
    }

    /// Whether a resource is as it was recorded, and wanted so.
    ///
    /// It says so only of what is plainly the same, so that nothing is built for the bulk of a plan. Whatever it is
    /// not sure of is compared in full.
    fn plainly_same(&self, case: &Case<'a>) -> bool {
        let Case { desired, schema, prior: Some(prior), remote: Some(remote) } = *case else { return false };
        let depends_as_before = || {
            desired.references().all(|address| prior.dependencies.contains(address.as_str()))
                && prior.dependencies.iter().all(|text| desired.references().any(|address| address.as_str() == text))
        };
        prior.id == remote.id
            && prior.type_name == schema.type_name
            && prior.protect == desired.protect
            && prior.normalised.is_empty()
            && depends_as_before()
            && schema.attributes.iter().all(|attribute| self.plainly_same_attribute(attribute, desired, prior, remote))
    }

    fn plainly_same_attribute(
        &self,
        attribute: &Attribute,
        desired: &Desired,
        prior: &ResourceState,
        remote: &Remote,
    ) -> bool {
        let was = prior.attributes.get(attribute.name);
        let is = remote.attributes.get(attribute.name);
        if attribute.kind == Kind::Computed {
            return was == is;
        }
        match (desired.attributes.get(attribute.name), was, is) {
            (None, None, _) => true,
            (Some(Expr::Secret(secret)), Some(was), _) => {
                trace(self.lineage, &desired.address, attribute.name, secret) == *was
            }
            (Some(Expr::Value(wanted)), Some(was), Some(is)) if attribute.kind == Kind::Labels => {
                wanted == was && entries(wanted).all(|(key, value)| is.get(key) == Some(value))
            }
            (Some(wanted), Some(was), Some(is)) => {
                self.has_value(wanted, is) && (was == is || *was == stored_form(attribute.kind, is))
            }
            _ => false,
        }
    }

    fn has_value(&self, expr: &Expr, value: &Value) -> bool {
        match expr {
            Expr::Value(wanted) => wanted == value,
            Expr::Reference(Reference { address, attribute }) => {
                !self.waiting.contains_key(address)
                    && !self.pending.get(address).is_some_and(|pending| pending.covers(attribute))
                    && self.world.object(address).is_some_and(|object| object.has(attribute, value))
            }
            Expr::Lookup(lookup) => matches!(self.look_up(lookup), Resolved::Known(found) if found == *value),
            Expr::Secret(_) => false,
        }
    }

    fn defer(&mut self, case: Case<'a>, mut change: ResourceChange, reason: String) {
        if let (Some(prior), None) = (case.prior, case.remote) {
            self.find_drift(&case.desired.address, case.schema, prior, None);
        }
        self.waiting.insert(&case.desired.address, Waiting { reason: reason.clone(), lost: false });
        change.action = Action::Deferred;
        change.reason = Some(reason);
        self.out.changes.push(change);
    }

    fn create(&mut self, case: Case<'a>, mut change: ResourceChange) {
        if let Some(prior) = case.prior {
            self.find_drift(&case.desired.address, case.schema, prior, None);
        }
        self.pending.insert(&case.desired.address, Pending::All);
        change.action = Action::Create;
        self.out.changes.push(change);
    }

    /// Under which address, and how, koctl knows the object that stands behind a wanted address.
    fn provenance(&self, case: &Case<'a>, remote: &Remote) -> Provenance<'a> {
        if let Some(prior) = case.prior.filter(|prior| prior.id == remote.id) {
            return Provenance::Known(prior);
        }
        match self.leaving.get(&(case.schema.type_name, remote.id.as_str())) {
            Some((address, prior)) => Provenance::Renamed(address, prior),
            None => Provenance::Foreign,
        }
    }

    fn compare(&mut self, case: Case<'a>, mut change: ResourceChange, remote: &'a Remote, waits: &[(&str, Waiting)]) {
        let Case { desired, schema, prior, .. } = case;
        let provenance = self.provenance(&case, remote);
        let known = provenance.state();
        if let Some(prior) = prior.or(known) {
            self.find_drift(&desired.address, schema, prior, Some(remote));
        }
        if self.no_adopt && known.is_none() {
            let refusal = Refusal::Exists { address: desired.address.clone(), id: remote.id.clone() };
            return self.refusals.push(refusal);
        }
        if let Some(known) = known {
            change.prior_dependencies.extend(known.addresses());
        }
        for attribute in schema.attributes {
            let lost = waits.iter().any(|(name, waiting)| *name == attribute.name && waiting.lost);
            change.compare(attribute, known, remote, lost);
        }
        if let ([(_, waiting), ..], false) = (waits, change.replaced_by.is_empty()) {
            return self.leave_and_wait(case, change, known.is_some(), waiting);
        }
        change.act(&provenance);
        match change.action {
            Action::NoOp if known.is_some_and(|prior| change.record(schema, remote) == *prior) => return,
            Action::Replace => {
                self.pending.insert(&desired.address, Pending::AllBut(change.kept()));
                self.guard(&change);
            }
            _ if !change.changed.is_empty() => {
                self.pending.insert(&desired.address, Pending::Only(change.changed.clone()));
            }
            _ => {}
        }
        self.out.changes.push(change);
    }

    /// An object that would have to be replaced, but cannot be made again yet: it goes, if it is ours, and is
    /// deferred from then on.
    fn leave_and_wait(&mut self, case: Case<'a>, mut change: ResourceChange, ours: bool, waiting: &Waiting) {
        let address = &case.desired.address;
        if !ours {
            return self.defer(case, change, waiting.reason.clone());
        }
        self.waiting.insert(address, Waiting { lost: true, ..waiting.clone() });
        change.action = Action::Delete;
        change.reason = Some(format!("it has to be made again, which waits: {}", waiting.reason));
        self.guard(&change);
        change.after.clear();
        change.unknown.clear();
        change.changed.clear();
        change.replaced_by.clear();
        change.dependencies.clear();
        self.out.changes.push(change);
    }

    /// Refuses to delete or replace what is protected: by the configuration where it still names the resource,
    /// by the state where it does not.
    fn guard(&mut self, change: &ResourceChange) {
        if change.protect {
            self.refusals.push(Refusal::Protected {
                address: change.address.clone(),
                action: change.action,
                attributes: change.replaced_by.clone(),
            });
        }
    }

    /// A resource that only the state knows.
    fn unwanted(&mut self, address: &'a Address, prior: &'a ResourceState, schema: &'static Schema) {
        let remote = self.world.object(address);
        let mut change = ResourceChange::remembered(address, prior, schema);
        change.action = Action::Delete;
        change.protect |= self.protected.is_some_and(|protected| protected.contains(address));
        if let Some(new) = self.world.holder(schema.type_name, &prior.id) {
            change.action = Action::Forget;
            change.reason = Some(format!("it is `{new}` from now on"));
        } else if remote.is_none() {
            self.find_drift(address, schema, prior, None);
            change.action = Action::Forget;
            change.reason = Some("it is gone already".to_owned());
        } else if schema.on_removal == OnRemoval::Forget {
            change.action = Action::Forget;
            change.reason = Some("it left the configuration, and koctl never deletes it".to_owned());
        } else {
            change.before.extend(remote.map(|remote| remote.attributes.clone()).unwrap_or_default());
            self.guard(&change);
        }
        self.out.changes.push(change);
    }

    fn find_drift(&mut self, address: &Address, schema: &Schema, prior: &ResourceState, remote: Option<&Remote>) {
        self.out.drift.extend(drift::of(address, schema, prior, remote));
    }
}
