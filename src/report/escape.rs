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

    proptest! {
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
