//! The two streams: data goes to stdout, everything else to stderr. Whatever is written for a person goes through
//! [`legible`], so that no text of others can move the cursor or hide what koctl says.

use std::cell::{Cell, OnceCell};
use std::io::{self, IsTerminal, Write};

use console::{Style, Term, style};
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use transport::{suspect, visible};

use super::{placed, prompt, runner};
use crate::manifest::{Diagnostics, render};
use crate::operations::{Failure, Failures, Warning};
use crate::report;
use crate::report::progress::Progress;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal that has them, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Lines are broken for terminals only: piped text is searched, compared and put into comments.
const UNBROKEN: usize = usize::MAX;

/// The two streams of the program, and how they are written.
pub(super) struct Output {
    stdout_color: bool,
    stderr_color: bool,
    stdout_width: usize,
    stderr_width: usize,
    /// True if the terminal cannot draw over what it shows.
    dumb: bool,
    /// True if a program reads what happens, as events on stdout.
    events: bool,
    /// True if data could not be written although there was a reader.
    lost: Cell<bool>,
    /// The flags that commands in messages need.
    place: OnceCell<String>,
}

impl Output {
    pub(super) fn new(color: Color, events: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let wanted = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !no_color && !dumb,
        };
        let width = |terminal: Term| terminal.size_checked().map_or(UNBROKEN, |(_, columns)| usize::from(columns));
        Self {
            stdout_color: wanted(io::stdout().is_terminal()),
            stderr_color: wanted(io::stderr().is_terminal()),
            stdout_width: width(Term::stdout()),
            stderr_width: width(Term::stderr()),
            dumb,
            events,
            lost: Cell::new(false),
            place: OnceCell::new(),
        }
    }

    /// From now on, commands in messages have these flags, each with a blank before it.
    pub(super) fn place(&self, flags: String) {
        // A process works in one place.
        self.place.get_or_init(|| flags);
    }

    /// The next step after a warning or an error, with the flags of this command.
    pub(super) fn placed(&self, help: &str) -> String {
        placed::with_flags(help, self.place.get().map_or("", String::as_str))
    }

    /// The style of stdout.
    pub(super) fn style(&self) -> report::Style {
        report::Style { color: self.stdout_color, width: self.stdout_width }
    }

    /// The style of stderr.
    pub(super) fn error_style(&self) -> report::Style {
        report::Style { color: self.stderr_color, width: self.stderr_width }
    }

    /// Writes what a command found or did to stdout, for a person.
    pub(super) fn screen(&self, text: &str) {
        let text = wrapped(&legible(text, self.stdout_color), self.stdout_width);
        self.data(&if runner::may_read(&io::stdout()) { runner::without_commands(&text) } else { text.into() });
    }

    /// Writes data for programs to stdout, as it is. A reader that went away, as `head` does, is not an error; a full
    /// disk is one.
    pub(super) fn data(&self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let mut stdout = io::stdout().lock();
        if let Err(error) = write!(stdout, "{text}{end}").and_then(|()| stdout.flush()) {
            self.lose(&error);
        }
    }

    /// Writes a JSON document to stdout, with everything escaped that a terminal or a runner could take for a command.
    pub(super) fn json(&self, document: &str) {
        self.data(&visible::json(document));
    }

    /// Reports that data did not reach stdout, unless its reader went away.
    fn lose(&self, error: &io::Error) {
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.lost.set(true);
            self.error(&unwritten(error), None);
        }
    }

    /// True if data could not be written.
    pub(super) fn lost_data(&self) -> bool {
        self.lost.get()
    }

    /// Something else to know.
    pub(super) fn note(&self, text: &str) {
        self.say(text);
    }

    /// What to do next: a command to copy, or a sentence with one. Programs know that themselves.
    pub(super) fn next(&self, what: &str) {
        if !self.events {
            let label = self.paint(style("Next:").bold());
            self.say(format!("{label} {what}").replace(" \n", "\n").as_str());
        }
    }

    /// Something to look at.
    pub(super) fn warning(&self, text: &str) {
        let label = self.paint(style("Warning:").yellow().bold());
        self.say(&format!("{label} {text}"));
    }

    /// Things to look at, each with its next step.
    pub(super) fn warnings<'a>(&self, warnings: impl IntoIterator<Item = &'a Warning>) {
        for Warning { message, help } in warnings {
            self.warning(message);
            self.help(help.as_deref());
        }
    }

    /// The next step after a warning or an error.
    fn help(&self, help: Option<&str>) {
        if let Some(help) = help {
            self.say(&format!(
                "  {} {}",
                self.paint(style("help:").cyan()),
                sentence(&report::safe(&self.placed(help)))
            ));
        }
    }

    /// Prints an error and the next step. The texts may come from a server: their control characters are escaped.
    pub(super) fn error(&self, message: &str, help: Option<&str>) {
        self.labelled(&sentence(&report::safe(message)), help);
    }

    fn labelled(&self, message: &str, help: Option<&str>) {
        let label = self.paint(style("Error:").red().bold());
        self.say(&format!("{label} {message}"));
        self.help(help);
    }

    /// Reports failures to a person on stderr, and also as events if a program reads these.
    pub(super) fn failures(&self, failures: &Failures) {
        if self.events && !failures.is_empty() {
            let events = self.progress();
            for Failure { scope, message, help, .. } in failures {
                let help = help.as_deref().map(|help| self.placed(help));
                events.refused(scope.as_deref(), message, help.as_deref());
            }
            self.end(&events);
        }
        for failure in failures {
            match failure.source_as::<Diagnostics>() {
                Some(diagnostics) => self.diagnostics(diagnostics),
                // It begins with the name of an organization, which is written as it is.
                None if failure.scope.is_some() => {
                    self.labelled(&ended(&report::safe(&failure.to_string())), failure.help.as_deref());
                }
                None => self.error(&failure.to_string(), failure.help.as_deref()),
            }
        }
    }

    /// Draws the errors of a configuration. Their lines are broken already.
    fn diagnostics(&self, diagnostics: &Diagnostics) {
        let drawn = render(diagnostics, self.stderr_color, self.stderr_width);
        write_line(&legible(drawn.trim_end(), self.stderr_color));
        if let Some(annotations) = runner::annotations(diagnostics, &|name| std::env::var(name).ok()) {
            // If even this cannot be printed, there is nowhere left to say so.
            let _ = io::stderr().write_all(annotations.as_bytes());
        }
    }

    /// Shows progress on stderr, or as events on stdout.
    pub(super) fn progress(&self) -> Progress {
        match (self.events, self.dumb) {
            (true, _) => Progress::json(stdout()),
            (false, _) if runner::may_read(&io::stderr()) => {
                Progress::lines(Box::new(runner::Guarded::new(io::stderr())))
            }
            (false, true) => Progress::lines(Box::new(io::stderr())),
            (false, false) => Progress::on_stderr(self.error_style()),
        }
    }

    /// Shows on stderr what is read, or nothing with `quiet`.
    pub(super) fn watching(&self, quiet: bool) -> Progress {
        if quiet { Progress::lines(Box::new(io::sink())) } else { self.progress() }
    }

    /// True if a program reads what happens, as events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.events
    }

    /// Clears what progress has drawn, so that a screen can follow.
    pub(super) fn end(&self, progress: &Progress) {
        match progress.finish() {
            Ok(()) => {}
            // The events are the data of such a command.
            Err(error) if self.events => self.lose(&error),
            Err(error) => self.warning(&format!("Progress could not be shown to its end: {error}.")),
        }
    }

    /// True if there is a person to ask.
    pub(super) fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for approval on the terminal. True if the answer is `yes`.
    pub(super) fn is_approved(&self, question: &str) -> Result<bool, Failure> {
        let answer = prompt::line(&format!("{question} Only `yes` is accepted"))
            .map_err(|error| Failure::new(format!("could not ask for approval: {error}")))?;
        if answer.is_none() {
            self.note("The input has ended, which is not approval.");
        }
        Ok(answer.as_deref() == Some("yes"))
    }

    /// Asks for a text on the terminal; an empty answer takes the default. Without a default, it is asked for again.
    pub(super) fn prompt(&self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        let question = &report::safe(question);
        let asked = default.map_or_else(|| question.to_owned(), |default| format!("{question} [{default}]"));
        loop {
            let answer = prompt::line(&asked).map_err(|error| unanswered(question, &error))?;
            let answer = answer.ok_or_else(|| unanswered(question, &"the input has ended"))?;
            match (answer.trim(), default) {
                ("", Some(default)) => return Ok(default.to_owned()),
                ("", None) => {}
                (text, _) => return Ok(text.to_owned()),
            }
        }
    }

    /// Asks for a secret on the terminal, which does not show it.
    pub(super) fn secret(&self, question: &str) -> Result<SecretString, Failure> {
        let answer = prompt::secret(&report::safe(question)).map_err(|error| unanswered(question, &error))?;
        answer.ok_or_else(|| unanswered(question, &"nothing was typed"))
    }

    /// Writes a text for a person to stderr, with lines broken between words on a terminal.
    fn say(&self, text: &str) {
        write_line(&wrapped(&legible(text, self.stderr_color), self.stderr_width));
    }

    fn paint<D: std::fmt::Display>(&self, text: console::StyledObject<D>) -> String {
        text.force_styling(self.stderr_color).to_string()
    }

    /// A text on stdout that says that all is well.
    pub(super) fn good(&self, text: &str) -> String {
        Style::new().green().bold().force_styling(self.stdout_color).apply_to(text).to_string()
    }
}

