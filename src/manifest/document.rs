//! Files as they are read: a tree of values, and a source text without secrets for messages.

use std::fmt;

use serde_json::Value;

use super::diagnostic::{Diagnostic, Source, Span};
use super::mask;
use super::yaml::{Builder, Built, Kind, Node};

/// The mark that some editors put in front of a text.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// A parsed file: its root value, the source that its locations refer to, and those of its errors that do not prevent
/// reading the rest, such as a duplicate key.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) source: Source,
    pub(super) root: Node,
    pub(super) flaws: Vec<Diagnostic>,
}

impl Document {
    /// Reads the text of one file. Errors show `name` as the path of the file. Reading may stop at an error, which is
    /// then the last one.
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

/// Why a text is not a valid YAML document; see [`parse_value`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line of the first error, counted from one.
    pub line: usize,
    /// Its column, counted from one.
    pub column: usize,
    /// The error.
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
/// Keys that are not strings keep their text (`200:` is `"200"`). Infinities, which JSON lacks, become text.
///
/// # Errors
///
/// The first error of the text: broken syntax, a duplicate key (only in YAML; in JSON the last one wins), several
/// documents in one file, an alias bomb, or more than 128 levels of nesting.
pub fn parse_value(text: &str) -> Result<Value, ParseError> {
    // JSON is read as JSON, which is many times faster. Windows puts a byte order mark in front of it.
    let json = text.trim_start_matches(BYTE_ORDER_MARK);
    if json.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(json)
    {
        return Ok(value);
    }
    parse_tree(text).map(Node::into_value)
}

/// A text with `***` in the place of its secrets, as errors show it.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let Built { root, refused, .. } = Builder::build(text);
    mask::secrets(text, root.as_ref(), &refused)
}

/// The text of the scalar at these keys, as written: a number keeps its zeros, and `true` is a text.
///
/// # Errors
///
/// As [`parse_value`].
pub fn text_at(text: &str, keys: &[&str]) -> Result<Option<String>, ParseError> {
    let root = parse_tree(text)?;
    let found = keys.iter().try_fold(&root, |node, key| node.get(key));
    Ok(found.and_then(Node::text).map(str::to_owned))
}

fn parse_tree(text: &str) -> Result<Node, ParseError> {
    let Built { root, errors, .. } = Builder::build(text);
    let Some(error) = errors.into_iter().next() else {
        return Ok(root.unwrap_or(Node { kind: Kind::Null, span: Span::default() }));
    };
    let error = error.in_source(&Source::new("", text.to_owned()));
    let (_, line, column) = error.location().unwrap_or(("", 1, 1));
    Err(ParseError { line, column, message: error.to_string() })
}
