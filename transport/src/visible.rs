//! Texts of others, made visible.
//!
//! Names, descriptions, specifications and error messages come from people and servers that koctl does not know. None
//! of them may move the cursor, hide or reorder other text, or begin a line of its own.

use std::fmt::Write as _;

/// `text` on one line, with everything that is not visible text escaped as in JSON: `\n`, `\u001b`.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut visible, c);
    }
    visible
}

/// Adds `c` to a text, escaped if it is not visible.
pub fn push(visible: &mut String, c: char) {
    match c {
        '\n' => visible.push_str("\\n"),
        '\r' => visible.push_str("\\r"),
        '\t' => visible.push_str("\\t"),
        _ if !is_hidden(c) => visible.push(c),
        _ => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(visible, "\\u{unit:04x}").expect("a String takes all that is written");
            }
        }
    }
}

/// The text of a JSON document, in which everything that is not visible is escaped, as is `##[`, which the runner of
/// GitHub Actions takes for a command. The document means the same: such characters occur in its strings alone.
#[must_use]
pub fn json(document: &str) -> String {
    let mut visible = String::with_capacity(document.len());
    for c in document.replace("##[", "#\\u0023[").chars() {
        if c == '\n' {
            visible.push(c);
        } else {
            push(&mut visible, c);
        }
    }
    visible
}

/// Control characters, line separators, and characters that are invisible or reorder their neighbours: those that
/// Unicode ignores by default, except for the selectors of the look of an emoji.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_text_stays_as_it_is() {
        assert_eq!(escape("Flüge, 航班 ✈️ \"a\""), "Flüge, 航班 ✈️ \"a\"");
    }

    #[test]
    fn what_could_forge_output_is_escaped() {
        assert_eq!(escape("a\r\nb\tc"), "a\\r\\nb\\tc");
        assert_eq!(escape("\u{1b}[31mred\u{7f}\u{9b}"), "\\u001b[31mred\\u007f\\u009b");
        assert_eq!(escape("a\u{2028}b\u{202e}c\u{feff}"), "a\\u2028b\\u202ec\\ufeff");
        assert_eq!(escape("\u{e0041}"), "\\udb40\\udc41");
    }

    #[test]
    fn json_means_the_same_and_shows_what_is_hidden() {
        let plain = "{\n  \"name\": \"Flüge \\n\"\n}\n";
        assert_eq!(json(plain), plain);
        assert_eq!(json("\"\u{9b}\u{202e}##[error]###[x]\""), "\"\\u009b\\u202e#\\u0023[error]##\\u0023[x]\"");
    }

    #[test]
    fn no_mark_of_direction_or_width_is_shown() {
        let marks = "\u{61c}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                     \u{2066}\u{2067}\u{2068}\u{2069}\u{2028}\u{2029}\u{2060}\u{feff}\u{ad}\u{85}\u{80}\u{9f}";
        for mark in marks.chars() {
            assert_eq!(escape(&mark.to_string()), format!("\\u{:04x}", u32::from(mark)));
        }
    }
}
