//! Edits of YAML that keep everything else byte for byte: comments, order, quotes, line ends.
//!
//! Every edit is verified by reading its result, which must mean the same as the old text plus the new entry.

use std::str::FromStr;

use serde_json::{Map, Value};
use yaml_edit::{Document, Mapping, Scalar, Sequence, YamlFile, YamlNode};

use super::document::parse_value;
use super::quote;

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
    /// There is no list for the item.
    #[error("cannot add `{item}` to {file}: `{path}` is not a list")]
    NoList {
        /// The file.
        file: String,
        /// The path of the list.
        path: String,
        /// The new item.
        item: String,
    },
    /// The removal would have changed something else.
    #[error("cannot remove `{key}` from `{path}` in {file} without changing something else")]
    Fixed {
        /// The file.
        file: String,
        /// The path of the mapping or list.
        path: String,
        /// The key or item.
        key: String,
    },
    /// The new value would have changed something else.
    #[error("cannot change `{key}` of `{path}` in {file} without changing something else")]
    Stuck {
        /// The file.
        file: String,
        /// The path of the mapping.
        path: String,
        /// The key.
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
    let before = parse(file, text)?;
    let no_mapping = || EditError::NoMapping { file: file.to_owned(), path: joined(path), key: key.to_owned() };
    let refused = || EditError::Unsafe { file: file.to_owned(), path: joined(path), key: key.to_owned() };
    match at(&before, path) {
        Some(Value::Object(mapping)) if mapping.contains_key(key) => return Ok(text.to_owned()),
        Some(Value::Object(_) | Value::Null) => {}
        Some(_) => return Err(no_mapping()),
        None if path.split_last().is_some_and(|(_, parents)| is_mapping(at(&before, parents))) => {}
        None => return Err(no_mapping()),
    }
    let edited = edit(text, path, key, entry).ok_or_else(refused)?;
    let edited = indented_as(text, with_line_ends_of(text, edited));
    let value = match entry {
        Entry::Text(text) => Value::from(text),
        Entry::Mapping(text) => parse(file, text)?,
    };
    let mut expected = before;
    put(&mut expected, path, key, value).ok_or_else(refused)?;
    if parse_value(&edited).ok() == Some(expected) { Ok(edited) } else { Err(refused()) }
}

