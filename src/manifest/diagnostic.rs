//! Errors in a manifest and their locations: one [`Diagnostic`] an error, all errors of a run in [`Diagnostics`].

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

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
pub(super) struct Source(Arc<NamedSource<String>>);

impl Source {
    /// A source of this name. Errors show the text as it is, so it must not contain secrets.
    pub(super) fn new(name: &str, text: String) -> Self {
        Self(Arc::new(NamedSource::new(name, text)))
    }

    /// The path of the file as the user writes it.
    pub(super) fn name(&self) -> &str {
        self.0.name()
    }

    /// The text of the span. Empty if the span is outside of the source.
    pub(super) fn excerpt(&self, span: Span) -> &str {
        self.0.inner().get(span.range()).unwrap_or_default()
    }

    /// The line and column of a byte, both counted from one. Columns are characters.
    pub(super) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.excerpt(Span { start: 0, end: offset });
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The part of a span on its first line, because underlining a whole block helps no more than underlining its
    /// beginning.
    fn first_line(&self, span: Span) -> Span {
        let end = span.end.min(self.0.inner().len());
        let start = span.start.min(end);
        let excerpt = self.excerpt(Span { start, end });
        let line = excerpt.lines().next().unwrap_or_default();
        let trimmed = line.trim_end().len();
        // An error can be about white space alone, such as a tab.
        Span { start, end: start + if trimmed > 0 { trimmed } else { line.len() } }
    }
}

/// One error in the configuration, with its location if it has one.
///
/// `Display` writes the message alone, [`Diagnostic::line`] adds the location, and [`render`] draws everything.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    code: &'static str,
    message: String,
    help: Option<String>,
    source: Option<Source>,
    labels: Vec<LabeledSpan>,
}

impl Diagnostic {
    /// An error without a location yet. The code is stable, for search engines and tests, and looks like a path:
    /// `koctl::manifest::unknown_key`. The message is a sentence without a period.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, source: None, labels: Vec::new() }
    }

    /// Adds the next step for the user.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a span to underline, with a label if there are several.
    #[must_use]
    pub(super) fn at(mut self, span: Span, label: Option<&str>) -> Self {
        let length = span.end.saturating_sub(span.start);
        self.labels.push(LabeledSpan::new(label.map(str::to_owned), span.start, length));
        self
    }

    /// Sets the file of the spans.
    #[must_use]
    pub(super) fn in_source(mut self, source: &Source) -> Self {
        for label in &mut self.labels {
            let end = label.offset() + label.len();
            let span = source.first_line(Span { start: label.offset(), end });
            *label = LabeledSpan::new(label.label().map(str::to_owned), span.start, span.end - span.start);
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
        self.labels.first().map(LabeledSpan::offset)
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

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| &source.0 as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

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

/// One line for each error.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&error.line())?;
        }
        Ok(())
    }
}

impl Error for Diagnostics {}

/// Draws all errors for a terminal of this width, each with its source line underlined, and a last line that counts
/// them.
pub fn render(diagnostics: &Diagnostics, color: bool, width: usize) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let mut screen = String::new();
    for error in diagnostics {
        if handler.render_report(&mut screen, error).is_err() {
            // Writing to a string does not fail. If miette does, the error must not be lost with its picture.
            screen.push_str(&error.line());
        }
        screen.push('\n');
    }
    screen.push_str(&diagnostics.summary());
    screen.push('\n');
    screen
}

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
    }

    #[test]
    fn a_span_beyond_the_text_is_drawn_at_its_end() {
        let source = Source::new("a.yaml", "x".into());
        let error = Diagnostic::new("koctl::manifest::test", "too far")
            .at(Span { start: 40, end: 50 }, None)
            .in_source(&source);
        assert_eq!(error.line(), "a.yaml:1:2: too far");
        assert!(render(&error.into(), false, 80).contains("a.yaml:1:2"));
    }

    #[test]
    fn colour_is_a_choice() {
        let errors = Diagnostics::from(error("a.yaml", 0));
        assert!(!render(&errors, false, 80).contains('\u{1b}'));
        assert!(render(&errors, true, 80).contains('\u{1b}'));
    }
}
