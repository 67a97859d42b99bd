//! Values of attributes: how they are compared, and how the state stores them.

use serde_json::{Map, Value, json};

use super::digest::sha256;
use super::remote::Remote;
use super::schema::{Attribute, Kind};
use crate::state::ResourceState;

/// True if the server stored another value than was requested, the same is requested again, and it still has that
/// value. This is not a difference, or the plan would never be empty (R6).
pub(super) fn normalised(attribute: &Attribute, prior: Option<&ResourceState>, after: &Value, remote: &Remote) -> bool {
    let Some(prior) = prior else { return false };
    let is = remote.attributes.get(attribute.name).unwrap_or(&Value::Null);
    let was = prior.attributes.get(attribute.name);
    let is = match (attribute.kind, was) {
        (Kind::Labels, Some(was)) => own(is, was, after),
        (kind, _) => stored_form(kind, is),
    };
    prior.normalised.get(attribute.name) == Some(&stored_form(attribute.kind, after)) && was == Some(&is)
}

pub(super) fn entries(labels: &Value) -> impl Iterator<Item = (&String, &Value)> {
    labels.as_object().into_iter().flatten()
}

/// The labels that koctl set before, or sets now.
pub(super) fn own(labels: &Value, before: &Value, now: &Value) -> Value {
    let ours = |(key, _): &(&String, &Value)| before.get(key).is_some() || now.get(key).is_some();
    let kept: Map<_, _> = entries(labels).filter(ours).map(|(key, value)| (key.clone(), value.clone())).collect();
    Value::Object(kept)
}

/// True if two values of an attribute are the same.
pub(super) fn same(kind: Kind, a: &Value, b: &Value) -> bool {
    a == b || stored_form(kind, a) == stored_form(kind, b)
}

/// The value as the state stores it. Long texts become digests, so that a state stays small and readable.
#[must_use]
pub fn stored_form(kind: Kind, value: &Value) -> Value {
    match (kind, value) {
        (Kind::Text, Value::String(text)) => digest(text),
        (Kind::Files, Value::Object(files)) => {
            let file = |(path, text): (&String, &Value)| (path.clone(), stored_form(Kind::Text, text));
            Value::Object(files.iter().map(file).collect())
        }
        _ => value.clone(),
    }
}

/// The digest of a long text, as the state stores it.
#[must_use]
pub fn digest(text: &str) -> Value {
    json!({ "sha256": sha256(text.as_bytes()) })
}
