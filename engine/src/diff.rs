//! Configuration, state and live systems compared (R3 to R5, R9, R12).
//!
//! Pure: it reads and writes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::address::{Address, Targets};
use super::collisions;
use super::compare::{Case, Provenance};
use super::contested;
use super::desired::{Desired, Expr, Lookup, Reference};
use super::graph::Graph;
use super::handover;
use super::names;
use super::plan::{
    Action, Drift, DriftKind, Duplicate, Goal, Ignored, Notice, Planned, ResourceChange, Waiting as Outstanding,
};
use super::refusal::Refusal;
use super::remembered::Remembered;
use super::remote::Remote;
use super::resource::Readers;
use super::schema::{Attribute, Kind, OnRemoval, Schema};
use super::secret::trace;
use super::target;
use super::value::{entries, same, stored_form};
use super::world::{NotFound, World};
use super::{drift, duplicates};
use crate::state::ResourceState;

/// Options of a comparison.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiffOptions<'a> {
    /// Existing objects that are not managed are an error instead of an import (`--no-adopt`).
    pub no_adopt: bool,
    /// Limits the plan to these (`--target`), to what they depend on, to what depends on those of them that are deleted or
    /// replaced, and to what gives up a name or another value that one of them takes. The rest still counts: an object stays with its own address.
    pub targets: Option<&'a Targets>,
    /// Resources that the configuration protects although the plan does not want them: all of them in a plan to
    /// destroy.
    pub protected: Option<&'a BTreeSet<Address>>,
    /// The lineage of the state, which is the key of the traces of secrets (R11).
    pub lineage: &'a str,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub struct Diff {
    /// The changes, by address.
    pub changes: Vec<ResourceChange>,
    /// The drift, by address.
    pub drift: Vec<Drift>,
    /// Second objects of koctl's own, by address.
    pub duplicates: Vec<Duplicate>,
    /// Why single resources stay as they are. All others are planned.
    pub held_back: Vec<Refusal>,
    /// The resources that wait for others, by address.
    pub waiting: Vec<Outstanding>,
    /// What differs from the configuration and is ignored, by address.
    pub ignored: Vec<Ignored>,
}

/// Compares.
///
/// # Errors
/// Every reason for which the scope cannot be planned. There is no plan without what it is about, except for
/// [`held_back`](Diff::held_back).
pub fn diff(
    desired: &[Desired],
    state: &Remembered,
    world: &World,
    readers: &Readers,
    options: DiffOptions<'_>,
) -> Result<Diff, Vec<Refusal>> {
    let unknown_names = names::check(desired, readers);
    if !unknown_names.is_empty() {
        return Err(unknown_names);
    }
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
        out: Diff { duplicates: duplicates::find(state, world, readers), ..Diff::default() },
        contested: HashMap::new(),
        refusals: collisions::find(desired, world, readers),
    };
    differ.contested =
        contested::find(desired, |type_name, id| differ.leaving.contains_key(&(type_name, id)), world, readers);
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
    out.waiting = waiting(desired.iter().map(|resource| &resource.address).chain(state.0.keys()), world, &out.changes);
    if let Some(targets) = options.targets {
        let going = out.changes.iter().filter(|change| change.destroys()).map(|change| &change.address).collect();
        let mut givers = HashSet::new();
        let mut reach = target::reach(desired, state, world, &going, targets, &givers);
        // What takes a name, or another value that only one object can have, needs the change that gives it up.
        let mut handovers = handover::find(&out.changes, readers);
        handovers.retain(|one| {
            let schema = readers.schema(out.changes[one.taker].address.type_name());
            schema.is_some_and(|schema| !schema.may_repeat || one.key != schema.natural_key)
        });
        loop {
            let needed = handovers.iter().filter(|one| reach.contains(&out.changes[one.taker].address));
            let needed = needed.map(|one| &out.changes[one.giver].address).filter(|giver| !reach.contains(giver));
            let needed: Vec<Address> = needed.cloned().collect();
            if needed.is_empty() {
                break;
            }
            givers.extend(needed);
            reach = target::reach(desired, state, world, &going, targets, &givers);
        }
        out.changes.retain(|change| reach.contains(&change.address));
        out.drift.retain(|drift| reach.contains(&drift.address));
        out.duplicates.retain(|one| reach.contains(&one.address));
        out.held_back.retain(|refusal| refusal.concerns(&reach));
        out.waiting.retain(|waiting| reach.contains(&waiting.address));
        out.ignored.retain(|ignored| reach.contains(&ignored.address));
        refusals.retain(|refusal| refusal.concerns(&reach));
    }
    if !refusals.is_empty() {
        return Err(Refusal::joined(refusals));
    }
    out.changes.sort_unstable_by(|a, b| a.address.cmp(&b.address));
    out.drift.sort_unstable_by(|a, b| a.address.cmp(&b.address));
    out.ignored.sort_unstable_by(|a, b| a.address.cmp(&b.address));
    Ok(out)
}

