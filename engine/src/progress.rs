//! Progress: events of reading the live systems and of applying a plan, reported as they happen.

use std::time::{Duration, Instant};

use crate::execute::{Event, Observer};

/// Follows what an operation does. A terminal, a stream of events and a server show it each in their own way.
///
/// Scopes may use it at the same time.
pub trait Progress: Observer {
    /// The live system of `scope` is about to be read.
    fn refreshing(&self, scope: &str);

    /// Reading the live system of `scope` ended.
    fn refreshed(&self, scope: &str, elapsed: Duration, succeeded: bool);

    /// Something else that a person should know now.
    fn note(&self, text: &str);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event<'_>) {}
}

impl Progress for Silent {
    fn refreshing(&self, _: &str) {}
    fn refreshed(&self, _: &str, _: Duration, _: bool) {}
    fn note(&self, _: &str) {}
}

/// A refresh under way. Dropping it without [`succeeded`](Self::succeeded) reports that it failed.
#[must_use = "the refresh is shown until this is dropped"]
pub struct Refreshing<'a> {
    progress: &'a dyn Progress,
    scope: &'a str,
    began: Instant,
    succeeded: bool,
}

impl<'a> Refreshing<'a> {
    /// Reports that the live system of `scope` is being read.
    pub fn begin(progress: &'a dyn Progress, scope: &'a str) -> Self {
        progress.refreshing(scope);
        Self { progress, scope, began: Instant::now(), succeeded: false }
    }

    /// Everything was read.
    pub fn succeeded(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Refreshing<'_> {
    fn drop(&mut self) {
        self.progress.refreshed(self.scope, self.began.elapsed(), self.succeeded);
    }
}
