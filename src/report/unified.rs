//! The edit of a file as a unified diff, for programs.

/// The unified diff between two texts of the file at `path`.
#[must_use]
pub fn unified(path: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn an_edit_is_shown_with_the_lines_around_it_and_no_edit_is_nothing() {
        assert_eq!(unified("t.yaml", "a\n", "a\n"), "");
        let shown = unified("t.yaml", "a\nb\n", "a\nc\n");
        assert_eq!(shown, "--- a/t.yaml\n+++ b/t.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }
}
