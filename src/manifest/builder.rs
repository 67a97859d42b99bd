//! Builds the tree of a document from the events of the YAML parser.
//!
//! What a text may cost is bounded, in depth and in what its aliases expand to, because the web interface reads
//! text of people it does not know.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::diagnostic::{Diagnostic, Span};
use super::document::{Entry, Kind, Node};
use super::scalar::{self, Scalar};

/// How deep mappings and lists may be nested. Real OpenAPI documents stay below 40.
const MAX_DEPTH: usize = 128;

/// How many bytes of tree the anchors and aliases of one document may copy.
const ALIAS_BUDGET: usize = 16 * 1024 * 1024;

/// Builds the tree from the parser's events, with a stack of its own instead of recursion.
pub(super) struct Builder<'t> {
    text: &'t str,
    offsets: Offsets,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    copied: usize,
    root: Option<Node>,
    refused: Vec<Node>,
    errors: Vec<Diagnostic>,
}

/// A mapping or list whose end has not been read yet.
struct Open {
    start: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(MapBuilder),
}

/// The document is broken in a way that ends the reading; what it was stands in `Builder::errors`.
struct Stop;

/// What came of a text.
pub(super) struct Built {
    /// The tree; none where the reading had to stop.
    pub(super) root: Option<Node>,
    /// The later entries of keys that are written twice, each a mapping of its own; the tree has only the first.
    pub(super) refused: Vec<Node>,
    /// What is wrong, its places in no source yet.
    pub(super) errors: Vec<Diagnostic>,
}

impl<'t> Builder<'t> {
    /// Reads a text from end to end.
    pub(super) fn build(text: &'t str) -> Built {
        let mut builder = Self {
            text,
            offsets: Offsets::of(text),
            open: Vec::new(),
            anchors: HashMap::new(),
            copied: 0,
            root: None,
            refused: Vec::new(),
            errors: Vec::new(),
        };
        let root = builder.run();
        Built { root, refused: builder.refused, errors: builder.errors }
    }