/// The resources that wait for others, except for those that the plan deletes.
fn waiting<'a>(
    addresses: impl Iterator<Item = &'a Address>,
    world: &World,
    changes: &[ResourceChange],
) -> Vec<Outstanding> {
    let going: BTreeSet<_> = changes.iter().filter(|one| one.destroys()).map(|one| &one.address).collect();
    let staying = addresses.filter(|address| !going.contains(address));
    // The configuration and the state have most addresses in common.
    let waits: BTreeMap<&Address, &Notice> =
        staying.filter_map(|address| Some((address, world.notice(address)?))).collect();
    waits.into_iter().map(|(address, notice)| notice.clone().of(address)).collect()
}

/// The value of an expression, if it is known.
enum Resolved {
    Known(Value),
    Unknown(Reference),
    Deferred(Waiting),
    /// It does not exist, and nothing will create it.
    Absent(String),
}

/// Why a resource waits (R9).
#[derive(Clone)]
struct Waiting {
    reason: String,
    /// The ids of the objects of which a person has to choose one.
    candidates: Vec<String>,
    /// The existing object goes with this plan, and comes back only when the waiting is over.
    lost: bool,
}

impl Waiting {
    fn lost(reason: String) -> Self {
        Self { reason, candidates: Vec::new(), lost: true }
    }
}

