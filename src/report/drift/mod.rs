//! What changed outside koctl, for programs, pages and monitoring. A person at a terminal reads the
//! [screen](fn@super::terminal::drift) instead.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `json` | the document that `koctl drift --json` prints and `--notify` sends |
//! | `markdown` | a page: the summary of a workflow's run, or an issue |
//! | `prometheus` | metrics in the text format that node_exporter's textfile collector reads |
//!
//! Here is what all of them say in the same words.

mod json;
mod markdown;
mod prometheus;
#[cfg(test)]
pub(super) mod testing;

pub use json::document;
pub use markdown::markdown;
pub use prometheus::{is_prometheus, prometheus};

use super::count;
use engine::drift::{Count, DriftReport, Look, Unmanaged};
use engine::plan::{Drift, DriftKind};

/// All of it in a sentence or two.
#[must_use]
pub fn summary(report: &DriftReport) -> String {
    let Count { resources, .. } = report.count();
    let compared = report.findings().count();
    let first = match (report.has_drift(), compared) {
        (false, 0) => "Nothing was compared.".to_owned(),
        (false, _) => format!("No drift in {}.", count(resources, "resource")),
        (true, _) => format!("Drift: {}; {} compared.", kinds(report.count()), was(resources, "resource")),
    };
    let number = |wanted: fn(&Look) -> bool| report.scopes.iter().filter(|scope| wanted(&scope.outcome)).count();
    let (failed, skipped) =
        (number(|look| matches!(look, Look::Failed(_))), number(|look| matches!(look, Look::Skipped(_))));
    let all = count(report.scopes.len(), "scope");
    let left_out = if skipped == 1 { "was left out" } else { "were left out" };
    let left_out = format!("{left_out}, since somebody is applying");
    let rest = [(failed, "could not be read"), (skipped, left_out.as_str())];
    let rest = rest.into_iter().filter(|(number, _)| *number > 0);
    rest.fold(first, |text, (number, what)| format!("{text} {number} of {all} {what}."))
}

fn was(number: usize, noun: &str) -> String {
    format!("{} {}", count(number, noun), if number == 1 { "was" } else { "were" })
}

/// `1 changed, 2 not managed`: what there is none of is left out.
fn kinds(Count { changed, deleted, remade, unmanaged, .. }: Count) -> String {
    let all = [(changed, "changed"), (deleted, "deleted"), (remade, "made again"), (unmanaged, "not managed")];
    let some = all.into_iter().filter(|(number, _)| *number > 0);
    some.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
}

/// What people call an object that no state knows: `"docs" (region eu)`.
pub(super) fn label(object: &Unmanaged) -> String {
    let is_name = |(name, _): &&(String, String)| name == "name";
    let Some(name) = object.key.iter().find(is_name).or(object.key.first()) else { return object.id.clone() };
    let rest = object.key.iter().filter(|one| *one != name).map(|(name, value)| format!("{name} {value}"));
    let rest = rest.collect::<Vec<_>>().join(", ");
    if rest.is_empty() { format!("\"{}\"", name.1) } else { format!("\"{}\" ({rest})", name.1) }
}

/// What happened, in a word for programs.
pub(super) fn kind(drift: &Drift) -> &'static str {
    match drift.kind {
        DriftKind::Changed { .. } => "changed",
        DriftKind::Deleted => "deleted",
        DriftKind::Remade { .. } => "remade",
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{drifted, failed, quiet, report, skipped};
    use super::*;

    #[test]
    fn the_summary_says_that_there_is_no_drift_only_of_what_was_compared() {
        assert_eq!(summary(&quiet()), "No drift in 4 resources.");
        assert_eq!(summary(&report([failed("Acme")])), "Nothing was compared. 1 of 1 scope could not be read.");
    }

    #[test]
    fn the_summary_counts_each_kind_and_tells_what_is_missing() {
        let report = report([drifted("Acme"), failed("Bolt"), skipped("Coil")]);
        assert_eq!(
            summary(&report),
            "Drift: 1 changed, 1 deleted, 1 made again, 2 not managed; 4 resources were compared. 1 of 3 scopes could \
             not be read. 1 of 3 scopes was left out, since somebody is applying."
        );
    }
}
