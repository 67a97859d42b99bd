//! YAML text as a tree in which every key and value knows its place. JSON is read by the same rules, being YAML.
//!
//! The tree is plain data when it is done: aliases are replaced by what they stand for, merge keys (`<<`) are
//! merged, and scalars are resolved by YAML 1.2's core schema. `builder` makes it.

use std::fmt;

use serde_json::{Number, Value};

use super::builder::{Builder, Built};
use super::diagnostic::{Diagnostic, Source, Span};
use super::mask;

/// A parsed file: its root value, the source that its places refer to, and what is wrong with it that does not
/// keep the rest from being read, such as a key that is written twice.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) source: Source,
    pub(super) root: Node,
    pub(super) flaws: Vec<Diagnostic>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// No key occurs twice.
    Map(Vec<Entry>),
}

/// A key, where it stands, and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Document {
    /// Reads one file's text; `name` is the file's path as errors show it. The errors are those up to the place
    /// where there is no reading on.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let Built { root, refused, errors } = Builder::build(text);
        let source = Source::new(name, mask::secrets(text, root.as_ref(), &refused));
        let errors = errors.into_iter().map(|error| error.in_source(&source)).collect();
        match root {
            Some(root) => Ok(Self { source, root, flaws: errors }),
            None => Err(errors),
        }
    }
}

impl Node {
    /// The value for people: `a string`, `a list`.
    pub(super) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(true) => "`true`",
            Kind::Bool(false) => "`false`",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The value as JSON, without places.
    pub(super) fn into_value(self) -> Value {
        match self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(value),
            Kind::Number(number) => Value::Number(number),
            Kind::Text(text) => Value::String(text),
            Kind::List(items) => items.into_iter().map(Self::into_value).collect(),
            Kind::Map(entries) => Value::Object(entries.into_iter().map(|e| (e.key, e.value.into_value())).collect()),
        }
    }

    /// How many bytes a copy of this tree takes, about, and how deep it is.
    pub(super) fn weight_and_depth(&self) -> (usize, usize) {
        let own = size_of::<Self>();
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => (own, 0),
            Kind::Text(text) => (own + text.len(), 0),
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

/// Why a text is no YAML document; see [`parse_value`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line of the first error, counted from one.
    pub line: usize,
    /// Its column, counted from one.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Reads YAML or JSON into a plain value, by the rules of the manifest but without its model: for OpenAPI
/// documents and the like.
///
/// Keys that are no strings become what is written (`200:` is `"200"`). Infinities, which JSON lacks, become text.
///
/// # Errors
///
/// The first error of the text: broken syntax, a key written twice (which only YAML minds; in JSON the last one
/// counts), several documents in one file, an alias bomb, or deeper nesting than 128 levels.
pub fn parse_value(text: &str) -> Result<Value, ParseError> {
    // What is JSON is read as JSON: the escaped surrogate pairs in it are no YAML, and it is many times faster.
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    let (root, errors) = match Document::parse("", text) {
        Ok(document) => (document.root.into_value(), document.flaws),
        Err(errors) => (Value::Null, errors),
    };
    match errors.first() {
        None => Ok(root),
        Some(first) => {
            let (_, line, column) = first.place().unwrap_or(("", 1, 1));
            Err(ParseError { line, column, message: first.to_string() })
        }
    }
}
