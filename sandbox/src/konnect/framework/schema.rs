//! Request bodies: tables of the fields that the documents allow, and the one validator that reads them.
//!
//! A table is a [`Schema`]: its fields with their kinds, limits and defaults. [`Schema::check`] reports all violations
//! at once; handlers see only valid bodies.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use super::problem::{Invalid, Problem, Rule};

/// A table of fields.
#[derive(Debug)]
pub(in crate::konnect) struct Schema {
    /// The fields that the document names.
    pub(in crate::konnect) fields: &'static [Field],
    /// The treatment of other fields.
    pub(in crate::konnect) unknown: Unknown,
}

/// The treatment of fields that a document does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::konnect) enum Unknown {
    /// `additionalProperties: false`: they are refused.
    Refused,
    /// The document says nothing: they are ignored.
    Ignored,
    /// The document says that there may be any others: they are stored.
    Stored,
}

/// One field of a request body.
#[derive(Debug, Clone, Copy)]
pub(in crate::konnect) struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
    nullable: bool,
    read_only: bool,
    default: Option<Initial>,
}

/// The kinds of value a field may hold.
#[derive(Debug, Clone, Copy)]
pub(in crate::konnect) enum Kind {
    /// A text with a minimum and a maximum length.
    Text(usize, usize),
    /// A text of a given shape.
    Shaped(usize, usize, Shape),
    /// A UUID.
    Uuid,
    /// An email address with a maximum length.
    Email(usize),
    /// `true` or `false`.
    Boolean,
    /// A URI with a scheme.
    Uri,
    /// A time in the format of RFC 3339.
    Time,
    /// A whole number within limits.
    Integer(i64, i64),
    /// Any number.
    Number,
    /// A number within limits, whole or not.
    Decimal(i32, i32),
    /// One of a few texts.
    Choice(&'static [&'static str]),
    /// One of a few whole numbers.
    NumberChoice(&'static [i64]),
    /// A list of values of one kind, with a minimum and a maximum length.
    List(usize, usize, &'static Kind),
    /// An object with fields of its own.
    Object(&'static Schema),
    /// An object whose kind depends on one of its fields: the field, and the kind for each of its values.
    Variant(&'static str, &'static [(&'static [&'static str], &'static Kind)]),
    /// An object with any keys, and values of one kind.
    Mapping(&'static Kind),
    /// Labels, with a maximum number.
    Labels(usize),
    /// Changes to labels, with a maximum number: null removes a label.
    LabelChanges(usize),
    /// Attributes of an API: keys of lowercase letters, digits, hyphens and underscores; lists of texts.
    Attributes,
}

/// The shape that a text must have.
#[derive(Debug, Clone, Copy)]
pub(in crate::konnect) struct Shape {
    /// The document's regular expression, for the reason in the refusal.
    pub(in crate::konnect) pattern: &'static str,
    /// True if a text has the shape.
    pub(in crate::konnect) matches: fn(&str) -> bool,
}

/// The value of an absent field when the object is created.
#[derive(Debug, Clone, Copy)]
pub(in crate::konnect) enum Initial {
    /// `null`.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(&'static str),
    /// `[]`.
    List,
    /// A list of texts.
    Texts(&'static [&'static str]),
    /// A list of whole numbers.
    Integers(&'static [i64]),
    /// `{}`, before the defaults of its own fields are filled in.
    Object,
    /// An object with these texts in it.
    With(&'static [(&'static str, &'static str)]),
}

impl Initial {
    fn value(self) -> Value {
        match self {
            Initial::Null => Value::Null,
            Initial::Boolean(value) => json!(value),
            Initial::Integer(value) => json!(value),
            Initial::Text(value) => json!(value),
            Initial::List => json!([]),
            Initial::Texts(values) => json!(values),
            Initial::Integers(values) => json!(values),
            Initial::Object => json!({}),
            Initial::With(fields) => fields.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect(),
        }
    }
}

impl Field {
    /// An optional field that must not be null.
    pub(in crate::konnect) const fn new(name: &'static str, kind: Kind) -> Field {
        Field { name, kind, required: false, nullable: false, read_only: false, default: None }
    }

    /// A field that only the server sets.
    pub(in crate::konnect) const fn read_only(name: &'static str) -> Field {
        Field { read_only: true, ..Field::new(name, Kind::Boolean) }
    }

    /// The same field, required when the object is created.
    pub(in crate::konnect) const fn required(self) -> Field {
        Field { required: true, ..self }
    }

    /// The same field, which may be null.
    pub(in crate::konnect) const fn nullable(self) -> Field {
        Field { nullable: true, ..self }
    }

    /// The same field with a default at creation.
    pub(in crate::konnect) const fn or(self, default: Initial) -> Field {
        Field { default: Some(default), ..self }
    }
}

/// The presence of required fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Whole,
    Partial,
}

impl Schema {
    /// An object whose fields the document leaves open.
    pub(in crate::konnect) const FREE: Schema = Schema { fields: &[], unknown: Unknown::Stored };

    /// The fields of a body that creates or replaces an object, with the defaults.
    pub(in crate::konnect) fn create(&self, body: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
        let mut accepted = self.check(body, Presence::Whole)?;
        self.fill(&mut accepted);
        Ok(accepted)
    }

    /// The defaults of all fields.
    pub(in crate::konnect) fn defaults(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        self.fill(&mut fields);
        fields
    }

    /// Adds the defaults to an object, and to the objects in it.
    fn fill(&self, fields: &mut Map<String, Value>) {
        for field in self.fields {
            if let (Some(default), false) = (field.default, fields.contains_key(field.name)) {
                fields.insert(field.name.to_owned(), default.value());
            }
            if let Some(value) = fields.get_mut(field.name) {
                field.kind.each_object(value, Schema::fill);
            }
        }
    }

    /// Drops the fields that are ignored from an object, and from the objects in it.
    fn drop_ignored(&self, fields: &mut Map<String, Value>) {
        if self.unknown == Unknown::Ignored {
            fields.retain(|name, _| self.names(name));
        }
        for field in self.fields {
            if let Some(value) = fields.get_mut(field.name) {
                field.kind.each_object(value, Schema::drop_ignored);
            }
        }
    }

    /// The fields as a gateway describes those of a record: one object each, with the type and the default.
    pub(in crate::konnect) fn described(&self) -> Vec<Value> {
        self.fields
            .iter()
            .map(|field| {
                let mut described = field.kind.described();
                if field.required {
                    described["required"] = json!(true);
                }
                if let Some(default) = field.default.filter(|default| !matches!(default, Initial::Null)) {
                    described["default"] = default.value();
                }
                json!({ (field.name): described })
            })
            .collect()
    }

    /// The same as a JSON Schema.
    pub(in crate::konnect) fn as_json_schema(&self) -> Value {
        let property = |field: &Field| {
            let mut property = field.kind.as_json_schema();
            if let Some(default) = field.default.filter(|default| !matches!(default, Initial::Null)) {
                let mut default = default.value();
                field.kind.each_object(&mut default, Schema::fill);
                property["default"] = default;
            }
            (field.name.to_owned(), property)
        };
        let properties: Map<String, Value> = self.fields.iter().map(property).collect();
        let required: Vec<&str> = self.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
        json!({ "type": "object", "properties": properties, "required": required })
    }

    /// True if the table has a field of this name.
    pub(in crate::konnect) fn names(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// True if a body can set a field of this name.
    pub(in crate::konnect) fn sets(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name && !field.read_only)
    }

    /// The fields of a body that changes some of an object's fields.
    pub(in crate::konnect) fn change(&self, body: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
        self.check(body, Presence::Partial)
    }

    fn check(&self, mut body: Map<String, Value>, presence: Presence) -> Result<Map<String, Value>, Problem> {
        let mut invalid = Vec::new();
        self.violations("", &body, presence, &mut invalid);
        if !invalid.is_empty() {
            return Err(Problem::invalid(invalid));
        }
        self.drop_ignored(&mut body);
        Ok(body)
    }

    fn violations(&self, prefix: &str, body: &Map<String, Value>, presence: Presence, invalid: &mut Vec<Invalid>) {
        for field in self.fields {
            let path = format!("{prefix}{}", field.name);
            match body.get(field.name) {
                None if field.required && presence == Presence::Whole => {
                    invalid.push(Invalid::body(path, Rule::Named("required"), "is a required field"));
                }
                None => {}
                Some(_) if field.read_only => {
                    invalid.push(Invalid::body(path, Rule::Named("invalid"), "is read-only"));
                }
                Some(Value::Null) if field.nullable => {}
                Some(value) => field.kind.violations(&path, value, invalid),
            }
        }
        if self.unknown == Unknown::Refused {
            for name in body.keys().filter(|name| !self.names(name)) {
                let path = format!("{prefix}{name}");
                invalid.push(Invalid::body(path, Rule::Named("unknown_property"), "is not allowed"));
            }
        }
    }
}

impl Shape {
    /// Any text that is not empty: `\w`, a space and `\W` together match every character.
    pub(in crate::konnect) const ANYTHING: Shape = Shape { pattern: "^[\\w \\W]+$", matches: |text| !text.is_empty() };
}

impl Kind {
    /// A text of any length.
    pub(in crate::konnect) const ANY_TEXT: Kind = Kind::Text(0, usize::MAX);

    fn violations(&self, path: &str, value: &Value, invalid: &mut Vec<Invalid>) {
        match (self, value) {
            (Kind::Text(least, most), Value::String(text)) => length(path, text, *least, *most, invalid),
            (Kind::Shaped(least, most, shape), Value::String(text)) => {
                length(path, text, *least, *most, invalid);
                if !text.is_empty() && !(shape.matches)(text) {
                    let reason = format!("must match {}", shape.pattern);
                    invalid.push(Invalid::body(path, Rule::Named("matches_regex"), reason));
                }
            }
            (Kind::Uuid, Value::String(text)) if is_uuid(text) => {}
            (Kind::Uuid, _) => invalid.push(Invalid::body(path, Rule::Named("is_uuid"), "must be a UUID")),
            (Kind::Email(most), Value::String(text)) => {
                length(path, text, 1, *most, invalid);
                if !text.is_empty() && !is_email(text) {
                    invalid.push(Invalid::body(path, Rule::Named("invalid"), "must be an email address"));
                }
            }
            (Kind::Uri, Value::String(text)) if Url::parse(text).is_ok() => {}
            (Kind::Uri, Value::String(_)) => {
                invalid.push(Invalid::body(path, Rule::Named("invalid"), "must be a URI with a scheme"));
            }
            (Kind::Time, Value::String(text)) if text.parse::<Timestamp>().is_ok() => {}
            (Kind::Time, Value::String(_)) => {
                let reason = "must be a time in the format of RFC 3339";
                invalid.push(Invalid::body(path, Rule::Named("is_date_time"), reason));
            }
            (Kind::Boolean, Value::Bool(_)) | (Kind::Number, Value::Number(_)) => {}
            (Kind::Integer(least, most), Value::Number(number)) if number.is_i64() || number.is_u64() => {
                // A number beyond i64 exceeds every limit.
                range(path, number.as_i64().unwrap_or(i64::MAX), *least, *most, invalid);
            }
            (Kind::Decimal(least, most), Value::Number(number)) => {
                let (least, most) = (*least, *most);
                let number = number.as_f64().unwrap_or(f64::MAX);
                if number < f64::from(least) {
                    let reason = format!("must not be less than {least}");
                    invalid.push(Invalid::body(path, Rule::Minimum("min", least.into()), reason));
                } else if number > f64::from(most) {
                    let reason = format!("must not be greater than {most}");
                    invalid.push(Invalid::body(path, Rule::Maximum("max", most.into()), reason));
                }
            }
            (Kind::NumberChoice(choices), value) if value.as_i64().is_some_and(|number| choices.contains(&number)) => {}
            (Kind::NumberChoice(choices), _) => {
                let choices: Vec<String> = choices.iter().map(i64::to_string).collect();
                let reason = format!("must be one of [{}]", choices.join(", "));
                invalid.push(Invalid::body(path, Rule::Choices(choices), reason));
            }
            (Kind::Mapping(kind), Value::Object(entries)) => {
                for (name, entry) in entries {
                    kind.violations(&format!("{path}.{name}"), entry, invalid);
                }
            }
            (Kind::Choice(choices), Value::String(text)) if choices.contains(&text.as_str()) => {}
            (Kind::Choice(choices), _) => {
                let reason = format!("must be one of [{}]", choices.join(", "));
                let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
                invalid.push(Invalid::body(path, Rule::Choices(choices), reason));
            }
            (Kind::List(least, most, kind), Value::Array(items)) => {
                count(path, items.len(), *least, *most, invalid);
                for (index, item) in items.iter().enumerate() {
                    kind.violations(&format!("{path}.{index}"), item, invalid);
                }
            }
            (Kind::Object(schema), Value::Object(fields)) => {
                schema.violations(&format!("{path}."), fields, Presence::Whole, invalid);
            }
            (Kind::Variant(name, kinds), Value::Object(fields)) => match variant(kinds, fields.get(*name)) {
                Some(kind) => kind.violations(path, value, invalid),
                None => {
                    let choices: Vec<&str> = kinds.iter().flat_map(|(values, _)| values.iter().copied()).collect();
                    let reason = format!("must be one of [{}]", choices.join(", "));
                    let choices = choices.into_iter().map(str::to_owned).collect();
                    invalid.push(Invalid::body(format!("{path}.{name}"), Rule::Choices(choices), reason));
                }
            },
            (Kind::Labels(most), Value::Object(labels)) => label_violations(path, labels, *most, false, invalid),
            (Kind::LabelChanges(most), Value::Object(labels)) => label_violations(path, labels, *most, true, invalid),
            (Kind::Attributes, Value::Object(attributes)) => attribute_violations(path, attributes, invalid),
            _ => {
                let (rule, reason) = self.expectation();
                invalid.push(Invalid::body(path, Rule::Named(rule), reason));
            }
        }
    }

    /// Does `work` on every object at the top of a value that has a table of fields.
    fn each_object(&self, value: &mut Value, work: fn(&Schema, &mut Map<String, Value>)) {
        match (self, value) {
            (Kind::List(_, _, kind), Value::Array(items)) => {
                items.iter_mut().for_each(|item| kind.each_object(item, work));
            }
            (Kind::Mapping(kind), Value::Object(entries)) => {
                entries.values_mut().for_each(|entry| kind.each_object(entry, work));
            }
            (Kind::Object(schema), Value::Object(fields)) => work(schema, fields),
            (Kind::Variant(name, kinds), value) => {
                let Some(kind) = variant(kinds, value.get(name)) else { return };
                let choice = value[*name].clone();
                kind.each_object(value, work);
                // The table of a variant need not name what chooses it.
                value[*name] = choice;
            }
            _ => {}
        }
    }

    /// The type as JSON Schema writes it.
    fn as_json_schema(&self) -> Value {
        match self {
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Integer(i64::MIN, i64::MAX) => json!({ "type": "integer" }),
            Kind::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Decimal(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
            Kind::Choice(choices) => json!({ "type": "string", "enum": choices }),
            Kind::NumberChoice(choices) => json!({ "type": "integer", "enum": choices }),
            Kind::List(_, _, kind) => json!({ "type": "array", "items": kind.as_json_schema() }),
            Kind::Object(schema) => schema.as_json_schema(),
            Kind::Mapping(kind) => json!({ "type": "object", "additionalProperties": kind.as_json_schema() }),
            Kind::Variant(..) | Kind::Labels(_) | Kind::LabelChanges(_) | Kind::Attributes => {
                json!({ "type": "object" })
            }
            Kind::Text(..) | Kind::Shaped(..) | Kind::Uuid | Kind::Email(_) | Kind::Uri | Kind::Time => {
                json!({ "type": "string" })
            }
        }
    }

    /// The type as a gateway describes it.
    fn described(&self) -> Value {
        match self {
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Integer(i64::MIN, i64::MAX) => json!({ "type": "integer" }),
            Kind::Integer(least, most) => json!({ "type": "integer", "between": [least, most] }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Decimal(least, most) => json!({ "type": "number", "between": [least, most] }),
            Kind::Choice(choices) => json!({ "type": "string", "one_of": choices }),
            Kind::NumberChoice(choices) => json!({ "type": "integer", "one_of": choices }),
            Kind::List(_, _, kind) => json!({ "type": "array", "elements": kind.described() }),
            Kind::Object(schema) => json!({ "type": "record", "fields": schema.described() }),
            Kind::Mapping(kind) => {
                json!({ "type": "map", "keys": { "type": "string" }, "values": kind.described() })
            }
            Kind::Variant(..) | Kind::Labels(_) | Kind::LabelChanges(_) | Kind::Attributes => json!({ "type": "map" }),
            Kind::Text(..) | Kind::Shaped(..) | Kind::Uuid | Kind::Email(_) | Kind::Uri | Kind::Time => {
                json!({ "type": "string" })
            }
        }
    }

    fn expectation(&self) -> (&'static str, &'static str) {
        match self {
            Kind::Text(..)
            | Kind::Shaped(..)
            | Kind::Uuid
            | Kind::Email(_)
            | Kind::Uri
            | Kind::Time
            | Kind::Choice(_) => ("is_string", "must be a string"),
            Kind::Boolean => ("is_boolean", "must be a boolean"),
            Kind::Integer(..) | Kind::NumberChoice(_) => ("is_integer", "must be an integer"),
            Kind::Number | Kind::Decimal(..) => ("is_number", "must be a number"),
            Kind::List(..) => ("is_array", "must be an array"),
            Kind::Object(_)
            | Kind::Variant(..)
            | Kind::Mapping(_)
            | Kind::Labels(_)
            | Kind::LabelChanges(_)
            | Kind::Attributes => ("is_object", "must be an object"),
        }
    }
}

/// The kind of an object, by the value of the field that decides it.
fn variant(kinds: &[(&[&str], &'static Kind)], value: Option<&Value>) -> Option<&'static Kind> {
    let value = value?.as_str()?;
    kinds.iter().find(|(values, _)| values.contains(&value)).map(|(_, kind)| *kind)
}

fn length(path: &str, text: &str, least: usize, most: usize, invalid: &mut Vec<Invalid>) {
    let length = text.chars().count();
    if length < least {
        let reason = format!("must have at least {least} characters");
        invalid.push(Invalid::body(path, Rule::Minimum("min_length", limit(least)), reason));
    }
    if length > most {
        let reason = format!("must not have more than {most} characters");
        invalid.push(Invalid::body(path, Rule::Maximum("max_length", limit(most)), reason));
    }
}

fn count(path: &str, items: usize, least: usize, most: usize, invalid: &mut Vec<Invalid>) {
    if items < least {
        let reason = format!("must have at least {least} entries");
        invalid.push(Invalid::body(path, Rule::Minimum("min_items", limit(least)), reason));
    }
    if items > most {
        let reason = format!("must not have more than {most} entries");
        invalid.push(Invalid::body(path, Rule::Maximum("max_items", limit(most)), reason));
    }
}

fn range(path: &str, number: i64, least: i64, most: i64, invalid: &mut Vec<Invalid>) {
    if number < least {
        invalid.push(Invalid::body(path, Rule::Minimum("min", least), format!("must not be less than {least}")));
    }
    if number > most {
        invalid.push(Invalid::body(path, Rule::Maximum("max", most), format!("must not be greater than {most}")));
    }
}

fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// True if a text is a UUID as the documents write them: 36 characters, with hyphens.
pub(in crate::konnect) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.parse::<Uuid>().is_ok()
}

fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let printable = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    let labels = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    printable && labels && !name.is_empty() && !name.contains('@')
}

/// The prefixes that Konnect reserves.
const RESERVED: [&str; 5] = ["kong", "konnect", "mesh", "kic", "_"];

fn label_violations(path: &str, labels: &Map<String, Value>, most: usize, removals: bool, invalid: &mut Vec<Invalid>) {
    count(path, labels.len(), 0, most, invalid);
    for (key, value) in labels {
        let path = format!("{path}.{key}");
        if let Some(prefix) = RESERVED.iter().find(|prefix| key.starts_with(**prefix)) {
            let reason = format!("is a label whose key starts with the reserved prefix \"{prefix}\"");
            invalid.push(Invalid::body(&path, Rule::Named("is_label"), reason));
        } else if !is_label_text(key) {
            let reason = "must have a key of 1 to 63 letters, digits, hyphens, dots and underscores, which starts \
                          and ends with a letter or digit";
            invalid.push(Invalid::body(&path, Rule::Named("is_label"), reason));
        }
        let fits = match value {
            Value::String(text) => is_label_text(text),
            Value::Null => removals,
            _ => false,
        };
        if !fits {
            let reason = "must be 1 to 63 letters, digits, hyphens, dots and underscores, starting and ending with \
                          a letter or digit";
            invalid.push(Invalid::body(&path, Rule::Named("is_label"), reason));
        }
    }
}

fn is_label_text(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

/// Attribute values: 1 to 512 characters, without commas and angle brackets.
const ATTRIBUTE: Kind =
    Kind::Shaped(1, 512, Shape { pattern: "^[^,<>]*$", matches: |text| !text.contains([',', '<', '>']) });

fn attribute_violations(path: &str, attributes: &Map<String, Value>, invalid: &mut Vec<Invalid>) {
    for (key, value) in attributes {
        let path = format!("{path}.{key}");
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if key.is_empty() || !key.chars().all(allowed) {
            let reason = "must have a key of lowercase letters, digits, hyphens and underscores";
            invalid.push(Invalid::body(&path, Rule::Named("invalid"), reason));
        }
        if !value.is_null() {
            Kind::List(1, 20, &ATTRIBUTE).violations(&path, value, invalid);
        }
    }
}
