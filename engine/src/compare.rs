//! The comparison of one resource: its differences, its planned change, and its record in the state.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::address::Address;
use super::desired::Desired;
use super::plan::{Action, AttributeChange, Goal, Planned, ResourceChange};
use super::remote::Remote;
use super::schema::{Attribute, Kind, Schema, Unset};
use super::value::{entries, normalised, own, same, stored_form};
use crate::state::ResourceState;

/// A resource of the configuration, with its record in the state and the existing object.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) desired: &'a Desired,
    pub(super) schema: &'static Schema,
    pub(super) prior: Option<&'a ResourceState>,
    pub(super) remote: Option<&'a Remote>,
}

/// How the state knows an existing object.
pub(super) enum Provenance<'a> {
    /// Under this address.
    Known(&'a ResourceState),
    /// Under an address that is no longer wanted.
    Renamed(&'a Address, &'a ResourceState),
    /// Not at all.
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

/// True if the state has a secret that could not be read when the object was taken over. The first one that is
/// configured is taken to be the one that the object has: to send it would change what works, and no list shows it.
/// From then on its trace is known.
fn is_unseen(was: Option<&Value>) -> bool {
    was == Some(&Value::Null)
}

impl ResourceState {
    /// Its dependencies as addresses; a state has only well-formed ones.
    pub(super) fn addresses(&self) -> BTreeSet<Address> {
        self.dependencies.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

impl ResourceChange {
    pub(super) fn new(case: &Case<'_>) -> Self {
        let Case { desired, schema, prior, remote } = *case;
        let change = Self {
            id: remote.map(|remote| remote.id.clone()),
            dependencies: desired.dependencies().into_iter().cloned().collect(),
            prior_dependencies: prior.map(ResourceState::addresses).unwrap_or_default(),
            protect: desired.protect,
            ignored: desired.ignored.clone(),
            prior_protect: prior.is_some_and(|prior| prior.protect),
            ..Self::untouched(desired.address.clone(), schema.guarded)
        };
        change.with_before(remote.map(|remote| remote.attributes.clone()).unwrap_or_default())
    }

    /// A resource of the state, without an action yet.
    pub(super) fn remembered(address: &Address, prior: &ResourceState, schema: &Schema) -> Self {
        let change = Self {
            id: Some(prior.id.clone()),
            prior_dependencies: prior.addresses(),
            protect: prior.protect,
            prior_protect: prior.protect,
            ..Self::untouched(address.clone(), schema.guarded)
        };
        change.with_before(prior.attributes.clone())
    }

    /// Finds out if `attribute` differs, and if that forces a replacement. A value that is `lost` forces one although
    /// it is the same.
    pub(super) fn compare(
        &mut self,
        attribute: &Attribute,
        prior: Option<&ResourceState>,
        remote: &Remote,
        lost: bool,
    ) {
        let was = prior.and_then(|prior| prior.attributes.get(attribute.name));
        // Most attributes that neither the object nor the configuration has are no part of the change.
        let mut change = self.attributes.remove(attribute.name).unwrap_or_default();
        if attribute.kind == Kind::Labels {
            change.separate_labels(was);
        }
        if attribute.is_write_only() && was.is_some() {
            // The trace in the state is all that is known of a secret. An object that is not in it may have any.
            change.before = was.cloned();
        }
        if was.is_some() {
            change.clear_removed(attribute);
        }
        if let Some(to) = change.take_asked() {
            let differs = match &to {
                Planned::Unknown(_) => true,
                Planned::Known(_) if attribute.is_write_only() && is_unseen(was) => false,
                Planned::Known(after) => {
                    let before = change.before.as_ref().unwrap_or(&Value::Null);
                    !same(attribute.kind, after, before) && !normalised(attribute, prior, after, remote)
                }
            };
            let forces_replacement = attribute.forces_replacement && (differs || lost);
            change.goal = match to {
                Planned::Known(value) if !differs && !forces_replacement => Goal::Same(value),
                to => Goal::Change { to, forces_replacement },
            };
        }
        if change != AttributeChange::default() {
            self.attributes.insert(attribute.name.to_owned(), change);
        }
    }

    /// Decides what is done about the differences, and gives the reason if it is not plain.
    pub(super) fn act(&mut self, provenance: &Provenance<'_>) {
        self.action = match provenance {
            _ if self.replaced_by().next().is_some() => Action::Replace,
            Provenance::Known(_) if !self.has_changed() => Action::NoOp,
            Provenance::Known(_) => Action::Update,
            Provenance::Renamed(..) | Provenance::Foreign => Action::Import,
        };
        self.reason = match provenance {
            Provenance::Renamed(old, _) => Some(format!("it moved from `{old}`")),
            Provenance::Foreign if self.action == Action::Replace => {
                Some("it exists already, and koctl does not manage it".to_owned())
            }
            _ => None,
        };
    }

    /// The same goal for an object that exists already: how a create whose answer was lost goes on with what was
    /// `found`.
    #[must_use]
    pub(super) fn onto(&self, schema: &Schema, found: &Remote) -> Self {
        let mut change = Self { action: Action::Import, id: Some(found.id.clone()), ..self.clone() };
        for attribute in change.attributes.values_mut() {
            attribute.before = None;
        }
        change.extend_before(found.attributes.clone());
        for attribute in schema.attributes {
            change.compare(attribute, None, found, false);
        }
        change
    }

    /// The same object, to be taken over as it is: what differs is left to the next plan. Its secrets cannot be read,
    /// so none is recorded.
    pub(super) fn as_it_is(&mut self, schema: &Schema) {
        self.action = Action::Import;
        for (name, change) in &mut self.attributes {
            change.leave();
            if schema.attribute(name).is_some_and(Attribute::is_write_only) {
                change.before = None;
            }
        }
    }

    /// The attributes that a replacement sets as they were.
    pub(super) fn kept(&self) -> Vec<String> {
        let kept = self.attributes.iter().filter(|(_, change)| matches!(change.goal, Goal::Same(_)));
        kept.map(|(name, _)| name.clone()).collect()
    }

    /// Leaves everything as it is.
    pub(super) fn clear_goals(&mut self) {
        self.attributes.values_mut().for_each(|change| change.goal = Goal::Unset);
        self.dependencies.clear();
    }

    /// The record of an object whose deletion was proposed.
    #[must_use]
    pub fn leaving(&self, schema: &Schema, remote: &Remote) -> ResourceState {
        let recorded =
            schema.attributes.iter().filter(|attribute| attribute.kind == Kind::Computed || attribute.is_read_back());
        let value = |attribute: &Attribute| {
            let is = remote.attributes.get(attribute.name)?;
            Some((attribute.name.to_owned(), stored_form(attribute.kind, is)))
        };
        ResourceState {
            type_name: schema.type_name.to_owned(),
            id: remote.id.clone(),
            dependencies: self.prior_dependencies.iter().map(ToString::to_string).collect(),
            protect: self.protect,
            attributes: recorded.filter_map(value).collect(),
            ..ResourceState::default()
        }
    }

    /// The record that the state keeps of the resource after `remote` was the answer to the request.
    ///
    /// An attribute that was not sent is kept as the plan saw it. If someone else changed it since then, that is drift
    /// for the next plan, and not what the server made of koctl's own request.
    #[must_use]
    pub fn record(&self, schema: &Schema, remote: &Remote) -> ResourceState {
        let mut record = ResourceState {
            type_name: schema.type_name.to_owned(),
            id: remote.id.clone(),
            dependencies: self.dependencies.iter().map(ToString::to_string).collect(),
            protect: self.protect,
            ..ResourceState::default()
        };
        let attributes = schema.attributes.iter().filter(|attribute| attribute.kind != Kind::Notice);
        for attribute in attributes {
            let name = attribute.name;
            if attribute.kind == Kind::Computed {
                record.attributes.extend(remote.attributes.get(name).map(|is| (name.to_owned(), is.clone())));
                continue;
            }
            if self.ignored.contains(name) {
                continue;
            }
            let Some(asked) = self.after(name) else { continue };
            let asked = stored_form(attribute.kind, asked);
            let is = if self.sends(name) { remote.attributes.get(name) } else { self.before(name) };
            let is = is.unwrap_or(&Value::Null);
            let is = match attribute.kind {
                Kind::Labels => own(is, &Value::Null, &asked),
                Kind::WriteOnly => asked.clone(),
                kind => stored_form(kind, is),
            };
            // A secret that could not be read is recorded as null.
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
}

impl AttributeChange {
    /// Splits the labels of the object into koctl's own and those of others. `was` are those that koctl set before.
    fn separate_labels(&mut self, was: Option<&Value>) {
        let Some(all) = self.before.take() else { return };
        let set_now = self.goal.asked().and_then(Planned::known).unwrap_or(&Value::Null);
        let own = own(&all, was.unwrap_or(&Value::Null), set_now);
        let others = entries(&all).filter(|(key, _)| own.get(key.as_str()).is_none());
        self.others_labels = others.map(|(key, value)| (key.clone(), value.clone())).collect();
        self.before = Some(own);
    }

    /// Clears a value that koctl set and the configuration does not set any more, if the API can do that.
    fn clear_removed(&mut self, attribute: &Attribute) {
        let cleared = match attribute.kind {
            _ if self.goal != Goal::Unset => return,
            Kind::Labels => json!({}),
            _ => match attribute.unset {
                Unset::Stays => return,
                Unset::Null | Unset::Blank(_) => Value::Null,
                Unset::Default(value) => value(),
            },
        };
        self.goal = Goal::Set(Planned::Known(cleared));
    }
}
