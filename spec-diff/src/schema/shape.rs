//! The values that the schemas of a place allow, as one shape: references followed, `allOf` merged, and the ways of
//! OpenAPI 3.0 and 3.1 to write the same made equal.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Node;
use super::limits::Limits;
use crate::document::{Document, elements, flag, members, reference};

/// The keywords of JSON Schema 2020-12 that restrict values, and for which there is no rule.
const NOT_JUDGED: [&str; 14] = [
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "propertyNames",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// All types that a value can have. Each integer is a number, too.
pub(super) const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "integer", "string"];

/// The number of schemas that are merged into one shape before the rest is passed over.
const PARTS: usize = 256;

/// What may stand in an object beside the properties that are described.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional<'a> {
    #[default]
    Anything,
    Nothing,
    Of(Node<'a>),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shape<'a> {
    /// `None` if all types are allowed.
    pub(super) types: Option<BTreeSet<&'static str>>,
    pub(super) formats: BTreeSet<&'a str>,
    /// The listed values, without `null`. `None` if they are not listed.
    pub(super) values: Option<Vec<&'a Value>>,
    pub(super) properties: BTreeMap<&'a str, Node<'a>>,
    pub(super) required: BTreeSet<&'a str>,
    pub(super) additional: Additional<'a>,
    pub(super) items: Node<'a>,
    /// The schemas of the first elements of a list.
    pub(super) first: Vec<Node<'a>>,
    pub(super) limits: Limits<'a>,
    pub(super) patterns: BTreeSet<&'a str>,
    /// The branches of each `oneOf` and `anyOf`.
    pub(super) alternatives: Vec<Vec<&'a Value>>,
    pub(super) default: Option<&'a Value>,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    /// The keywords and references for which there is no rule.
    pub(super) not_judged: BTreeMap<&'a str, Vec<&'a Value>>,
    /// True if nothing is allowed at all.
    pub(super) nothing: bool,
    parts: usize,
}

impl<'a> Shape<'a> {
    pub(super) fn new(document: Document<'a>, node: &Node<'a>) -> Self {
        let mut shape = Self::default();
        for schema in node {
            shape.merge(document, schema, &mut Vec::new());
        }
        shape
    }

    /// True if a value of a type is allowed.
    pub(super) fn allows(&self, kind: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(kind))
    }

    /// The allowed types, for people: `string or null`.
    pub(super) fn types_in_words(&self) -> String {
        match &self.types {
            None => "anything".to_owned(),
            Some(types) if types.is_empty() => "nothing".to_owned(),
            Some(types) => {
                let shown: Vec<&str> =
                    types.iter().copied().filter(|kind| *kind != "integer" || !types.contains("number")).collect();
                shown.join(" or ")
            }
        }
    }

    /// True if nothing except alternatives restricts the value.
    pub(super) fn has_alternatives_alone(&self) -> bool {
        self.alternatives.len() == 1
            && self.properties.is_empty()
            && self.required.is_empty()
            && self.items.is_empty()
            && self.first.is_empty()
            && self.values.is_none()
            && self.limits.is_empty()
            && self.patterns.is_empty()
    }

    fn merge(&mut self, document: Document<'a>, schema: &'a Value, followed: &mut Vec<&'a str>) {
        self.parts += 1;
        if self.parts > PARTS {
            self.not_judged.entry("allOf").or_default();
            return;
        }
        self.nothing |= schema == &Value::Bool(false);
        if let Some(target) = reference(schema) {
            self.follow(document, schema, target, followed);
            if !document.siblings_count {
                return;
            }
        }
        for part in elements(schema.get("allOf")) {
            self.merge(document, part, followed);
        }
        self.merge_types(schema);
        self.merge_values(schema);
        self.merge_object(schema);
        self.merge_list(schema);
        self.merge_alternatives(document, schema, followed);
        self.limits.merge(schema);
        self.formats.extend(schema.get("format").and_then(Value::as_str));
        self.patterns.extend(schema.get("pattern").and_then(Value::as_str));
        self.default = schema.get("default").or(self.default);
        self.read_only |= flag(schema, "readOnly");
        self.write_only |= flag(schema, "writeOnly");
        for keyword in NOT_JUDGED {
            if let Some(value) = schema.get(keyword) {
                self.not_judged.entry(keyword).or_default().push(value);
            }
        }
    }

    /// Merges the schema that a reference leads to. A schema that is part of itself adds nothing more.
    fn follow(&mut self, document: Document<'a>, schema: &'a Value, target: &'a str, followed: &mut Vec<&'a str>) {
        if followed.contains(&target) {
            return;
        }
        match document.resolve(schema) {
            Some(resolved) => {
                followed.push(target);
                self.merge(document, resolved, followed);
                followed.pop();
            }
            None => self.not_judged.entry("$ref").or_default().extend(schema.get("$ref")),
        }
    }

    /// The types, and `null`, which OpenAPI 3.0 writes as `nullable`. Where no type is written, the other keywords
    /// show which is meant, since an object is often written without `type`.
    fn merge_types(&mut self, schema: &'a Value) {
        let written: Vec<&str> = match schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ if schema.get("properties").is_some() => vec!["object"],
            _ if schema.get("items").is_some() || schema.get("prefixItems").is_some() => vec!["array"],
            _ => return,
        };
        let nullable = flag(schema, "nullable");
        let types = TYPES.into_iter().filter(|kind| {
            written.contains(kind)
                || (*kind == "integer" && written.contains(&"number"))
                || (*kind == "null" && nullable)
        });
        let types: BTreeSet<&'static str> = types.collect();
        self.types = Some(match self.types.take() {
            Some(before) => before.intersection(&types).copied().collect(),
            None => types,
        });
    }

    fn merge_values(&mut self, schema: &'a Value) {
        let mut listed: Vec<&Value> = match (schema.get("enum"), schema.get("const")) {
            (Some(Value::Array(values)), _) => values.iter().collect(),
            (_, Some(value)) => vec![value],
            _ => return,
        };
        listed.retain(|value| !value.is_null());
        self.values = Some(match self.values.take() {
            Some(before) => before.into_iter().filter(|value| listed.contains(value)).collect(),
            None => listed,
        });
    }

    fn merge_object(&mut self, schema: &'a Value) {
        for (name, property) in members(schema.get("properties")) {
            self.properties.entry(name).or_default().push(property);
        }
        self.required.extend(elements(schema.get("required")).filter_map(Value::as_str));
        match (schema.get("additionalProperties"), &mut self.additional) {
            (Some(Value::Bool(false)), additional) => *additional = Additional::Nothing,
            (Some(more @ Value::Object(_)), Additional::Of(node)) => node.push(more),
            (Some(more @ Value::Object(_)), additional @ Additional::Anything) => {
                *additional = Additional::Of(vec![more])
            }
            _ => {}
        }
    }

    fn merge_list(&mut self, schema: &'a Value) {
        self.items.extend(schema.get("items"));
        for (at, element) in elements(schema.get("prefixItems")).enumerate() {
            match self.first.get_mut(at) {
                Some(node) => node.push(element),
                None => self.first.push(vec![element]),
            }
        }
    }

    /// The branches of `oneOf` and `anyOf`. A branch that is nothing but `null` is the way of OpenAPI 3.1 to write
    /// `nullable`, and a single branch is the schema itself.
    fn merge_alternatives(&mut self, document: Document<'a>, schema: &'a Value, followed: &mut Vec<&'a str>) {
        for keyword in ["oneOf", "anyOf"] {
            let Some(all) = schema.get(keyword).and_then(Value::as_array) else { continue };
            let branches: Vec<&Value> = all.iter().filter(|branch| !is_null(branch)).collect();
            let or_null = branches.len() < all.len();
            if let [only] = branches.as_slice() {
                self.merge(document, only, followed);
            } else if !branches.is_empty() {
                self.alternatives.push(branches);
            }
            if or_null && let Some(types) = &mut self.types {
                types.insert("null");
            }
        }
    }
}

/// True for `{type: null}`.
fn is_null(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "null",
        Some(Value::Array(kinds)) => kinds.as_slice() == ["null"],
        _ => false,
    }
}
