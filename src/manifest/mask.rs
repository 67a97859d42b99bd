//! The text of a source as errors may show it. Errors appear in logs and pull requests, and a mistyped key does not say
//! that a secret is beside it.
//!
//! So only that is shown which is certainly not a secret: keys, and values where the manifest has a value that is not
//! secret. Everything else is masked: values of unknown keys and of sources of secrets, comments, tags and anchors.
//! Every byte becomes a `*`, so that locations do not change.

use std::collections::HashSet;
use std::ops::Range;

use super::credentials;
use super::diagnostic::Span;
use super::shape::{Shape, is_source, may_show_key};
use super::yaml::{Kind, Node};
use broken::STRUCTURE;

mod broken;

/// Keys of addresses, which have a place for a password.
const ADDRESSES: [&str; 4] = ["remote", "url", "issuer", "idp-metadata-url"];

/// Keys of public keys for age. It is a common mistake to write a private one there.
const RECIPIENTS: &str = "recipients";

/// The text without secrets. `refused` are the entries of duplicate keys, which are not in the tree. Without a tree, such
/// as after a syntax error, only what every manifest contains is shown, and what looks like a name.
pub(super) fn secrets(text: &str, root: Option<&Node>, refused: &[Node]) -> String {
    let Some(root) = root else { return broken::masked(text) };
    let mut parts = Parts { text, ..Parts::default() };
    parts.value(root, Shape::manifest(), "");
    refused.iter().for_each(|entry| parts.refused(entry));
    parts.masked()
}

/// The parts of a text. A part that is shown in one place and hidden in another, through an alias, is hidden.
#[derive(Default)]
struct Parts<'t> {
    text: &'t str,
    shown: Vec<Span>,
    hidden: Vec<Span>,
    keys: HashSet<&'t str>,
}

impl Parts<'_> {
    /// A value of the key `key`, where the manifest has a value of this shape.
    fn value(&mut self, node: &Node, shape: &Shape, key: &str) {
        match (&node.kind, shape) {
            (Kind::Map(entries), Shape::Block(fields)) => {
                let source = is_source(fields);
                for entry in entries {
                    let known = fields.get(&entry.key);
                    if may_show_key(fields, &entry.key, !matches!(entry.value.kind, Kind::Null)) {
                        self.key(entry.key_span);
                    } else {
                        self.hidden.push(entry.key_span);
                    }
                    match known {
                        Some(field) if !source || matches!(field.shape, Shape::Choice(_)) => {
                            self.value(&entry.value, &field.shape, &entry.key);
                        }
                        _ => self.hide(&entry.value),
                    }
                }
            }
            (Kind::Map(entries), Shape::Named(inner)) => {
                for entry in entries {
                    self.key(entry.key_span);
                    self.value(&entry.value, inner, &entry.key);
                }
            }
            (Kind::List(items), Shape::List(inner)) => items.iter().for_each(|item| self.value(item, inner, key)),
            // A list of one element is often written without brackets.
            (Kind::Text(_), Shape::List(inner)) => self.value(node, inner, key),
            (_, Shape::Choice(choices)) => match node.text() {
                Some(text) if choices.may_show(text) => self.shown.push(node.span),
                _ => self.hide(node),
            },
            (_, Shape::Text | Shape::Flag) if node.text().is_some() => self.scalar(node.span, key),
            _ => self.hide(node),
        }
    }

    fn scalar(&mut self, span: Span, key: &str) {
        let quoted = self.text.get(span.range()).unwrap_or_default();
        let written = quoted.trim_start_matches(['"', '\'']);
        let start = span.end - written.len();
        let within = |range: Range<usize>| Span { start: start + range.start, end: start + range.end };
        if key == RECIPIENTS && !written.starts_with("age1") {
            return self.hidden.push(span);
        }
        if ADDRESSES.contains(&key) {
            self.hidden.extend(credentials::in_address(written).into_iter().map(within));
        }
        // A text without quotes goes on to the next line if a colon is missing there.
        let first_line = written.find('\n').filter(|_| quoted == written).map_or(span.end, |length| start + length);
        self.hidden.push(Span { start: first_line, end: span.end });
        self.shown.push(span);
    }

    fn key(&mut self, span: Span) {
        self.shown.push(span);
        self.keys.extend(self.text.get(span.range()));
    }

    /// The later entry of a duplicate key. Its place in the manifest is not known.
    fn refused(&mut self, node: &Node) {
        if let Kind::Map(entries) = &node.kind {
            for entry in entries {
                let is_shown = self.text.get(entry.key_span.range()).is_some_and(|key| self.keys.contains(key));
                if is_shown { &mut self.shown } else { &mut self.hidden }.push(entry.key_span);
                self.hide(&entry.value);
            }
        }
    }

    /// Hides all keys and values of a tree.
    fn hide(&mut self, node: &Node) {
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.hide(item)),
            Kind::Map(entries) => {
                for entry in entries {
                    self.hidden.push(entry.key_span);
                    self.hide(&entry.value);
                }
            }
            Kind::Null => {}
            _ => self.hidden.push(node.span),
        }
    }

    fn masked(self) -> String {
        let mut shown = vec![Part::Between; self.text.len()];
        let mut mark = |spans: &[Span], part: Part| {
            for byte in spans.iter().flat_map(|span| span.range()) {
                if let Some(byte) = shown.get_mut(byte) {
                    *byte = part;
                }
            }
        };
        mark(&self.shown, Part::Shown);
        mark(&self.hidden, Part::Hidden);
        let mut masked = credentials::found(self.text);
        let mut in_comment = false;
        for (at, c) in self.text.char_indices() {
            let is_hidden = match shown[at] {
                Part::Shown => false,
                Part::Hidden => true,
                Part::Between => in_comment || !STRUCTURE.contains(c),
            };
            in_comment = c != '\n' && (in_comment || (c == '#' && shown[at] == Part::Between));
            if is_hidden {
                masked.push(at..at + c.len_utf8());
            }
        }
        credentials::masked(self.text, &masked)
    }
}

