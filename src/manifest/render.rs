//! Draws errors for a person. What surrounds an error in its file is shown as an [`Excerpt`]: bounded, since a file can
//! be one line of megabytes, and escaped, since its text must not pass for one of koctl.

use std::fmt;
use std::ops::Range;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use textwrap::{WordSeparator, WordSplitter};
use transport::visible;

use super::diagnostic::{Diagnostic, Diagnostics, Label, SHOWN, Source};

/// The shown characters of a line before an error, and from its beginning on.
const AROUND: (usize, usize) = (80, 120);

/// The shown characters of a message or a next step.
const LONGEST: usize = 1_000;

/// The mark of text that is left out.
const ELLIPSIS: char = '…';

/// Draws the errors for a terminal of this width, each with its source line underlined, and a last line that counts
/// them.
pub fn render(diagnostics: &Diagnostics, color: bool, width: usize) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_links(false)
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation);
    let mut screen = String::new();
    for error in diagnostics.iter().take(SHOWN) {
        if handler.render_report(&mut screen, &Drawing::of(error)).is_err() {
            // Writing to a string does not fail. If miette does, the error must not be lost with its picture.
            screen.push_str(&brief(&error.line()));
        }
        screen.push('\n');
    }
    let unshown = diagnostics.unshown();
    for line in unshown.iter().chain([&diagnostics.summary()]) {
        screen.push_str(line);
        screen.push('\n');
    }
    screen
}

/// A text on one line, escaped. A long one loses its middle.
fn brief(text: &str) -> String {
    let half = LONGEST / 2;
    let head = text.char_indices().nth(half).map_or(text.len(), |(at, _)| at);
    let tail = text.char_indices().rev().nth(half).map_or(0, |(at, _)| at);
    if tail <= head {
        return visible::escape(text);
    }
    format!("{} {ELLIPSIS} {}", visible::escape(&text[..head]), visible::escape(&text[tail..]))
}

/// An error as miette draws it.
#[derive(Debug)]
struct Drawing {
    code: &'static str,
    message: String,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

impl Drawing {
    fn of(error: &Diagnostic) -> Self {
        let (excerpt, labels) = error.place().map(|(source, labels)| Excerpt::of(source, labels)).unzip();
        // A next step can be an example of several lines.
        let help = error.help().map(|help| help.split('\n').map(brief).collect::<Vec<_>>().join("\n"));
        let message = brief(&error.to_string());
        Self { code: error.code(), message, help, excerpt, labels: labels.unwrap_or_default() }
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl miette::Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A source with all lines that it has, of which only those around the labels have a text, and of that only what is
/// around the labels.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    /// Where each label is in `text`, and its column in the source, counted from zero.
    columns: Vec<(usize, usize)>,
}

impl Excerpt {
    /// The excerpt of a source around these labels, and the labels in it.
    fn of(source: &Source, labels: &[Label]) -> (Self, Vec<LabeledSpan>) {
        let text = source.text();
        let lines_of: Vec<usize> = labels.iter().map(|label| line_of(text, label.span.start)).collect();
        let mut spans = vec![0..0; labels.len()];
        let mut excerpt = String::new();
        let mut start = 0;
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                excerpt.push('\n');
            }
            let here: Vec<usize> = (0..labels.len()).filter(|label| lines_of[*label] == number).collect();
            let content = line.strip_suffix('\r').unwrap_or(line);
            if !here.is_empty() {
                let within = |at: usize| content.floor_char_boundary(at.saturating_sub(start).min(content.len()));
                let marks = here.iter().map(|label| {
                    let span = labels[*label].span;
                    within(span.start)..within(span.end)
                });
                let marks: Vec<Range<usize>> = marks.collect();
                for (label, shown) in here.iter().zip(shorten(content, &marks, &mut excerpt)) {
                    spans[*label] = shown;
                }
            } else if lines_of.iter().any(|line| line.abs_diff(number) == 1) {
                shorten(content, std::slice::from_ref(&(0..0)), &mut excerpt);
            }
            start += line.len() + 1;
        }
        let column = |label: &Label| source.line_and_column(label.span.start).1 - 1;
        let columns = labels.iter().zip(&spans).map(|(label, span)| (span.start, column(label))).collect();
        let labeled = |(label, span): (&Label, Range<usize>)| {
            LabeledSpan::new(label.text.clone(), span.start, span.end - span.start)
        };
        let labels = labels.iter().zip(spans).map(labeled).collect();
        (Self { name: visible::escape(source.name()), text: excerpt, columns }, labels)
    }
}

