//! Edits of YAML that keep everything else byte for byte: comments, order, quotes, line ends.
//!
//! Every edit is verified by reading its result, which must mean the same as the old text plus the new entry.

use std::str::FromStr;

use serde_json::{Map, Value};
use yaml_edit::{Document, Mapping, YamlFile, YamlNode};

use super::document::parse_value;

/// One step of a path to a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// The item of a list whose key has this text.
    Item(&'a str, &'a str),
}

/// The value of a new key.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// A text.
    Text(&'a str),
    /// A mapping, written in YAML's block style.
    Mapping(&'a str),
}

/// The reason why a file was not edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is not valid.
    #[error("{file}:{line}:{column}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
        /// The error.
        message: String,
    },
    /// There is no mapping for the entry.
    #[error("cannot add `{key}` to {file}: `{path}` is not a mapping")]
    NoMapping {
        /// The file.
        file: String,
        /// The path of the mapping.
        path: String,
        /// The new key.
        key: String,
    },
    /// The edit would have changed something else.
    #[error("cannot add `{key}` to `{path}` in {file} without changing something else")]
    Unsafe {
        /// The file.
        file: String,
        /// The path of the mapping.
        path: String,
        /// The new key.
        key: String,
    },
}

/// Adds `key` as the last entry of the mapping at `path` in the YAML `text`. A mapping without a value is created. If
/// the key exists, with any value, the text stays as it is. Errors name `file`.
///
/// # Errors
/// The text is not valid YAML, `path` is not a mapping, or the text cannot be edited without changing something else,
/// for example because of an anchor on the path.
pub fn insert(file: &str, text: &str, path: &[Step<'_>], key: &str, entry: Entry<'_>) -> Result<String, EditError> {
    let joined = || path.iter().map(|step| step.to_string()).collect::<Vec<_>>().join(".");
    let before = parse(file, text)?;
    let no_mapping = || EditError::NoMapping { file: file.to_owned(), path: joined(), key: key.to_owned() };
    let refused = || EditError::Unsafe { file: file.to_owned(), path: joined(), key: key.to_owned() };
    match at(&before, path) {
        Some(Value::Object(mapping)) if mapping.contains_key(key) => return Ok(text.to_owned()),
        Some(Value::Object(_) | Value::Null) => {}
        Some(_) => return Err(no_mapping()),
        None if path.split_last().is_some_and(|(_, parents)| is_mapping(at(&before, parents))) => {}
        None => return Err(no_mapping()),
    }
    let edited = edit(text, path, key, entry).ok_or_else(refused)?;
    let edited = with_line_ends_of(text, edited);
    let value = match entry {
        Entry::Text(text) => Value::from(text),
        Entry::Mapping(text) => parse(file, text)?,
    };
    let mut expected = before;
    put(&mut expected, path, key, value).ok_or_else(refused)?;
    if parse_value(&edited).ok() == Some(expected) { Ok(edited) } else { Err(refused()) }
}

impl std::fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Item(key, value) => write!(f, "[{key}: {value}]"),
        }
    }
}

fn parse(file: &str, text: &str) -> Result<Value, EditError> {
    parse_value(text).map_err(|error| EditError::Invalid {
        file: file.to_owned(),
        line: error.line,
        column: error.column,
        message: error.message,
    })
}

/// An empty file counts as a mapping without a value.
fn is_mapping(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Object(_) | Value::Null))
}

fn at<'v>(value: &'v Value, path: &[Step<'_>]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Item(key, text) => value.as_array()?.iter().find(|item| item[key] == *text),
    })
}