/// The writer of events.
fn stdout() -> Box<dyn Write + Send> {
    if runner::may_read(&io::stdout()) { Box::new(runner::Guarded::new(io::stdout())) } else { Box::new(io::stdout()) }
}

fn unanswered(question: &str, cause: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("could not ask for `{question}`: {cause}")).help("give it in a flag or a variable")
}

/// `text` with its lines broken between words.
fn wrapped(text: &str, width: usize) -> String {
    text.split('\n').flat_map(|line| report::wrap_words(line, width)).collect::<Vec<_>>().join("\n")
}

/// `text` with everything escaped that is not visible, except for line breaks, tabs, and with `color` the codes of
/// colours and weights that koctl uses.
fn legible(text: &str, color: bool) -> String {
    let mut legible = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let code = if color { style_code(rest) } else { None };
        if let Some(code) = code {
            legible.push_str(code);
        } else if matches!(c, '\n' | '\t') {
            legible.push(c);
        } else {
            visible::push(&mut legible, c);
        }
        rest = &rest[code.map_or(c.len_utf8(), str::len)..];
    }
    legible
}

/// The code at the beginning of the text, if it changes a colour or a weight. Others, such as those that hide text, do
/// not come from koctl.
fn style_code(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    let is_style = |code: &str| matches!(code.parse(), Ok(0..=4 | 22..=24 | 31..=37 | 39 | 90..=97)) || code.is_empty();
    let is_code = parameters[end..].starts_with('m') && parameters[..end].split(';').all(is_style);
    is_code.then(|| &text[..text.len() - parameters.len() + end + 1])
}

