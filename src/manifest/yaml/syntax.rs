//! Errors of syntax, explained.

use crate::manifest::diagnostic::{Diagnostic, Span};

/// An error of the parser at this byte.
pub(super) fn syntax_error(text: &str, offset: usize, info: &str) -> Diagnostic {
    let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = text[line_start..].bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let tab = text[line_start..line_start + indent].find('\t').map(|tab| line_start + tab);
    if let Some(tab) = tab {
        return Diagnostic::new("koctl::manifest::tab", "YAML cannot be indented with a tab")
            .at(Span { start: tab, end: tab + 1 }, None)
            .with_help("use spaces");
    }
    let width = text[offset..].chars().next().filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
    let error = Diagnostic::new("koctl::manifest::syntax", format!("invalid YAML: {info}"))
        .at(Span { start: offset, end: offset + width }, None);
    error.with_help(advice(info))
}

/// The usual causes of errors, by the parser's message.
const KNOWN: [(&str, &str); 15] = [
    (
        "mapping values are not allowed",
        "indent this key like its neighbours, and put text that contains `: ` in quotes",
    ),
    ("unexpected character", "put text that begins with this character in quotes"),
    ("recursion limit", "nest the values less deeply"),
    ("unknown anchor", "define the anchor (`&name`) above its alias (`*name`)"),
    ("Unicode character escape", "write the character itself, or escape it as `\\U` and eight digits"),
    ("escape character", "write a backslash twice, or put the text in single quotes"),
    ("trailing content", "put the whole text in the quotes, or none of it"),
    ("quoted scalar", "close the quote that opens here, or double it if it is part of the text"),
    ("expected key", "indent this line like its neighbours, and end its key with `: `"),
    ("simple key", "end the key with `: `, and indent it like its neighbours"),
    ("expected '-' indicator", "begin each element of the list with `- `, and indent it like its neighbours"),
    ("block sequence entries", "begin the list on the line below its key"),
    ("mapping keys are not allowed", "put text that begins with `? ` in quotes"),
    ("block scalar", "indent the lines below `|` or `>` alike, and deeper than their key"),
    ("flow", "close each `{` and `[`, and write a comma between entries"),
];

/// One thing to do about an error of the parser.
fn advice(info: &str) -> &'static str {
    const OTHERWISE: &str = "check the indentation, the quotes and the brackets of this line and of the one before it";
    KNOWN.iter().find(|(part, _)| info.contains(part)).map_or(OTHERWISE, |(_, help)| help)
}
