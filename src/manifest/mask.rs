//! Masks the secrets in a source before any of it is shown, because errors appear in logs and pull requests.
//!
//! Every byte of a secret becomes a `*`, so that locations do not change.

use super::diagnostic::Span;
use super::secret::is_variable_name;
use super::yaml::{Entry, Kind, Node};

/// The keys of sources of secrets. It is a common mistake to write the secret itself there.
const SECRET_KEYS: [&str; 7] =
    ["access-token", "client-secret", "token", "key", "passphrase", "old-passphrases", "identities"];
/// The beginning of an age identity, which may be anywhere by mistake.
const IDENTITY: &str = "AGE-SECRET-KEY-";

/// The text with its secrets masked. Without a tree, such as after a syntax error, everything that looks like the value
/// of a secret counts as one. `refused` are the values of duplicate keys, which are not in the tree. With any of them
/// it is not certain which values are secret, so every `value` counts as one.
pub(super) fn secrets(text: &str, root: Option<&Node>, refused: &[Node]) -> String {
    let mut spans = Vec::new();
    match root {
        Some(root) => {
            let may_show = refused.is_empty();
            for tree in refused.iter().chain([root]) {
                collect(tree, may_show, &mut spans);
            }
        }
        None => guess(text, &mut spans),
    }
    url_credentials(text, &mut spans);
    identities(text, &mut spans);
    mask(text, &spans)
}

fn collect(node: &Node, may_show: bool, spans: &mut Vec<Span>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| collect(item, may_show, spans)),
        Kind::Map(entries) => {
            let shown = may_show && names_a_source(entries);
            for entry in entries {
                let secret = SECRET_KEYS.contains(&entry.key.as_str()) || (entry.key == "value" && !shown);
                match &entry.value.kind {
                    Kind::List(items) if secret => {
                        let plain = items.iter().filter(|item| !matches!(item.kind, Kind::List(_) | Kind::Map(_)));
                        spans.extend(plain.map(|item| item.span));
                        collect(&entry.value, may_show, spans);
                    }
                    Kind::List(_) | Kind::Map(_) => collect(&entry.value, may_show, spans),
                    _ if secret => spans.push(entry.value.span),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Age identities anywhere in the text.
fn identities(text: &str, spans: &mut Vec<Span>) {
    for (start, _) in text.match_indices(IDENTITY) {
        let length = text[start..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len() - start);
        spans.push(Span { start, end: start + length });
    }
}

/// True if the mapping is a source of a secret whose `value` may be shown: a path, or a valid name of a variable.
fn names_a_source(entries: &[Entry]) -> bool {
    let text = |key: &str| {
        entries.iter().find(|entry| entry.key == key).and_then(|entry| match &entry.value.kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        })
    };
    match text("type") {
        Some("file") => true,
        Some("env") => text("value").is_some_and(is_variable_name),
        _ => false,
    }
}

fn guess(text: &str, spans: &mut Vec<Span>) {
    let mut offset = 0;
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        if block.is_some_and(|key_indent| blank || indent > key_indent) {
            spans.push(Span { start: offset, end: offset + line.len() });
        } else {
            block = None;
            if let Some(value) = value_of_secret_key(line) {
                spans.push(Span { start: offset + value, end: offset + line.len() });
                if line[value..].trim_start().starts_with(['|', '>']) {
                    block = Some(indent);
                }
            }
        }
        offset += line.len();
    }
}

/// The offset of the value on a line that contains a secret's key.
fn value_of_secret_key(line: &str) -> Option<usize> {
    let keys = SECRET_KEYS.iter().chain(&["value"]);
    keys.flat_map(|key| line.match_indices(key).map(|(at, key)| at + key.len()))
        .filter_map(|end| {
            let rest = line[end..].trim_start_matches(['"', '\'', ' ']);
            rest.strip_prefix(':').map(|value| line.len() - value.len())
        })
        .min()
}

/// `https://name:password@host`: everything before the `@`, except the user `git` of SSH addresses.
fn url_credentials(text: &str, spans: &mut Vec<Span>) {
    for (at, scheme_end) in text.match_indices("://") {
        let start = at + scheme_end.len();
        let authority = text[start..].split(|c: char| c == '/' || c.is_whitespace()).next().unwrap_or_default();
        if let Some(end) = authority.rfind('@')
            && &authority[..end] != "git"
        {
            spans.push(Span { start, end: start + end });
        }
    }
}

/// Spans begin and end between characters, so the result is valid text.
fn mask(text: &str, spans: &[Span]) -> String {
    let mut shown = text.as_bytes().to_vec();
    for byte in spans.iter().flat_map(|span| span.range()) {
        if let Some(byte) = shown.get_mut(byte).filter(|byte| !byte.is_ascii_whitespace()) {
            *byte = b'*';
        }
    }
    String::from_utf8_lossy(&shown).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::*;

    fn shown(text: &str) -> String {
        let document = Document::parse("a.yaml", text).unwrap();
        secrets(text, Some(&document.root), &[])
    }

    #[test]
    fn other_values_stay() {
        let text = "access-token:\n  type: env\n  value: TOKEN\nremote: git@github.com:air/flights.git\n";
        assert_eq!(shown(text), text);
        assert_eq!(
            secrets(text, None, &[]),
            "access-token:\n  type: env\n  value: *****\nremote: git@github.com:air/flights.git\n"
        );
    }

    #[test]
    fn literals_are_masked_at_their_length() {
        assert_eq!(shown("t: {type: literal, value: 'hush hush'}"), "t: {type: literal, value: ***** *****}");
        assert_eq!(
            shown("t:\n  type: literal\n  value: |\n    höh\n    two\n"),
            "t:\n  type: literal\n  value: |\n    ****\n    ***\n"
        );
        assert_eq!(shown("t:\n  type: litteral\n  value: 12345\n"), "t:\n  type: litteral\n  value: *****\n");
    }

    #[test]
    fn an_anchored_literal_is_masked_at_its_anchor() {
        let text = "a: &pat hush\nt: {type: literal, value: *pat}";
        assert_eq!(shown(text), "a: ********t: {type: literal, value: *pat}".replace("********t", "**** ****\nt"));
    }

    #[test]
    fn a_secret_in_place_of_its_source_is_masked() {
        assert_eq!(shown("access-token: hush"), "access-token: ****");
        assert_eq!(shown("client-secret: hush"), "client-secret: ****");
    }

    #[test]
    fn passwords_in_addresses_are_masked() {
        assert_eq!(shown("remote: https://me:hush@example.com/a/b"), "remote: https://*******@example.com/a/b");
        assert_eq!(shown("remote: https://hush@example.com/a/b"), "remote: https://****@example.com/a/b");
        assert_eq!(shown("remote: ssh://git@example.com/a@b"), "remote: ssh://git@example.com/a@b");
    }

    #[test]
    fn broken_text_shows_no_value_of_a_secret_key() {
        let text = "t: {type: literal, \"value\": hush\nb:\n  value: |\n    hush\n\n    hush\n  c: d\n";
        let shown = secrets(text, None, &[]);
        assert_eq!(shown, "t: {type: literal, \"value\": ****\nb:\n  value: *\n    ****\n\n    ****\n  c: d\n");
    }
}
