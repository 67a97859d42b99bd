//! The structural check compares a tree with the manifest's shape, and finds all errors. It replaces values that are
//! wrong or missing by placeholders and marks them, so that the rules about meaning can check everything else in the
//! same run.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Source, Span};
use super::locations::Locations;
use super::path::KeyPath;
use super::shape::{Choices, Field, Shape, may_show_key};
use super::suggest::{nearest, one_of};
use super::yaml::{Entry, Kind, Node};

/// The check of one file. Empty optional values count as absent, such as `description:` with nothing after it, except
/// where that could mean both an empty value and no key.
pub(super) struct Structure<'a> {
    pub(super) source: &'a Source,
    pub(super) locations: &'a mut Locations,
    pub(super) errors: &'a mut Vec<Diagnostic>,
}

impl Structure<'_> {
    /// The value at `path` as JSON of the given shape.
    pub(super) fn check(&mut self, shape: &Shape, node: &Node, path: &KeyPath) -> Value {
        match (shape, &node.kind) {
            (Shape::Block(fields), Kind::Map(entries)) => self.block(fields, entries, path),
            (Shape::Named(inner), Kind::Map(entries)) => self.named(inner, entries, path),
            (Shape::List(inner), Kind::List(items)) => self.list(inner, items, path),
            // A key with nothing after it is an empty mapping or list.
            (Shape::Block(fields), Kind::Null) => self.block(fields, &[], path),
            (Shape::Named(_) | Shape::List(_), Kind::Null) => placeholder(shape),
            // A scalar keeps its text: `1.10` is the text "1.10".
            (Shape::Text, Kind::Text(text) | Kind::Number(_, text) | Kind::Bool(_, text)) => {
                Value::String(text.clone())
            }
            (Shape::Flag, Kind::Bool(flag, _)) => Value::Bool(*flag),
            (Shape::Choice(choices), Kind::Text(text)) if choices.contains(text) => Value::String(text.clone()),
            (wrong, _) => {
                self.report_wrong(wrong, node, path);
                self.locations.mark_wrong(path);
                placeholder(shape)
            }
        }
    }

    fn block(&mut self, fields: &BTreeMap<String, Field>, entries: &[Entry], path: &KeyPath) -> Value {
        let mut value = Map::new();
        for entry in entries {
            let Some(field) = fields.get(&entry.key) else {
                self.report_unknown_key(fields, entry, path);
                continue;
            };
            if is_empty(&entry.value, &field.shape) {
                if field.distinguishes_empty {
                    self.report_ambiguous(&entry.key, field, entry.key_span, path);
                }
                continue;
            }
            let path = path.key(&entry.key);
            self.record(&path, entry);
            value.insert(entry.key.clone(), self.check(&field.shape, &entry.value, &path));
        }
        for (key, field) in fields.iter().filter(|(_, field)| field.required) {
            if !value.contains_key(key) {
                let written = entries.iter().find(|entry| entry.key == *key);
                self.report_missing_key(key, field, written, path);
                self.locations.mark_wrong(&path.key(key));
                value.insert(key.clone(), placeholder(&field.shape));
            }
        }
        Value::Object(value)
    }

    fn named(&mut self, inner: &Shape, entries: &[Entry], path: &KeyPath) -> Value {
        let mut value = Map::new();
        for entry in entries {
            let path = path.key(&entry.key);
            self.record(&path, entry);
            value.insert(entry.key.clone(), self.check(inner, &entry.value, &path));
        }
        Value::Object(value)
    }

    fn list(&mut self, inner: &Shape, items: &[Node], path: &KeyPath) -> Value {
        let mut value = Vec::new();
        for (position, item) in items.iter().enumerate() {
            let path = path.index(position);
            self.locations.insert(path.clone(), self.source, item.span);
            value.push(self.check(inner, item, &path));
        }
        Value::Array(value)
    }

    /// Errors about a mapping or a list point at the key, errors about a plain value at the value.
    fn record(&mut self, path: &KeyPath, entry: &Entry) {
        let span = match entry.value.kind {
            Kind::List(_) | Kind::Map(_) | Kind::Null => entry.key_span,
            _ => entry.value.span,
        };
        self.locations.insert(path.clone(), self.source, span);
    }

    fn report_unknown_key(&mut self, fields: &BTreeMap<String, Field>, entry: &Entry, path: &KeyPath) {
        let key = &entry.key;
        let known = || fields.keys().map(String::as_str);
        let is_shown = may_show_key(fields, key, !matches!(entry.value.kind, Kind::Null));
        let shown = if is_shown { format!(" `{key}`") } else { String::new() };
        let help = match nearest(key, known()) {
            Some(meant) if is_shown => format!("did you mean `{meant}`?"),
            _ => format!("valid keys are {}", one_of(known())),
        };
        self.errors.push(
            Diagnostic::new("koctl::manifest::unknown_key", format!("unknown key{shown} in {path}"))
                .at(entry.key_span, None)
                .in_source(self.source)
                .with_help(help),
        );
    }

    /// Reports a key with nothing after it, if that could mean both an empty value and no key.
    fn report_ambiguous(&mut self, key: &str, field: &Field, key_span: Span, path: &KeyPath) {
        let write = match &field.shape {
            Shape::Flag => "write `true` or `false`".to_owned(),
            Shape::List(_) => format!("write `{key}: []` for none"),
            Shape::Named(_) => format!("write `{key}: {{}}` for none"),
            _ => format!("write what is in `{key}`"),
        };
        self.errors.push(
            Diagnostic::new(
                "koctl::manifest::ambiguous",
                format!("`{key}` of {path} is empty, which has no clear meaning"),
            )
            .at(key_span, None)
            .in_source(self.source)
            .with_help(format!("{write}, or leave the key out. {}", field.description)),
        );
        self.locations.mark_wrong(&path.key(key));
    }

    fn report_missing_key(&mut self, key: &str, field: &Field, written: Option<&Entry>, path: &KeyPath) {
        let code = "koctl::manifest::missing_key";
        let error = match written {
            Some(entry) => Diagnostic::new(code, format!("`{key}` of {path} is empty"))
                .at(entry.key_span, None)
                .in_source(self.source),
            None => self.locations.diagnostic(path, code, format!("the key `{key}` is missing in {path}")),
        };
        self.errors.push(error.with_help(format!("`{key}` is required. {}", field.description)));
    }

    fn report_wrong(&mut self, expected: &Shape, node: &Node, path: &KeyPath) {
        let error = match (expected, &node.kind) {
            (Shape::Choice(choices), Kind::Text(text) | Kind::Number(_, text) | Kind::Bool(_, text)) => {
                unknown_value(choices, text, path)
            }
            // The source masks secrets, so a secret at the wrong path is not shown.
            _ => wrong_type(expected, node, self.source.excerpt(node.span), path),
        };
        self.errors.push(error.at(node.span, None).in_source(self.source));
    }
}

