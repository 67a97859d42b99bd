//! A way of showing progress.

use std::io;
use std::time::Duration;

use engine::execute::{Outcome, Step};
use engine::{Address, Error, Plan};

/// A way of showing progress.
pub(super) trait View: Send + Sync {
    fn refreshing(&self, scope: &str);
    fn refreshed(&self, scope: &str, elapsed: Duration, succeeded: bool);
    fn started(&self, address: &Address, step: Step);
    fn finished(&self, address: &Address, step: Step, id: &str, elapsed: Duration);
    fn failed(&self, address: &Address, step: Step, error: &Error, elapsed: Duration);
    fn skipped(&self, address: &Address, because: Option<&Address>);
    fn note(&self, text: &str);
    fn refused(&self, scope: Option<&str>, message: &str, help: Option<&str>);
    fn planned(&self, plan: &Plan);
    fn applied(&self, outcomes: &[(String, Outcome)]);
    fn finish(&self) -> io::Result<()>;
}

/// `0.3s`, `75.0s`.
pub(super) fn seconds(elapsed: Duration) -> String {
    format!("{:.1}s", elapsed.as_secs_f64())
}
