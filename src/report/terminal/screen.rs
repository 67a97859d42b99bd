//! A screen while it is being written.

use console::measure_text_width;

use crate::report::escape::{escape, wrap};
use crate::report::style::{Style, Tone};

/// How much further right the rest of a line goes on.
const HANGING: usize = 2;

/// Lines of text, none of which ends in blanks.
pub(super) struct Screen<'a> {
    style: &'a Style,
    text: String,
}

impl<'a> Screen<'a> {
    pub(super) fn new(style: &'a Style) -> Self {
        Self { style, text: String::new() }
    }

    /// `text` as it looks for `tone`.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        self.style.paint(tone, text)
    }

    /// How many columns are left behind `indent`.
    pub(super) fn room(&self, indent: usize) -> usize {
        self.style.width.saturating_sub(indent)
    }

    /// A line of text that is safe to show. What does not fit goes on below it, further right, so that nothing but
    /// koctl itself decides how a line begins.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        let room = self.room(indent);
        if measure_text_width(text) <= room {
            return self.row(indent, text);
        }
        for (number, piece) in wrap(text, room.saturating_sub(HANGING)).iter().enumerate() {
            self.row(if number == 0 { indent } else { indent + HANGING }, piece);
        }
    }

    /// A sentence of koctl itself, which stays in one piece for those who search for it.
    pub(super) fn sentence(&mut self, text: &str) {
        self.row(0, text);
    }

    fn row(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    /// An empty line; never two of them, and none at the top.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A remark, `# ` before it. The text may be anybody's.
    pub(super) fn note(&mut self, indent: usize, text: &str) {
        let painted = self.paint(Tone::Note, &format!("# {}", escape(text)));
        self.line(indent, &painted);
    }

    /// Text of anybody, with its own lines.
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
