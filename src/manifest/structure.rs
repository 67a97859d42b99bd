//! The structural check: does what is written have the manifest's shape? All errors are found, and what is
//! right is kept, so that the rules about meaning can look at the rest in the same run.

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Source};
use super::document::{Entry, Kind, Node};
use super::path::KeyPath;
use super::places::Places;
use super::shape::{Field, Shape};
use super::suggest::{nearest, one_of};

/// The check of one file. Empty optional values count as absent, as `description:` with nothing after it.
pub(super) struct Structure<'a> {
    pub(super) source: &'a Source,
    pub(super) places: &'a mut Places,
    pub(super) errors: &'a mut Vec<Diagnostic>,
}

impl Structure<'_> {
    /// The value at `path` as JSON, without whatever in it is wrong; none where it is wrong as a whole.
    pub(super) fn check(&mut self, shape: &Shape, node: &Node, path: &KeyPath) -> Option<Value> {
        match (shape, &node.kind) {
            (Shape::Block(fields), Kind::Map(entries)) => self.block(fields, entries, path),
            (Shape::Named(inner), Kind::Map(entries)) => Some(self.named(inner, entries, path)),
            (Shape::List(inner), Kind::List(items)) => Some(self.list(inner, items, path)),
            // A name with nothing after it stands for a mapping or a list without anything in it.
            (Shape::Block(fields), Kind::Null) => self.block(fields, &[], path),
            (Shape::Named(_), Kind::Null) => Some(Value::Object(Map::new())),
            (Shape::List(_), Kind::Null) => Some(Value::Array(Vec::new())),
            (Shape::Text, Kind::Text(text)) => Some(Value::String(text.clone())),
            (Shape::Flag, Kind::Bool(flag)) => Some(Value::Bool(*flag)),
            (Shape::Choice(choices), Kind::Text(text)) if choices.contains(text) => {
                Some(Value::String(text.clone()))
            }
            (Shape::Choice(choices), Kind::Text(text)) => {
                self.wrong_choice(choices, text, node, path)
            }
            (expected, _) => self.wrong_type(expected, node, path),
        }
    }

    fn block(
        &mut self,
        fields: &std::collections::BTreeMap<String, Field>,
        entries: &[Entry],
        path: &KeyPath,
    ) -> Option<Value> {
        let mut value = Map::new();
        let mut broken = false;
        for entry in entries {
            let Some(field) = fields.get(&entry.key) else {
                self.unknown_key(fields, entries, entry, path);
                continue;
            };
            if is_empty(&entry.value) {
                continue;
            }
            let path = path.key(&entry.key);
            self.record(&path, entry);
            match self.check(&field.shape, &entry.value, &path) {
                Some(right) => {
                    value.insert(entry.key.clone(), right);
                }
                None => broken |= field.required,
            }
        }
        for (key, field) in fields.iter().filter(|(_, field)| field.required) {
            let written = entries.iter().find(|entry| entry.key == *key);
            if written.is_none_or(|entry| is_empty(&entry.value)) {
                self.missing_key(key, field, written, path);
                broken = true;
            }
        }
        (!broken).then_some(Value::Object(value))
    }

    fn named(&mut self, inner: &Shape, entries: &[Entry], path: &KeyPath) -> Value {
        let mut value = Map::new();
        for entry in entries {
            let path = path.key(&entry.key);
            self.record(&path, entry);
            if let Some(right) = self.check(inner, &entry.value, &path) {
                value.insert(entry.key.clone(), right);
            }
        }
        Value::Object(value)
    }

    fn list(&mut self, inner: &Shape, items: &[Node], path: &KeyPath) -> Value {
        let mut value = Vec::new();
        for (position, item) in items.iter().enumerate() {
            let path = path.index(position);
            self.places.insert(path.clone(), self.source, item.span);
            value.extend(self.check(inner, item, &path));
        }
        Value::Array(value)
    }

    /// An error about a mapping points at its key, one about a plain value at the value.
    fn record(&mut self, path: &KeyPath, entry: &Entry) {
        let span = match entry.value.kind {
            Kind::List(_) | Kind::Map(_) | Kind::Null => entry.key_span,
            _ => entry.value.span,
        };
        self.places.insert(path.clone(), self.source, span);
    }

    fn unknown_key(
        &mut self,
        fields: &std::collections::BTreeMap<String, Field>,
        entries: &[Entry],
        entry: &Entry,
        path: &KeyPath,
    ) {
        let key = &entry.key;
        let free = || {
            fields
                .keys()
                .map(String::as_str)
                .filter(|key| entries.iter().all(|entry| entry.key != *key))
        };
        let help = match nearest(key, free()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("{path} takes {}", one_of(fields.keys().map(String::as_str))),
        };
        self.errors.push(
            Diagnostic::new(
                "koctl::manifest::unknown_key",
                format!("unknown key `{key}` in {path}"),
            )
            .at(entry.key_span, None)
            .in_source(self.source)
            .with_help(help),
        );
    }

    fn missing_key(&mut self, key: &str, field: &Field, written: Option<&Entry>, path: &KeyPath) {
        let code = "koctl::manifest::missing_key";
        let error = match written {
            Some(entry) => Diagnostic::new(code, format!("`{key}` of {path} is empty"))
                .at(entry.key_span, None)
                .in_source(self.source),
            None => {
                self.places
                    .diagnostic(path, code, format!("the key `{key}` is missing in {path}"))
            }
        };
        self.errors
            .push(error.with_help(format!("`{key}` is required. {}", field.description)));
    }

    fn wrong_choice(
        &mut self,
        choices: &[String],
        text: &str,
        node: &Node,
        path: &KeyPath,
    ) -> Option<Value> {
        let choices = || choices.iter().map(String::as_str);
        let takes = format!("it takes {}", one_of(choices()));
        let help = match nearest(text, choices()) {
            Some(meant) => format!("did you mean `{meant}`? {takes}"),
            None => takes,
        };
        let message = format!("`{text}` is no value for {path}");
        self.report(node, "koctl::manifest::unknown_value", message, &help)
    }

    fn wrong_type(&mut self, expected: &Shape, node: &Node, path: &KeyPath) -> Option<Value> {
        let expects = expected.describe();
        let message = format!("{path} must be {expects}, and is {}", node.describe());
        // The excerpt is taken from what may be shown, so that a secret in the wrong place stays hidden.
        let written = self.source.excerpt(node.span);
        let help = match (expected, &node.kind) {
            (Shape::Text | Shape::Choice(_), Kind::Number(_) | Kind::Bool(_)) => {
                format!("put it in quotes: \"{written}\"")
            }
            (Shape::Flag, Kind::Text(text)) => match text.to_lowercase().as_str() {
                "yes" | "on" | "true" => "write `true`".to_owned(),
                "no" | "off" | "false" => "write `false`".to_owned(),
                _ => "write `true` or `false`, without quotes".to_owned(),
            },
            (Shape::List(_), Kind::Text(_)) => {
                format!("a list of one element is written `[{written}]`")
            }
            (Shape::Block(fields), _) => {
                format!("its keys are {}", one_of(fields.keys().map(String::as_str)))
            }
            _ => format!("write {expects} here"),
        };
        self.report(node, "koctl::manifest::wrong_type", message, &help)
    }

    fn report(
        &mut self,
        node: &Node,
        code: &'static str,
        message: String,
        help: &str,
    ) -> Option<Value> {
        self.errors.push(
            Diagnostic::new(code, message)
                .at(node.span, None)
                .in_source(self.source)
                .with_help(help),
        );
        None
    }
}

/// Whether a value counts as absent: nothing, or a string without anything in it.
fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Null => true,
        Kind::Text(text) => text.is_empty(),
        _ => false,
    }
}
