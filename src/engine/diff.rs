//! Desired, state and remote compared (R3 to R5, R9, R12).
//!
//! Pure: nothing is read and nothing is written here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::address::{Address, Targets};
use super::desired::{Desired, Expr, Reference};
use super::graph::{Graph, GraphError};
use super::plan::{Action, Drift, DriftKind, Drifted, ResourceChange, hex};
use super::refresh::{Remembered, World};
use super::resource::{Attributes, Readers, Remote};
use super::schema::{Attribute, Kind, OnRemoval, Schema};
use crate::state::ResourceState;

/// What `plan` was asked for beyond the comparison.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Objects that exist but are not in the state are an error instead of an import (`--no-adopt`).
    pub no_adopt: bool,
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
        "`{address}` {}, but it is protected{}; take `protect: true` away first if this is meant",
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
    #[error("`{address}` could be any of {} existing objects of its name: {}; delete or rename all but one", .ids.len(), .ids.join(", "))]
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

/// Keeps what `targets` name, with everything that it depends on, and of the state only what is kept or named.
#[must_use]
pub fn target(desired: Vec<Desired>, state: Remembered, targets: &Targets) -> (Vec<Desired>, Remembered) {
    let by_address: HashMap<&Address, &Desired> = desired.iter().map(|d| (&d.address, d)).collect();
    let mut kept: HashSet<Address> = HashSet::new();
    let mut open: Vec<&Address> = by_address.keys().copied().filter(|address| targets.contains(address)).collect();
    while let Some(address) = open.pop() {
        if kept.insert(address.clone())
            && let Some(resource) = by_address.get(address)
        {
            open.extend(resource.dependencies());
        }
    }
    let state = state.0.into_iter().filter(|(address, _)| kept.contains(address) || targets.contains(address));
    let state = Remembered(state.collect());
    (desired.into_iter().filter(|resource| kept.contains(&resource.address)).collect(), state)
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
    options: Options,
) -> Result<Diff, Vec<Refusal>> {
    let graph = Graph::new(desired).map_err(|error| vec![error.into()])?;
    let mut differ = Differ {
        state,
        world,
        options,
        fresh: HashSet::new(),
        deferred: HashMap::new(),
        claimed: HashMap::new(),
        out: Diff::default(),
        refusals: collisions(desired, world, readers),
    };
    for index in graph.order() {
        let desired = &desired[*index];
        // A type that no reader knows was refused when the scope was read.
        if let Some(schema) = readers.schema(desired.address.type_name()) {
            let prior = state.0.get(&desired.address);
            differ.wanted(Case { desired, schema, prior, remote: world.object(&desired.address) });
        }
    }
    let wanted: HashSet<&Address> = desired.iter().map(|resource| &resource.address).collect();
    for (address, resource) in state.0.iter().filter(|(address, _)| !wanted.contains(address)) {
        if let Some(schema) = readers.schema(address.type_name()) {
            differ.unwanted(address, resource, schema);
        }
    }
    let Differ { mut out, refusals, .. } = differ;
    if !refusals.is_empty() {
        return Err(refusals);
    }
    out.changes.sort_by(|a, b| a.address.cmp(&b.address));
    out.drift.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(out)
}

/// Desired resources of one type that share a natural key.
fn collisions(desired: &[Desired], world: &World, readers: &Readers) -> Vec<Refusal> {
    let mut seen: HashMap<(&str, Vec<String>), &Address> = HashMap::with_capacity(desired.len());
    let mut refusals = Vec::new();
    for resource in desired {
        let Some(schema) = readers.schema(resource.address.type_name()) else { continue };
        let key = schema.natural_key.iter().map(|name| resource.attributes.get(*name));
        let key: Option<Vec<String>> = key.map(|expr| Some(fingerprint(expr?, world))).collect();
        let Some(key) = key else { continue };
        match seen.entry((schema.type_name, key)) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(&resource.address);
            }
            std::collections::hash_map::Entry::Occupied(entry) => refusals.push(Refusal::Collision {
                first: (*entry.get()).clone(),
                second: resource.address.clone(),
                key: entry.key().1.clone(),
            }),
        }
    }
    refusals
}

/// A text that is the same for two expressions if and only if they will have the same value.
fn fingerprint(expr: &Expr, world: &World) -> String {
    match expr {
        Expr::Value(Value::String(text)) => text.clone(),
        Expr::Value(value) => value.to_string(),
        Expr::Reference(reference) => reference.to_string(),
        Expr::Lookup(lookup) => match world.look_up(lookup) {
            Ok(value) => value.to_string(),
            Err(_) => format!("{}={}", lookup.list, lookup.needle),
        },
    }
}

