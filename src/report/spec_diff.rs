//! The changes between two specifications, for a person and for programs.

use std::fmt::Write;

use serde_json::{Value, json};
use spec_diff::{Change, Changes, Severity};

use super::escape::escape;
use super::style::{Style, Tone};
use super::words::count;

/// The version of the document. The first number changes if a field is removed or changes its meaning.
const FORMAT_VERSION: &str = "1.0";

/// The severities with their headings, the most severe first.
const SECTIONS: [(Severity, &str, Tone); 3] = [
    (Severity::Breaking, "Breaks callers", Tone::Danger),
    (Severity::Warning, "May concern callers", Tone::Change),
    (Severity::Compatible, "Compatible", Tone::Strong),
];

/// The changes as text, by severity.
#[must_use]
pub fn text(changes: &Changes, style: Style) -> String {
    if changes.is_empty() {
        return "No changes that concern callers.\n".to_owned();
    }
    let mut text = String::new();
    for (severity, heading, tone) in SECTIONS {
        if changes.of(severity).next().is_none() {
            continue;
        }
        let _ = writeln!(text, "{}", style.paint(tone, heading));
        for change in changes.of(severity) {
            let rule = style.paint(Tone::Note, &format!("[{}]", change.rule.id()));
            let _ = writeln!(text, "  - {}  {rule}", escape(&change.to_string()));
        }
        text.push('\n');
    }
    let numbers = SECTIONS.map(|(severity, ..)| (changes.of(severity).count(), severity.as_str()));
    let numbers: Vec<String> = numbers.iter().map(|(number, word)| format!("{number} {word}")).collect();
    let _ = writeln!(text, "{}: {}.", count(changes.all().len(), "change"), numbers.join(", "));
    text
}

/// The changes as one JSON document. The page `docs/breaking-changes.md` describes its fields.
#[must_use]
pub fn document(changes: &Changes) -> Value {
    let number = |severity| changes.of(severity).count();
    json!({
        "format_version": FORMAT_VERSION,
        "koctl_version": env!("CARGO_PKG_VERSION"),
        "breaking": changes.is_breaking(),
        "summary": {
            "breaking": number(Severity::Breaking),
            "warning": number(Severity::Warning),
            "compatible": number(Severity::Compatible),
        },
        "changes": changes.all().iter().map(change).collect::<Vec<_>>(),
    })
}

/// One change, as in the document.
pub(super) fn change(change: &Change) -> Value {
    json!({
        "rule": change.rule.id(),
        "severity": change.severity().as_str(),
        "operations": change.operations,
        "place": change.place,
        "text": change.text,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spec_diff::compare;

    use super::{Style, text};

    #[test]
    fn no_changes_are_said_in_a_sentence() {
        let document = json!({"openapi": "3.1.0", "paths": {"/a": {"get": {}}}});
        assert_eq!(text(&compare(&document, &document), Style::PLAIN), "No changes that concern callers.\n");
    }

    #[test]
    fn names_of_others_are_escaped() {
        let old = json!({"openapi": "3.1.0", "paths": {"/a\u{1b}[31m\n::error::": {"get": {}}}});
        let new = json!({"openapi": "3.1.0", "paths": {}});
        insta::assert_snapshot!(text(&compare(&old, &new), Style::PLAIN), @r"
        Breaks callers
          - GET /a\u001b[31m\n::error::: is gone  [operation-removed]

        1 change: 1 breaking, 0 warning, 0 compatible.
        ");
    }
}
