//! What is happening right now, while koctl reads and writes.
//!
//! On a terminal, one line for each resource in flight, with the time that it has taken so far; what is done is
//! printed above. Without a terminal, a plain line for everything that begins and ends. For programs, a stream of
//! [JSON events](events).

pub mod events;
mod lines;
mod output;
mod spinners;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressDrawTarget;

use super::style::Style;
use engine::execute::{Event, Observer, Outcome, Step};
use engine::{Address, Error, Plan};

/// Shows what happens, as it happens. A writer that fails does not stop the work: nothing more is shown, and
/// [`finish`](Self::finish) returns the error.
pub struct Progress {
    view: Box<dyn View>,
    begun: Mutex<HashMap<(Address, Step), Instant>>,
}

/// A way of showing it.
trait View: Send + Sync {
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

impl Progress {
    /// For a person: spinners where standard error is a terminal that can draw them, else plain lines there.
    #[must_use]
    pub fn on_stderr(style: Style) -> Self {
        let target = ProgressDrawTarget::stderr();
        if target.is_hidden() { Self::lines(Box::new(io::stderr())) } else { Self::drawn_on(target, style) }
    }

    /// Plain lines, without colour.
    #[must_use]
    pub fn lines(writer: Box<dyn Write + Send>) -> Self {
        Self::with(lines::Lines::new(writer))
    }

    /// A stream of [JSON events](events), one a line.
    #[must_use]
    pub fn json(writer: Box<dyn Write + Send>) -> Self {
        Self::with(events::Events::new(writer))
    }

    fn drawn_on(target: ProgressDrawTarget, style: Style) -> Self {
        Self::with(spinners::Spinners::new(target, style))
    }

    fn with(view: impl View + 'static) -> Self {
        Self { view: Box::new(view), begun: Mutex::default() }
    }

    /// Tells programs what could not be planned or applied, and of which scope where it is about one. A person is
    /// told by the command.
    pub fn refused(&self, scope: Option<&str>, message: &str, help: Option<&str>) {
        self.view.refused(scope, message, help);
    }

    /// Tells programs of a plan: its changes, what changed outside koctl, and the summary. A person reads the
    /// [screen](super::terminal::plan) instead.
    pub fn planned(&self, plan: &Plan) {
        self.view.planned(plan);
    }

    /// Tells programs how an apply went, with the outcome of each scope. A person reads the
    /// [screen](super::terminal::outcome) instead.
    pub fn applied(&self, outcomes: &[(String, Outcome)]) {
        self.view.applied(outcomes);
    }

    /// Takes away what is still drawn, so that a screen can follow.
    ///
    /// # Errors
    /// The first error of the writer, after which nothing was shown any more.
    pub fn finish(&self) -> io::Result<()> {
        self.view.finish()
    }

    /// How long the step has taken, and that it is over.
    fn ended(&self, address: &Address, step: Step) -> Duration {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.remove(&(address.clone(), step)).map(|began| began.elapsed()).unwrap_or_default()
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        match *event {
            Event::Started(address, step) => {
                let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
                begun.insert((address.clone(), step), Instant::now());
                drop(begun);
                self.view.started(address, step);
            }
            Event::Finished(address, step, id, elapsed) => {
                self.ended(address, step);
                self.view.finished(address, step, id, elapsed);
            }
            Event::Failed(address, step, error) => {
                let elapsed = self.ended(address, step);
                self.view.failed(address, step, error, elapsed);
            }
            Event::Skipped(address, because) => self.view.skipped(address, because),
        }
    }
}

impl engine::progress::Progress for Progress {
    fn refreshing(&self, scope: &str) {
        self.view.refreshing(scope);
    }

    fn refreshed(&self, scope: &str, elapsed: Duration, succeeded: bool) {
        self.view.refreshed(scope, elapsed, succeeded);
    }

    fn note(&self, text: &str) {
        self.view.note(text);
    }
}

/// `0.3s`, `75.0s`.
fn seconds(elapsed: Duration) -> String {
    format!("{:.1}s", elapsed.as_secs_f64())
}