/// What a byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// No key and no value: structure, comments, tags, anchors.
    Between,
    Shown,
    Hidden,
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;

    /// The text of a file of the manifest as errors show it.
    fn shown(text: &str) -> String {
        Document::parse("a.yaml", text).unwrap().source.text().to_owned()
    }

    /// The same for a value in the place of an access token.
    fn token(value: &str) -> String {
        let around = "organizations: {a: {access-token: ";
        let shown = shown(&format!("{around}{value}}}}}"));
        shown.strip_prefix(around).and_then(|shown| shown.strip_suffix("}}")).unwrap().to_owned()
    }

    #[test]
    fn what_is_not_secret_stays() {
        let text = "teams:\n  data:\n    description: \"Takes: orders\"\n    users: [kim@example.com]\n    services:\n      a/b:\n        \
                    name: flights\n        git: {remote: git@github.com:air/flights.git}\n";
        assert_eq!(shown(text), text);
    }

    #[test]
    fn values_of_sources_are_masked_at_their_length() {
        assert_eq!(token("{type: literal, value: 'hush hush'}"), "{type: literal, value: ***** *****}");
        assert_eq!(token("{type: env, value: TOKEN}"), "{type: env, value: *****}");
        assert_eq!(token("{type: litteral, value: 12345}"), "{type: litteral, value: *****}");
        assert_eq!(
            shown(
                "organizations:\n  a:\n    access-token:\n      type: literal\n      value: |\n        höh\n        two\n"
            ),
            "organizations:\n  a:\n    access-token:\n      type: literal\n      value: |\n        ****\n        ***\n"
        );
    }

    #[test]
    fn a_mistyped_key_hides_the_secret_beside_it() {
        assert_eq!(token("{type: literal, valeu: hush}"), "{type: literal, valeu: ****}");
        assert_eq!(token("{type: hush, Value: hush}"), "{type: ****, Value: ****}");
        assert_eq!(token("{hush: hush}"), "{****: ****}");
        assert_eq!(token("{type: literal, hush}"), "{type: literal, ****}");
        assert_eq!(token("[hush]"), "[****]");
        assert_eq!(token("hush"), "****");
        assert_eq!(token("{value: {x: hush}}"), "{value: {*: ****}}");
        assert_eq!(shown("organizations: {a: {access_token: hush}}"), "organizations: {a: {access_token: ****}}");
        assert_eq!(shown("platform: {state: {uri: 'a://u:hush@h'}}"), "platform: {state: {uri: **************}}");
    }

    #[test]
    fn comments_tags_anchors_and_aliases_are_masked() {
        assert_eq!(shown("teams: {} # token: hush\n"), "teams: {} # ****** ****\n");
        assert_eq!(token("{type: literal, value: &hush hush}"), "{type: literal, value: ***** ****}");
        assert_eq!(shown("teams: !!map {}"), "teams: ***** {}");
        let aliased =
            "teams: {t: {description: &d hush}}\norganizations: {a: {access-token: {type: literal, value: *d}}}";
        assert!(!shown(aliased).contains("hush"), "{}", shown(aliased));
    }

    #[test]
    fn a_duplicate_key_is_shown_without_its_value() {
        assert_eq!(shown("teams: {}\nteams: {a: b}\n"), "teams: {}\nteams: {*: *}\n");
    }

    #[test]
    fn passwords_in_addresses_and_private_keys_are_masked() {
        let git = |remote: &str| shown(&format!("platform: {{git: {{remote: {remote}}}}}"));
        assert_eq!(git("https://me:hush@a.com/b"), "platform: {git: {remote: https://*******@a.com/b}}");
        assert_eq!(git("https:/me:hush@a.com/b"), "platform: {git: {remote: **************@a.com/b}}");
        let keys = "platform: {state: {encryption: {recipients: [age1q, hush, AGE-SECRET-KEY-1]}}}";
        let masked = "platform: {state: {encryption: {recipients: [age1q, ****, ****************]}}}";
        assert_eq!(shown(keys), masked);
    }
}
