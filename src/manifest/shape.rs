//! The manifest's shape, which the structural check follows. It is read from the JSON Schema of the manifest's types.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::model::types_schema;

/// The valid values at a path of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Any string.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of these strings.
    Choice(Vec<String>),
    /// A list of values of this shape.
    List(Box<Shape>),
    /// A mapping whose keys the user chooses.
    Named(Box<Shape>),
    /// A mapping of these keys.
    Block(BTreeMap<String, Field>),
    /// A construct that the types do not use. The value is checked when the types read it.
    Unknown,
}

/// A key of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// True if an empty value means something else than no key, so that a key with nothing after it is ambiguous.
    pub(super) distinguishes_empty: bool,
    /// The description of the key, in sentences.
    pub(super) description: String,
}

impl Shape {
    /// The shape of the whole manifest.
    pub(super) fn manifest() -> &'static Self {
        static MANIFEST: LazyLock<Shape> = LazyLock::new(|| {
            let schema = types_schema();
            Shape::read(&schema, &schema)
        });
        &MANIFEST
    }

    fn read(root: &Value, schema: &Value) -> Self {
        if let Some(target) = schema["$ref"].as_str() {
            let definition = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
            return definition.map_or(Self::Unknown, |definition| Self::read(root, definition));
        }
        // The schema of an optional value is a choice between the value and null.
        if let Some([value, _null]) = schema["anyOf"].as_array().map(Vec::as_slice) {
            return Self::read(root, value);
        }
        if let Some(choices) = choices(schema) {
            return Self::Choice(choices);
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
        match kind {
            Some("string") => Self::Text,
            Some("boolean") => Self::Flag,
            Some("array") => Self::List(Box::new(Self::read(root, &schema["items"]))),
            Some("object") if schema["properties"].is_object() => Self::Block(fields(root, schema)),
            Some("object") => Self::Named(Box::new(Self::read(root, &schema["additionalProperties"]))),
            _ => Self::Unknown,
        }
    }

    /// True if an optional key of this shape can mean more when it is absent than when it is empty. A flag that is absent
    /// may well be `true`.
    fn distinguishes_empty(&self, optional: bool) -> bool {
        match self {
            Self::Flag => true,
            Self::List(_) | Self::Named(_) => optional,
            // A block of optional keys alone, such as `author`, says nothing if it is empty.
            Self::Block(fields) => {
                optional && fields.values().any(|field| field.required || field.shape.is_flag_or_secret())
            }
            Self::Text | Self::Choice(_) | Self::Unknown => false,
        }
    }

    fn is_flag_or_secret(&self) -> bool {
        matches!(self, Self::Flag) || self.is_secret()
    }

    /// True for the source of a secret: no other block has exactly these keys.
    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Self::Block(fields) if fields.keys().eq(["type", "value"]))
    }

    /// The expected kind of value in words: `a string`.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Text | Self::Choice(_) => "a string",
            Self::Flag => "`true` or `false`",
            Self::List(_) => "a list",
            Self::Named(_) | Self::Block(_) => "a mapping",
            Self::Unknown => "another value",
        }
    }
}

/// True if the types tell an absent value from every other.
fn accepts_null(schema: &Value) -> bool {
    schema["anyOf"].is_array() || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
}

/// The values of an enumeration. The schema has them in `enum`, or with descriptions in `oneOf`.
fn choices(schema: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(text).collect();
    }
    schema["oneOf"].as_array()?.iter().map(|variant| text(&variant["const"])).collect()
}

fn fields(root: &Value, schema: &Value) -> BTreeMap<String, Field> {
    let required =
        |key: &str| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|required| required == key));
    let field = |(key, property): (&String, &Value)| {
        let description = property["description"].as_str().unwrap_or_default().replace('\n', " ");
        let (shape, required) = (Shape::read(root, property), required(key));
        let distinguishes_empty = !required && shape.distinguishes_empty(accepts_null(property));
        (key.clone(), Field { shape, required, distinguishes_empty, description })
    };
    schema["properties"].as_object().into_iter().flatten().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constructs(shape: &Shape, path: &str, found: &mut Vec<(String, Shape)>) {
        found.push((path.to_owned(), shape.clone()));
        match shape {
            Shape::List(item) | Shape::Named(item) => constructs(item, &format!("{path}.*"), found),
            Shape::Block(fields) => {
                for (key, field) in fields {
                    assert!(!field.description.is_empty(), "{path}.{key} has no description");
                    constructs(&field.shape, &format!("{path}.{key}"), found);
                }
            }
            _ => {}
        }
    }

    fn everything() -> Vec<(String, Shape)> {
        let mut found = Vec::new();
        constructs(Shape::manifest(), "", &mut found);
        found
    }

    #[test]
    fn every_construct_of_the_schema_is_understood() {
        for (path, shape) in everything() {
            assert_ne!(shape, Shape::Unknown, "{path}");
        }
    }

    #[test]
    fn every_key_of_the_design_is_there() {
        let paths: Vec<String> = everything().into_iter().map(|(path, _)| path).collect();
        insta::assert_snapshot!(paths.join("\n"));
    }
}
