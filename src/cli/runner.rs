//! Output where the runner of GitHub Actions reads it.
//!
//! The runner takes a line that begins with `::` after blanks, and `##[` anywhere in a line, for a command: to set an
//! output, to make an annotation, to mask a text. A line of a specification must not be one. So the first colon, or the
//! second `#`, is written as JSON would escape it.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use console::strip_ansi_codes;

/// True if the runner of GitHub Actions may read what is written to `stream`: it is not a terminal. A file or a pipe
/// may end up in the log of a job, also if koctl ran elsewhere.
pub(super) fn may_read(stream: &impl IsTerminal) -> bool {
    !stream.is_terminal()
}

/// `text` without commands to the runner. The text is the same if there are none.
pub(super) fn without_commands(text: &str) -> Cow<'_, str> {
    let begins = |line: &str| strip_ansi_codes(line).trim_start().starts_with("::");
    if !text.contains("##[") && !text.split(['\n', '\r']).any(begins) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive(['\n', '\r']).map(|line| {
        let line = line.replace("##[", "#\\u0023[");
        if begins(&line) { line.replacen("::", "\\u003a:", 1) } else { line }
    });
    Cow::Owned(lines.collect())
}

/// A writer of whole lines without commands to the runner.
pub(super) struct Guarded<W: Write> {
    writer: W,
    line: Vec<u8>,
}

impl<W: Write> Guarded<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { writer, line: Vec::new() }
    }

    fn pass_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(without_commands(&String::from_utf8_lossy(bytes)).as_bytes())
    }
}

impl<W: Write> Write for Guarded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.line.split_off(end + 1);
            let lines = std::mem::replace(&mut self.line, rest);
            self.pass_on(&lines)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.line);
        self.pass_on(&rest)?;
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_a_command_stays_as_it_is() {
        for text in ["", "a::b\n", "std::fmt", "## [1]\n", "x: ::y\n"] {
            assert!(matches!(without_commands(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn a_command_is_none_any_more() {
        let escaped = |text: &str| without_commands(text).into_owned();
        assert_eq!(escaped("a\n   ::add-mask::0\n"), "a\n   \\u003a:add-mask::0\n");
        assert_eq!(escaped("\u{1b}[31m::error::x"), "\u{1b}[31m\\u003a:error::x");
        assert_eq!(escaped("a\r::error::x"), "a\r\\u003a:error::x");
        assert_eq!(escaped("\u{a0}\u{2003}::error::x"), "\u{a0}\u{2003}\\u003a:error::x");
        assert_eq!(escaped("{\"a\":\"##[error]x\"}"), "{\"a\":\"#\\u0023[error]x\"}");
        assert_eq!(escaped("###[x"), "##\\u0023[x");
    }

    #[test]
    fn a_command_in_pieces_is_none_either() {
        let mut written = Vec::new();
        let mut guarded = Guarded::new(&mut written);
        for piece in ["a\n :", ":error::", "x\n##", "[y]"] {
            guarded.write_all(piece.as_bytes()).unwrap();
        }
        guarded.flush().unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "a\n \\u003a:error::x\n#\\u0023[y]");
    }
}