/// The attributes of a resource that are known only after apply.
enum Pending {
    /// All of them: it is created.
    All,
    /// All except these, which a replacement sets as they were.
    AllBut(Vec<String>),
    /// These: it is updated in place. Computed attributes are taken to stay.
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
    /// Resources that are in the state only, by type and id.
    leaving: HashMap<(&'a str, &'a str), (&'a Address, &'a ResourceState)>,
    /// Why resources cannot get a value that only one object can have.
    contested: HashMap<&'a Address, Refusal>,
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
            return Resolved::Deferred(Waiting { candidates: Vec::new(), ..waiting.clone() });
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
                // The object that was found goes with the one that it is in.
                Resolved::Unknown(_) => {
                    return Resolved::Deferred(Waiting::lost(lookup.absent.clone()));
                }
                other @ (Resolved::Deferred(_) | Resolved::Absent(_)) => return other,
            }
        }
        match self.world.look_up(lookup) {
            Ok(value) => Resolved::Known(value),
            Err(missing) if lookup.must_exist => Resolved::Absent(self.suggest(lookup, missing.reason)),
            Err(NotFound { reason, candidates }) => Resolved::Deferred(Waiting { reason, candidates, lost: false }),
        }
    }

    fn suggest(&self, lookup: &Lookup, reason: String) -> String {
        match self.world.nearest(lookup) {
            Some(meant) => format!("{reason}; did you mean `{meant}`?"),
            None => reason,
        }
    }

    /// A resource of the configuration.
    fn wanted(&mut self, case: Case<'a>) {
        let address = &case.desired.address;
        if let Some(ids) = self.world.ambiguous(address) {
            // What refers to it waits, and everything else is planned.
            let reason = format!("`{address}` could be any of {} existing objects", ids.len());
            self.waiting.insert(address, Waiting { reason, candidates: Vec::new(), lost: false });
            return self.out.held_back.push(Refusal::Ambiguous { address: address.clone(), ids: ids.to_vec() });
        }
        if let Some(refusal) = self.contested.remove(address) {
            if case.remote.is_none() {
                let reason = format!("`{address}` cannot be created yet");
                self.waiting.insert(address, Waiting { reason, candidates: Vec::new(), lost: false });
            }
            return self.out.held_back.push(refusal);
        }
        if self.plainly_same(&case) {
            return;
        }
        let mut change = ResourceChange::new(&case);
        let mut waits: Vec<(&str, Waiting)> = Vec::new();
        let is_ignored = |name: &str| case.remote.is_some() && case.desired.ignored.contains(name);
        for (name, expr) in case.desired.attributes.iter().filter(|(name, _)| !is_ignored(name)) {
            match self.resolve(address, name, expr) {
                Resolved::Known(value) => {
                    change.set(name, Goal::Set(Planned::Known(value)));
                }
                Resolved::Unknown(reference) => {
                    change.set(name, Goal::Set(Planned::Unknown(reference)));
                }
                Resolved::Absent(reason) => {
                    return self.refusals.push(Refusal::Absent { address: address.clone(), reason });
                }
                // An existing object keeps what was found when it was created.
                Resolved::Deferred(waiting) => match case.remote.and_then(|remote| remote.attribute(name)) {
                    Some(value) => {
                        change.set(name, Goal::Set(Planned::Known(value)));
                        waits.push((name, waiting));
                    }
                    None => return self.defer(case, change, waiting),
                },
            }
        }
        match case.remote {
            Some(remote) => {
                self.ignore(&case, &mut change, remote);
                self.compare(case, change, remote, &waits);
            }
            None => self.create(case, change),
        }
    }

    /// Lets the attributes that the configuration ignores be as they are, also if the object is replaced, and reports those
    /// that differ.
    fn ignore(&mut self, case: &Case<'a>, change: &mut ResourceChange, remote: &Remote) {
        let Case { desired, schema, .. } = *case;
        let mut differing = BTreeSet::new();
        for name in &desired.ignored {
            let Some(attribute) = schema.attribute(name) else { continue };
            let is = remote.attributes.get(name);
            if let Some(is) = is {
                change.set(name, Goal::Set(Planned::Known(is.clone())));
            }
            let wanted = desired.attributes.get(name);
            let is = is.unwrap_or(&Value::Null);
            if wanted.is_some_and(|wanted| !self.has_value_of(attribute, &desired.address, wanted, is)) {
                differing.insert(name.clone());
            }
        }
        if !differing.is_empty() {
            self.out.ignored.push(Ignored { address: desired.address.clone(), attributes: differing });
        }
    }

    /// True if an attribute has the value that the configuration says, or will perhaps have it.
    fn has_value_of(&self, attribute: &Attribute, address: &Address, expr: &Expr, is: &Value) -> bool {
        match self.resolve(address, attribute.name, expr) {
            Resolved::Known(wanted) if attribute.kind == Kind::Labels => {
                entries(&wanted).all(|(key, value)| is.get(key) == Some(value))
            }
            Resolved::Known(wanted) => same(attribute.kind, &wanted, is),
            Resolved::Unknown(_) | Resolved::Deferred(_) | Resolved::Absent(_) => true,
        }
    }

    /// True if a resource is as it was recorded, and as the configuration wants it.
    ///
    /// It is true only in plain cases, so that nothing is built for most of a plan. Every doubtful case is compared in
    /// full.
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
        match attribute.kind {
            Kind::Computed => return was == is,
            Kind::Notice => return true,
            _ => {}
        }
        let wanted = desired.attributes.get(attribute.name);
        if desired.ignored.contains(attribute.name) {
            let has_value = |expr: &Expr| is.is_some_and(|is| self.has_value(expr, is));
            return was.is_none() && wanted.is_none_or(has_value);
        }
        match (wanted, was, is) {
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

    fn defer(&mut self, case: Case<'a>, mut change: ResourceChange, waiting: Waiting) {
        if let (Some(prior), None) = (case.prior, case.remote) {
            self.find_drift(&case.desired.address, case.schema, prior, None);
        }
        change.action = Action::Deferred;
        change.reason = Some(waiting.reason.clone());
        change.candidates.clone_from(&waiting.candidates);
        self.waiting.insert(&case.desired.address, Waiting { lost: false, ..waiting });
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

    /// How the state knows the object of a configured address.
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
            self.find_drift_of(desired, schema, prior, remote);
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
        if let [(_, waiting), ..] = waits
            && change.replaced_by().next().is_some()
        {
            return self.leave_and_wait(case, change, known.is_some(), waiting);
        }
        change.act(&provenance);
        if let Some(other) = self.blocking(&case, &change, remote) {
            let (id, other) = (remote.id.clone(), other.to_owned());
            let (address, stored) = (desired.address.clone(), desired.address.clone());
            return self.out.held_back.push(Refusal::Taken { address, stored, id, other });
        }
        match change.action {
            Action::NoOp if known.is_some_and(|prior| change.record(schema, remote) == *prior) => return,
            Action::Replace => {
                self.pending.insert(&desired.address, Pending::AllBut(change.kept()));
                self.guard(&change);
            }
            _ if change.has_changed() => {
                let changed = change.changed().map(str::to_owned).collect();
                self.pending.insert(&desired.address, Pending::Only(changed));
            }
            _ => {}
        }
        self.out.changes.push(change);
    }

    /// The object that keeps a resource from getting its name back, and that no resource is.
    fn blocking(&self, case: &Case<'a>, change: &ResourceChange, remote: &Remote) -> Option<&'a str> {
        let schema = case.schema;
        let is_renamed = schema.natural_key.iter().any(|name| change.is_changed(name));
        if !is_renamed || change.action == Action::Replace {
            return None;
        }
        let is_leaving = |other: &&str| self.leaving.contains_key(&(schema.type_name, *other));
        let others = self.world.blocking(case.desired).map(|other| other.id.as_str());
        others.filter(|other| *other != remote.id).find(|other| !is_leaving(other))
    }

    /// Handles an object that has to be replaced, but cannot be created again yet: a managed one is deleted, and
    /// deferred from then on.
    fn leave_and_wait(&mut self, case: Case<'a>, mut change: ResourceChange, ours: bool, waiting: &Waiting) {
        let address = &case.desired.address;
        if !ours {
            return self.defer(case, change, waiting.clone());
        }
        self.waiting.insert(address, Waiting { lost: true, ..waiting.clone() });
        change.action = Action::Delete;
        change.reason = Some(format!("it has to be created again, and that waits: {}", waiting.reason));
        self.guard(&change);
        change.clear_goals();
        self.out.changes.push(change);
    }

    /// Refuses to delete or replace a protected resource. The configuration protects it, or the state if the resource
    /// left the configuration.
    fn guard(&mut self, change: &ResourceChange) {
        if change.protect {
            self.refusals.push(Refusal::Protected {
                addresses: vec![change.address.clone()],
                action: change.action,
                attributes: change.replaced_by().map(str::to_owned).collect(),
            });
        }
    }

    /// A resource that is in the state only.
    fn unwanted(&mut self, address: &'a Address, prior: &'a ResourceState, schema: &'static Schema) {
        let remote = self.world.object(address);
        let mut change = ResourceChange::remembered(address, prior, schema);
        change.action = Action::Delete;
        change.protect |= self.protected.is_some_and(|protected| protected.contains(address));
        if let Some(new) = self.world.holder(schema.type_name, &prior.id) {
            change.action = Action::Forget;
            change.reason = Some(format!("it moved to `{new}`"));
        } else if remote.is_none() {
            self.find_drift(address, schema, prior, None);
            change.action = Action::Forget;
            change.reason = Some("it is gone already".to_owned());
        } else if schema.on_removal == OnRemoval::Forget {
            change.action = Action::Forget;
            change.reason = Some("it left the configuration, and koctl never deletes it".to_owned());
        } else if remote.is_some_and(|remote| schema.is_leaving(&remote.attributes))
            && self.world.notice(address).is_some()
        {
            // Its deletion is proposed already.
            return;
        } else {
            change.extend_before(remote.map(|remote| remote.attributes.clone()).unwrap_or_default());
            self.guard(&change);
        }
        self.out.changes.push(change);
    }

    fn find_drift(&mut self, address: &Address, schema: &Schema, prior: &ResourceState, remote: Option<&Remote>) {
        self.out.drift.extend(drift::of(address, schema, prior, remote));
    }

    /// The same, except for what the configuration ignores: a state of an older configuration has that.
    fn find_drift_of(&mut self, desired: &Desired, schema: &Schema, prior: &ResourceState, remote: &Remote) {
        let Some(mut drift) = drift::of(&desired.address, schema, prior, Some(remote)) else { return };
        if let DriftKind::Changed { attributes } = &mut drift.kind {
            attributes.retain(|name, _| !desired.ignored.contains(name));
            if attributes.is_empty() {
                return;
            }
        }
        self.out.drift.push(drift);
    }
}
