//! Markdown of texts of others, as GitHub shows it. In code spans and code blocks, HTML, links and mentions have no
//! effect.

use super::escape::escape;

/// A code span. Its fence is longer than any run of backticks in the text.
pub(super) fn code(text: &str) -> String {
    let text = escape(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// A code span in a cell of a table, which a bar would end.
pub fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// The fence of a code block with this text.
pub(super) fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_holds_any_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\n# b"), "`a\\n# b`");
    }

    #[test]
    fn a_cell_of_a_table_holds_bars() {
        assert_eq!(cell("a|b"), "`a\\|b`");
    }

    #[test]
    fn a_code_block_is_ended_by_no_text() {
        assert_eq!(fence("a"), "```");
        assert_eq!(fence("a\n````\nb"), "`````");
    }
}
