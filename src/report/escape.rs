//! Texts of others, made safe to show: escaped, and wrapped.

use console::{AnsiCodeIterator, measure_text_width};
use transport::visible::push;

pub use transport::visible::escape;

/// The narrowest width at which text is wrapped. Below it, lines run over the edge instead of becoming a column of
/// letters.
const NARROWEST: usize = 20;

/// One line of a longer text, escaped, but with tabs shown as arrows, since tabs indent such lines.
pub(super) fn escape_line(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => safe.push_str("→   "),
            _ => push(&mut safe, c),
        }
    }
    safe
}

/// Makes blanks at the end of a line visible, for changes of blanks.
pub(super) fn show_trailing_blanks(line: &str) -> String {
    let text = line.trim_end_matches(' ');
    format!("{text}{}", "·".repeat(line.len() - text.len()))
}

/// `text` in pieces of at most `width` columns. Colours in it count as no column, and stay in place.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(NARROWEST);
    if measure_text_width(text) <= width {
        return vec![text.to_owned()];
    }
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut room = width;
    for (part, is_code) in AnsiCodeIterator::new(text) {
        if is_code {
            piece.push_str(part);
            continue;
        }
        for c in part.chars() {
            let columns = measure_text_width(c.encode_utf8(&mut [0; 4]));
            if columns > room {
                pieces.push(std::mem::take(&mut piece));
                room = width;
            }
            room -= columns;
            piece.push(c);
        }
    }
    pieces.push(piece);
    pieces
}

/// `text` in lines of at most `width` columns, broken between words. Words in backticks stay together, so that a command
/// can be copied. So does a word that is wider than a line.
#[must_use]
pub fn wrap_words(text: &str, width: usize) -> Vec<String> {
    let width = width.max(NARROWEST);
    if measure_text_width(text) <= width {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let is_first = line.is_empty() && lines.is_empty();
        let blank = if line.is_empty() && !is_first { "" } else { word.blank };
        if measure_text_width(&line) + blank.len() + measure_text_width(word.text) <= width {
            line.push_str(blank);
            line.push_str(word.text);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        word.text.clone_into(&mut line);
    }
    lines.push(line);
    lines
}

/// A word, with the blanks before it.
struct Word<'a> {
    blank: &'a str,
    text: &'a str,
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (blank, word) = rest.split_at(rest.len() - rest.trim_start_matches(' ').len());
        let mut is_quoted = false;
        let ends = |c: char| {
            is_quoted ^= c == '`';
            c == ' ' && !is_quoted
        };
        let (text, after) = word.split_at(word.find(ends).unwrap_or(word.len()));
        rest = after;
        (!text.is_empty()).then_some(Word { blank, text })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use transport::visible::is_hidden;

    #[test]
    fn tabs_of_a_line_become_arrows() {
        assert_eq!(escape_line("\tkey:\r"), "→   key:\\r");
    }

    #[test]
    fn trailing_blanks_become_visible() {
        assert_eq!(show_trailing_blanks("a b  "), "a b··");
        assert_eq!(show_trailing_blanks("a b"), "a b");
    }

    #[test]
    fn text_is_wrapped_by_columns_not_by_characters() {
        assert_eq!(wrap("short", 20), ["short"]);
        assert_eq!(wrap(&"航".repeat(11), 20), ["航".repeat(10), "航".to_owned()]);
        assert_eq!(
            wrap(&format!("\u{1b}[31m{}\u{1b}[0m", "a".repeat(21)), 20),
            ["\u{1b}[31maaaaaaaaaaaaaaaaaaaa", "a\u{1b}[0m"]
        );
    }

    #[test]
    fn sentences_are_wrapped_between_words() {
        assert_eq!(wrap_words("short enough", 20), ["short enough"]);
        assert_eq!(wrap_words("  a sentence of several words", 20), ["  a sentence of", "several words"]);
        assert_eq!(wrap_words("run `koctl import ADDRESS ID` now", 20), ["run", "`koctl import ADDRESS ID`", "now"]);
        assert_eq!(wrap_words("then run `koctl plan` again", 22), ["then run `koctl plan`", "again"]);
        let bold = "\u{1b}[1mbold and so on\u{1b}[0m plain";
        assert_eq!(wrap_words(bold, 20), ["\u{1b}[1mbold and so on\u{1b}[0m plain"]);
        assert_eq!(wrap_words(bold, 20).len(), 1, "codes take no columns");
    }

    proptest! {
        #[test]
        fn wrapping_words_loses_nothing_but_blanks(text in "[a-z` 航]{0,200}", width in 0usize..60) {
            let lines = wrap_words(&text, width);
            let is_one_word = |line: &str| words(line).count() <= 1;
            prop_assert!(lines.iter().all(|line| measure_text_width(line) <= width.max(NARROWEST) || is_one_word(line)));
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }

        #[test]
        fn no_escaped_text_has_a_control_character(text in "\\PC{0,9}|.{0,40}|(?s:[\\x00-\\x1f\\x7f-\\u{a0}]){0,20}") {
            prop_assert!(!escape(&text).chars().any(is_hidden));
            prop_assert!(!escape_line(&text).chars().any(is_hidden));
        }

        #[test]
        fn wrapping_loses_nothing(text in "[a-z航]{0,200}", width in 0usize..60) {
            prop_assert_eq!(wrap(&text, width).concat(), text);
        }
    }
}
