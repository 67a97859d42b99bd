//! Errors in a manifest and their locations: one [`Diagnostic`] an error, all errors of a run in [`Diagnostics`].

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::credentials;

/// A range of a source text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Span {
    /// The first byte.
    pub(super) start: usize,
    /// The first byte after it.
    pub(super) end: usize,
}

impl Span {
    /// The span as a range, for slicing.
    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A file as errors may show it: its name, and its text with secrets masked.
///
/// Cheap to clone: all diagnostics of a file share its text.
#[derive(Clone, Debug)]
pub(super) struct Source(Arc<Text>);

#[derive(Debug)]
struct Text {
    name: String,
    text: String,
    /// The characters before each block of the text, for columns: counting from the beginning of a line would take too
    /// long for many errors in one long line.
    blocks: Vec<usize>,
    /// Where each line begins.
    lines: Vec<usize>,
}

/// The bytes of a block.
const BLOCK: usize = 1024;

impl Text {
    fn new(name: &str, text: String) -> Self {
        let mut characters = 0;
        let count = |block: &[u8]| {
            let before = characters;
            characters += block.iter().filter(|byte| begins_character(**byte)).count();
            before
        };
        let blocks = text.as_bytes().chunks(BLOCK).map(count).collect();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
        Self { name: name.to_owned(), text, blocks, lines }
    }

    /// The number of characters before a byte.
    fn characters_before(&self, offset: usize) -> usize {
        let block = (offset / BLOCK).min(self.blocks.len().saturating_sub(1));
        let rest = &self.text.as_bytes()[block * BLOCK..offset];
        self.blocks.get(block).copied().unwrap_or(0) + rest.iter().filter(|byte| begins_character(**byte)).count()
    }
}

/// True for every byte of UTF-8 that does not continue a character.
fn begins_character(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

impl Source {
    /// A source of this name. Errors show the text as it is, so it must not contain secrets.
    pub(super) fn new(name: &str, text: String) -> Self {
        Self(Arc::new(Text::new(name, text)))
    }

    /// The path of the file as the user writes it.
    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.0.text
    }

    /// The text of the span. Empty if the span is outside of the source.
    pub(super) fn excerpt(&self, span: Span) -> &str {
        self.text().get(span.range()).unwrap_or_default()
    }

    /// The line and column of a byte, both counted from one. Columns are characters.
    pub(super) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text().len());
        let line = self.0.lines.partition_point(|start| *start <= offset);
        let column = self.0.characters_before(offset) - self.0.characters_before(self.0.lines[line - 1]) + 1;
        (line, column)
    }

    /// The part of a span on its first line, because underlining a whole block helps no more than underlining its
    /// beginning.
    fn first_line(&self, span: Span) -> Span {
        let end = span.end.min(self.text().len());
        let start = span.start.min(end);
        let excerpt = self.excerpt(Span { start, end });
        let line = excerpt.lines().next().unwrap_or_default();
        let trimmed = line.trim_end().len();
        // An error can be about white space alone, such as a tab.
        Span { start, end: start + if trimmed > 0 { trimmed } else { line.len() } }
    }
}

/// A part of a source that an error underlines.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) span: Span,
    /// What is there, if there are several labels.
    pub(super) text: Option<String>,
}

/// One error in the configuration, with its location if it has one.
///
/// `Display` writes the message alone, [`Diagnostic::line`] adds the location, and [`render`](super::render()) draws
/// everything. No text of an error contains credentials that can be recognised as such.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    code: &'static str,
    message: String,
    help: Option<String>,
    source: Option<Source>,
    labels: Vec<Label>,
}

