//! Long texts: specifications, descriptions, staged files. Changed ones are unified diffs; new ones are shortened,
//! since a plan is not the place to read a whole file.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::screen::Screen;
use crate::report::escape::{escape_line, show_trailing_blanks, wrap};
use crate::report::style::Tone;
use crate::report::words::count;

/// The shown length of a new text.
const HEAD: usize = 12;
/// The shown length of a diff. Longer ones are reviewed elsewhere.
pub(super) const DIFF: usize = 400;
/// The same, if values are shortened.
pub(super) const SHORT_DIFF: usize = 60;
/// The shown characters of a line. A file can be one line of megabytes.
const LINE: usize = 500;
/// The shown characters before the first difference of two long lines.
const BEFORE: usize = 60;
/// Unchanged lines around each change.
const CONTEXT: usize = 3;
/// The time limit after which texts that have little in common are compared roughly.
const PATIENCE: Duration = Duration::from_secs(2);
/// The shown length of a digest.
const DIGEST: usize = 12;

/// One side of a comparison.
pub(super) enum Side<'a> {
    /// There is no text.
    Absent,
    /// Only the SHA-256 of the text is known, from the state.
    Digest(&'a str),
    /// The text.
    Text(Cow<'a, str>),
}

impl<'a> Side<'a> {
    /// The text of an attribute. Other JSON values are printed on several lines.
    pub(super) fn of(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Absent,
            Some(Value::String(text)) => Self::Text(Cow::Borrowed(text)),
            Some(value) => match digest(value) {
                Some(digest) => Self::Digest(digest),
                None => Self::Text(Cow::Owned(format!("{value:#}"))),
            },
        }
    }

    /// Its length, or its digest.
    pub(super) fn describe(&self) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Digest(digest) => Some(format!("sha256 {}…", digest.chars().take(DIGEST).collect::<String>())),
            Self::Text(text) => Some(count(text.lines().count(), "line")),
        }
    }

    pub(super) fn is_one_line(&self) -> bool {
        match self {
            Self::Text(text) => text.lines().count() <= 1,
            _ => true,
        }
    }
}

/// The digest of a text in the state.
fn digest(value: &Value) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.get("sha256")?.as_str().filter(|digest| digest.chars().all(|c| c.is_ascii_hexdigit()))
}

/// The label after the name of a text: ` (412 lines)`; empty if its lines are shown.
pub(super) fn label(old: &Side<'_>, new: &Side<'_>) -> String {
    match (old, new) {
        (Side::Text(_), Side::Text(_)) => String::new(),
        (Side::Absent, Side::Text(_)) if new.is_one_line() => String::new(),
        _ => {
            let sides: Vec<String> = [old, new].into_iter().filter_map(Side::describe).collect();
            format!(" ({})", sides.join(" -> "))
        }
    }
}

/// Writes the change, line by line; at most `limit` lines of a diff.
pub(super) fn body(screen: &mut Screen<'_>, indent: usize, old: &Side<'_>, new: &Side<'_>, limit: usize) {
    match (old, new) {
        (Side::Absent, Side::Text(text)) => head(screen, indent, text),
        (Side::Text(before), Side::Text(after)) => {
            diff(screen, indent, [before, after], old.is_one_line() && new.is_one_line(), limit);
        }
        _ => {}
    }
}

fn head(screen: &mut Screen<'_>, indent: usize, text: &str) {
    let mut rows = Rows { screen, indent, left: HEAD };
    let lines: Vec<&str> = text.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line)).collect();
    // One or two more lines take no more room than a note about them.
    if lines.len() <= HEAD + 2 {
        rows.left = HEAD + 2;
    }
    let shown = lines.iter().take_while(|line| rows.write('+', Tone::Good, &shorten(line, 0))).count();
    if shown < lines.len() {
        screen.note(indent, &format!("({})", count(lines.len() - shown, "more line")));
    }
}

fn diff(screen: &mut Screen<'_>, indent: usize, [old, new]: [&str; 2], one_line: bool, limit: usize) {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let ends_differ = old.ends_with('\n') != new.ends_with('\n');
    let from = if one_line { common(old, new).saturating_sub(BEFORE) } else { 0 };
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        if !one_line {
            lines.push((None, Tone::Import, hunk.header().to_string()));
        }
        for change in hunk.iter_changes() {
            let line = shorten(change.value().strip_suffix('\n').unwrap_or(change.value()), from);
            lines.push(match change.tag() {
                ChangeTag::Equal => (Some(' '), Tone::Plain, line.trim_end().to_owned()),
                ChangeTag::Delete => (Some('-'), Tone::Bad, show_trailing_blanks(&line)),
                ChangeTag::Insert => (Some('+'), Tone::Good, show_trailing_blanks(&line)),
            });
            if ends_differ && change.missing_newline() {
                lines.push((None, Tone::Note, "\\ No newline at end of file".to_owned()));
            }
        }
    }
    let mut rows = Rows { screen, indent, left: limit };
    let shown = lines.iter().take_while(|(sign, tone, line)| match sign {
        Some(sign) => rows.write(*sign, *tone, line),
        None => rows.raw(*tone, line),
    });
    let shown = shown.count();
    if shown < lines.len() {
        screen.note(indent, &format!("({} of this diff)", count(lines.len() - shown, "more line")));
    }
}

/// The number of characters with which both texts begin.
fn common(old: &str, new: &str) -> usize {
    old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count()
}

/// A line, escaped. Of a long one, only the part that begins after `from` characters, and how much is left out.
fn shorten(line: &str, from: usize) -> String {
    let length = line.chars().count();
    if length <= LINE {
        return escape_line(line);
    }
    let shown: String = line.chars().skip(from).take(LINE).collect();
    let left_out = count(length - shown.chars().count(), "more character");
    let before = if from > 0 { "…" } else { "" };
    format!("{before}{}… ({left_out})", escape_line(&shown))
}

/// Writes rows of a text, up to a limit.
struct Rows<'s, 'a> {
    screen: &'s mut Screen<'a>,
    indent: usize,
    left: usize,
}

impl Rows<'_, '_> {
    /// Writes a line after `sign`, wrapped. Returns true if all of it was written.
    fn write(&mut self, sign: char, tone: Tone, line: &str) -> bool {
        let mut sign = sign;
        for piece in wrap(line, self.screen.room(self.indent + 1)) {
            if !self.raw(tone, &format!("{sign}{piece}")) {
                return false;
            }
            sign = ' ';
        }
        true
    }

    fn raw(&mut self, tone: Tone, row: &str) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let painted = self.screen.paint(tone, row.trim_end());
        self.screen.line(self.indent, &painted);
        true
    }
}