fn unknown_value(choices: &Choices, text: &str, path: &KeyPath) -> Diagnostic {
    let possible = one_of(choices.iter());
    let help = match nearest(text, choices.iter()) {
        Some(meant) => format!("did you mean `{meant}`? Valid values are {possible}"),
        None => format!("valid values are {possible}"),
    };
    let shown = if choices.may_show(text) { format!("`{text}`") } else { "this".to_owned() };
    Diagnostic::new("koctl::manifest::unknown_value", format!("{shown} is not a valid value for {path}"))
        .with_help(help)
}

fn wrong_type(expected: &Shape, node: &Node, written: &str, path: &KeyPath) -> Diagnostic {
    let expects = expected.describe();
    let help = match (expected, &node.kind) {
        (Shape::Flag, Kind::Text(text)) => match text.to_lowercase().as_str() {
            "yes" | "on" | "true" => "write `true`".to_owned(),
            "no" | "off" | "false" => "write `false`".to_owned(),
            _ => "write `true` or `false`, without quotes".to_owned(),
        },
        (Shape::List(_), Kind::Text(_)) => format!("write a list of one element as `[{written}]`"),
        (Shape::Block(fields), _) => format!("valid keys are {}", one_of(fields.keys().map(String::as_str))),
        _ => format!("write {expects}"),
    };
    let message = format!("{path} must be {expects}, not {}", node.describe());
    Diagnostic::new("koctl::manifest::wrong_type", message).with_help(help)
}