/// The line of a byte, counted from zero.
fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// Writes a line without what is far from the marks, escaped except for tabs, and returns the marks in what was written.
fn shorten(line: &str, marks: &[Range<usize>], written: &mut String) -> Vec<Range<usize>> {
    let mut shown = vec![0..0; marks.len()];
    let mut end = 0;
    for part in parts(line, marks) {
        if part.start > end {
            written.push(ELLIPSIS);
        }
        let characters = line[part.clone()].char_indices().map(|(at, c)| (part.start + at, Some(c)));
        for (at, c) in characters.chain([(part.end, None)]) {
            for (mark, shown) in marks.iter().zip(&mut shown) {
                if mark.start == at {
                    *shown = written.len()..written.len();
                }
                if mark.start < at && mark.start >= part.start && at <= mark.end {
                    shown.end = written.len();
                }
            }
            match c {
                Some('\t') => written.push('\t'),
                Some(c) => visible::push(written, c),
                None => {}
            }
        }
        end = part.end;
    }
    if end < line.len() {
        written.push(ELLIPSIS);
    }
    shown
}

/// The parts of a line around the marks, in order and apart from each other.
fn parts(line: &str, marks: &[Range<usize>]) -> Vec<Range<usize>> {
    let (before, after) = AROUND;
    let around = |mark: &Range<usize>| {
        let start = line[..mark.start].char_indices().rev().nth(before - 1).map_or(0, |(at, _)| at);
        let end = line[mark.start..].char_indices().nth(after).map_or(line.len(), |(at, _)| mark.start + at);
        start..end
    };
    let mut around: Vec<Range<usize>> = marks.iter().map(around).collect();
    around.sort_by_key(|part| part.start);
    let mut parts: Vec<Range<usize>> = Vec::new();
    for part in around {
        match parts.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => parts.push(part),
        }
    }
    parts
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, lines_before, lines_after)?;
        // Without lines around it, a label is read for its location.
        let written = self.columns.iter().find(|(at, _)| (*at, lines_before, lines_after) == (span.offset(), 0, 0));
        let column = written.map_or(read.column(), |(_, column)| *column);
        // Places are drawn together if they are near each other, by the number of lines that are drawn.
        let lines = read.data().iter().filter(|byte| **byte == b'\n').count();
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, read.data(), *read.span(), read.line(), column, lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Span;
    use super::*;

    fn error(text: &str, at: Range<usize>) -> Diagnostics {
        let source = Source::new("a.yaml", text.to_owned());
        let span = Span { start: at.start, end: at.end };
        Diagnostic::new("koctl::manifest::test", "wrong").at(span, None).in_source(&source).into()
    }

    fn screen(text: &str, at: Range<usize>) -> String {
        render(&error(text, at), false, 200)
    }

    #[test]
    fn colour_is_a_choice() {
        let errors = error("a: b\n", 0..1);
        assert!(!render(&errors, false, 80).contains('\u{1b}'));
        assert!(render(&errors, true, 80).contains('\u{1b}'));
    }

    #[test]
    fn a_span_beyond_the_text_is_drawn_at_its_end() {
        assert!(screen("x", 40..50).contains("a.yaml:1:2"));
    }

    #[test]
    fn a_long_line_is_shown_around_the_error() {
        let long = format!("one: 1\n{}täx: [航, 2]{}\nthree: 3\n", "ä".repeat(70_000), "z".repeat(70_000));
        let at = long.find("täx").unwrap();
        insta::assert_snapshot!(screen(&long, at..at + "täx".len()), @"
        koctl::manifest::test

          × wrong
           ╭─[a.yaml:2:70001]
         1 │ one: 1
         2 │ …äääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääätäx: [航, 2]zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…
           ·                                                                                  ───
         3 │ three: 3
           ╰────

        1 error in 1 file.
        ");
    }

    #[test]
    fn an_error_that_spans_a_long_line_is_underlined_to_the_end_of_what_is_shown() {
        insta::assert_snapshot!(screen(&"x".repeat(100_000), 5..99_999), @"
        koctl::manifest::test

          × wrong
           ╭─[a.yaml:1:6]
         1 │ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
           ·      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
           ╰────

        1 error in 1 file.
        ");
    }

    #[test]
    fn two_places_of_one_long_line_are_both_shown() {
        let text = format!("{{a: 1, {} a: 2}}", "b: 1, ".repeat(20_000));
        let source = Source::new("a.json", text.clone());
        let second = text.rfind("a: 2").unwrap();
        let error = Diagnostic::new("koctl::manifest::test", "twice")
            .at(Span { start: second, end: second + 1 }, Some("again here"))
            .at(Span { start: 1, end: 2 }, Some("first here"))
            .in_source(&source);
        insta::assert_snapshot!(render(&error.into(), false, 200), @"
        koctl::manifest::test

          × twice
           ╭─[a.json:1:2]
         1 │ {a: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, … b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1, b: 1,  a: 2}
           ·  ┬                                                                                                                                                                                                        ┬
           ·  │                                                                                                                                                                                                        ╰── again here
           ·  ╰── first here
           ╰────

        1 error in 1 file.
        ");
    }

    #[test]
    fn a_text_of_others_is_escaped_and_tabs_stay() {
        let text = "a: \u{1b}[2Jb # \u{202e}\r\n\tc: d\r\n";
        insta::assert_snapshot!(screen(text, 0..1), @r"
        koctl::manifest::test

          × wrong
           ╭─[a.yaml:1:1]
         1 │ a: \u001b[2Jb # \u202e
           · ─
         2 │     c: d
           ╰────

        1 error in 1 file.
        ");
        let source = Source::new("a\u{1b}[2J.yaml", text.to_owned());
        let named = Diagnostic::new("koctl::manifest::test", "`a\nb\u{9b}` is wrong")
            .with_help("did you mean `\u{200f}`?\nor")
            .at(Span { start: 8, end: 9 }, None)
            .in_source(&source);
        insta::assert_snapshot!(render(&named.into(), false, 200), @r"
        koctl::manifest::test

          × `a\nb\u009b` is wrong
           ╭─[a\u001b[2J.yaml:1:9]
         1 │ a: \u001b[2Jb # \u202e
           ·              ─
         2 │     c: d
           ╰────
          help: did you mean `\u200f`?
                or

        1 error in 1 file.
        ");
    }

    #[test]
    fn thousands_of_errors_are_shown_in_part_and_counted() {
        let text = format!("[{}]", "x, ".repeat(70_000));
        let source = Source::new("a.json", text);
        let at = |position: usize| Span { start: 1 + position * 3, end: 2 + position * 3 };
        let wrong = |position: usize| Diagnostic::new("koctl::manifest::test", "wrong").at(at(position), None);
        let errors: Vec<Diagnostic> = (0..2_000).map(|position| wrong(position).in_source(&source)).collect();
        let errors = Diagnostics::new(errors).unwrap();
        let screen = render(&errors, false, 200);
        assert!(screen.len() < 100_000, "{} bytes", screen.len());
        assert!(screen.ends_with("1900 more errors are not shown: correct these first.\n2000 errors in 1 file.\n"));
        assert_eq!(errors.to_string().lines().count(), SHOWN + 1);
    }

    #[test]
    fn a_long_message_loses_its_middle() {
        let long = Diagnostic::new("koctl::manifest::test", format!("unknown key `{}` in teams", "k".repeat(1 << 20)));
        let screen = render(&long.into(), false, usize::MAX);
        assert!(screen.len() < 1_200 && screen.contains("k` in teams"), "{screen}");
    }
}
