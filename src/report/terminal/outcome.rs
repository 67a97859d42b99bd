//! The outcome of an apply.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::{Style, Tone};
use crate::report::tally::Tally;
use engine::execute::{Outcome, Step};
use engine::{Address, Error, StateOnly};

/// The screen after an apply: failures and their causes, what was not done because of them, and the summary last.
/// Outcomes come with the name of their scope.
#[must_use]
pub fn outcome(outcomes: &[(String, Outcome)], style: &Style) -> String {
    let mut screen = Screen::new(style);
    for (address, error) in outcomes.iter().flat_map(|(_, outcome)| &outcome.failed) {
        failure(&mut screen, address, error);
    }
    let skipped = outcomes.iter().flat_map(|(_, outcome)| &outcome.skipped);
    list(&mut screen, "Skipped, because something that they wait for failed:", skipped);
    let interrupted = outcomes.iter().flat_map(|(_, outcome)| &outcome.interrupted);
    list(&mut screen, "Not begun, because apply was stopped before:", interrupted);
    screen.blank();
    closing(&mut screen, &Tally::of(outcomes));
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

fn failure(screen: &mut Screen<'_>, address: &Address, error: &Error) {
    screen.blank();
    let headline =
        format!("{} {}", screen.paint(Tone::Danger, "Failed:"), screen.paint(Tone::Strong, &escape(address.as_str())));
    screen.line(0, &headline);
    screen.paragraph(4, Tone::Plain, &format!("could not {}:", error.attempted));
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

fn closing(screen: &mut Screen<'_>, tally: &Tally) {
    if tally.is_complete() {
        let line = screen.paint(Tone::Good, &format!("Apply complete! Resources: {tally}."));
        screen.sentence(&line);
    } else {
        screen.sentence("The state has everything that was done: run `koctl apply` again to continue.");
        let line = screen.paint(Tone::Danger, &format!("Apply incomplete. Resources: {tally}."));
        screen.sentence(&line);
    }
}
