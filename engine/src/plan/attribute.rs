//! The planned change of one attribute of a resource.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::desired::Reference;

/// The value of an attribute after the plan. Borrowed from a plan: [`Planned<&Value, &Reference>`](Planned::borrowed).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Planned<V = Value, R = Reference> {
    /// It is known now.
    Known(V),
    /// It is known after apply.
    Unknown(R),
}

impl Planned {
    /// The same, borrowed.
    #[must_use]
    pub fn borrowed(&self) -> Planned<&Value, &Reference> {
        match self {
            Self::Known(value) => Planned::Known(value),
            Self::Unknown(reference) => Planned::Unknown(reference),
        }
    }
}

impl<V, R> Planned<V, R> {
    /// The value, if it is known now.
    pub fn known(self) -> Option<V> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The reference that gives the value, if it is known only after apply.
    pub fn unknown(self) -> Option<R> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(reference) => Some(reference),
        }
    }
}

/// One attribute of a planned change: its value now, and what the plan does about it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct AttributeChange {
    /// The value that the object has; `None` if there is no object, or it has none. Of labels only koctl's own.
    pub before: Option<Value>,
    /// Labels on the object that koctl did not set. They stay.
    pub others_labels: Map<String, Value>,
    /// The value that the configuration asks for.
    pub goal: Goal,
}

/// The value that the configuration asks for, compared with the object.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Goal {
    /// The configuration does not set it: it stays as it is.
    #[default]
    Unset,
    /// It is set, and there is no object to compare with: a new one gets this value.
    Set(Planned),
    /// It is set, and the object has the value already: nothing is sent.
    Same(Value),
    /// It is set, and differs: the plan changes it.
    Change {
        /// The value that it gets.
        to: Planned,
        /// The object is replaced because of it.
        forces_replacement: bool,
    },
    /// It is set, and differs, but the object is taken over as it is. The next plan changes it.
    Outstanding {
        /// The value that the next plan gives it.
        to: Planned,
        /// The next plan replaces the object because of it.
        forces_replacement: bool,
    },
}

impl Goal {
    /// The value that the configuration asks for, now or in the next plan.
    #[must_use]
    pub fn asked(&self) -> Option<Planned<&Value, &Reference>> {
        match self {
            Self::Unset => None,
            Self::Same(value) => Some(Planned::Known(value)),
            Self::Set(to) | Self::Change { to, .. } | Self::Outstanding { to, .. } => Some(to.borrowed()),
        }
    }

    fn asked_mut(&mut self) -> Option<&mut Planned> {
        match self {
            Self::Unset | Self::Same(_) => None,
            Self::Set(to) | Self::Change { to, .. } | Self::Outstanding { to, .. } => Some(to),
        }
    }
}

impl AttributeChange {
    /// An attribute that stays as it is.
    #[must_use]
    pub fn unset(before: Value) -> Self {
        Self { before: Some(before), ..Self::default() }
    }

    /// The value after the plan; `None` if the plan leaves it alone.
    #[must_use]
    pub fn planned(&self) -> Option<Planned<&Value, &Reference>> {
        match &self.goal {
            Goal::Outstanding { .. } => self.before.as_ref().map(Planned::Known),
            goal => goal.asked(),
        }
    }

    /// The value after the plan, if the plan sets it and it is known now.
    #[must_use]
    pub fn after(&self) -> Option<&Value> {
        self.planned()?.known()
    }

    /// The reference that gives its value, now or in the next plan, if that is known only after apply.
    #[must_use]
    pub fn unknown(&self) -> Option<&Reference> {
        self.goal.asked()?.unknown()
    }

    /// The value that the configuration asks for, if the plan leaves it to the next one.
    #[must_use]
    pub fn outstanding(&self) -> Option<Planned<&Value, &Reference>> {
        matches!(self.goal, Goal::Outstanding { .. }).then(|| self.goal.asked()).flatten()
    }

    /// True if the plan changes it.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        matches!(self.goal, Goal::Change { .. })
    }

    /// True if it forces a replacement: in this plan, or in the next one if it is left to that.
    #[must_use]
    pub fn forces_replacement(&self) -> bool {
        match self.goal {
            Goal::Unset | Goal::Set(_) | Goal::Same(_) => false,
            Goal::Change { forces_replacement, .. } | Goal::Outstanding { forces_replacement, .. } => {
                forces_replacement
            }
        }
    }

    /// The value of the object now, with the labels of others.
    #[must_use]
    pub fn whole_before(&self) -> Option<Value> {
        self.before.clone().map(|before| self.with_others(before))
    }

    /// The value after the plan, if it is known, with the labels of others: a request sets labels as a whole.
    #[must_use]
    pub fn whole_after(&self) -> Option<Value> {
        self.after().cloned().map(|after| self.with_others(after))
    }

    fn with_others(&self, mut value: Value) -> Value {
        if let Value::Object(own) = &mut value {
            own.extend(self.others_labels.clone());
        }
        value
    }

    /// Puts `value` in the place of the reference that gives it.
    pub(crate) fn reveal(&mut self, value: Value) {
        if let Some(to) = self.goal.asked_mut() {
            *to = Planned::Known(value);
        }
    }

    /// Takes the value that the configuration asks for.
    pub(crate) fn take_asked(&mut self) -> Option<Planned> {
        match std::mem::take(&mut self.goal) {
            Goal::Unset => None,
            Goal::Same(value) => Some(Planned::Known(value)),
            Goal::Set(to) | Goal::Change { to, .. } | Goal::Outstanding { to, .. } => Some(to),
        }
    }

    /// Leaves to the next plan what this one would change.
    pub(crate) fn leave(&mut self) {
        self.goal = match std::mem::take(&mut self.goal) {
            Goal::Change { to, forces_replacement } => Goal::Outstanding { to, forces_replacement },
            goal => goal,
        };
    }
}

