//! Mappings: keys, duplicates and merges.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use super::tree::{Entry, Kind, Node};
use crate::manifest::credentials::is_name;
use crate::manifest::diagnostic::{Diagnostic, Span};

/// A key as written: a name, or the merge key `<<`.
pub(super) enum Key {
    Name(String),
    Merge,
}

impl Key {
    /// The key that a tagged scalar or an alias stands for. `None` for a list or a mapping.
    pub(super) fn of(node: Node) -> Option<Self> {
        match node.kind {
            Kind::List(_) | Kind::Map(_) => None,
            Kind::Bool(_, text) | Kind::Number(_, text) | Kind::Text(text) => Some(Self::Name(text)),
            Kind::Null => Some(Self::Name("null".to_owned())),
        }
    }
}

/// A mapping before its end.
#[derive(Default)]
pub(super) struct MapBuilder {
    entries: Vec<Entry>,
    key_spans: HashMap<String, Span>,
    /// The key whose value comes next.
    pub(super) pending: Option<(Key, Span)>,
    merge: Option<(Span, Node)>,
}

impl MapBuilder {
    /// Adds an entry. A duplicate key is an error, and the entry is returned.
    pub(super) fn insert(
        &mut self,
        key: Key,
        key_span: Span,
        value: Node,
        errors: &mut Vec<Diagnostic>,
    ) -> Option<Node> {
        let (name, first) = match key {
            Key::Merge => match &self.merge {
                Some((first, _)) => ("<<".to_owned(), *first),
                None => {
                    self.merge = Some((key_span, value));
                    return None;
                }
            },
            Key::Name(name) => match self.key_spans.entry(name.clone()) {
                Slot::Occupied(first) => (name, *first.get()),
                Slot::Vacant(slot) => {
                    slot.insert(key_span);
                    self.entries.push(Entry { key: name, key_span, value });
                    return None;
                }
            },
        };
        errors.push(duplicate(&name, first, key_span));
        let entry = Entry { key: name, key_span, value };
        Some(Node { span: entry.value.span, kind: Kind::Map(vec![entry]) })
    }

    /// The entries of the mapping. Written entries override merged ones, and an earlier mapping of a list a later one.
    pub(super) fn finish(mut self, errors: &mut Vec<Diagnostic>) -> Vec<Entry> {
        let Some((span, merged)) = self.merge.take() else {
            return self.entries;
        };
        let sources = match merged.kind {
            Kind::List(items) => items,
            _ => vec![merged],
        };
        for source in sources {
            let Kind::Map(entries) = source.kind else {
                errors.push(
                    Diagnostic::new("koctl::manifest::merge", format!("`<<` cannot merge {}", source.describe()))
                        .at(span, None)
                        .with_help("use a mapping or a list of mappings, for example `<<: *defaults`"),
                );
                continue;
            };
            for entry in entries {
                if let Slot::Vacant(slot) = self.key_spans.entry(entry.key.clone()) {
                    slot.insert(entry.key_span);
                    self.entries.push(entry);
                }
            }
        }
        self.entries
    }
}

fn duplicate(key: &str, first: Span, second: Span) -> Diagnostic {
    let help = match key {
        "<<" => "merge several mappings with a list: `<<: [*a, *b]`",
        _ => "remove one of them: neither overrides the other",
    };
    let shown = if key == "<<" || is_name(key) { format!(" `{key}`") } else { String::new() };
    Diagnostic::new("koctl::manifest::duplicate_key", format!("duplicate key{shown}"))
        .at(second, Some("again here"))
        .at(first, Some("first here"))
        .with_help(help)
}
