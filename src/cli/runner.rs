//! Output where the runner of GitHub Actions reads it: no command to it that others wrote, and errors of the configuration
//! as annotations of its files.
//!
//! The runner takes a line that begins with `::` after blanks, and `##[` anywhere in a line, for a command: to set an
//! output, to make an annotation, to mask a text. A line of a specification must not be one. So the first colon, or the
//! second `#`, is written as JSON would escape it.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use console::strip_ansi_codes;

use crate::manifest::{Diagnostic, Diagnostics, SHOWN};
use transport::variable;

/// True if the runner of GitHub Actions may read what is written to `stream`: it is not a terminal. A file or a pipe
/// may end up in the log of a job, also if koctl ran elsewhere.
pub(super) fn may_read(stream: &impl IsTerminal) -> bool {
    !stream.is_terminal()
}

/// The variable that the runner sets.
const ACTIONS: &str = "GITHUB_ACTIONS";
/// The variable with the directory that annotations name files from.
const WORKSPACE: &str = "GITHUB_WORKSPACE";

/// The annotations of these errors, each a command to the runner on its line. `None` if koctl does not run in GitHub
/// Actions.
pub(super) fn annotations(diagnostics: &Diagnostics, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    variable(environment, ACTIONS).filter(|value| value == "true")?;
    let workspace = variable(environment, WORKSPACE).map(PathBuf::from);
    Some(diagnostics.iter().take(SHOWN).map(|error| annotation(error, workspace.as_deref()) + "\n").collect())
}

fn annotation(error: &Diagnostic, workspace: Option<&Path>) -> String {
    let place = error.location().map(|(file, line, column)| {
        let file = property(&in_workspace(file, workspace));
        format!(" file={file},line={line},col={column}")
    });
    let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("::error{}::{}", place.unwrap_or_default(), message(&format!("{error}{help}")))
}

/// The path of a file from the workspace on, also if koctl runs in a folder of it.
fn in_workspace(file: &str, workspace: Option<&Path>) -> String {
    let absolute = std::path::absolute(file).ok();
    let inside = absolute.as_deref().zip(workspace).and_then(|(file, workspace)| file.strip_prefix(workspace).ok());
    inside.map_or_else(|| file.to_owned(), |inside| inside.display().to_string())
}

/// A text of a command, as the runner's own toolkit escapes it.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command, as the runner's own toolkit escapes it.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
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

    fn broken() -> Diagnostics {
        crate::manifest::load::load_texts(&[("konnect/a,b:c.yaml", "teams: {}\nteasm: \"x\"\n")], Path::new("/"))
            .unwrap_err()
    }

    fn of(variables: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn elsewhere_there_are_no_annotations() {
        assert_eq!(annotations(&broken(), &of(&[])), None);
        assert_eq!(annotations(&broken(), &of(&[("GITHUB_ACTIONS", "false")])), None);
    }

    #[test]
    fn errors_become_annotations_that_the_runner_reads() {
        let all = annotations(&broken(), &of(&[("GITHUB_ACTIONS", "true")])).unwrap();
        // A mistake that has no place is one of the run.
        assert!(all.starts_with("::error::no organization is configured"), "{all}");
        assert!(all.contains("\n::error file=konnect/a%2Cb%3Ac.yaml,line=2,col=1::"), "{all}");
        assert!(all.contains("%0Ahelp: "), "{all}");
        assert_eq!(all.lines().count(), broken().iter().count());
    }

    #[test]
    fn annotations_name_files_from_the_workspace_on() {
        let here = std::env::current_dir().unwrap();
        let outer = here.parent().unwrap();
        let name = here.file_name().unwrap().to_str().unwrap();
        assert_eq!(in_workspace("konnect/teams.yaml", Some(outer)), format!("{name}/konnect/teams.yaml"));
        assert_eq!(in_workspace("konnect/teams.yaml", Some(Path::new("/elsewhere"))), "konnect/teams.yaml");
        assert_eq!(message("100%\n::error::x"), "100%25%0A::error::x");
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
