//! The result of a comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::rule::{Rule, Severity};

/// One change, and the operations that it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule that judges it.
    pub rule: Rule,
    /// The changed place within its operations, such as "query parameter `limit`" or "`Order.price` in responses".
    /// Empty if an operation as a whole changed.
    pub place: String,
    /// The change of the place, such as "became required".
    pub text: String,
    /// The operations, such as `GET /orders`, sorted. Empty if the document as a whole changed.
    pub operations: Vec<String>,
}

impl Change {
    /// The severity of its rule.
    pub fn severity(&self) -> Severity {
        self.rule.severity()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.operations.as_slice() {
            [] => {}
            [one] => write!(f, "{one}: ")?,
            [first, rest @ ..] => write!(f, "{first} and {} more: ", rest.len())?,
        }
        if !self.place.is_empty() {
            write!(f, "{} ", self.place)?;
        }
        f.write_str(&self.text)
    }
}

/// The changes between two documents, the most severe first, then by place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// All of them.
    pub fn all(&self) -> &[Change] {
        &self.0
    }

    /// Those of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Change> {
        self.0.iter().filter(move |change| change.severity() == severity)
    }

    /// True if at least one breaks callers.
    pub fn is_breaking(&self) -> bool {
        self.of(Severity::Breaking).next().is_some()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A change of a place, not yet with its operations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) rule: Rule,
    pub(crate) place: String,
    pub(crate) text: String,
}

/// The findings, each with the operations in which it was found. The same change of several operations is one, except
/// that each operation comes and goes by itself.
#[derive(Debug, Default)]
pub(crate) struct Collected(BTreeMap<(Option<String>, Finding), BTreeSet<String>>);

impl Collected {
    /// Adds a finding of an operation; an empty operation is the document.
    pub(crate) fn add(&mut self, operation: &str, finding: Finding) {
        let of_operation = finding.rule.is_of_operations().then(|| operation.to_owned());
        let operations = self.0.entry((of_operation, finding)).or_default();
        if !operation.is_empty() {
            operations.insert(operation.to_owned());
        }
    }

    /// The changes in the order of [`Changes`].
    pub(crate) fn into_changes(self) -> Changes {
        let mut changes: Vec<Change> = self
            .0
            .into_iter()
            .map(|((_, Finding { rule, place, text }), operations)| Change {
                rule,
                place,
                text,
                operations: operations.into_iter().collect(),
            })
            .collect();
        changes.sort_by(|a, b| {
            (a.severity(), &a.operations, &a.place, a.rule).cmp(&(b.severity(), &b.operations, &b.place, b.rule))
        });
        Changes(changes)
    }
}
