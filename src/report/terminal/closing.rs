//! The end of a plan: counts, and the summary last.

use std::collections::BTreeSet;

use super::screen::Screen;
use crate::report::plan_view::PlanView;
use crate::report::style::Tone;
use crate::report::words::count;
use engine::{Action, Mode, Plan, ResourceChange, StateOnly};

/// Writes the end of a plan.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan, view: PlanView<'_>) {
    for (tone, sentence) in toned(plan, view) {
        let sentence = screen.paint(tone, &sentence);
        screen.sentence(&sentence);
    }
}

/// The sentences at the end of a plan, all of koctl itself. The last is the summary.
#[must_use]
pub fn closing(plan: &Plan, view: PlanView<'_>) -> Vec<String> {
    toned(plan, view).into_iter().map(|(_, sentence)| sentence).collect()
}

fn toned(plan: &Plan, view: PlanView<'_>) -> Vec<(Tone, String)> {
    let records = Records::of(plan);
    let counted = [moved(plan), deferred(plan, view), undecided(plan), outstanding(plan), records.stale(plan.mode())];
    let counted = counted.into_iter().flatten().map(|sentence| (Tone::Plain, sentence));
    let warnings = [guarded(plan), unprotected(plan)].into_iter().flatten().map(|warning| (Tone::Danger, warning));
    counted.chain(warnings).chain([(Tone::Strong, summary(plan, &records))]).collect()
}

fn changes(plan: &Plan) -> impl Iterator<Item = &ResourceChange> {
    plan.scopes.iter().flat_map(|scope| &scope.changes)
}

fn deferred(plan: &Plan, view: PlanView<'_>) -> Option<String> {
    let number =
        changes(plan).filter(|change| change.action == Action::Deferred && change.candidates.is_empty()).count();
    let verb = if number == 1 { "is" } else { "are" };
    let then = "deferred: a later apply continues with what exists then.";
    let more = if view.is_full() { "" } else { " `koctl plan --full` shows why." };
    (number > 0).then(|| format!("{} {verb} {then}{more}", count(number, "resource")))
}

/// Resources that keep their objects under another address.
fn moved(plan: &Plan) -> Option<String> {
    let number = plan.scopes.iter().map(|scope| scope.moved.len()).sum();
    let verb = if number == 1 { "moves to another address" } else { "move to other addresses" };
    (number > 0).then(|| format!("{} {verb}, which destroys nothing.", count(number, "resource")))
}

/// Deferred resources of which no apply can decide what is meant.
fn undecided(plan: &Plan) -> Option<String> {
    let number = changes(plan).filter(|change| !change.candidates.is_empty()).count();
    let verb = if number == 1 { "is" } else { "are" };
    let then = match plan.mode() {
        Mode::StateOnly(StateOnly::Import) => "`koctl import ADDRESS ID` takes over the object that is meant.",
        _ => "no apply chooses one of several objects.",
    };
    (number > 0).then(|| format!("{} {verb} left to you: {then}", count(number, "resource")))
}

/// Protection that is taken away, which makes a later plan that destroys possible.
fn unprotected(plan: &Plan) -> Option<String> {
    let unprotected: Vec<_> = changes(plan).filter(|change| change.new_protection() == Some(false)).collect();
    let (number, at_once) = (unprotected.len(), unprotected.iter().filter(|change| change.destroys()).count());
    let (lose, them) = if number == 1 { ("loses its", "it") } else { ("lose their", "them") };
    let then = match at_once {
        0 => format!("a later plan may destroy {them}"),
        all if all == number => format!("this plan destroys {them}"),
        some => format!("this plan destroys {some}, and a later one may destroy the others"),
    };
    (number > 0).then(|| format!("{} {lose} protection: {then}.", count(number, "resource")))
}

fn outstanding(plan: &Plan) -> Option<String> {
    let number = changes(plan).filter(|change| change.has_outstanding()).count();
    let stays = match number {
        0 => return None,
        1 => "differs from the configuration and stays as it is",
        _ => "differ from the configuration and stay as they are",
    };
    Some(format!("{} {stays}: the next plan shows that.", count(number, "object")))
}

fn guarded(plan: &Plan) -> Option<String> {
    let number = plan.guarded().count();
    let guarded = count(number, "guarded resource");
    (number > 0).then(|| {
        format!("{guarded} will be destroyed, and the work of others with it: apply asks, or needs --allow-destroy.")
    })
}

/// Counts of records that are written again without a change of their resources.
struct Records {
    /// Of resources with drift, which is shown.
    drifted: usize,
    others: usize,
}

impl Records {
    fn of(plan: &Plan) -> Self {
        let drift = plan.scopes.iter().flat_map(|scope| &scope.drift);
        let told: BTreeSet<_> = drift.map(|drift| &drift.address).collect();
        let records = changes(plan).filter(|change| change.action == Action::NoOp);
        let (drifted, others): (Vec<_>, Vec<_>) = records.partition(|change| told.contains(&change.address));
        Self { drifted: drifted.len(), others: others.len() }
    }

    fn stale(&self, mode: Mode) -> Option<String> {
        let number = match mode {
            Mode::StateOnly(StateOnly::Refresh) => self.others,
            _ => self.drifted + self.others,
        };
        (number > 0).then(|| format!("Apply also updates {} of the state.", count(number, "record")))
    }
}

fn summary(plan: &Plan, records: &Records) -> String {
    let summary = plan.summary();
    let nothing = match (plan.mode(), plan.has_changes()) {
        (Mode::Normal | Mode::Destroy, true) => return format!("Plan: {summary}."),
        (Mode::StateOnly(StateOnly::Import), true) => {
            return format!("Plan: {summary}. Only the state is written.");
        }
        (Mode::StateOnly(StateOnly::Refresh), true) => {
            let (record, forget) = (records.drifted, summary.forget);
            return format!("Plan: {record} to record as they are, {forget} to forget. Only the state is written.");
        }
        (_, false) if !plan.unplanned.is_empty() => return unplanned(plan.unplanned.len()),
        (Mode::Normal, false) if undecided(plan).is_some() => {
            "Konnect and the platform repository match the configuration, except for what is left to you."
        }
        (Mode::Normal, false) if plan.scopes.iter().any(|scope| scope.waiting.iter().any(|one| !one.by_apply)) => {
            "Konnect and the platform repository match the configuration, except for what waits for others."
        }
        (Mode::Normal, false) if plan.scopes.iter().any(|scope| !scope.ignored.is_empty()) => {
            "Konnect and the platform repository match the configuration, except for what it ignores."
        }
        (Mode::Normal, false) if plan.unread => "The state matches the configuration. The live systems were not read.",
        (_, false) if !plan.targets.is_empty() => "That is so for what --target names. Nothing else was compared.",
        (Mode::Normal, false) => "Konnect and the platform repository match the configuration.",
        (Mode::Destroy, false) => "There is nothing to destroy.",
        (Mode::StateOnly(StateOnly::Import), false) => "All existing objects of the configuration are in the state.",
        (Mode::StateOnly(StateOnly::Refresh), false) => "Konnect and the platform repository match the state.",
    };
    format!("No changes. {nothing}")
}

/// The summary of a plan without changes that is not whole: nothing is said of what was not planned.
fn unplanned(errors: usize) -> String {
    let say = if errors == 1 { "says" } else { "say" };
    format!("No changes to what could be planned. What could not stays as it is: {} {say} why.", count(errors, "error"))
}