/// Adds `item` as the last one of the list of texts at `path`. A list that is missing is created. If the item is in it, the
/// text stays as it is. Errors name `file`.
///
/// # Errors
/// As [`insert`]; `path` is not a list.
pub fn push(file: &str, text: &str, path: &[Step<'_>], item: &str) -> Result<String, EditError> {
    let before = parse(file, text)?;
    match at(&before, path) {
        Some(Value::Array(items)) if items.iter().any(|one| one == item) => return Ok(text.to_owned()),
        Some(Value::Array(_) | Value::Null) | None => {}
        Some(_) => {
            return Err(EditError::NoList { file: file.to_owned(), path: joined(path), item: item.to_owned() });
        }
    }
    let refused = || EditError::Unsafe { file: file.to_owned(), path: joined(path), key: item.to_owned() };
    let mut expected = before;
    list(&mut expected, path).ok_or_else(refused)?.push(item.into());
    let pushed = changed(text, |root| match node(root, path) {
        Some(there) if there.as_sequence().is_some_and(|list| !list.is_empty()) => {
            there.as_sequence()?.push(scalar(item)?);
            Some(())
        }
        _ => {
            let (Step::Key(last), parents) = path.split_last()? else { return None };
            let made = Sequence::new();
            made.push(scalar(item)?);
            filled(root, parents, |there| {
                there.set(scalar(last)?, &made);
                Some(())
            })
        }
    });
    verified(text, pushed, &expected).ok_or_else(refused)
}

/// Adds `entry`, a mapping in YAML's flow style, as the last item of the list at the top level under `key`. A list that is
/// missing is created at the end of the text. If an item means the same, the text stays as it is. Errors name `file`.
///
/// # Errors
/// As [`push`].
pub fn push_entry(file: &str, text: &str, key: &str, entry: &str) -> Result<String, EditError> {
    let mut expected = parse(file, text)?;
    let item = parse(file, entry)?;
    match expected.get(key) {
        Some(Value::Array(items)) if items.contains(&item) => return Ok(text.to_owned()),
        Some(Value::Array(_) | Value::Null) | None => {}
        Some(_) => {
            return Err(EditError::NoList { file: file.to_owned(), path: key.to_owned(), item: entry.to_owned() });
        }
    }
    let refused = || EditError::Unsafe { file: file.to_owned(), path: key.to_owned(), key: entry.to_owned() };
    let is_new = expected.get(key).is_none();
    list(&mut expected, &[Step::Key(key)]).ok_or_else(refused)?.push(item);
    let pushed = if is_new {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        Some(format!("{text}{end}{key}:\n  - {entry}\n"))
    } else {
        changed(text, |root| {
            let made = Document::from_str(entry).ok()?.as_mapping()?;
            match node(root, &[Step::Key(key)]) {
                Some(there) if there.as_sequence().is_some_and(|list| !list.is_empty()) => {
                    there.as_sequence()?.push(&made);
                }
                _ => {
                    let list = Sequence::new();
                    list.push(&made);
                    root.set(scalar(key)?, &list);
                }
            }
            Some(())
        })
    };
    verified(text, pushed, &expected).ok_or_else(refused)
}

/// Gives `key` of the mapping at `path` another text. A key that is missing is added. If it has the text already, the
/// whole stays as it is. Errors name `file`.
///
/// # Errors
/// The text is not valid YAML, `path` is not a mapping, or the value cannot be changed without changing something else,
/// for example because of an anchor at it.
pub fn replace(file: &str, text: &str, path: &[Step<'_>], key: &str, value: &str) -> Result<String, EditError> {
    let mut expected = parse(file, text)?;
    if at(&expected, path).is_some_and(|there| there[key] == value) {
        return Ok(text.to_owned());
    }
    let no_mapping = || EditError::NoMapping { file: file.to_owned(), path: joined(path), key: key.to_owned() };
    let there = at_mut(&mut expected, path).and_then(Value::as_object_mut).ok_or_else(no_mapping)?;
    there.insert(key.to_owned(), value.into());
    let refused = || EditError::Stuck { file: file.to_owned(), path: joined(path), key: key.to_owned() };
    let replaced = changed(text, |root| {
        mapping(root, path)?.set(scalar(key)?, scalar(value)?);
        Some(())
    });
    verified(text, replaced, &expected).ok_or_else(refused)
}

/// The mapping at `path` as it is written, with its comments, as a text of its own. `None` if there is none, and if the
/// text does not mean the same by itself, for example because an alias in it leads elsewhere.
#[must_use]
pub fn source(text: &str, path: &[Step<'_>]) -> Option<String> {
    let whole = parse_value(text).ok()?;
    let value = at(&whole, path)?;
    let root = YamlFile::from_str(text).ok()?.ensure_document().as_mapping()?;
    let written = mapping(&root, path)?.to_string().replace("\r\n", "\n");
    let (first, rest) = written.split_once('\n').unwrap_or((&written, ""));
    let depth = rest.lines().filter(|line| !line.trim().is_empty()).map(indent_of).min().unwrap_or(0);
    let rest = rest.lines().map(|line| line.get(depth..).unwrap_or_default());
    let source: String = std::iter::once(first.trim_start()).chain(rest).map(|line| format!("{line}\n")).collect();
    (parse_value(&source).ok().as_ref() == Some(value)).then_some(source)
}

/// Removes `key` with its value, and the comments that belong to it, from the mapping at `path`. If there is no such key,
/// the text stays as it is. Errors name `file`.
///
/// # Errors
/// The text is not valid YAML, or the entry cannot be removed without changing something else, for example because it
/// comes from a merge key.
pub fn remove(file: &str, text: &str, path: &[Step<'_>], key: &str) -> Result<String, EditError> {
    let mut expected = parse(file, text)?;
    if at(&expected, path).is_none_or(|there| there.get(key).is_none()) {
        return Ok(text.to_owned());
    }
    let refused = || EditError::Fixed { file: file.to_owned(), path: joined(path), key: key.to_owned() };
    let there = at_mut(&mut expected, path).and_then(Value::as_object_mut);
    there.ok_or_else(refused)?.remove(key);
    let removed = changed(text, |root| mapping(root, path)?.remove(key).map(drop));
    verified(text, removed, &expected).ok_or_else(refused)
}

/// Removes `item` from the list of texts at `path`. If it is not in it, the text stays as it is. Errors name `file`.
///
/// # Errors
/// As [`remove`].
pub fn remove_item(file: &str, text: &str, path: &[Step<'_>], item: &str) -> Result<String, EditError> {
    let mut expected = parse(file, text)?;
    let position = at(&expected, path).and_then(Value::as_array).and_then(|all| all.iter().position(|one| one == item));
    let Some(position) = position else { return Ok(text.to_owned()) };
    let refused = || EditError::Fixed { file: file.to_owned(), path: joined(path), key: item.to_owned() };
    at_mut(&mut expected, path).and_then(Value::as_array_mut).ok_or_else(refused)?.remove(position);
    let removed = changed(text, |root| node(root, path)?.as_sequence()?.remove(position).map(drop));
    verified(text, removed, &expected).ok_or_else(refused)
}

fn joined(path: &[Step<'_>]) -> String {
    path.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// The text after an edit of its root mapping.
fn changed(text: &str, edit: impl FnOnce(&Mapping) -> Option<()>) -> Option<String> {
    let file = YamlFile::from_str(text).ok()?;
    edit(&file.ensure_document().as_mapping()?)?;
    Some(file.to_string())
}

/// An edited text, if it means what it should.
fn verified(before: &str, edited: Option<String>, expected: &Value) -> Option<String> {
    let edited = indented_as(before, with_line_ends_of(before, edited?));
    (parse_value(&edited).ok().as_ref() == Some(expected)).then_some(edited)
}

fn at_mut<'v>(value: &'v mut Value, path: &[Step<'_>]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(key, text) => value.as_array_mut()?.iter_mut().find(|item| item[*key] == **text),
    })
}

/// The list at a path, which is created if it is missing.
fn list<'v>(value: &'v mut Value, path: &[Step<'_>]) -> Option<&'v mut Vec<Value>> {
    let (Step::Key(last), parents) = path.split_last()? else { return None };
    let there = at_mut(value, parents)?;
    if there.is_null() {
        *there = Value::Object(Map::new());
    }
    let list = there.as_object_mut()?.entry(*last).or_insert(Value::Null);
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    list.as_array_mut()
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
    filled(&root, path, |there| set(there, key, entry))?;
    Some(file.to_string())
}

/// Fills the mapping at a path. Where the path leads to nothing, or to a mapping without entries, a new one comes there.
fn filled(root: &Mapping, path: &[Step<'_>], fill: impl FnOnce(&Mapping) -> Option<()>) -> Option<()> {
    let has_entries = |depth: &usize| mapping(root, &path[..*depth]).is_some_and(|there| !there.is_empty());
    let depth = (0..=path.len()).rev().find(has_entries).unwrap_or(0);
    let (there, rest) = (mapping(root, &path[..depth])?, &path[depth..]);
    let Some((Step::Key(first), below)) = rest.split_first() else {
        return if rest.is_empty() { fill(&there) } else { None };
    };
    let mut made = Mapping::new();
    fill(&made)?;
    for step in below.iter().rev() {
        let Step::Key(key) = step else { return None };
        let outer = Mapping::new();
        outer.set(scalar(key)?, &made);
        made = outer;
    }
    there.set(scalar(first)?, &made);
    Some(())
}

fn set(mapping: &Mapping, key: &str, entry: Entry<'_>) -> Option<()> {
    match entry {
        Entry::Text(text) => mapping.set(scalar(key)?, text),
        Entry::Mapping(text) => mapping.set(scalar(key)?, &Document::from_str(text).ok()?.as_mapping()?),
    }
    Some(())
}

/// A text as a key or an item, with quotes if some version of YAML reads it as anything else without.
fn scalar(text: &str) -> Option<Scalar> {
    Document::from_str(&quote::in_flow(text)).ok()?.as_scalar()
}

fn mapping(root: &Mapping, path: &[Step<'_>]) -> Option<Mapping> {
    node(root, path)?.as_mapping().cloned()
}

fn node(root: &Mapping, path: &[Step<'_>]) -> Option<YamlNode> {
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
    Some(there)
}

/// Appends the entry to a text that contains only comments.
fn append(text: &str, path: &[Step<'_>], key: &str, entry: Entry<'_>) -> String {
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    let mut indent = 0;
    let steps = path.iter().map(|step| match step {
        Step::Key(key) => quote::in_block(key),
        step @ Step::Item(..) => step.to_string(),
    });
    for key in steps.chain([quote::in_block(key)]) {
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

/// Gives new lines below others the indentation that the old ones have. They come with two blanks for each level.
fn indented_as(text: &str, edited: String) -> String {
    const USUAL: usize = 2;
    let unit = unit_of(text).unwrap_or(USUAL);
    if unit == USUAL {
        return edited;
    }
    let lines: Vec<&str> = edited.split_inclusive('\n').collect();
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let mut fitted = String::with_capacity(edited.len() * 2);
    for operation in similar::capture_diff_slices(similar::Algorithm::Myers, &old, &lines) {
        let new = &lines[operation.new_range()];
        let base = new.iter().filter(|line| !line.trim().is_empty()).map(|line| indent_of(line)).min().unwrap_or(0);
        for line in new {
            let (more, rest) = (indent_of(line).saturating_sub(base), line.trim_start_matches(' '));
            if operation.tag() == similar::DiffTag::Equal || more == 0 {
                fitted.push_str(line);
            } else {
                fitted.push_str(&" ".repeat(base + more / USUAL * unit + more % USUAL));
                fitted.push_str(rest);
            }
        }
    }
    // A text of several lines has blanks of its own.
    if parse_value(&fitted).ok() == parse_value(&edited).ok() { fitted } else { edited }
}

/// The blanks of the first line that has any, and that is no item of a list and no comment. `None` if there is none.
fn unit_of(text: &str) -> Option<usize> {
    let is_key = |line: &&str| !line.trim_start().starts_with(['-', '#']) && !line.trim().is_empty();
    text.lines().filter(is_key).map(indent_of).find(|indent| *indent > 0)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
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
    fn what_another_version_of_yaml_reads_as_something_else_is_quoted() {
        for name in ["yes", "null", "2024-01-01", "1.10", "0x1f", "~", "12:30:00", "a\u{1b}[31m"] {
            for text in ["teams:\n  a: {}\n", "teams: {a: {}}\n", "teams: {}\n", ""] {
                let edited = insert("t", text, &[Step::Key("teams")], name, Entry::Mapping("{}")).unwrap();
                assert!(edited.contains(&format!("{}: {{}}", quote::in_flow(name))), "{edited}");
                let pushed = push("t", text, &[Step::Key("users")], name);
                assert!(text.is_empty() || pushed.unwrap().contains(&quote::in_flow(name)), "{name}");
            }
        }
    }

    #[test]
    fn new_lines_have_the_indentation_of_the_file() {
        let entry = "name: b\ngit:\n  remote: x\nusers:\n  - a\n";
        let edited = |text: &str| {
            let services = [Step::Key("teams"), Step::Key("fleet"), Step::Key("services")];
            let text = insert("t", text, &services, "a/b", Entry::Mapping(entry)).unwrap();
            push("t", &text, &[Step::Key("teams"), Step::Key("fleet"), Step::Key("users")], "kim@example.com").unwrap()
        };
        let texts = [
            "teams:\n    fleet:\n        services:\n            c:\n                name: c\n",
            "# All.\nteams:\n   # One.\n   fleet:\n      users:\n         - sam@example.com\n",
            "teams:\r\n    fleet:\r\n        users:\r\n        - sam@example.com\r\n",
            "teams:\n fleet:\n  services:\n   c: {name: c}\n",
        ];
        let shown = texts.map(|text| format!("{text}->\n{}", edited(text)).replace('\r', "␍"));
        insta::assert_snapshot!(shown.join("---\n"));
    }

    #[test]
    fn what_has_no_body_yet_gets_one() {
        let path = [Step::Key("teams"), Step::Key("fleet"), Step::Key("users")];
        let services = [Step::Key("teams"), Step::Key("fleet"), Step::Key("services")];
        let texts = [
            "teams:\n  fleet:\n  web:\n    users: [sam@example.com]\n",
            "teams:\n  fleet: # drives\n",
            "teams:\n  fleet: {}\n",
            "teams:\n  fleet: ~\n  web: {}\n",
            "teams: {fleet: , web: {}}\n",
        ];
        for text in texts {
            let pushed = push("t", text, &path, "kim@example.com").unwrap();
            assert_eq!(parse_value(&pushed).unwrap()["teams"]["fleet"]["users"][0], "kim@example.com", "{pushed}");
            let inserted = insert("t", text, &services, "a/b", Entry::Mapping("name: b\n")).unwrap();
            assert_eq!(parse_value(&inserted).unwrap()["teams"]["fleet"]["services"]["a/b"]["name"], "b", "{inserted}");
        }
    }

    #[test]
    fn an_item_of_a_list_is_found_by_what_it_has() {
        let text = "steps:\n  - id: other\n    env: {A: 1}\n  - id: konnect\n    env:\n      # tokens\n      A: b\n    run: x\n";
        let path = [Step::Key("steps"), Step::Item("id", "konnect"), Step::Key("env")];
        let edited = insert("w.yml", text, &path, "T", Entry::Text("${{ secrets.T }}")).unwrap();
        assert_eq!(difference(text, &edited), "+      T: ${{ secrets.T }}\n");
    }

    /// A text with comments, in block and in flow style.
    const TEAMS: &str = "\
# All teams.
teams:
  # Takes orders.
  orders:
    users:
      - kim@example.com # on call
      - robin@example.com
    services:
      # The checkout.
      Acme/checkout: {name: checkout} # soon v2

      Acme/cart:
        name: cart
  # Keeps stock.
  stock: {users: [kim@example.com, sam@example.com], services: {a: {name: a}, b: {name: b}}}
";

    /// What removals and additions of items change, line by line.
    #[test]
    fn what_is_removed_takes_its_comments_along_and_nothing_else() {
        let team = |name: &'static str| [Step::Key("teams"), Step::Key(name)];
        let below = |name: &'static str, key: &'static str| [Step::Key("teams"), Step::Key(name), Step::Key(key)];
        let edits = [
            remove("t", TEAMS, &team("orders")[..1], "orders"),
            remove("t", TEAMS, &team("orders")[..1], "stock"),
            remove("t", TEAMS, &below("orders", "services"), "Acme/checkout"),
            remove("t", TEAMS, &below("orders", "services"), "Acme/cart"),
            remove("t", TEAMS, &below("stock", "services"), "a"),
            remove_item("t", TEAMS, &below("orders", "users"), "kim@example.com"),
            remove_item("t", TEAMS, &below("orders", "users"), "robin@example.com"),
            remove_item("t", TEAMS, &below("stock", "users"), "kim@example.com"),
            push("t", TEAMS, &below("orders", "users"), "sam@example.com"),
            push("t", TEAMS, &below("stock", "users"), "robin@example.com"),
            push("t", TEAMS, &below("stock", "labels"), "new"),
            push("t", "teams:\n  web:\n    services: {}\n", &below("web", "users"), "kim@example.com"),
            remove_item(
                "t",
                "teams:\n  web:\n    users:\n      - kim@example.com\n",
                &below("web", "users"),
                "kim@example.com",
            ),
            remove("t", "teams:\n  web:\n    services:\n      a:\n        name: a\n", &below("web", "services"), "a"),
        ];
        let shown =
            edits.map(|edited| edited.map_or_else(|error| format!("{error}\n"), |edited| difference(TEAMS, &edited)));
        insta::assert_snapshot!(shown.join("---\n"));
    }

    #[test]
    fn what_is_not_there_is_removed_without_a_change() {
        let users = [Step::Key("teams"), Step::Key("orders"), Step::Key("users")];
        assert_eq!(remove("t", TEAMS, &users[..1], "nobody").unwrap(), TEAMS);
        assert_eq!(remove_item("t", TEAMS, &users, "nobody@example.com").unwrap(), TEAMS);
        assert_eq!(push("t", TEAMS, &users, "kim@example.com").unwrap(), TEAMS);
    }

    #[test]
    fn an_entry_that_comes_from_an_anchor_is_not_removed() {
        let text = "x: &x {a: 1, b: 2}\nteams:\n  <<: *x\n  c: 3\n";
        let removed = remove("t", text, &[Step::Key("teams")], "a");
        assert!(matches!(removed, Err(EditError::Fixed { .. })), "{removed:?}");
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
