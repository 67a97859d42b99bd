//! One resource compared: what differs, what is done about it, and what the state keeps of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::address::Address;
use super::desired::Desired;
use super::plan::{Action, ResourceChange};
use super::resource::{Attributes, Remote};
use super::schema::{Attribute, Kind, Schema};
use super::value::{entries, normalised, own, same, stored_form};
use crate::state::ResourceState;

/// A resource that the configuration asks for, with what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) desired: &'a Desired,
    pub(super) schema: &'static Schema,
    pub(super) prior: Option<&'a ResourceState>,
    pub(super) remote: Option<&'a Remote>,
}

/// Where koctl knows an object from.
pub(super) enum Provenance<'a> {
    /// It made or imported it, under this address.
    Known(&'a ResourceState),
    /// It made or imported it, under an address that is no longer wanted.
    Renamed(&'a Address, &'a ResourceState),
    /// It does not know it.
    Foreign,
}

impl<'a> Provenance<'a> {
    pub(super) fn state(&self) -> Option<&'a ResourceState> {
        match self {
            Self::Known(state) | Self::Renamed(_, state) => Some(state),
            Self::Foreign => None,
        }
    }
}

/// Whether the state has a secret that nobody could see when the object was taken over. Which one is configured first
/// is taken to be the one that is there: to set it would change what works, and no list can tell. From then on its trace
/// is known.
fn is_unseen(prior: Option<&ResourceState>, name: &str) -> bool {
    prior.is_some_and(|prior| prior.attributes.get(name) == Some(&Value::Null))
}

