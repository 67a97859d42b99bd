//! The manifest's shape, which the structural check follows. It is read from the JSON Schema of the manifest's types.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::credentials::is_name;
use super::model::types_schema;
use super::suggest::is_slip;

/// The valid values at a path of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Any string.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of these strings.
    Choice(Choices),
    /// A list of values of this shape.
    List(Box<Shape>),
    /// A mapping whose keys the user chooses.
    Named(Box<Shape>),
    /// A mapping of these keys.
    Block(BTreeMap<String, Field>),
    /// A construct that the types do not use. The value is checked when the types read it.
    Unknown,
}

/// The valid values of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choices {
    values: Vec<String>,
    /// True if the key is in one block with a secret, which may have been written here by mistake.
    beside_secret: bool,
}

impl Choices {
    /// The values.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.values.iter().map(String::as_str)
    }

    /// True if the text is one of the values.
    pub(super) fn contains(&self, text: &str) -> bool {
        self.iter().any(|value| value == text)
    }

    /// True if an error may repeat the text, because it is certainly not a secret.
    pub(super) fn may_show(&self, text: &str) -> bool {
        !self.beside_secret || is_slip(text, self.iter())
    }
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
            return Self::Choice(Choices { values: choices, beside_secret: false });
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

    /// True for the source of a secret.
    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Self::Block(fields) if is_source(fields))
    }

    /// The words that this shape gives a meaning.
    pub(super) fn words(&self) -> Words {
        let mut words = Words::default();
        self.collect(&mut words);
        words
    }

    fn collect(&self, words: &mut Words) {
        match self {
            Self::Choice(choices) => words.all.extend(choices.values.iter().cloned()),
            Self::List(inner) | Self::Named(inner) => inner.collect(words),
            Self::Block(fields) => {
                for (key, Field { shape, .. }) in fields {
                    words.all.insert(key.clone());
                    let is_secret = match shape {
                        Self::List(inner) => inner.is_secret(),
                        shape => shape.is_secret() || (is_source(fields) && key == "value"),
                    };
                    if is_secret {
                        words.secret.insert(key.clone());
                    } else if matches!(shape, Self::Text) {
                        words.plain.insert(key.clone());
                    }
                    shape.collect(words);
                }
            }
            Self::Text | Self::Flag | Self::Unknown => {}
        }
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

/// True for the keys of the source of a secret: no other block has exactly these.
pub(super) fn is_source(fields: &BTreeMap<String, Field>) -> bool {
    fields.keys().eq(["type", "value"])
}

/// True if an error may repeat a key that the block does not have, because it is certainly not a secret. In the place of
/// the source of a secret, and without a value, any other word may be one.
pub(super) fn may_show_key(fields: &BTreeMap<String, Field>, key: &str, has_value: bool) -> bool {
    is_slip(key, fields.keys().map(String::as_str)) || (has_value && !is_source(fields) && is_name(key))
}

/// Words that have a meaning in a manifest.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Keys of blocks, and choices.
    pub(super) all: HashSet<String>,
    /// The keys whose values are secret.
    pub(super) secret: HashSet<String>,
    /// The keys of plain texts.
    pub(super) plain: HashSet<String>,
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
    let mut fields: BTreeMap<String, Field> =
        schema["properties"].as_object().into_iter().flatten().map(field).collect();
    let has_secret = is_source(&fields) || fields.values().any(|field| field.shape.is_secret());
    for field in fields.values_mut() {
        if let Shape::Choice(choices) = &mut field.shape {
            choices.beside_secret = has_secret;
        }
    }
    fields
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
