//! The outcome of an apply.

use std::collections::BTreeSet;

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::{Style, Tone};
use crate::report::tally::Tally;
use engine::execute::{Outcome, Step};
use engine::{Address, Error, Mode, StateOnly};

/// The screen after an apply: failures and their causes, what was not done because of them, and the summary last.
/// Outcomes come with the name of their scope. `is_complete` is false also if something other than a resource failed.
#[must_use]
pub fn outcome(mode: Mode, outcomes: &[(String, Outcome)], is_complete: bool, style: &Style) -> String {
    let mut screen = Screen::new(style);
    for failed in by_cause(outcomes.iter().flat_map(|(_, outcome)| &outcome.failed)) {
        failure(&mut screen, &failed);
    }
    let skipped = outcomes.iter().flat_map(|(_, outcome)| &outcome.skipped);
    list(&mut screen, "Skipped, because something that they wait for failed:", skipped);
    let interrupted = outcomes.iter().flat_map(|(_, outcome)| &outcome.interrupted);
    list(&mut screen, "Not begun, because apply was stopped before:", interrupted);
    super::waiting::section(&mut screen, outcomes.iter().flat_map(|(_, outcome)| &outcome.waiting));
    screen.blank();
    closing(&mut screen, mode, &Tally::of(outcomes), is_complete);
    screen.finish()
}

/// The screen after an apply that wrote only the state. A scope is written completely or not at all; errors of storing
/// are reported elsewhere.
#[must_use]
pub fn recorded(what: StateOnly, outcomes: &[(String, Outcome)], is_complete: bool, style: &Style) -> String {
    let mut screen = Screen::new(style);
    let interrupted = outcomes.iter().flat_map(|(_, outcome)| &outcome.interrupted);
    list(&mut screen, "Not written, because it was stopped before:", interrupted);
    screen.blank();
    let number = |step: Step| outcomes.iter().map(|(_, outcome)| outcome.count(step)).sum::<usize>();
    let (what, counts) = match what {
        StateOnly::Import => ("Import", format!("{} imported", number(Step::Import))),
        StateOnly::Refresh => {
            let (recorded, forgotten) = (number(Step::Record), number(Step::Forget));
            ("Refresh", format!("{recorded} recorded as they are, {forgotten} forgotten"))
        }
    };
    let (tone, end) = if is_complete { (Tone::Good, "complete!") } else { (Tone::Danger, "incomplete.") };
    let line = screen.paint(tone, &format!("{what} {end} Resources: {counts}."));
    screen.sentence(&line);
    screen.finish()
}

/// The failures, with those together that have one cause: a token that is refused, for example.
fn by_cause<'a>(failed: impl Iterator<Item = &'a (Address, Error)>) -> Vec<Vec<&'a (Address, Error)>> {
    let mut causes: Vec<Vec<&(Address, Error)>> = Vec::new();
    for one in failed {
        let is_same = |other: &(Address, Error)| (&other.1.cause, &other.1.help) == (&one.1.cause, &one.1.help);
        match causes.iter_mut().find(|cause| cause.first().is_some_and(|first| is_same(first))) {
            Some(cause) => cause.push(one),
            None => causes.push(vec![one]),
        }
    }
    causes
}

/// Writes failures of one cause.
fn failure(screen: &mut Screen<'_>, failed: &[&(Address, Error)]) {
    screen.blank();
    for (address, _) in failed {
        let (word, name) = (screen.paint(Tone::Danger, "Failed:"), escape(address.as_str()));
        let headline = format!("{word} {}", screen.paint(Tone::Strong, &name));
        screen.line(0, &headline);
    }
    let attempted: BTreeSet<&str> = failed.iter().map(|(_, error)| error.attempted.as_str()).collect();
    for attempted in attempted {
        screen.paragraph(4, Tone::Plain, &format!("could not {attempted}:"));
    }
    let Some((_, error)) = failed.first() else { return };
    screen.paragraph(4, Tone::Bad, &error.cause);
    if let Some(help) = &error.help {
        screen.paragraph(4, Tone::Note, &format!("help: {help}"));
    }
}

fn list<'a>(screen: &mut Screen<'_>, heading: &str, addresses: impl Iterator<Item = &'a Address>) {
    let mut addresses = addresses.peekable();
    if addresses.peek().is_none() {
        return;
    }
    screen.blank();
    screen.sentence(heading);
    for address in addresses {
        screen.line(4, &escape(address.as_str()));
    }
}

fn closing(screen: &mut Screen<'_>, mode: Mode, tally: &Tally, is_complete: bool) {
    let (what, command) = if mode == Mode::Destroy { ("Destroy", "destroy") } else { ("Apply", "apply") };
    if tally.is_complete() && is_complete {
        let line = screen.paint(Tone::Good, &format!("{what} complete! Resources: {tally}."));
        return screen.sentence(&line);
    }
    // If no resource failed, something else did, perhaps the state itself.
    if !tally.is_complete() && is_complete {
        screen.sentence(&format!("The state has everything that was done: run `koctl {command}` again to continue."));
    }
    let line = screen.paint(Tone::Danger, &format!("{what} incomplete. Resources: {tally}."));
    screen.sentence(&line);
}
