//! A text as a scalar of YAML: plain if no version of YAML reads it as anything else, or else in double quotes.

use std::fmt::Write as _;

/// The text in YAML's block style, as a key or as a value.
pub(crate) fn in_block(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// The text as lines below the key, at `indent` spaces. `None` if YAML would read another text there, or if it is one line.
pub(crate) fn lines(text: &str, indent: usize) -> Option<String> {
    let is_shown = |line: &str| !line.chars().any(|c| c.is_control() || is_invisible(c));
    let begins_well = text.starts_with(|c: char| !c.is_whitespace());
    if !text.contains('\n') || !begins_well || text.ends_with("\n\n") || !text.split('\n').all(is_shown) {
        return None;
    }
    let mut out = if text.ends_with('\n') { "|" } else { "|-" }.to_owned();
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        let indent = if line.is_empty() { 0 } else { indent };
        let _ = write!(out, "\n{:indent$}{line}", "");
    }
    Some(out)
}

/// The text in YAML's flow style, where commas separate.
pub(crate) fn in_flow(text: &str) -> String {
    if is_plain(text) && !text.contains(',') { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || " _-./@+()',&".contains(c);
    let colons =
        text.match_indices(':').all(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '/'));
    text.starts_with(|c: char| c.is_alphanumeric())
        && !text.ends_with(' ')
        && text.chars().all(|c| inside(c) || c == ':')
        && colons
        && !means_something_else(text)
}

/// Words, numbers, times and dates of YAML 1.1 and 1.2.
fn means_something_else(text: &str) -> bool {
    let word = text.to_lowercase();
    let is_word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&word.as_str());
    let of_number = |c: char| c.is_ascii_hexdigit() || "xo_.:+-tz ".contains(c);
    is_word || (text.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(of_number))
}

/// The text in double quotes. What no terminal should see raw, and what some parsers take for the end of a line, is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Separators of lines, marks of byte order, and marks that turn the direction of a text. All are below U+10000.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::document::parse_value;

    #[test]
    fn plain_texts_stay_plain() {
        for text in
            ["flights", "Everything about flights.", "https://github.com/a/b.git", "a@b.example", "2fast", "É t"]
        {
            assert_eq!(in_block(text), text);
            assert_eq!(in_flow(text), text);
        }
        assert_eq!((in_block("a, b").as_str(), in_flow("a, b").as_str()), ("a, b", "\"a, b\""));
    }

    #[test]
    fn what_yaml_could_take_for_something_else_is_quoted() {
        for text in [
            "",
            "no",
            "yes",
            "Null",
            "~",
            "1.0",
            "1.10",
            "0x1f",
            "2024-01-01",
            "12:30",
            "a: b",
            "a:",
            "a #b",
            "- x",
            " x",
            "x ",
            "*a",
            "# x",
            "yes: no",
        ] {
            assert!(in_block(text).starts_with('"'), "{text}");
            assert_eq!(in_block(text), in_flow(text));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(in_block("a\u{1b}[31m\u{7f}\u{85}"), r#""a\u001B[31m\u007F\u0085""#);
        assert_eq!(in_block("\u{202e}\u{2028}\u{feff}"), r#""\u202E\u2028\uFEFF""#);
    }

    #[test]
    fn a_text_of_several_lines_is_a_block_that_is_read_as_it_was() {
        for text in ["a {\n  color: red;\n}\n", "one\n\n  # two\nthree", "a: b\n- c\n"] {
            let written = format!("css: {}\nnext: 1\n", lines(text, 2).unwrap());
            assert_eq!(parse_value(&written).unwrap()["css"], text, "{written}");
        }
        for other in ["one line", " a\nb", "a\n\n", "a\r\nb", "a\tb\nc", "\na"] {
            assert_eq!(lines(other, 2), None, "{other:?}");
        }
    }

    #[test]
    fn every_text_is_read_as_it_was() {
        for text in [
            "",
            "two\nlines\r\n",
            "tab\t",
            "\"quoted\" \\ 'single'",
            "{a: b}",
            "a, b",
            "]",
            "yes",
            "2024-01-01",
            "ünïcode 🦀",
            "\u{0}\u{7f}\u{85}\u{2028}\u{202e}\u{feff}",
        ] {
            let block = parse_value(&format!("key: {} # comment\n", in_block(text))).unwrap();
            assert_eq!(block["key"], text, "{}", in_block(text));
            let flow = parse_value(&format!("[{{{}: {}}}]\n", in_flow(text), in_flow(text))).unwrap();
            assert_eq!(flow[0][text], text, "{}", in_flow(text));
        }
    }
}
