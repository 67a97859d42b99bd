//! A screen while it is written.

use console::measure_text_width;

use crate::report::escape::{escape, wrap, wrap_words};
use crate::report::style::{Style, Tone};

/// The additional indent of a wrapped line.
const HANGING: usize = 2;

/// Lines of text, without blanks at their ends.
pub(super) struct Screen<'a> {
    style: &'a Style,
    text: String,
}

impl<'a> Screen<'a> {
    pub(super) fn new(style: &'a Style) -> Self {
        Self { style, text: String::new() }
    }

    /// `text` in the style of `tone`.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        self.style.paint(tone, text)
    }

    /// The number of columns after `indent`.
    pub(super) fn room(&self, indent: usize) -> usize {
        self.style.width.saturating_sub(indent)
    }

    /// Writes a line of safe text. A long line is wrapped and indented, so that every line begins with text of koctl.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        let room = self.room(indent);
        if measure_text_width(text) <= room {
            return self.row(indent, text);
        }
        let room = room.saturating_sub(HANGING);
        let pieces = wrap_words(text, room).into_iter().flat_map(|line| wrap(&line, room));
        for (number, piece) in pieces.enumerate() {
            self.row(if number == 0 { indent } else { indent + HANGING }, &piece);
        }
    }

    /// Writes a sentence of koctl itself, unwrapped, so that it can be searched for. A terminal gets it wrapped.
    pub(super) fn sentence(&mut self, text: &str) {
        self.row(0, text);
    }

    fn row(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    /// Writes an empty line; never two, and none at the top.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Writes a remark, with `# ` before it. The text need not be safe.
    pub(super) fn note(&mut self, indent: usize, text: &str) {
        let painted = self.paint(Tone::Note, &format!("# {}", escape(text)));
        self.line(indent, &painted);
    }

    /// Writes a text with its own lines, which need not be safe.
    pub(super) fn paragraph(&mut self, indent: usize, tone: Tone, text: &str) {
        for line in text.lines() {
            let painted = self.paint(tone, escape(line).trim_end());
            self.line(indent, &painted);
        }
    }

    /// The whole screen. It ends with a line break unless it is empty.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