/// Adds the entry to the value of the text.
fn put(value: &mut Value, path: &[Step<'_>], key: &str, new: Value) -> Option<()> {
    let mut there = value;
    for step in path {
        if there.is_null() {
            *there = Value::Object(Map::new());
        }
        there = match step {
            Step::Key(key) => there.as_object_mut()?.entry(*key).or_insert(Value::Null),
            Step::Item(key, text) => there.as_array_mut()?.iter_mut().find(|item| item[*key] == *text)?,
        };
    }
    if there.is_null() {
        *there = Value::Object(Map::new());
    }
    there.as_object_mut()?.insert(key.to_owned(), new);
    Some(())
}

fn edit(text: &str, path: &[Step<'_>], key: &str, entry: Entry<'_>) -> Option<String> {
    let file = YamlFile::from_str(text).ok()?;
    let document = file.ensure_document();
    let Some(root) = document.as_mapping() else { return Some(append(text, path, key, entry)) };
    match mapping(&root, path) {
        Some(there) if !there.is_empty() => set(&there, key, entry)?,
        _ => {
            let (Step::Key(last), parents) = path.split_last()? else { return None };
            let made = Mapping::new();
            set(&made, key, entry)?;
            mapping(&root, parents)?.set(*last, &made);
        }
    }
    Some(file.to_string())
}

fn set(mapping: &Mapping, key: &str, entry: Entry<'_>) -> Option<()> {
    match entry {
        Entry::Text(text) => mapping.set(key, text),
        Entry::Mapping(text) => mapping.set(key, &Document::from_str(text).ok()?.as_mapping()?),
    }
    Some(())
}

fn mapping(root: &Mapping, path: &[Step<'_>]) -> Option<Mapping> {
    let mut there = YamlNode::Mapping(root.clone());
    for step in path {
        there = match step {
            Step::Key(key) => there.as_mapping()?.get(*key)?,
            Step::Item(key, text) => {
                let has = |item: &YamlNode| {
                    let value = item.as_mapping().and_then(|item| item.get(*key));
                    value.and_then(|value| Some(value.as_scalar()?.as_string())).as_deref() == Some(*text)
                };
                there.as_sequence()?.values().find(has)?
            }
        };
    }
    there.as_mapping().cloned()
}

/// Appends the entry to a text that contains only comments.
fn append(text: &str, path: &[Step<'_>], key: &str, entry: Entry<'_>) -> String {
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    let mut indent = 0;
    let keys = path.iter().map(ToString::to_string).chain([key.to_owned()]);
    for key in keys {
        if indent > 0 {
            out.push('\n');
        }
        out.push_str(&format!("{:indent$}{key}:", ""));
        indent += 2;
    }
    match entry {
        Entry::Text(text) => out.push_str(&format!(" {text}\n")),
        Entry::Mapping(text) => {
            out.push('\n');
            text.lines().for_each(|line| out.push_str(&format!("{:indent$}{line}\n", "")));
        }
    }
    out
}

/// Gives new lines the line ends of the old ones.
fn with_line_ends_of(text: &str, edited: String) -> String {
    let windows = text.contains("\r\n") && !text.replace("\r\n", "").contains('\n');
    if windows { edited.replace("\r\n", "\n").replace('\n', "\r\n") } else { edited }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATIONS: &[Step<'_>] = &[Step::Key("organizations")];
    const NEW: &str = "access-token:\n  type: env\n  value: TOKEN\nenvironments:\n  dev:\n    type: DEV\n";

    fn added(text: &str) -> Result<String, EditError> {
        insert("orgs.yaml", text, ORGANIZATIONS, "Beta", Entry::Mapping(NEW))
    }

    /// The removed and added lines.
    fn difference(old: &str, new: &str) -> String {
        let diff = similar::TextDiff::from_lines(old, new);
        let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
        changed.map(|change| format!("{}{}", change.tag(), change.value().replace('\r', "␍"))).collect()
    }

    #[test]
    fn what_is_there_already_leaves_the_text_as_it_is() {
        let text = "organizations:\n  Beta:   {}   # mine\n";
        assert_eq!(added(text).unwrap(), text);
    }

    #[test]
    fn everything_else_stays_as_it_is_to_the_byte() {
        let texts = [
            (
                "comments",
                "# Top\n\norganizations:\n  # First\n  Acme: # ours\n    access-token: {type: env,   value: \"A\"} # why\n\n  # Last words\n",
            ),
            (
                "anchors and merge keys",
                "x: &x\n  type: DEV\norganizations:\n  Acme:\n    environments:\n      dev:\n        <<: *x\n        region: 'eu'\nplatform:\n  z: 1\n",
            ),
            ("wide indentation", "organizations:\n    Acme:\n        a: 1\n\nteams: {}\n"),
            ("a block of text", "organizations:\n  Acme:\n    d: |\n      text\n\n      more\n\n# tail\nteams: {}\n"),
            ("markers of a document", "---\norganizations:\n  Acme:\n    a: 1\n...\n"),
            ("Windows", "# c\r\norganizations:\r\n  Acme:\r\n    a: 1\r\n"),
        ];
        for (name, text) in texts {
            let edited = added(text).unwrap();
            let taken: String = difference(text, &edited).lines().filter(|line| line.starts_with('-')).collect();
            assert_eq!(taken, "", "{name}: {edited}");
            assert!(parse_value(&edited).unwrap()["organizations"]["Beta"]["environments"]["dev"]["type"] == "DEV");
        }
    }

    #[test]
    fn each_shape_of_a_file_takes_an_entry() {
        let texts = [
            "organizations: {} # none yet\n# after\n",
            "organizations:\n# after\nteams: {}\n",
            "organizations: ~\r\n",
            "# nothing but a comment\n",
            "",
            "teams: {}\n",
            "organizations:\n  Acme:\n    a: 1",
            "organizations: {Acme: {a: 1}}\n",
        ];
        let shown: Vec<String> =
            texts.map(|text| format!("{:?}\n{}", text, added(text).unwrap().replace('\r', "␍"))).into();
        insta::assert_snapshot!(shown.join("\n---\n"));
    }

    #[test]
    fn a_name_that_needs_quotes_gets_them() {
        let edited =
            insert("o", "organizations: {}\n", ORGANIZATIONS, "Acme: the #1", Entry::Mapping("a: b\n")).unwrap();
        assert_eq!(parse_value(&edited).unwrap()["organizations"]["Acme: the #1"]["a"], "b");
    }

    #[test]
    fn an_item_of_a_list_is_found_by_what_it_has() {
        let text = "steps:\n  - id: other\n    env: {A: 1}\n  - id: konnect\n    env:\n      # tokens\n      A: b\n    run: x\n";
        let path = [Step::Key("steps"), Step::Item("id", "konnect"), Step::Key("env")];
        let edited = insert("w.yml", text, &path, "T", Entry::Text("${{ secrets.T }}")).unwrap();
        assert_eq!(difference(text, &edited), "+      T: ${{ secrets.T }}\n");
    }

    #[test]
    fn a_broken_file_is_named_with_the_location() {
        let error = added("organizations:\n  Acme: [\n").unwrap_err();
        assert!(matches!(&error, EditError::Invalid { file, .. } if file == "orgs.yaml"), "{error}");
        assert!(error.to_string().starts_with("orgs.yaml:"), "{error}");
    }

    #[test]
    fn a_path_to_something_else_is_reported() {
        let error = added("organizations: none\n").unwrap_err();
        assert_eq!(error.to_string(), "cannot add `Beta` to orgs.yaml: `organizations` is not a mapping");
        let error = insert("w.yml", "a: 1\n", &[Step::Key("b"), Step::Key("c")], "k", Entry::Text("v")).unwrap_err();
        assert_eq!(error.to_string(), "cannot add `k` to w.yml: `b.c` is not a mapping");
    }

    #[test]
    fn an_alias_in_the_way_is_not_followed_into_another_place() {
        let text = "base: &base\n  Acme: {}\norganizations: *base\n";
        assert!(matches!(added(text), Err(EditError::Unsafe { .. })));
    }
}
