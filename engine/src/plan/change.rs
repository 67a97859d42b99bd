//! The planned change of one resource.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::action::Action;
use super::attribute::{AttributeChange, Goal, Planned};
use crate::address::Address;
use crate::desired::Reference;
use crate::remote::Attributes;

/// The planned change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceChange {
    /// Its name.
    pub address: Address,
    /// The action that the plan takes on it.
    pub action: Action,
    /// The id of the existing object; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Every attribute that the object has or the configuration sets, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeChange>,
    /// The reason, if the action does not explain itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The resources that it will depend on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Address>,
    /// The resources that it depended on before this plan.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub prior_dependencies: BTreeSet<Address>,
    /// True if its type holds other people's work (R12).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guarded: bool,
    /// True if `protect: true` covers it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// True if the state has it as protected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prior_protect: bool,
    /// The attributes that the configuration ignores once the object exists. The state does not record them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ignored: BTreeSet<String>,
    /// The ids of the objects that could be meant, if it is deferred because there are several: only a person can
    /// decide. Empty if it waits for something that does not exist yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

impl ResourceChange {
    /// A resource to which nothing is done, and of which nothing is known.
    #[must_use]
    pub fn untouched(address: Address, guarded: bool) -> Self {
        Self {
            address,
            action: Action::NoOp,
            id: None,
            attributes: BTreeMap::new(),
            reason: None,
            dependencies: BTreeSet::new(),
            prior_dependencies: BTreeSet::new(),
            guarded,
            protect: false,
            prior_protect: false,
            ignored: BTreeSet::new(),
            candidates: Vec::new(),
        }
    }

    /// The new protection of an object that stays, if it changes.
    #[must_use]
    pub fn new_protection(&self) -> Option<bool> {
        let stays = matches!(self.action, Action::NoOp | Action::Update | Action::Replace);
        (stays && self.protect != self.prior_protect).then_some(self.protect)
    }

    /// The same, with these values of the existing object.
    #[must_use]
    pub fn with_before(mut self, values: impl IntoIterator<Item = (String, Value)>) -> Self {
        self.extend_before(values);
        self
    }

    /// Adds values of the existing object.
    pub fn extend_before(&mut self, values: impl IntoIterator<Item = (String, Value)>) {
        for (name, value) in values {
            self.attributes.entry(name).or_default().before = Some(value);
        }
    }

    /// Sets what the configuration makes of an attribute.
    pub fn set(&mut self, name: &str, goal: Goal) {
        match self.attributes.get_mut(name) {
            Some(attribute) => attribute.goal = goal,
            None => {
                let attribute = AttributeChange { goal, ..AttributeChange::default() };
                self.attributes.insert(name.to_owned(), attribute);
            }
        }
    }

    /// The value that the existing object has.
    #[must_use]
    pub fn before(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)?.before.as_ref()
    }

    /// The value after the plan, if the plan sets it.
    #[must_use]
    pub fn planned(&self, name: &str) -> Option<Planned<&Value, &Reference>> {
        self.attributes.get(name)?.planned()
    }

    /// The value after the plan, if the plan sets it and it is known now.
    #[must_use]
    pub fn after(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)?.after()
    }

    /// The existing object, of whose labels only koctl's own.
    #[must_use]
    pub fn before_values(&self) -> Attributes {
        self.values(|attribute| attribute.before.clone())
    }

    /// The existing object, with the labels of others.
    #[must_use]
    pub fn whole_before(&self) -> Attributes {
        self.values(AttributeChange::whole_before)
    }

    /// The known values of the attributes that the plan sets, with the labels of others.
    #[must_use]
    pub fn whole_after(&self) -> Attributes {
        self.values(AttributeChange::whole_after)
    }

    fn values(&self, value: impl Fn(&AttributeChange) -> Option<Value>) -> Attributes {
        self.attributes.iter().filter_map(|(name, attribute)| Some((name.clone(), value(attribute)?))).collect()
    }

    fn names(&self, is_meant: impl Fn(&AttributeChange) -> bool) -> impl Iterator<Item = &str> {
        self.attributes.iter().filter(move |(_, attribute)| is_meant(attribute)).map(|(name, _)| name.as_str())
    }

    /// The names of the attributes that the configuration sets.
    pub fn configured(&self) -> impl Iterator<Item = &str> {
        self.names(|attribute| attribute.goal != Goal::Unset)
    }

    /// The names of the attributes that the plan changes.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        self.names(AttributeChange::is_changed)
    }

    /// True if the plan changes an attribute.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.changed().next().is_some()
    }

    /// True if the plan changes this attribute.
    #[must_use]
    pub fn is_changed(&self, name: &str) -> bool {
        self.attributes.get(name).is_some_and(AttributeChange::is_changed)
    }

    /// The names of the attributes that force a replacement: in this plan, or in the next one for an object that is
    /// taken over as it is.
    pub fn replaced_by(&self) -> impl Iterator<Item = &str> {
        self.names(AttributeChange::forces_replacement)
    }

    /// The references that give the attributes that are not known yet, by name.
    pub fn references(&self) -> impl Iterator<Item = (&str, &Reference)> {
        self.attributes.iter().filter_map(|(name, attribute)| Some((name.as_str(), attribute.unknown()?)))
    }

    /// The names of the attributes that differ from the configuration although the object is taken over as it is.
    pub fn outstanding(&self) -> impl Iterator<Item = &str> {
        self.names(|attribute| attribute.outstanding().is_some())
    }

    /// True if there are any.
    #[must_use]
    pub fn has_outstanding(&self) -> bool {
        self.outstanding().next().is_some()
    }

    /// True if the existing object is deleted.
    #[must_use]
    pub fn destroys(&self) -> bool {
        matches!(self.action, Action::Delete | Action::Replace)
    }

    /// True if that loses other people's work.
    #[must_use]
    pub fn destroys_guarded(&self) -> bool {
        self.guarded && self.destroys()
    }

    /// True if the change sends the attribute.
    pub(crate) fn sends(&self, name: &str) -> bool {
        match self.action {
            Action::Create | Action::Replace => true,
            _ => self.is_changed(name),
        }
    }
}