/// Standard error for the log, whose messages can have texts of others.
struct Log {
    color: bool,
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(legible(&String::from_utf8_lossy(line), self.color).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Prints the answer to a command line that is not run: help, or what is wrong with it. True if it was written, or its
/// reader went away.
pub(super) fn answer(message: &clap::Error) -> bool {
    let (text, to_stderr) = (message.render(), message.use_stderr());
    let terminal = if to_stderr { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let text = legible(&if color { text.ansi().to_string() } else { text.to_string() }, color);
    // What is wrong may be a token in the wrong place.
    let text = if to_stderr { suspect::without(&text) } else { text };
    if to_stderr {
        // If even this cannot be printed, there is nowhere left to say so.
        let _ = io::stderr().write_all(text.as_bytes());
        return true;
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            write_line(&format!("Error: {}.", unwritten(&error)));
            false
        }
        _ => true,
    }
}

/// The error of an answer that could not be written.
fn unwritten(error: &io::Error) -> String {
    format!("Could not write to stdout: {error}")
}

/// Writes a line to stderr. If even that fails, there is nowhere left to say so.
pub(super) fn write_line(line: &str) {
    let line = if runner::may_read(&io::stderr()) { runner::without_commands(line) } else { line.into() };
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a line for programs to stdout, from wherever in the process.
pub(super) fn write_data(line: &str) {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            write_line(&format!("Error: {}.", unwritten(&error)));
        }
        _ => {}
    }
}

/// Messages to people begin with a capital letter and end with a period. A path or an address stays as it is.
fn sentence(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default().trim_end_matches([',', ':', ';', '.']);
    if first.contains(['/', '\\', '.', ':', '_']) {
        return ended(text);
    }
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    ended(&format!("{first}{}", characters.as_str()))
}

/// A sentence with its period.
fn ended(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{text}{end}")
}

/// The variable with directives for the log, which override the level of the flag `--verbose`.
const LOG: &str = "KOCTL_LOG";

/// The crates of this workspace, as the log names them.
const CRATES: [&str; 7] = ["engine", "github_api", "koctl", "sandbox", "spec_diff", "state_backends", "transport"];

/// Sends the program's log to stderr: warnings of every library, then also koctl's retries, then all of its requests.
/// `KOCTL_LOG` overrides the level.
pub(super) fn log(verbose: u8, output: &Output) {
    let own = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let filter = match directives() {
        Ok(Some(filter)) => filter,
        Ok(None) => at_level(own),
        Err(why) => {
            output.warning(&format!("{LOG} is ignored: {why}. An example of directives is `warn,transport=debug`."));
            at_level(own)
        }
    };
    let color = output.stderr_color;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || Log { color })
        .with_ansi(color)
        .with_target(false)
        .without_time()
        .init();
}