/// The value of an expression, as far as it is known.
enum Resolved {
    Known(Value),
    Unknown(Reference),
    Deferred(String),
}

/// A resource that the configuration asks for, with what is known of it.
#[derive(Clone, Copy)]
struct Case<'a> {
    desired: &'a Desired,
    schema: &'static Schema,
    prior: Option<&'a ResourceState>,
    remote: Option<&'a Remote>,
}

struct Differ<'a> {
    state: &'a Remembered,
    world: &'a World,
    options: Options,
    /// Addresses whose ids are not known before apply.
    fresh: HashSet<&'a Address>,
    /// Addresses that wait, and why.
    deferred: HashMap<&'a Address, String>,
    /// Remote objects (type, id) and the wanted address that they belong to.
    claimed: HashMap<(&'a str, &'a str), &'a Address>,
    out: Diff,
    refusals: Vec<Refusal>,
}

impl<'a> Differ<'a> {
    fn resolve(&self, expr: &'a Expr) -> Resolved {
        match expr {
            Expr::Value(value) => Resolved::Known(value.clone()),
            Expr::Lookup(lookup) => match self.world.look_up(lookup) {
                Ok(value) => Resolved::Known(value),
                Err(reason) => Resolved::Deferred(reason),
            },
            Expr::Reference(reference) => {
                if let Some(reason) = self.deferred.get(&reference.address) {
                    return Resolved::Deferred(reason.clone());
                }
                match self.world.value(reference) {
                    Some(value) if !self.fresh.contains(&reference.address) => Resolved::Known(value),
                    _ => Resolved::Unknown(reference.clone()),
                }
            }
        }
    }

    /// A resource that the configuration asks for.
    fn wanted(&mut self, case: Case<'a>) {
        let address = &case.desired.address;
        if let Some(ids) = self.world.ambiguous(address) {
            return self.refusals.push(Refusal::Ambiguous { address: address.clone(), ids: ids.to_vec() });
        }
        if let Some(remote) = case.remote {
            self.claimed.insert((case.schema.type_name, &remote.id), address);
        }
        let mut change = ResourceChange::new(&case);
        for (name, expr) in &case.desired.attributes {
            match self.resolve(expr) {
                Resolved::Known(value) => {
                    change.after.insert(name.clone(), value);
                }
                Resolved::Unknown(reference) => {
                    change.unknown.insert(name.clone(), reference);
                }
                // What exists already keeps what was found when it was made.
                Resolved::Deferred(reason) => match case.remote.and_then(|remote| remote.attribute(name)) {
                    Some(value) => {
                        change.after.insert(name.clone(), value);
                    }
                    None => return self.defer(address, change, reason),
                },
            }
        }
        match case.remote {
            Some(remote) => self.compare(case, change, remote),
            None => self.create(case, change),
        }
    }

    fn defer(&mut self, address: &'a Address, mut change: ResourceChange, reason: String) {
        self.deferred.insert(address, reason.clone());
        change.action = Action::Deferred;
        change.reason = Some(reason);
        self.out.changes.push(change);
    }

    fn create(&mut self, case: Case<'a>, mut change: ResourceChange) {
        if case.prior.is_some() {
            self.drift(&case.desired.address, DriftKind::Deleted);
        }
        self.fresh.insert(&case.desired.address);
        change.action = Action::Create;
        self.out.changes.push(change);
    }

    fn compare(&mut self, case: Case<'a>, mut change: ResourceChange, remote: &'a Remote) {
        let Case { desired, schema, prior, .. } = case;
        match prior {
            Some(prior) => self.find_drift(&desired.address, schema, prior, remote),
            None if self.options.no_adopt => {
                let refusal = Refusal::Exists { address: desired.address.clone(), id: remote.id.clone() };
                return self.refusals.push(refusal);
            }
            None => {}
        }
        let known = prior.filter(|prior| prior.id == remote.id);
        for attribute in schema.attributes {
            change.compare(attribute, known, remote);
        }
        change.action = match (known, change.changed.is_empty()) {
            _ if !change.replaced_by.is_empty() => Action::Replace,
            (None, _) => Action::Import,
            (Some(_), false) => Action::Update,
            (Some(_), true) => Action::NoOp,
        };
        match change.action {
            Action::Import => {
                change.reason = self.renamed_from(schema, remote).map(|old| format!("it was `{old}` so far"))
            }
            Action::Replace => {
                self.fresh.insert(&desired.address);
                self.guard(&change);
            }
            Action::NoOp if known.is_some_and(|prior| change.record(schema, remote) == *prior) => return,
            _ => {}
        }
        self.out.changes.push(change);
    }

