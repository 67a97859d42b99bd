//! A way of showing progress.

use std::io;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::review::Review;
use engine::execute::{Outcome, Step};
use engine::{Address, Error, Plan};

/// How much of an apply is behind it: the steps that ended, and all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    pub(super) done: usize,
    pub(super) total: usize,
}

/// The end of a step. The count is `None` if nobody said which plan is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'a> {
    pub(super) address: &'a Address,
    pub(super) step: Step,
    pub(super) elapsed: Duration,
    pub(super) count: Option<Count>,
}

/// A way of showing progress.
pub(super) trait View: Send + Sync {
    fn refreshing(&self, scope: &str);
    fn refreshed(&self, scope: &str, elapsed: Duration, succeeded: bool);
    fn started(&self, address: &Address, step: Step);
    fn finished(&self, end: End<'_>, id: &str);
    fn failed(&self, end: End<'_>, error: &Error);
    fn skipped(&self, address: &Address, because: Option<&Address>, count: Option<Count>);
    fn note(&self, text: &str, help: Option<&str>);
    fn refused(&self, scope: Option<&str>, message: &str, help: Option<&str>);
    fn planned(&self, plan: &Plan, review: &Review);
    /// An edit of a file, as a unified diff without secrets.
    fn edited(&self, path: &str, diff: &str);
    /// The result of `koctl import --generate`, as an object.
    fn generated(&self, what: &Value);
    fn applied(&self, outcomes: &[(String, Outcome)]);
    fn finish(&self) -> io::Result<()>;
}

/// `0.3s`, `75.0s`.
pub(super) fn seconds(elapsed: Duration) -> String {
    format!("{:.1}s", elapsed.as_secs_f64())
}
