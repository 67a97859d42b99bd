//! The routes that decK makes of a specification.
//!
//! decK makes a route of every operation. It matches the path of the specification alone: the path of a server becomes the
//! address behind the gateway, and no part of the route. Parameters match any one segment, whatever their names are.

use std::collections::BTreeMap;

use serde_json::Value;

use super::openapi::{METHODS, resolved};

/// The keys of routes by which requests are told apart, beside path and method.
const CRITERIA: [&str; 6] = ["destinations", "headers", "hosts", "protocols", "snis", "sources"];

/// The extension of a specification with what its routes have in common.
const DEFAULTS: &str = "x-kong-route-defaults";

/// What the gateway tells requests by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    /// The path, with `{}` for each parameter.
    shape: String,
    /// The method, in small letters as in a specification.
    pub(super) method: &'static str,
    /// Further conditions, as text.
    conditions: String,
}

/// The routes of a specification, each with its path as it is written there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes(BTreeMap<Match, String>);

impl Routes {
    /// The routes that decK makes of an OpenAPI document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let mut routes = BTreeMap::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            let item = resolved(document, item);
            for method in METHODS {
                let operation = resolved(document, &item[method]);
                if operation.is_object() {
                    let conditions = conditions(document, item, operation);
                    routes.entry(Match { shape: shape(path), method, conditions }).or_insert_with(|| path.clone());
                }
            }
        }
        Self(routes)
    }

    /// What the gateway tells requests by, each with its path as it is written, in the order of paths.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Match, &str)> {
        self.0.iter().map(|(route, path)| (route, path.as_str()))
    }
}

/// A path with `{}` for each parameter: names do not matter.
fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, parameter)) = rest.split_once('{') {
        let Some((_, after)) = parameter.split_once('}') else { break };
        shape.push_str(before);
        shape.push_str("{}");
        rest = after;
    }
    shape + rest
}

/// The conditions of a route beside path and method: those of the nearest defaults, and headers that a request must have
/// with one of some values.
fn conditions(document: &Value, item: &Value, operation: &Value) -> String {
    let defaults = [operation, item, document].into_iter().map(|place| &place[DEFAULTS]).find(|one| !one.is_null());
    let defaults = defaults.map(|defaults| resolved(document, defaults)).and_then(Value::as_object);
    let set = defaults.into_iter().flatten().filter(|(key, _)| CRITERIA.contains(&key.as_str()));
    let mut conditions: BTreeMap<String, &Value> = set.map(|(key, value)| (key.clone(), value)).collect();
    // Parameters of the operation count last, because they replace those of the path.
    for place in [item, operation] {
        for parameter in place["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(document, parameter);
            let values = &resolved(document, &parameter["schema"])["enum"];
            if parameter["in"] == "header" && parameter["required"] == true && values.is_array() {
                let name = parameter["name"].as_str().unwrap_or_default().to_lowercase();
                conditions.insert(format!("header {name}"), values);
            }
        }
    }
    let texts = conditions.into_iter().map(|(name, value)| format!("{name}={value}\n"));
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_a_path_has_the_same_shape() {
        assert_eq!(shape("/a/{b}c{d}/{e"), "/a/{}c{}/{e");
        assert_eq!(shape("/a"), "/a");
    }
}
