//! The tree of a document: values and their locations, without aliases.

use serde_json::{Number, Value};

use crate::manifest::diagnostic::Span;

/// A value and its location.
#[derive(Clone, Debug)]
pub(in crate::manifest) struct Node {
    pub(in crate::manifest) kind: Kind,
    pub(in crate::manifest) span: Span,
}

/// The content of a value.
#[derive(Clone, Debug)]
pub(in crate::manifest) enum Kind {
    Null,
    /// `true` or `false`, and its text as written.
    Bool(bool, String),
    /// A number, and its text as written: `1.10` is not the text `1.1`.
    Number(Number, String),
    Text(String),
    List(Vec<Node>),
    /// No key occurs twice.
    Map(Vec<Entry>),
}

/// A key, its location, and its value.
#[derive(Clone, Debug)]
pub(in crate::manifest) struct Entry {
    pub(in crate::manifest) key: String,
    pub(in crate::manifest) key_span: Span,
    pub(in crate::manifest) value: Node,
}

impl Node {
    /// The kind of value in words: `a string`, `a list`.
    pub(in crate::manifest) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(true, _) => "`true`",
            Kind::Bool(false, _) => "`false`",
            Kind::Number(..) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The text of a scalar, as written. `None` for null, a list or a mapping.
    pub(in crate::manifest) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Bool(_, text) | Kind::Number(_, text) | Kind::Text(text) => Some(text),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The value of a key. `None` if this is not a mapping, or has no such key.
    pub(in crate::manifest) fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The value as JSON, without locations.
    pub(in crate::manifest) fn into_value(self) -> Value {
        match self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value, _) => Value::Bool(value),
            Kind::Number(number, _) => Value::Number(number),
            Kind::Text(text) => Value::String(text),
            Kind::List(items) => items.into_iter().map(Self::into_value).collect(),
            Kind::Map(entries) => Value::Object(entries.into_iter().map(|e| (e.key, e.value.into_value())).collect()),
        }
    }

    /// The approximate size of a copy of this tree in bytes, and its depth.
    pub(in crate::manifest) fn weight_and_depth(&self) -> (usize, usize) {
        let own = size_of::<Self>();
        match &self.kind {
            Kind::Null => (own, 0),
            Kind::Bool(_, text) | Kind::Number(_, text) | Kind::Text(text) => (own + text.len(), 0),
            Kind::List(items) => items
                .iter()
                .map(Self::weight_and_depth)
                .fold((own, 1), |(weight, depth), (w, d)| (weight + w, depth.max(d + 1))),
            Kind::Map(entries) => entries.iter().fold((own, 1), |(weight, depth), entry| {
                let (w, d) = entry.value.weight_and_depth();
                (weight + w + size_of::<Entry>() + entry.key.len(), depth.max(d + 1))
            }),
        }
    }
}
