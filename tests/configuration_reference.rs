//! docs/configuration.md is generated from the schema of the configuration, whose descriptions are the comments of
//! `src/manifest/model/`. `KOCTL_UPDATE_DOCS=1 cargo test --test configuration_reference` writes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use koctl::manifest::model::json_schema;
use serde_json::Value;

const INTRODUCTION: &str = "\
# Configuration reference

All keys of the configuration. `konnect/teams.yaml` contains `teams`, `konnect/organizations.yaml` contains
`organizations`, and `konnect/platform.yaml`, which is optional, contains `platform`. Any one of them
contains `moved`. With `--file`, one file contains everything. Files are YAML or JSON. `koctl schema` prints the JSON Schema for editors, and `koctl validate` checks the
files.

A number or a flag where a text is expected keeps its text: `1.10` is not `1.1`. A key with nothing after it counts as left
out, except where leaving it out means more than an empty value: there it is an error.

<!-- Generated from the comments in src/manifest/model/: KOCTL_UPDATE_DOCS=1 cargo test --test configuration_reference -->
";

/// The schema, with the sections of the reference.
struct Reference {
    schema: Value,
    /// The titles of the sections by the definitions that they describe.
    titles: BTreeMap<String, String>,
}

impl Reference {
    fn new() -> Self {
        let mut reference = Self { schema: json_schema(), titles: BTreeMap::new() };
        let mut uses = BTreeMap::new();
        reference.collect(&reference.schema, "", &mut uses);
        reference.titles = uses.into_iter().map(|(name, paths)| (name.clone(), title(&name, &paths))).collect();
        reference
    }

    /// The paths at which each definition of a mapping is used.
    fn collect(&self, schema: &Value, path: &str, uses: &mut BTreeMap<String, BTreeSet<String>>) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let (schema, named) = self.inner(property);
            let path = if named { format!("{path}.<{}>", singular(key)) } else { path };
            if let Some(name) = definition(schema)
                && self.definition(name)["properties"].is_object()
                && uses.entry(name.to_owned()).or_default().insert(path.clone())
            {
                self.collect(self.definition(name), &path, uses);
            }
        }
    }

    fn definition(&self, name: &str) -> &Value {
        &self.schema["$defs"][name]
    }

    /// The schema of a value, or of the values of a mapping or a list, and true if it is a mapping with keys of the
    /// user's choice.
    fn inner<'a>(&self, property: &'a Value) -> (&'a Value, bool) {
        let mut schema = property["anyOf"].get(0).unwrap_or(property);
        let named = schema["additionalProperties"].is_object();
        while let Some(inner) = [&schema["additionalProperties"], &schema["items"]].into_iter().find(|s| s.is_object())
        {
            schema = inner;
        }
        (schema, named)
    }

    /// The kind of value in words.
    fn kind(&self, property: &Value) -> String {
        let schema = property["anyOf"].get(0).unwrap_or(property);
        if schema["additionalProperties"].is_object() {
            return format!("mapping of {}", plural(&self.kind(&schema["additionalProperties"])));
        }
        if schema["items"].is_object() {
            return format!("list of {}", plural(&self.kind(&schema["items"])));
        }
        match definition(schema) {
            Some(name) => match self.titles.get(name) {
                Some(title) => format!("[{title}](#{})", anchor(title)),
                None => choices(self.definition(name)),
            },
            None => {
                let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
                kind.to_owned()
            }
        }
    }

    fn section(&self, heading: &str, schema: &Value) -> String {
        let mut text = format!("\n{heading}\n\n{}\n\n", prose(schema));
        text.push_str("| key | value | default | description |\n| --- | --- | --- | --- |\n");
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let default = match &property["default"] {
                _ if required.contains(&key.as_str()) => "required".to_owned(),
                Value::Null | Value::Object(_) => String::new(),
                value => format!("`{}`", value.to_string().trim_matches('"')),
            };
            let _ = writeln!(text, "| `{key}` | {} | {default} | {} |", self.kind(property), prose(property));
        }
        text
    }

    fn page(&self) -> String {
        let mut page = INTRODUCTION.to_owned();
        page.push_str(&self.section("## Top level", &self.schema));
        let (mut single, shared): (Vec<_>, Vec<_>) = self.titles.iter().partition(|(_, title)| title.starts_with('`'));
        single.sort_by(|(_, a), (_, b)| a.trim_matches('`').cmp(b.trim_matches('`')));
        for (name, title) in single.into_iter().chain(shared) {
            page.push_str(&self.section(&format!("## {title}"), self.definition(name)));
        }
        page
    }
}

/// A path if there is only one, and else the name of the definition in words.
fn title(name: &str, paths: &BTreeSet<String>) -> String {
    match paths.first() {
        Some(path) if paths.len() == 1 => format!("`{path}`"),
        _ => match name {
            "GitAuth" => "Access to a git repository".to_owned(),
            "GitHub" => "Access to GitHub's API".to_owned(),
            "BuiltIn" => "Built-in feature".to_owned(),
            "ControlPlane" => "Control plane".to_owned(),
            "Ssh" => "SSH".to_owned(),
            name => name.to_owned(),
        },
    }
}

fn definition(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

fn choices(schema: &Value) -> String {
    let values: Vec<&str> = match schema["oneOf"].as_array() {
        Some(variants) => variants.iter().filter_map(|variant| variant["const"].as_str()).collect(),
        None => schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}

fn plural(kind: &str) -> String {
    match kind {
        "string" => "strings".to_owned(),
        kind => kind.to_owned(),
    }
}

/// A description on one line.
fn prose(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

/// The anchor that GitHub gives to a heading.
fn anchor(title: &str) -> String {
    let kept = title.to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ')).collect::<String>().replace(' ', "-")
}

#[test]
fn the_reference_is_what_the_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = Reference::new().page();
    if std::env::var_os("KOCTL_UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).expect("the page exists");
    assert_eq!(written, page, "run KOCTL_UPDATE_DOCS=1 cargo test --test configuration_reference");
}

/// The name of one entry of a mapping: `service` of `services`, `auth-strategy` of `auth-strategies`.
fn singular(key: &str) -> String {
    key.strip_suffix("ies").map_or_else(|| key.trim_end_matches('s').to_owned(), |stem| format!("{stem}y"))
}
