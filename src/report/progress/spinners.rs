//! Moving lines, for a terminal.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde_json::Value;

use super::lines;
use super::output::Failure;
use super::view::{Count, End, View, seconds};
use crate::report::escape::wrap_words;
use crate::report::style::{Style, Tone};
use crate::review::Review;
use engine::execute::{Outcome, Step};
use engine::{Address, Error, Plan};

/// The interval at which a spinner turns.
const TICK: Duration = Duration::from_millis(100);
/// The frames of a spinner. None of them looks like a symbol of a plan: a `-` is a deletion. The last one is never
/// shown, as finished spinners are removed.
pub(super) const FRAMES: [&str; 9] = ["⠹", "⠼", "⠶", "⠧", "⠏", "⠛", "⠻", "⠿", " "];

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
        let mut state = self.state();
        for line in wrap_words(line, self.style.width) {
            let line = self.style.paint(tone, &line);
            state.failure.keep(|| self.area.println(line));
        }
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

    fn finished(&self, end: End<'_>, id: &str) {
        self.end(&Activity::Step(end.address.clone(), end.step), Tone::Plain, &lines::finished(end, id));
    }

    fn failed(&self, end: End<'_>, error: &Error) {
        self.end(&Activity::Step(end.address.clone(), end.step), Tone::Bad, &lines::failed(end, error));
    }

    fn skipped(&self, address: &Address, because: Option<&Address>, count: Option<Count>) {
        self.print(Tone::Note, &lines::skipped(address, because, count));
    }

    fn note(&self, text: &str, help: Option<&str>) {
        self.print(Tone::Strong, &lines::noted(text, help));
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
        let mut state = self.state();
        for (_, bar) in state.in_flight.drain() {
            bar.finish_and_clear();
            self.area.remove(&bar);
        }
        state.failure.keep(|| self.area.clear());
        state.failure.take()
    }
}
