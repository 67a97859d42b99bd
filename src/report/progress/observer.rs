//! The observer of applies and refreshes.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressDrawTarget;
use serde_json::Value;

use super::view::{Count, End, View};
use super::{events, lines, spinners};
use crate::report::style::Style;
use crate::review::Review;
use engine::execute::{Event, Observer, Outcome, Step};
use engine::{Address, Plan};

/// Shows what happens while it happens. A writer that fails does not stop the work: nothing more is shown, and
/// [`finish`](Self::finish) returns the error.
pub struct Progress {
    view: Box<dyn View>,
    begun: Mutex<HashMap<(Address, Step), Instant>>,
    steps: Mutex<Steps>,
}

/// The steps of the plan that is applied.
#[derive(Default)]
struct Steps {
    /// The steps of each address that have not ended.
    left: HashMap<Address, usize>,
    /// `None` if nobody said which plan is applied.
    count: Option<Count>,
}

impl Steps {
    fn of(plan: &Plan) -> Self {
        let changes = plan.scopes.iter().flat_map(|scope| &scope.changes);
        let left: HashMap<_, _> = changes.map(|change| (change.address.clone(), change.action.steps())).collect();
        let total = left.values().sum();
        Self { left, count: Some(Count { done: 0, total }) }
    }

    /// Counts steps of an address as ended: at most `steps`, and none twice.
    fn end(&mut self, address: &Address, steps: usize) -> Option<Count> {
        if let (Some(left), Some(count)) = (self.left.get_mut(address), &mut self.count) {
            let ended = steps.min(*left);
            *left -= ended;
            count.done += ended;
        }
        self.count
    }
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
        Self { view: Box::new(view), begun: Mutex::default(), steps: Mutex::default() }
    }

    /// Reports to programs that a scope, or everything, could not be planned or applied. The command reports it to a
    /// person.
    pub fn refused(&self, scope: Option<&str>, message: &str, help: Option<&str>) {
        self.view.refused(scope, message, help);
    }

    /// Something to look at, and what to do about it.
    pub fn warned(&self, message: &str, help: Option<&str>) {
        self.view.note(message, help);
    }

    /// Reports a plan to programs: its risks, its changes, its drift, and the summary. A person reads the
    /// [screen](fn@crate::report::terminal::plan) instead.
    pub fn planned(&self, plan: &Plan, review: &Review) {
        self.view.planned(plan, review);
    }

    /// Reports to programs that a file was edited, with a unified diff without secrets. A person reads the screen instead.
    pub fn edited(&self, path: &str, diff: &str) {
        self.view.edited(path, diff);
    }

    /// Reports to programs what `koctl import --generate` wrote, as an object. A person reads the screen instead.
    pub fn generated(&self, what: &Value) {
        self.view.generated(what);
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

    /// Says that this plan is applied from here on, so that everything that ends is counted.
    pub fn applying(&self, plan: &Plan) {
        *self.steps() = Steps::of(plan);
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets when a step began, and returns the time since then.
    fn elapsed(&self, address: &Address, step: Step) -> Duration {
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
                self.elapsed(address, step);
                let count = self.steps().end(address, 1);
                self.view.finished(End { address, step, elapsed, count }, id);
            }
            Event::Failed(address, step, error) => {
                let elapsed = self.elapsed(address, step);
                // After a deletion that failed, nothing is created in its place.
                let count = self.steps().end(address, usize::MAX);
                self.view.failed(End { address, step, elapsed, count }, error);
            }
            Event::Skipped(address, because) => {
                let count = self.steps().end(address, usize::MAX);
                self.view.skipped(address, because, count);
            }
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
        self.view.note(text, None);
    }
}