impl Diagnostic {
    /// An error without a location yet. The code is stable, for search engines and tests, and looks like a path:
    /// `koctl::manifest::unknown_key`. The message is a sentence without a period.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = credentials::without(&message.into());
        Self { code, message, help: None, source: None, labels: Vec::new() }
    }

    /// Adds the next step for the user.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(credentials::without(&help.into()));
        self
    }

    /// Adds a span to underline, with a label if there are several.
    #[must_use]
    pub(super) fn at(mut self, span: Span, label: Option<&str>) -> Self {
        self.labels.push(Label { span, text: label.map(str::to_owned) });
        self
    }

    /// Sets the file of the spans.
    #[must_use]
    pub(super) fn in_source(mut self, source: &Source) -> Self {
        for label in &mut self.labels {
            label.span = source.first_line(label.span);
        }
        self.source = Some(source.clone());
        self
    }

    /// The stable code of this kind of error.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The next step for the user, if there is one.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The file, line and column of the first span, counted from one. `None` for an error without a location, such as a
    /// missing file.
    pub fn location(&self) -> Option<(&str, usize, usize)> {
        let source = self.source.as_ref()?;
        let (line, column) = source.line_and_column(self.first_offset()?);
        Some((source.name(), line, column))
    }

    /// The error on one line, `file:line:column: message`, for logs and lists.
    pub fn line(&self) -> String {
        match self.location() {
            Some((file, line, column)) => format!("{file}:{line}:{column}: {}", self.message),
            None => self.message.clone(),
        }
    }

    fn first_offset(&self) -> Option<usize> {
        self.labels.first().map(|label| label.span.start)
    }

    /// The file and the underlined parts of it, the first one first. `None` for an error without a location.
    pub(super) fn place(&self) -> Option<(&Source, &[Label])> {
        Some((self.source.as_ref()?, &self.labels))
    }

    fn file(&self) -> Option<&str> {
        self.source.as_ref().map(Source::name)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Diagnostic {}

/// The number of errors that are shown. Few people read more, and one mistake in a generated file can make thousands.
pub const SHOWN: usize = 100;

/// All errors of a run, at least one, ordered by file and then by position.
#[derive(Clone, Debug)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Sorts the errors. `None` if there are none.
    pub fn new(mut errors: Vec<Diagnostic>) -> Option<Self> {
        errors.sort_by(|a, b| (a.file(), a.first_offset()).cmp(&(b.file(), b.first_offset())));
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// The errors in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// A sentence about the errors that are not shown. `None` if all of them are.
    pub(super) fn unshown(&self) -> Option<String> {
        match self.0.len().saturating_sub(SHOWN) {
            0 => None,
            1 => Some("1 more error is not shown: correct these first.".to_owned()),
            unshown => Some(format!("{unshown} more errors are not shown: correct these first.")),
        }
    }

    /// The number of errors and files: `3 errors in 2 files.`
    pub fn summary(&self) -> String {
        let mut files: Vec<&str> = self.0.iter().filter_map(Diagnostic::file).collect();
        files.dedup();
        let errors = counted(self.0.len(), "error");
        match files.len() {
            0 => format!("{errors}."),
            count => format!("{errors} in {}.", counted(count, "file")),
        }
    }
}

/// A number with its noun: `1 error`, `2 errors`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

impl From<Diagnostic> for Diagnostics {
    fn from(error: Diagnostic) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One line for each error that is shown.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().take(SHOWN).enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&error.line())?;
        }
        self.unshown().map_or(Ok(()), |unshown| write!(f, "\n{unshown}"))
    }
}

impl Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(file: &str, offset: usize) -> Diagnostic {
        let source = Source::new(file, "teams:\n  ä: ö\n".into());
        Diagnostic::new("koctl::manifest::test", format!("wrong at {offset}"))
            .at(Span { start: offset, end: offset + 1 }, None)
            .in_source(&source)
    }

    #[test]
    fn no_errors_make_no_diagnostics() {
        assert!(Diagnostics::new(Vec::new()).is_none());
    }

    #[test]
    fn errors_without_a_location_come_first_then_those_of_each_file_in_order() {
        let without_location = Diagnostic::new("koctl::manifest::test", "no file");
        let errors =
            Diagnostics::new(vec![error("b.yaml", 0), error("a.yaml", 7), error("a.yaml", 0), without_location])
                .unwrap();
        insta::assert_snapshot!(errors, @"
        no file
        a.yaml:1:1: wrong at 0
        a.yaml:2:1: wrong at 7
        b.yaml:1:1: wrong at 0
        ");
        assert_eq!(errors.summary(), "4 errors in 2 files.");
    }

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let source = Source::new("a.yaml", "teams:\n  ä: ö\n".into());
        assert_eq!(source.line_and_column("teams:\n  ä: ".len()), (2, 6));
        let text = format!("{}\n{}", "ä".repeat(3 * BLOCK), "ö".repeat(3 * BLOCK));
        let source = Source::new("a.yaml", text.clone());
        for offset in [0, 2, 2 * BLOCK, 6 * BLOCK, 6 * BLOCK + 1, 9 * BLOCK + 1, text.len()] {
            let before = &text[..offset];
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!(source.line_and_column(offset), (before.matches('\n').count() + 1, column));
        }
        assert_eq!(Source::new("", String::new()).line_and_column(9), (1, 1));
    }
}