/// Warnings of every library, and what the crates of this workspace say at this level.
fn at_level(own: LevelFilter) -> EnvFilter {
    let directives = CRATES.map(|name| format!(",{name}={own}")).concat();
    EnvFilter::new(format!("warn{directives}"))
}

/// The directives of the variable. `None` if it is not set, or empty.
fn directives() -> Result<Option<EnvFilter>, String> {
    let Some(value) = std::env::var_os(LOG).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.to_str().ok_or("its value is not valid UTF-8")?;
    EnvFilter::try_new(text).map(Some).map_err(|error| report::safe(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{CRATES, legible, sentence};

    #[test]
    fn only_the_styles_of_koctl_reach_a_person() {
        let styled = "\u{1b}[31m-\u{1b}[0m a\u{1b}[1;36mb\u{1b}[m\n\tc";
        assert_eq!(legible(styled, true), styled);
        assert_eq!(legible("\u{1b}[31m-", false), "\\u001b[31m-");
        for other in
            ["\u{1b}[2J", "\u{1b}[8m", "\u{1b}[31;8m", "\u{1b}]0;a\u{7}", "\u{1b}[3", "\u{1b}c", "\u{9b}8m", "\r"]
        {
            let shown = legible(other, true);
            assert!(shown.starts_with('\\') && !shown.contains(char::is_control), "{shown}");
        }
    }

    #[test]
    fn a_message_begins_with_a_capital_letter_unless_with_a_path() {
        assert_eq!(sentence("could not read teams.yaml: no"), "Could not read teams.yaml: no.");
        assert_eq!(sentence("nothing: x."), "Nothing: x.");
        for text in ["konnect/teams.yaml:3:1: no", "teams.yaml is no file", "c:\\a is no file", "https://a.b is down"] {
            assert_eq!(sentence(text), format!("{text}."));
        }
    }

    #[test]
    fn the_log_knows_every_crate_of_the_workspace() {
        let manifest = include_str!("../../Cargo.toml");
        let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap();
        let members = members.trim_end_matches(']').split(", ").map(|member| member.trim_matches('"'));
        let program = members.filter(|member| !member.ends_with("/conformance"));
        let mut names: Vec<_> = program.map(|name| name.replace('-', "_")).chain(["koctl".to_owned()]).collect();
        names.sort();
        assert_eq!(names, CRATES);
    }
}
