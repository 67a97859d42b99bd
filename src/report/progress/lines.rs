//! Plain lines, for logs.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::Value;

use super::output::Output;
use super::view::{Count, End, View, seconds};
use crate::report::escape::escape;
use crate::report::words;
use crate::review::Review;
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

    fn finished(&self, end: End<'_>, id: &str) {
        self.0.line(&finished(end, id));
    }

    fn failed(&self, end: End<'_>, error: &Error) {
        self.0.line(&failed(end, error));
    }

    fn skipped(&self, address: &Address, because: Option<&Address>, count: Option<Count>) {
        self.0.line(&skipped(address, because, count));
    }

    fn note(&self, text: &str, help: Option<&str>) {
        self.0.line(&noted(text, help));
    }

    /// The command reports it.
    fn refused(&self, _: Option<&str>, _: &str, _: Option<&str>) {}

    /// A person reads the screen instead.
    fn planned(&self, _: &Plan, _: &Review) {}

    /// A person reads the screen instead.
    fn edited(&self, _: &str, _: &str) {}

    /// A person reads the screen instead.
    fn generated(&self, _: &Value) {}

    /// A person reads the screen instead.
    fn applied(&self, _: &[(String, Outcome)]) {}

    fn finish(&self) -> io::Result<()> {
        self.0.finish()
    }
}

pub(super) fn noted(text: &str, help: Option<&str>) -> String {
    let help = help.map(|help| format!(" {}", escape(help))).unwrap_or_default();
    format!("{}{help}", escape(text))
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

pub(super) fn finished(end: End<'_>, id: &str) -> String {
    let End { address, step, elapsed, count } = end;
    let id = if id.is_empty() { String::new() } else { format!(" [id={}]", escape(id)) };
    let (address, count) = (escape(address.as_str()), counted(count));
    format!("{count}{address}: {} in {}{id}", words::done(step), seconds(elapsed))
}

pub(super) fn failed(end: End<'_>, error: &Error) -> String {
    let End { address, step, elapsed, count } = end;
    let (address, count, error) = (escape(address.as_str()), counted(count), escape(&error.to_string()));
    format!("{count}{address}: {} failed after {}: {error}", words::doing(step), seconds(elapsed))
}

pub(super) fn skipped(address: &Address, because: Option<&Address>, count: Option<Count>) -> String {
    let because = because.map(|failed| format!(", because {} failed", escape(failed.as_str()))).unwrap_or_default();
    format!("{}{}: skipped{because}", counted(count), escape(address.as_str()))
}

/// `[12 of 47] `, before what ended.
fn counted(count: Option<Count>) -> String {
    count.map(|Count { done, total }| format!("[{done} of {total}] ")).unwrap_or_default()
}
