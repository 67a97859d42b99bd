//! The observer of applies and refreshes.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressDrawTarget;

use super::view::View;
use super::{events, lines, spinners};
use crate::report::style::Style;
use engine::execute::{Event, Observer, Outcome, Step};
use engine::{Address, Plan};

/// Shows what happens while it happens. A writer that fails does not stop the work: nothing more is shown, and
/// [`finish`](Self::finish) returns the error.
pub struct Progress {
    view: Box<dyn View>,
    begun: Mutex<HashMap<(Address, Step), Instant>>,
}

impl Progress {
    /// Progress for a person: spinners if standard error is a terminal that can draw them, otherwise plain lines there.
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

    pub(super) fn drawn_on(target: ProgressDrawTarget, style: Style) -> Self {
        Self::with(spinners::Spinners::new(target, style))
    }

    fn with(view: impl View + 'static) -> Self {
        Self { view: Box::new(view), begun: Mutex::default() }
    }

    /// Reports to programs that a scope, or everything, could not be planned or applied. The command reports it to a
    /// person.
    pub fn refused(&self, scope: Option<&str>, message: &str, help: Option<&str>) {
        self.view.refused(scope, message, help);
    }

    /// Reports a plan to programs: its changes, its drift, and the summary. A person reads the
    /// [screen](fn@crate::report::terminal::plan) instead.
    pub fn planned(&self, plan: &Plan) {
        self.view.planned(plan);
    }

    /// Reports the outcome of an apply to programs. A person reads the [screen](fn@crate::report::terminal::outcome)
    /// instead.
    pub fn applied(&self, outcomes: &[(String, Outcome)]) {
        self.view.applied(outcomes);
    }

    /// Removes what is still drawn, so that a screen can follow.
    ///
    /// # Errors
    /// The first error of the writer, after which nothing was shown.
    pub fn finish(&self) -> io::Result<()> {
        self.view.finish()
    }

    /// Ends a step, and returns the time that it took.
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
