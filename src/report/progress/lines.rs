//! Plain lines, for logs.

use std::io::{self, Write};
use std::time::Duration;

use super::output::Output;
use super::view::{View, seconds};
use crate::report::escape::escape;
use crate::report::words;
use engine::execute::{Outcome, Step};
use engine::{Address, Error, Plan};

/// The view of plain lines: one for each start and end.
pub(super) struct Lines(Output);

impl Lines {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Self(Output::new(writer))
    }
}

impl View for Lines {
    fn refreshing(&self, scope: &str) {
        self.0.line(&refreshing(scope));
    }

    fn refreshed(&self, scope: &str, elapsed: Duration, succeeded: bool) {
        self.0.line(&refreshed(scope, elapsed, succeeded));
    }

    fn started(&self, address: &Address, step: Step) {
        self.0.line(&started(address, step));
    }

    fn finished(&self, address: &Address, step: Step, id: &str, elapsed: Duration) {
        self.0.line(&finished(address, step, id, elapsed));
    }

    fn failed(&self, address: &Address, step: Step, error: &Error, elapsed: Duration) {
        self.0.line(&failed(address, step, error, elapsed));
    }

    fn skipped(&self, address: &Address, because: Option<&Address>) {
        self.0.line(&skipped(address, because));
    }

    fn note(&self, text: &str) {
        self.0.line(&escape(text));
    }

    /// The command reports it.
    fn refused(&self, _: Option<&str>, _: &str, _: Option<&str>) {}

    /// A person reads the screen instead.
    fn planned(&self, _: &Plan) {}

    /// A person reads the screen instead.
    fn applied(&self, _: &[(String, Outcome)]) {}

    fn finish(&self) -> io::Result<()> {
        self.0.finish()
    }
}

pub(super) fn refreshing(scope: &str) -> String {
    format!("{}: refreshing", escape(scope))
}

pub(super) fn refreshed(scope: &str, elapsed: Duration, succeeded: bool) -> String {
    let outcome = if succeeded { "refreshed in" } else { "refreshing failed after" };
    format!("{}: {outcome} {}", escape(scope), seconds(elapsed))
}

pub(super) fn started(address: &Address, step: Step) -> String {
    format!("{}: {}", escape(address.as_str()), words::doing(step))
}

pub(super) fn finished(address: &Address, step: Step, id: &str, elapsed: Duration) -> String {
    let id = if id.is_empty() { String::new() } else { format!(" [id={}]", escape(id)) };
    format!("{}: {} in {}{id}", escape(address.as_str()), words::done(step), seconds(elapsed))
}

pub(super) fn failed(address: &Address, step: Step, error: &Error, elapsed: Duration) -> String {
    let error = escape(&error.to_string());
    format!("{}: {} failed after {}: {error}", escape(address.as_str()), words::doing(step), seconds(elapsed))
}

pub(super) fn skipped(address: &Address, because: Option<&Address>) -> String {
    let because = because.map(|failed| format!(", because {} failed", escape(failed.as_str()))).unwrap_or_default();
    format!("{}: skipped{because}", escape(address.as_str()))
}
