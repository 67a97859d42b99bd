//! Builds the tree of a document from the events of the YAML parser.
//!
//! The depth of a text and the expansion of its aliases are limited, because specifications come from people who are
//! not trusted.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::json;
use super::mapping::{Key, MapBuilder};
use super::offsets::Offsets;
use super::scalar::{self, Scalar};
use super::syntax::syntax_error;
use super::tree::{Kind, Node};
use crate::manifest::diagnostic::{Diagnostic, Span};

/// The depth limit of mappings and lists. Real OpenAPI documents stay below 40.
const MAX_DEPTH: usize = 128;

/// The limit of bytes that the anchors and aliases of one document may copy.
const ALIAS_BUDGET: usize = 16 * 1024 * 1024;

/// Builds the tree from the parser's events, with a stack of its own instead of recursion.
pub(in crate::manifest) struct Builder<'t> {
    text: &'t str,
    offsets: Offsets,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    copied: usize,
    root: Option<Node>,
    refused: Vec<Node>,
    errors: Vec<Diagnostic>,
}

/// A mapping or list before its end.
struct Open {
    start: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(MapBuilder),
}

/// An error that ends reading. It is in `Builder::errors`.
struct Stop;

/// The result of reading a text.
pub(in crate::manifest) struct Built {
    /// The tree. `None` if reading stopped at an error.
    pub(in crate::manifest) root: Option<Node>,
    /// The later entries of duplicate keys, each as a mapping. The tree has only the first.
    pub(in crate::manifest) refused: Vec<Node>,
    /// The errors, without a source yet.
    pub(in crate::manifest) errors: Vec<Diagnostic>,
}

impl<'t> Builder<'t> {
    /// Reads a whole text.
    pub(in crate::manifest) fn build(text: &'t str) -> Built {
        let (readable, offsets) = match json::without_surrogate_pairs(text) {
            Some((readable, offsets)) => (Cow::Owned(readable), Offsets::rewritten(text, offsets)),
            None => (Cow::Borrowed(text), Offsets::of(text)),
        };
        let mut builder = Self {
            text,
            offsets,
            open: Vec::new(),
            anchors: HashMap::new(),
            copied: 0,
            root: None,
            refused: Vec::new(),
            errors: Vec::new(),
        };
        let root = builder.run(&readable);
        Built { root, refused: builder.refused, errors: builder.errors }
    }

    /// Reads all events. `None` if reading stopped at an error.
    fn run(&mut self, text: &str) -> Option<Node> {
        let mut parser = Parser::new_from_str(text);
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
                        "a file contains one document: remove the `---`, or move the second document to another file",
                    ),
            ),
            Event::Scalar(text, style, anchor, tag) => {
                if self.awaits_key() && tag.is_none() {
                    return self.take_key(&text, style, span, anchor);
                }
                let kind = self.scalar(&text, style, tag.as_deref(), span)?;
                self.add(Node { kind, span }, anchor)
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
                Diagnostic::new("koctl::manifest::alias", "this alias is inside the value that it refers to")
                    .at(span, None)
                    .with_help("move the anchor (`&`) to a value that does not contain the alias"),
            );
        };
        let node = node.clone();
        self.spend(&node, span)?;
        self.add(node, 0)
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
        self.add(Node { kind, span }, open.anchor)
    }

    /// Adds a finished value to the innermost open list or mapping, or makes it the root.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
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

    /// Counts one more copy of a tree, at the current depth.
    fn spend(&mut self, node: &Node, span: Span) -> Result<(), Stop> {
        let (weight, depth) = node.weight_and_depth();
        self.copied = self.copied.saturating_add(weight);
        if self.copied > ALIAS_BUDGET {
            return self.stop(
                Diagnostic::new("koctl::manifest::alias_bomb", "the aliases expand to more than 16 MiB here")
                    .at(span, None)
                    .with_help("write the values out, or nest fewer aliases"),
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
            Scalar::Bool(value) => Kind::Bool(value, text.to_owned()),
            Scalar::Number(number) => Kind::Number(number, text.to_owned()),
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
            Some("bool") => Some(plain(text)).filter(|kind| matches!(kind, Kind::Bool(..))),
            Some("int" | "float") => Some(plain(text)).filter(|kind| matches!(kind, Kind::Number(..))),
            _ => None,
        };
        match kind {
            Some(kind) => Ok(kind),
            None => self.refuse_tag(span),
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, expected: &str, span: Span) -> Result<(), Stop> {
        match tag {
            Some(tag) if core_tag(tag) != Some(expected) => self.refuse_tag(span),
            _ => Ok(()),
        }
    }

    /// The error does not repeat the tag: a password that begins with `!` is read as one.
    fn refuse_tag<T>(&mut self, span: Span) -> Result<T, Stop> {
        self.stop(
            Diagnostic::new("koctl::manifest::tag", "the tag, which begins with `!`, does not fit this value")
                .at(span, None)
                .with_help(
                    "put text that begins with `!` in quotes, or remove the tag: only YAML's own tags are supported \
                     (`!!str`, `!!int`, `!!bool` and so on)",
                ),
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
        .with_help("put text that begins with `[` or `{` in quotes")
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new("koctl::manifest::too_deep", format!("the nesting is deeper than {MAX_DEPTH} levels here"))
        .at(span, None)
        .with_help("nest the values less deeply")
}