/// The smallest value of this shape.
fn placeholder(shape: &Shape) -> Value {
    match shape {
        Shape::Text => Value::String(String::new()),
        Shape::Flag => Value::Bool(false),
        Shape::Choice(choices) => choices.iter().next().into(),
        Shape::List(_) => Value::Array(Vec::new()),
        Shape::Named(_) => Value::Object(Map::new()),
        Shape::Block(fields) => {
            let required = fields.iter().filter(|(_, field)| field.required);
            Value::Object(required.map(|(key, field)| (key.clone(), placeholder(&field.shape))).collect())
        }
        Shape::Unknown => Value::Null,
    }
}

/// True if a value counts as absent: null, or an empty string where a string is expected.
fn is_empty(node: &Node, shape: &Shape) -> bool {
    match &node.kind {
        Kind::Null => true,
        Kind::Text(text) => text.is_empty() && matches!(shape, Shape::Text | Shape::Choice(_)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::super::model::{Manifest, json_schema};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// A manifest as JSON with every kind of value.
    fn manifest() -> Value {
        json!({
            "platform": {"git": {"remote": "r", "auth": {"type": "ssh", "ssh": {"key": {"type": "env", "value": "K"}}}}},
            "teams": {"data": {"users": ["a", "b"], "protect": true, "services": {"s": {"name": "n", "git": {"remote": "r"}}}}},
            "organizations": {"air": {
                "access-token": {"type": "file", "value": "f"},
                "environments": {"dev": {"type": "DEV", "region": "us", "teams": {"data": {"services": {"s": {"branch": "b"}}}}}},
                "authorization": {"team-mappings": {"idp": {"enabled": true, "mappings": {"t": ["g"]}}}},
            }},
        })
    }

    fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    pointers(value, format!("{at}/{key}"), found);
                }
            }
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    pointers(item, format!("{at}/{position}"), found);
                }
            }
            _ => {}
        }
        found.push(at);
    }

    fn checked(value: &Value) -> (Value, Vec<Diagnostic>) {
        let document = Document::parse("a.yaml", &value.to_string()).unwrap();
        let (mut locations, mut errors) = (Locations::default(), Vec::new());
        let mut structure = Structure { source: &document.source, locations: &mut locations, errors: &mut errors };
        let value = structure.check(Shape::manifest(), &document.root, &KeyPath::default());
        (value, errors)
    }

    /// Any JSON except values that count as absent, which the schema does not know.
    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "(DEV|PROD|us|sg|env|ssh|[a-z]{1,8})".prop_map(Value::from),
        ];
        let key = "(type|value|name|git|remote|users|enabled|[a-z]{1,4})";
        leaf.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..4).prop_map(|entries| entries.into_iter().collect()),
            ]
        })
    }

    #[test]
    fn what_is_right_stays_as_it_is() {
        let (value, errors) = checked(&manifest());
        assert_eq!((value, errors.len()), (manifest(), 0));
    }

    proptest! {
        #[test]
        fn the_check_and_the_published_schema_agree_on_every_manifest(at: prop::sample::Index, new in anything()) {
            let mut value = manifest();
            let mut everywhere = Vec::new();
            pointers(&value, String::new(), &mut everywhere);
            *value.pointer_mut(at.get::<String>(&everywhere)).unwrap() = new;
            let valid = jsonschema::is_valid(&json_schema(), &value);
            let (repaired, errors) = checked(&value);
            prop_assert_eq!(valid, errors.is_empty(), "{}", value);
            // The types can read the result of the check, whatever was wrong.
            prop_assert!(serde_json::from_value::<Manifest>(repaired).is_ok());
        }
    }
}