    /// Reads all events. None means that the reading had to stop; the errors say why.
    fn run(&mut self) -> Option<Node> {
        let mut parser = Parser::new_from_str(self.text);
        while let Some(event) = parser.next_event() {
            let step = match event {
                Ok((event, span)) => {
                    let span = self.offsets.span(span);
                    self.take(event, span)
                }
                Err(error) => self.stop_at_syntax(&error),
            };
            if step.is_err() {
                return None;
            }
        }
        let nothing = Node { kind: Kind::Null, span: Span::default() };
        Some(self.root.take().unwrap_or(nothing))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => self.stop(
                Diagnostic::new("koctl::manifest::several_documents", "a second document begins here")
                    .at(span, None)
                    .with_help(
                        "a file holds one document: remove the `---`, or move what follows to a file of its own",
                    ),
            ),
            Event::Scalar(text, style, anchor, tag) => {
                if self.awaits_key() && tag.is_none() {
                    return self.take_key(&text, style, span, anchor);
                }
                let kind = self.scalar(&text, style, tag.as_deref(), span)?;
                self.place(Node { kind, span }, anchor)
            }
            Event::Alias(anchor) => self.take_alias(anchor, span),
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", span)?;
                self.descend(Open { start: span.start, anchor, content: Content::List(Vec::new()) }, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", span)?;
                self.descend(Open { start: span.start, anchor, content: Content::Map(MapBuilder::default()) }, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.ascend(span),
            _ => Ok(()),
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map(map), .. }) if map.pending.is_none())
    }

    fn take_key(&mut self, text: &str, style: ScalarStyle, span: Span, anchor: usize) -> Result<(), Stop> {
        if anchor > 0 {
            self.remember(anchor, &Node { kind: Kind::Text(text.to_owned()), span }, span)?;
        }
        // Only a `<<` without quotes merges.
        let merges = text == "<<" && style == ScalarStyle::Plain;
        let key = if merges { Key::Merge } else { Key::Name(text.to_owned()) };
        if let Some(Open { content: Content::Map(map), .. }) = self.open.last_mut() {
            map.pending = Some((key, span));
        }
        Ok(())
    }

    fn take_alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some(node) = self.anchors.get(&anchor) else {
            return self.stop(
                Diagnostic::new("koctl::manifest::alias", "this alias stands inside of what it refers to")
                    .at(span, None)
                    .with_help("move the anchor (`&`) to a value that does not hold the alias"),
            );
        };
        let node = node.clone();
        self.spend(&node, span)?;
        self.place(node, 0)
    }

    fn descend(&mut self, open: Open, span: Span) -> Result<(), Stop> {
        if self.awaits_key() {
            return self.stop(no_key(span));
        }
        if self.open.len() >= MAX_DEPTH {
            return self.stop(too_deep(span));
        }
        self.open.push(open);
        Ok(())
    }

    fn ascend(&mut self, end: Span) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let span = Span { start: open.start, end: end.end };
        let kind = match open.content {
            Content::List(items) => Kind::List(items),
            Content::Map(map) => Kind::Map(map.finish(&mut self.errors)),
        };
        self.place(Node { kind, span }, open.anchor)
    }

    /// Puts a finished value where it belongs: into the list or mapping that is open, or at the root.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        if anchor > 0 {
            self.remember(anchor, &node, node.span)?;
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { content: Content::List(items), .. }) => items.push(node),
            Some(Open { content: Content::Map(map), .. }) => match map.pending.take() {
                Some((key, span)) => self.refused.extend(map.insert(key, span, node, &mut self.errors)),
                None => {
                    let span = node.span;
                    let Some(key) = Key::of(node) else {
                        return self.stop(no_key(span));
                    };
                    map.pending = Some((key, span));
                }
            },
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: &Node, span: Span) -> Result<(), Stop> {
        self.spend(node, span)?;
        self.anchors.insert(anchor, node.clone());
        Ok(())
    }

    /// Accounts for one more copy of a tree, at the depth that the reading has reached.
    fn spend(&mut self, node: &Node, span: Span) -> Result<(), Stop> {
        let (weight, depth) = node.weight_and_depth();
        self.copied = self.copied.saturating_add(weight);
        if self.copied > ALIAS_BUDGET {
            return self.stop(
                Diagnostic::new("koctl::manifest::alias_bomb", "the aliases expand to more than 16 MiB here")
                    .at(span, None)
                    .with_help("write the values out, or nest fewer aliases in each other"),
            );
        }
        if self.open.len() + depth > MAX_DEPTH {
            return self.stop(too_deep(span));
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Kind, Stop> {
        let plain = |text: &str| match scalar::resolve(text) {
            Scalar::Null => Kind::Null,
            Scalar::Bool(value) => Kind::Bool(value),
            Scalar::Number(number) => Kind::Number(number),
            Scalar::Text(text) => Kind::Text(text),
        };
        let Some(tag) = tag else {
            return Ok(if style == ScalarStyle::Plain { plain(text) } else { Kind::Text(text.to_owned()) });
        };
        if tag.handle.is_empty() && tag.suffix == "!" {
            return Ok(Kind::Text(text.to_owned()));
        }
        let kind = match core_tag(tag) {
            Some("str") => Some(Kind::Text(text.to_owned())),
            Some("null") => Some(plain(text)).filter(|kind| matches!(kind, Kind::Null)),
            Some("bool") => Some(plain(text)).filter(|kind| matches!(kind, Kind::Bool(_))),
            Some("int" | "float") => Some(plain(text)).filter(|kind| matches!(kind, Kind::Number(_))),
            _ => None,
        };
        match kind {
            Some(kind) => Ok(kind),
            None => self.refuse_tag(tag, span),
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, expected: &str, span: Span) -> Result<(), Stop> {
        match tag {
            Some(tag) if core_tag(tag) != Some(expected) => self.refuse_tag(tag, span),
            _ => Ok(()),
        }
    }

    fn refuse_tag<T>(&mut self, tag: &Tag, span: Span) -> Result<T, Stop> {
        self.stop(
            Diagnostic::new("koctl::manifest::tag", format!("the tag `{tag}` does not fit this value"))
                .at(span, None)
                .with_help("only YAML's own tags are known (`!!str`, `!!int`, `!!bool` and so on); leave the tag out"),
        )
    }

    fn stop<T>(&mut self, error: Diagnostic) -> Result<T, Stop> {
        self.errors.push(error);
        Err(Stop)
    }

    fn stop_at_syntax(&mut self, error: &ScanError) -> Result<(), Stop> {
        let offset = self.offsets.byte(error.marker().index());
        self.stop(syntax_error(self.text, offset, error.info()))
    }
}

/// The core schema's name for a tag, `str` for `!!str`.
fn core_tag(tag: &Tag) -> Option<&str> {
    tag.is_yaml_core_schema().then_some(tag.suffix.as_str())
}

fn no_key(span: Span) -> Diagnostic {
    Diagnostic::new("koctl::manifest::key", "a list or a mapping cannot be a key")
        .at(span, None)
        .with_help("keys are plain words; put text that begins with `[` or `{` in quotes")
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new("koctl::manifest::too_deep", format!("the nesting is deeper than {MAX_DEPTH} levels here"))
        .at(span, None)
        .with_help("write the values less deeply nested")
}

fn syntax_error(text: &str, offset: usize, info: &str) -> Diagnostic {
    let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = text[line_start..].bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let tab = text[line_start..line_start + indent].find('\t').map(|tab| line_start + tab);
    if let Some(tab) = tab {
        return Diagnostic::new("koctl::manifest::tab", "a tab cannot indent YAML")
            .at(Span { start: tab, end: tab + 1 }, None)
            .with_help("indent with spaces");
    }
    let width = text[offset..].chars().next().filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
    let error = Diagnostic::new("koctl::manifest::syntax", format!("this is no valid YAML: {info}"))
        .at(Span { start: offset, end: offset + width }, None);
    match advice(info) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// What usually lies behind the parser's words.
fn advice(info: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 6] = [
        ("mapping values are not allowed", "indent this key like its neighbours; text that holds `: ` needs quotes"),
        ("unexpected character", "text that begins with this character needs quotes"),
        ("recursion limit", "write the values less deeply nested"),
        ("unknown anchor", "an alias (`*name`) needs an anchor (`&name`) above it"),
        ("Unicode character escape", "write the character itself, or escape it as `\\U` and eight digits"),
        ("quoted scalar", "the quote that opens here must be closed, or doubled if it belongs to the text"),
    ];
    KNOWN.iter().find(|(part, _)| info.contains(part)).map(|(_, help)| *help)
}

/// A key as it is written: a name, or the merge key.
enum Key {
    Name(String),
    Merge,
}

impl Key {
    /// The key that a tagged scalar or an alias stands for; none for a list or a mapping.
    fn of(node: Node) -> Option<Self> {
        match node.kind {
            Kind::List(_) | Kind::Map(_) => None,
            Kind::Text(text) => Some(Self::Name(text)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => Some(Self::Name(node.into_value().to_string())),
        }
    }
}

/// The entries of one mapping so far.
#[derive(Default)]
struct MapBuilder {
    entries: Vec<Entry>,
    places: HashMap<String, Span>,
    pending: Option<(Key, Span)>,
    merge: Option<(Span, Node)>,
}

impl MapBuilder {
    /// Adds an entry. What has its key already is an error, and is handed back.
    fn insert(&mut self, key: Key, key_span: Span, value: Node, errors: &mut Vec<Diagnostic>) -> Option<Node> {
        let (name, first) = match key {
            Key::Merge => match &self.merge {
                Some((first, _)) => ("<<".to_owned(), *first),
                None => {
                    self.merge = Some((key_span, value));
                    return None;
                }
            },
            Key::Name(name) => match self.places.entry(name.clone()) {
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

    /// Merges: what is written wins over what is merged, and an earlier mapping of a list over a later one.
    fn finish(mut self, errors: &mut Vec<Diagnostic>) -> Vec<Entry> {
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
                        .with_help("give it a mapping, or a list of mappings: `<<: *defaults`"),
                );
                continue;
            };
            for entry in entries {
                if let Slot::Vacant(slot) = self.places.entry(entry.key.clone()) {
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
        _ => "keep one of them: neither wins over the other",
    };
    Diagnostic::new("koctl::manifest::duplicate_key", format!("the key `{key}` is written twice"))
        .at(second, Some("again here"))
        .at(first, Some("first here"))
        .with_help(help)
}

/// From the parser's character counts to bytes. Most files are ASCII, where the two are the same.
struct Offsets {
    length: usize,
    characters: Option<Vec<usize>>,
}

impl Offsets {
    fn of(text: &str) -> Self {
        let characters = (!text.is_ascii()).then(|| text.char_indices().map(|(offset, _)| offset).collect());
        Self { length: text.len(), characters }
    }

    fn byte(&self, character: usize) -> usize {
        let offset = match &self.characters {
            None => character,
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.length),
        };
        offset.min(self.length)
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span { start, end: self.byte(span.end.index()).max(start) }
    }
}