impl ResourceState {
    /// Its dependencies as addresses; a state keeps only well-formed ones.
    pub(super) fn addresses(&self) -> BTreeSet<Address> {
        self.dependencies.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

impl ResourceChange {
    pub(super) fn new(case: &Case<'_>) -> Self {
        let Case { desired, schema, prior, remote } = *case;
        Self {
            id: remote.map(|remote| remote.id.clone()),
            before: remote.map(|remote| remote.attributes.clone()).unwrap_or_default(),
            dependencies: desired.dependencies().into_iter().cloned().collect(),
            prior_dependencies: prior.map(ResourceState::addresses).unwrap_or_default(),
            protect: desired.protect,
            ..Self::of(&desired.address, schema)
        }
    }

    /// What the state knows, and nothing is done about yet.
    pub(super) fn remembered(address: &Address, prior: &ResourceState, schema: &Schema) -> Self {
        Self {
            id: Some(prior.id.clone()),
            before: prior.attributes.clone(),
            prior_dependencies: prior.addresses(),
            protect: prior.protect,
            ..Self::of(address, schema)
        }
    }

    /// A resource of which nothing is known, and to which nothing is done.
    fn of(address: &Address, schema: &Schema) -> Self {
        Self {
            address: address.clone(),
            action: Action::NoOp,
            id: None,
            before: Attributes::new(),
            after: Attributes::new(),
            unknown: BTreeMap::new(),
            changed: Vec::new(),
            replaced_by: Vec::new(),
            outstanding: Attributes::new(),
            foreign: Attributes::new(),
            reason: None,
            dependencies: BTreeSet::new(),
            prior_dependencies: BTreeSet::new(),
            guarded: schema.guarded,
            protect: false,
        }
    }

    /// Notes whether `attribute` differs, and whether that forces a replacement. A value that is `lost` forces one
    /// although it is the same.
    pub(super) fn compare(
        &mut self,
        attribute: &Attribute,
        prior: Option<&ResourceState>,
        remote: &Remote,
        lost: bool,
    ) {
        let name = attribute.name;
        if attribute.kind == Kind::Labels {
            self.separate_foreign_labels(name, prior);
        }
        if attribute.is_write_only() {
            self.recall(name, prior);
        }
        if prior.is_some_and(|prior| prior.attributes.contains_key(name)) && !self.unknown.contains_key(name) {
            self.clear_removed(attribute);
        }
        let differs = match self.after.get(name) {
            Some(_) if attribute.is_write_only() && is_unseen(prior, name) => false,
            Some(after) => {
                let before = self.before.get(name).unwrap_or(&Value::Null);
                !same(attribute.kind, after, before) && !normalised(attribute, prior, after, remote)
            }
            None => self.unknown.contains_key(name),
        };
        let forced = attribute.forces_replacement && (differs || lost);
        if differs || forced {
            self.changed.push(name.to_owned());
        }
        if forced {
            self.replaced_by.push(name.to_owned());
        }
    }

    /// Decides what is done about the differences, and says why where that is not plain.
    pub(super) fn act(&mut self, provenance: &Provenance<'_>) {
        self.action = match provenance {
            _ if !self.replaced_by.is_empty() => Action::Replace,
            Provenance::Known(_) if self.changed.is_empty() => Action::NoOp,
            Provenance::Known(_) => Action::Update,
            Provenance::Renamed(..) | Provenance::Foreign => Action::Import,
        };
        self.reason = match provenance {
            Provenance::Renamed(old, _) => Some(format!("it was `{old}` so far")),
            Provenance::Foreign if self.action == Action::Replace => {
                Some("it exists already, and koctl did not make it".to_owned())
            }
            _ => None,
        };
    }

    /// What koctl set and the configuration sets no longer is cleared, where the API can do that.
    fn clear_removed(&mut self, attribute: &Attribute) {
        let cleared = match attribute.kind {
            Kind::Labels => Some(json!({})),
            _ if attribute.nullable => Some(Value::Null),
            _ => None,
        };
        if let Some(cleared) = cleared {
            self.after.entry(attribute.name.to_owned()).or_insert(cleared);
        }
    }

    /// What was set is all that is known of a secret. An object that koctl did not make may have any.
    fn recall(&mut self, name: &str, prior: Option<&ResourceState>) {
        let was = prior.and_then(|prior| prior.attributes.get(name)).cloned();
        self.before.extend(was.map(|was| (name.to_owned(), was)));
    }

    /// The same end for an object that is there already, as `found`: how a create goes on whose answer was lost.
    #[must_use]
    pub(super) fn onto(&self, schema: &Schema, found: &Remote) -> Self {
        let mut change = Self {
            action: Action::Import,
            id: Some(found.id.clone()),
            before: found.attributes.clone(),
            changed: Vec::new(),
            replaced_by: Vec::new(),
            ..self.clone()
        };
        for attribute in schema.attributes {
            change.compare(attribute, None, found, false);
        }
        change
    }

    /// The same object, to be taken over as it is: what differs stays, and is left to the next plan. Nobody knows its
    /// secrets, so that none is recorded.
    pub(super) fn as_it_is(&mut self, schema: &Schema) {
        self.action = Action::Import;
        for name in std::mem::take(&mut self.changed) {
            if let Some(wanted) = self.after.remove(&name) {
                self.outstanding.insert(name.clone(), wanted);
            }
            if !schema.attribute(&name).is_some_and(Attribute::is_write_only)
                && let Some(is) = self.before.get(&name)
            {
                self.after.insert(name, is.clone());
            }
        }
    }

    /// The attributes that a replacement sets as they were.
    pub(super) fn kept(&self) -> Vec<String> {
        self.after.keys().filter(|name| !self.changed.contains(name)).cloned().collect()
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

    /// What the state keeps of the resource once `remote` was the answer to what the change sent.
    ///
    /// Attributes that were not sent are kept as the plan saw them. What somebody else made of them since then is
    /// drift of the next plan, and not what the server made of koctl's own request.
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
            if attribute.kind == Kind::Computed {
                record.attributes.extend(remote.attributes.get(name).map(|is| (name.to_owned(), is.clone())));
                continue;
            }
            let Some(asked) = self.after.get(name) else { continue };
            let asked = stored_form(attribute.kind, asked);
            let is = if self.sends(name) { remote.attributes.get(name) } else { self.before.get(name) };
            let is = is.unwrap_or(&Value::Null);
            let is = match attribute.kind {
                Kind::Labels => own(is, &Value::Null, &asked),
                Kind::WriteOnly => asked.clone(),
                kind => stored_form(kind, is),
            };
            // A secret that nobody could see is remembered as such.
            if is.is_null() && asked.is_null() && attribute.kind != Kind::WriteOnly {
                continue;
            }
            if is != asked {
                record.normalised.insert(name.to_owned(), asked);
            }
            record.attributes.insert(name.to_owned(), is);
        }
        record
    }

    /// Whether carrying out the change sends the attribute.
    fn sends(&self, name: &str) -> bool {
        match self.action {
            Action::Create | Action::Replace => true,
            _ => self.changed.iter().any(|changed| changed == name),
        }
    }
}