    /// The address under which the state knows the object so far.
    fn renamed_from(&self, schema: &Schema, remote: &Remote) -> Option<&'a Address> {
        let of_type = |address: &&Address| address.type_name() == schema.type_name;
        let owned = self.state.0.iter().filter(|(_, resource)| resource.id == remote.id);
        owned.map(|(address, _)| address).find(of_type)
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
        let mut change = ResourceChange {
            address: address.clone(),
            action: Action::Delete,
            id: Some(prior.id.clone()),
            before: prior.attributes.clone(),
            after: Attributes::new(),
            unknown: BTreeMap::new(),
            changed: Vec::new(),
            replaced_by: Vec::new(),
            foreign: Attributes::new(),
            reason: None,
            dependencies: BTreeSet::new(),
            prior_dependencies: prior.addresses(),
            guarded: schema.guarded,
            protect: prior.protect,
        };
        let now_elsewhere = self.claimed.get(&(schema.type_name, prior.id.as_str()));
        if let Some(new) = now_elsewhere {
            change.action = Action::Forget;
            change.reason = Some(format!("it is `{new}` from now on"));
        } else if remote.is_none() {
            self.drift(address, DriftKind::Deleted);
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

    fn find_drift(&mut self, address: &Address, schema: &Schema, prior: &ResourceState, remote: &Remote) {
        if prior.id != remote.id {
            return self.drift(address, DriftKind::Remade { id: remote.id.clone() });
        }
        let mut attributes = BTreeMap::new();
        for attribute in schema.attributes.iter().filter(|a| a.kind != Kind::Computed) {
            let Some(was) = prior.attributes.get(attribute.name) else { continue };
            let is = remote.attributes.get(attribute.name).cloned().unwrap_or(Value::Null);
            let is = if attribute.kind == Kind::Labels { own(&is, was, &Value::Null) } else { is };
            if stored_form(attribute.kind, &is) != *was {
                attributes.insert(attribute.name.to_owned(), Drifted { was: was.clone(), is });
            }
        }
        if !attributes.is_empty() {
            self.drift(address, DriftKind::Changed { attributes });
        }
    }

    fn drift(&mut self, address: &Address, kind: DriftKind) {
        self.out.drift.push(Drift { address: address.clone(), kind });
    }
}

impl ResourceState {
    /// Its dependencies as addresses; a state keeps only well-formed ones.
    fn addresses(&self) -> BTreeSet<Address> {
        self.dependencies.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

impl ResourceChange {
    fn new(case: &Case<'_>) -> Self {
        let Case { desired, schema, prior, remote } = *case;
        Self {
            address: desired.address.clone(),
            action: Action::NoOp,
            id: remote.map(|remote| remote.id.clone()),
            before: remote.map(|remote| remote.attributes.clone()).unwrap_or_default(),
            after: Attributes::new(),
            unknown: BTreeMap::new(),
            changed: Vec::new(),
            replaced_by: Vec::new(),
            foreign: Attributes::new(),
            reason: None,
            dependencies: desired.dependencies().into_iter().cloned().collect(),
            prior_dependencies: prior.map(ResourceState::addresses).unwrap_or_default(),
            guarded: schema.guarded,
            protect: desired.protect,
        }
    }

    /// Notes whether `attribute` differs, and whether that forces a replacement.
    fn compare(&mut self, attribute: &Attribute, prior: Option<&ResourceState>, remote: &Remote) {
        let name = attribute.name;
        let was_set = prior.is_some_and(|prior| prior.attributes.contains_key(name));
        if attribute.kind == Kind::Labels {
            self.separate_foreign_labels(name, prior);
        }
        let differs = match self.after.get(name) {
            Some(after) => {
                let before = self.before.get(name).unwrap_or(&Value::Null);
                !same(attribute.kind, after, before) && !normalised(attribute, prior, after, remote)
            }
            None if self.unknown.contains_key(name) => true,
            None if attribute.nullable && was_set => {
                self.after.insert(name.to_owned(), Value::Null);
                !self.before.get(name).is_none_or(Value::is_null)
            }
            None => false,
        };
        if differs {
            self.changed.push(name.to_owned());
            if attribute.forces_replacement {
                self.replaced_by.push(name.to_owned());
            }
        }
    }

    /// Splits the labels of the object into those that koctl answers for and those that it leaves alone.
    fn separate_foreign_labels(&mut self, name: &str, prior: Option<&ResourceState>) {
        let all = self.before.get(name).cloned().unwrap_or(Value::Null);
        let set_before = prior.and_then(|prior| prior.attributes.get(name)).cloned().unwrap_or(Value::Null);
        let set_now = self.after.get(name).cloned().unwrap_or(Value::Null);
        let own = own(&all, &set_before, &set_now);
        let is_foreign = |(key, _): &(&String, &Value)| own.get(key).is_none();
        let foreign: Map<_, _> = entries(&all).filter(is_foreign).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !foreign.is_empty() {
            self.foreign.insert(name.to_owned(), Value::Object(foreign));
        }
        if self.before.contains_key(name) {
            self.before.insert(name.to_owned(), own);
        }
    }

    /// What the state keeps of the resource once it is as `remote` shows it.
    #[must_use]
    pub fn record(&self, schema: &Schema, remote: &Remote) -> ResourceState {
        let mut record = ResourceState {
            type_name: schema.type_name.to_owned(),
            id: remote.id.clone(),
            dependencies: self.dependencies.iter().map(ToString::to_string).collect(),
            protect: self.protect,
            ..ResourceState::default()
        };
        for attribute in schema.attributes {
            let name = attribute.name;
            let is = remote.attributes.get(name);
            if attribute.kind == Kind::Computed {
                record.attributes.extend(is.map(|is| (name.to_owned(), is.clone())));
                continue;
            }
            let Some(asked) = self.after.get(name).filter(|asked| !asked.is_null()) else { continue };
            let asked = stored_form(attribute.kind, asked);
            let is = match (attribute.kind, is) {
                (_, None) => asked.clone(),
                (Kind::Labels, Some(is)) => own(is, &Value::Null, &asked),
                (kind, Some(is)) => stored_form(kind, is),
            };
            if is != asked {
                record.normalised.insert(name.to_owned(), asked);
            }
            record.attributes.insert(name.to_owned(), is);
        }
        record
    }
}

/// The server stored something else than was asked for, the same is asked for again, and it still stores that:
/// no difference, or the plan would never be empty (R6).
fn normalised(attribute: &Attribute, prior: Option<&ResourceState>, after: &Value, remote: &Remote) -> bool {
    let Some(prior) = prior else { return false };
    let is = remote.attributes.get(attribute.name).unwrap_or(&Value::Null);
    let was = prior.attributes.get(attribute.name);
    let is = match (attribute.kind, was) {
        (Kind::Labels, Some(was)) => own(is, was, after),
        (kind, _) => stored_form(kind, is),
    };
    prior.normalised.get(attribute.name) == Some(&stored_form(attribute.kind, after)) && was == Some(&is)
}

fn entries(labels: &Value) -> impl Iterator<Item = (&String, &Value)> {
    labels.as_object().into_iter().flatten()
}

/// Those of `labels` that koctl set before, or sets now.
fn own(labels: &Value, before: &Value, now: &Value) -> Value {
    let ours = |(key, _): &(&String, &Value)| before.get(key).is_some() || now.get(key).is_some();
    let kept: Map<_, _> = entries(labels).filter(ours).map(|(key, value)| (key.clone(), value.clone())).collect();
    Value::Object(kept)
}

/// Whether two values of an attribute are the same.
fn same(kind: Kind, a: &Value, b: &Value) -> bool {
    a == b || stored_form(kind, a) == stored_form(kind, b)
}

/// How the state keeps a value: long texts as digests, so that a state stays small and can be read.
#[must_use]
pub fn stored_form(kind: Kind, value: &Value) -> Value {
    match (kind, value) {
        (Kind::Text, Value::String(text)) => digest(text),
        (Kind::Files, Value::Object(files)) => {
            let file = |(path, text): (&String, &Value)| (path.clone(), stored_form(Kind::Text, text));
            Value::Object(files.iter().map(file).collect())
        }
        _ => value.clone(),
    }
}

/// The digest of a long text, as the state keeps it.
#[must_use]
pub fn digest(text: &str) -> Value {
    json!({ "sha256": hex(text.as_bytes()) })
}
