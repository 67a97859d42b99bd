//! Moving lines, for a terminal.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::lines;
use super::output::Failure;
use super::view::{View, seconds};
use crate::report::escape::escape;
use crate::report::style::{Style, Tone};
use engine::execute::{Outcome, Step};
use engine::{Address, Error, Plan};

/// The interval at which a spinner turns.
const TICK: Duration = Duration::from_millis(100);
/// The frames of a spinner. The last one is never shown, as finished spinners are removed.
const FRAMES: [&str; 5] = ["|", "/", "-", "\\", " "];

/// The view for a terminal: a line for each resource in flight, and finished lines above them.
pub(super) struct Spinners {
    area: MultiProgress,
    style: Style,
    spinner: ProgressStyle,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_flight: HashMap<Activity, ProgressBar>,
    failure: Failure,
}

/// An activity that a spinner shows.
#[derive(PartialEq, Eq, Hash)]
enum Activity {
    Refresh(String),
    Step(Address, Step),
}

impl Spinners {
    pub(super) fn new(target: ProgressDrawTarget, style: Style) -> Self {
        let frames = FRAMES.map(|frame| style.paint(Tone::Import, frame));
        let spinner = ProgressStyle::with_template("  {spinner} {msg} {time}")
            .expect("the template is constant and well-formed")
            .tick_strings(&frames.each_ref().map(String::as_str))
            .with_key("time", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                out.write_str(&seconds(state.elapsed())).expect("indicatif collects its lines in a String");
            });
        Self { area: MultiProgress::with_draw_target(target), style, spinner, state: Mutex::default() }
    }

    fn begin(&self, activity: Activity, message: String) {
        let bar = self.area.add(ProgressBar::new_spinner().with_style(self.spinner.clone()).with_message(message));
        bar.tick();
        bar.enable_steady_tick(TICK);
        self.state().in_flight.insert(activity, bar);
    }

    /// Removes the spinner and prints `line` above those that still turn.
    fn end(&self, activity: &Activity, tone: Tone, line: &str) {
        let bar = self.state().in_flight.remove(activity);
        if let Some(bar) = bar {
            bar.finish_and_clear();
            self.area.remove(&bar);
        }
        self.print(tone, line);
    }

    fn print(&self, tone: Tone, line: &str) {
        let line = self.style.paint(tone, line);
        self.state().failure.keep(|| self.area.println(line));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View for Spinners {
    fn refreshing(&self, scope: &str) {
        self.begin(Activity::Refresh(scope.to_owned()), lines::refreshing(scope));
    }

    fn refreshed(&self, scope: &str, elapsed: Duration, succeeded: bool) {
        let tone = if succeeded { Tone::Note } else { Tone::Bad };
        self.end(&Activity::Refresh(scope.to_owned()), tone, &lines::refreshed(scope, elapsed, succeeded));
    }

    fn started(&self, address: &Address, step: Step) {
        self.begin(Activity::Step(address.clone(), step), lines::started(address, step));
    }

    fn finished(&self, address: &Address, step: Step, id: &str, elapsed: Duration) {
        let line = lines::finished(address, step, id, elapsed);
        self.end(&Activity::Step(address.clone(), step), Tone::Plain, &line);
    }

    fn failed(&self, address: &Address, step: Step, error: &Error, elapsed: Duration) {
        let line = lines::failed(address, step, error, elapsed);
        self.end(&Activity::Step(address.clone(), step), Tone::Bad, &line);
    }

    fn skipped(&self, address: &Address, because: Option<&Address>) {
        self.print(Tone::Note, &lines::skipped(address, because));
    }

    fn note(&self, text: &str) {
        self.print(Tone::Strong, &escape(text));
    }

    /// The command reports it.
    fn refused(&self, _: Option<&str>, _: &str, _: Option<&str>) {}

    /// A person reads the screen instead.
    fn planned(&self, _: &Plan) {}

    /// A person reads the screen instead.
    fn applied(&self, _: &[(String, Outcome)]) {}

    fn finish(&self) -> io::Result<()> {
        let mut state = self.state();
        for (_, bar) in state.in_flight.drain() {
            bar.finish_and_clear();
            self.area.remove(&bar);
        }
        state.failure.keep(|| self.area.clear());
        state.failure.take()
    }
}
