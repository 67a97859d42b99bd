//! The facts that the sandbox reads from a specification's text: its type, its version, and its errors.

use saphyr_parser::{Event, Parser};
use serde_json::Value;

/// The facts of a specification, OpenAPI or AsyncAPI, JSON or YAML.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// `oas2`, `oas3` or `asyncapi`; `None` if the text is none of these.
    pub(super) kind: Option<&'static str>,
    /// Its `info.version`.
    pub(super) version: Option<String>,
    /// Its errors, a sentence each.
    pub(super) messages: Vec<String>,
}

/// The scalars of the first two levels of a mapping, by path: `openapi`, `info.version`. A mapping or list instead of a
/// scalar is an empty text.
type Outline = Vec<(String, String)>;

impl Facts {
    /// Reads a specification.
    pub(super) fn read(content: &str) -> Facts {
        let outline = match serde_json::from_str::<Value>(content) {
            Ok(json) => Ok(json_outline(&json)),
            Err(_) => yaml_outline(content),
        };
        match outline {
            Ok(outline) => Facts::of(&outline),
            Err(message) => Facts { messages: vec![message], ..Facts::default() },
        }
    }

    fn of(outline: &Outline) -> Facts {
        let get = |path: &str| outline.iter().find(|(key, _)| key == path).map(|(_, value)| value.as_str());
        let kind = match (get("openapi"), get("swagger"), get("asyncapi")) {
            (Some(version), ..) if version.starts_with("3.") => Some("oas3"),
            (_, Some(version), _) if version.starts_with("2.") => Some("oas2"),
            (_, _, Some(_)) => Some("asyncapi"),
            _ => None,
        };
        let mut messages = Vec::new();
        if kind.is_none() {
            messages.push("The text is not OpenAPI 2, OpenAPI 3 or AsyncAPI: it declares no such version.".to_owned());
        }
        let body = if kind == Some("asyncapi") { "channels" } else { "paths" };
        for required in ["info", "info.title", "info.version", body] {
            // OpenAPI 3.1 allows webhooks or components instead of paths.
            let replaced = required == "paths" && (get("webhooks").is_some() || get("components").is_some());
            if get(required).is_none() && !replaced {
                messages.push(format!("The field “{required}” is missing."));
            }
        }
        let version = get("info.version").filter(|version| !version.is_empty()).map(str::to_owned);
        Facts { kind, version, messages }
    }
}

fn json_outline(value: &Value) -> Outline {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => String::new(),
        other => other.to_string(),
    };
    let mut outline = Outline::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        outline.push((key.clone(), text(value)));
        for (inner, value) in value.as_object().into_iter().flatten() {
            outline.push((format!("{key}.{inner}"), text(value)));
        }
    }
    outline
}

/// Walks through the events of a YAML text without building its tree.
fn yaml_outline(content: &str) -> Result<Outline, String> {
    let mut walk = Walk::default();
    for event in Parser::new_from_str(content) {
        let (event, _) = event.map_err(|error| format!("The text is neither JSON nor YAML: {error}."))?;
        match event {
            Event::Scalar(text, ..) => walk.scalar(&text),
            Event::Alias(_) => walk.scalar(""),
            Event::MappingStart(..) => walk.open(true),
            Event::SequenceStart(..) => walk.open(false),
            Event::MappingEnd | Event::SequenceEnd => walk.close(),
            _ => {}
        }
    }
    Ok(walk.outline)
}

/// A walk through a YAML text: the open mappings and lists, and the scalars that were read.
#[derive(Default)]
struct Walk {
    outline: Outline,
    levels: Vec<Level>,
}

/// A mapping or list that is open.
struct Level {
    is_mapping: bool,
    /// True if this is itself a key of the mapping around it.
    is_key: bool,
    /// The key whose value comes next, in a mapping.
    key: Option<String>,
}

impl Walk {
    /// True if a key of the innermost mapping comes next.
    fn expects_key(&self) -> bool {
        self.levels.last().is_some_and(|level| level.is_mapping && level.key.is_none())
    }

    /// The path of the value that comes next, `None` below the first two levels of mappings.
    fn path(&self) -> Option<String> {
        let keys: Option<Vec<&str>> = self.levels.iter().map(|level| level.key.as_deref()).collect();
        keys.filter(|keys| (1..=2).contains(&keys.len())).map(|keys| keys.join("."))
    }

    fn note(&mut self, text: &str) {
        if let Some(path) = self.path() {
            self.outline.push((path, text.to_owned()));
        }
    }

    fn set_key(&mut self, key: Option<String>) {
        if let Some(level) = self.levels.last_mut().filter(|level| level.is_mapping) {
            level.key = key;
        }
    }

    fn scalar(&mut self, text: &str) {
        if self.expects_key() {
            self.set_key(Some(text.to_owned()));
        } else {
            self.note(text);
            self.set_key(None);
        }
    }

    fn open(&mut self, is_mapping: bool) {
        let is_key = self.expects_key();
        if !is_key {
            self.note("");
        }
        self.levels.push(Level { is_mapping, is_key, key: None });
    }

    fn close(&mut self) {
        let was_key = self.levels.pop().is_some_and(|level| level.is_key);
        self.set_key(was_key.then(String::new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_specification_has_a_type_a_version_and_no_messages() {
        let yaml = "openapi: 3.0.3\ninfo:\n  title: Flights\n  contact: {name: x}\n  version: 1.2.0\npaths:\n  /a:\n    get: {}\n";
        let expected = Facts { kind: Some("oas3"), version: Some("1.2.0".to_owned()), messages: Vec::new() };
        assert_eq!(Facts::read(yaml), expected);
        let json = r#"{"openapi": "3.1.0", "info": {"title": "Flights", "version": "1.2.0"}, "paths": {}}"#;
        assert_eq!(Facts::read(json), expected);
    }

    #[test]
    fn the_type_follows_from_the_content() {
        for (content, kind) in [
            ("swagger: '2.0'\ninfo: {title: a, version: '1'}\npaths: {}\n", Some("oas2")),
            ("asyncapi: 2.6.0\ninfo: {title: a, version: '1'}\nchannels: {}\n", Some("asyncapi")),
            ("title: something else\n", None),
        ] {
            assert_eq!(Facts::read(content).kind, kind, "{content}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let facts = Facts::read("openapi: 3.0.0\ninfo:\n  title: a\n");
        assert_eq!(facts.version, None);
        assert_eq!(facts.messages, ["The field “info.version” is missing.", "The field “paths” is missing."]);
    }

    #[test]
    fn a_text_that_cannot_be_parsed_says_where() {
        let facts = Facts::read("openapi: [3\ninfo: }");
        assert_eq!(facts.kind, None);
        assert!(facts.messages[0].contains("line"), "{:?}", facts.messages);
    }

    #[test]
    fn a_mapping_as_a_key_does_not_confuse_what_follows() {
        let facts = Facts::read("? {a: b}\n: c\nopenapi: 3.0.0\ninfo: {title: a, version: '1'}\npaths: {}\n");
        assert_eq!((facts.kind, facts.version.as_deref()), (Some("oas3"), Some("1")));
    }

    #[test]
    fn keys_inside_lists_and_deeper_levels_do_not_count() {
        let facts = Facts::read("openapi: 3.0.0\ntags:\n  - info: {version: '9'}\ninfo:\n  x:\n    version: '8'\n");
        assert_eq!(facts.version, None);
    }
}
