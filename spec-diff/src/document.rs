//! A document, with its references resolved and its operations listed.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The methods that a path item has operations of; see the path item object of OpenAPI 3.1.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The number of references that are followed from one place before it counts as a circle.
const REFERENCES: usize = 32;

/// A parsed OpenAPI document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'a> {
    root: &'a Value,
    /// True if the keys beside a `$ref` of a schema count, as from OpenAPI 3.1 on.
    pub(crate) siblings_count: bool,
}

/// An operation, with the path item that it is part of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'a> {
    pub(crate) path: &'a str,
    pub(crate) item: &'a Value,
    pub(crate) value: &'a Value,
}

impl<'a> Document<'a> {
    pub(crate) fn new(root: &'a Value) -> Self {
        let version = root.get("openapi").and_then(Value::as_str).unwrap_or_default();
        Self { root, siblings_count: !version.starts_with("3.0") }
    }

    /// The value of a key of the document.
    pub(crate) fn key(self, key: &str) -> Option<&'a Value> {
        self.root.get(key)
    }

    /// The value that a value refers to, or the value itself if it has no `$ref`. `None` if the reference leaves the
    /// document, refers to nothing, or to itself.
    pub(crate) fn resolve(self, mut value: &'a Value) -> Option<&'a Value> {
        for _ in 0..REFERENCES {
            let Some(reference) = reference(value) else { return Some(value) };
            let pointer = percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?;
            value = self.root.pointer(&pointer)?;
        }
        None
    }

    /// The operations of a map of path items (`paths`, webhooks, a callback) by path and method. Names of path
    /// parameters are left out of the keys, since callers do not see them.
    pub(crate) fn operations(self, items: Option<&'a Value>) -> BTreeMap<(String, &'static str), Operation<'a>> {
        let mut operations = BTreeMap::new();
        for (path, item) in members(items) {
            let Some(item) = self.resolve(item) else { continue };
            for method in METHODS {
                if let Some(value) = item.get(method) {
                    operations.insert((nameless(path), method), Operation { path, item, value });
                }
            }
        }
        operations
    }
}

/// The `$ref` of a value.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref").and_then(Value::as_str)
}

/// The entries of an object that may be missing; none of anything else.
pub(crate) fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// The elements of a list that may be missing; none of anything else.
pub(crate) fn elements(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// True if a key has the value `true`.
pub(crate) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

/// The names of the parameters of a path, in their order.
pub(crate) fn path_parameters(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// A path without the names of its parameters: `/orders/{}`.
fn nameless(path: &str) -> String {
    let mut parts = path.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((_, rest)) => text.extend(["{}", rest]),
            None => text.extend(["{", part]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Document, nameless, path_parameters};

    #[test]
    fn names_of_path_parameters_do_not_count() {
        assert_eq!(nameless("/a/{id}/b/{name}.json"), "/a/{}/b/{}.json");
        assert_eq!(nameless("/a/{id"), "/a/{id");
        assert_eq!(path_parameters("/a/{id}/b/{name}.json"), ["id", "name"]);
    }

    #[test]
    fn references_are_followed_within_the_document_only() {
        let root = json!({
            "a b": {"c/d": 1},
            "good": {"$ref": "#/a%20b/c~1d"},
            "circle": {"$ref": "#/circle"},
            "file": {"$ref": "other.yaml#/a"},
        });
        let document = Document::new(&root);
        assert_eq!(document.resolve(&root["good"]), Some(&json!(1)));
        assert_eq!(document.resolve(&root["circle"]), None);
        assert_eq!(document.resolve(&root["file"]), None);
    }
}