/// An attribute as it is in a plan file. A value that does not form an [`AttributeChange`] is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, deserialize_with = "value", skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    #[serde(default, deserialize_with = "value", skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    /// In the place of `after`: the attribute of another resource that gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known_after: Option<Reference>,
    /// Not there if nothing was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<bool>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    outstanding: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forces_replacement: bool,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    others_labels: Map<String, Value>,
}

/// A value that may be `null`, which is not the same as no value.
fn value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl From<AttributeChange> for Written {
    fn from(change: AttributeChange) -> Self {
        let forces_replacement = change.forces_replacement();
        let (asked, changed, outstanding) = match change.goal {
            Goal::Unset => (None, None, false),
            Goal::Set(to) => (Some(to), None, false),
            Goal::Same(value) => (Some(Planned::Known(value)), Some(false), false),
            Goal::Change { to, .. } => (Some(to), Some(true), false),
            Goal::Outstanding { to, .. } => (Some(to), None, true),
        };
        let (after, known_after) = match asked {
            Some(Planned::Known(value)) => (Some(value), None),
            Some(Planned::Unknown(reference)) => (None, Some(reference)),
            None => (None, None),
        };
        let AttributeChange { before, others_labels, .. } = change;
        Self { before, after, known_after, changed, outstanding, forces_replacement, others_labels }
    }
}

impl TryFrom<Written> for AttributeChange {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { before, after, known_after, changed, outstanding, forces_replacement, others_labels } = written;
        let asked = match (after, known_after) {
            (None, None) => None,
            (Some(value), None) => Some(Planned::Known(value)),
            (None, Some(reference)) => Some(Planned::Unknown(reference)),
            (Some(_), Some(_)) => return Err("`after` and `known_after` exclude each other"),
        };
        let goal = match (asked, changed, outstanding, forces_replacement) {
            (None, None, false, false) => Goal::Unset,
            (Some(to), None, false, false) => Goal::Set(to),
            (Some(Planned::Known(value)), Some(false), false, false) => Goal::Same(value),
            (Some(to), Some(true), false, forces_replacement) => Goal::Change { to, forces_replacement },
            (Some(to), None, true, forces_replacement) => Goal::Outstanding { to, forces_replacement },
            _ => return Err("what is said of an attribute contradicts itself"),
        };
        Ok(Self { before, others_labels, goal })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Address;

    fn written(goal: Goal) -> Value {
        serde_json::to_value(AttributeChange { before: Some(json!("old")), goal, ..AttributeChange::default() })
            .unwrap()
    }

    #[test]
    fn r7_an_attribute_of_a_plan_file_reads_as_what_happens_to_it() {
        let new = || Planned::Known(json!("new"));
        let id = Planned::Unknown(Reference::new(&Address::new("Acme", "team", "a"), "id"));
        assert_eq!(written(Goal::Unset), json!({"before": "old"}));
        assert_eq!(written(Goal::Set(new())), json!({"before": "old", "after": "new"}));
        assert_eq!(written(Goal::Same(json!("old"))), json!({"before": "old", "after": "old", "changed": false}));
        let change = Goal::Change { to: new(), forces_replacement: false };
        assert_eq!(written(change), json!({"before": "old", "after": "new", "changed": true}));
        let replacement = Goal::Change { to: id, forces_replacement: true };
        let expected = json!({
            "before": "old", "known_after": "Acme/team/a#id", "changed": true, "forces_replacement": true
        });
        assert_eq!(written(replacement), expected);
        let outstanding = Goal::Outstanding { to: new(), forces_replacement: false };
        assert_eq!(written(outstanding), json!({"before": "old", "after": "new", "outstanding": true}));
    }

    #[test]
    fn r7_an_attribute_is_read_back_as_it_was_written_and_null_is_a_value() {
        let reference = Reference::new(&Address::new("Acme", "team", "a#b"), "id");
        let goals = [
            Goal::Unset,
            Goal::Set(Planned::Known(Value::Null)),
            Goal::Same(Value::Null),
            Goal::Change { to: Planned::Unknown(reference), forces_replacement: true },
            Goal::Outstanding { to: Planned::Known(json!("new")), forces_replacement: true },
        ];
        let others_labels = Map::from_iter([("theirs".to_owned(), json!("x"))]);
        for goal in goals {
            for before in [None, Some(Value::Null), Some(json!({"ours": "y"}))] {
                let change = AttributeChange { before, others_labels: others_labels.clone(), goal: goal.clone() };
                let text = serde_json::to_string(&change).unwrap();
                assert_eq!(serde_json::from_str::<AttributeChange>(&text).unwrap(), change, "{text}");
            }
        }
    }

    #[test]
    fn r7_an_attribute_that_contradicts_itself_is_refused() {
        for text in [
            r#"{"before": 1, "changed": true}"#,
            r#"{"before": 1, "after": 2, "outstanding": true, "changed": true}"#,
            r#"{"before": 1, "after": 1, "changed": false, "forces_replacement": true}"#,
            r#"{"before": 1, "after": 2, "known_after": "Acme/team/a#id", "changed": true}"#,
            r#"{"before": 1, "known_after": "Acme/team/a#id", "changed": false}"#,
            r#"{"before": 1, "known_after": "Acme/team/a", "changed": true}"#,
            r#"{"before": 1, "replaced": true}"#,
        ] {
            assert!(serde_json::from_str::<AttributeChange>(text).is_err(), "{text}");
        }
    }
}
