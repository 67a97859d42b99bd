//! The words that all forms of a drift report share.

use crate::report::schemas::Schemas;
use crate::report::words::count;
use engine::drift::{Author, Count, DriftReport, Look, Unmanaged};
use engine::plan::{Drift, DriftKind};
use engine::schema::OnRemoval;

/// The summary in one or two sentences.
#[must_use]
pub fn summary(report: &DriftReport) -> String {
    let Count { resources, .. } = report.count();
    let compared = report.findings().count();
    let first = match (report.has_drift(), compared) {
        (false, 0) => "Nothing was compared.".to_owned(),
        (false, _) => format!("No drift in {}.", count(resources, "resource")),
        (true, _) => format!("Drift: {}; {} compared.", kinds(report.count()), was(resources, "resource")),
    };
    let first = match report
        .findings()
        .map(|(_, findings)| findings.waiting.iter().filter(|one| !one.by_apply).count())
        .sum::<usize>()
    {
        0 => first,
        1 => format!("{first} 1 resource waits for others."),
        waiting => format!("{first} {} wait for others.", count(waiting, "resource")),
    };
    let first = match report.count().ignored {
        0 => first,
        1 => format!("{first} 1 difference is ignored, as `platform.drift.ignore` says."),
        ignored => format!("{first} {} are ignored, as `platform.drift.ignore` says.", count(ignored, "difference")),
    };
    let number = |wanted: fn(&Look) -> bool| report.scopes.iter().filter(|scope| wanted(&scope.outcome)).count();
    let (failed, skipped) =
        (number(|look| matches!(look, Look::Failed(_))), number(|look| matches!(look, Look::Skipped(_))));
    let all = count(report.scopes.len(), "scope");
    let left_out = if skipped == 1 { "was left out" } else { "were left out" };
    let left_out = format!("{left_out}, because an apply is running");
    let rest = [(failed, "could not be read"), (skipped, left_out.as_str())];
    let rest = rest.into_iter().filter(|(number, _)| *number > 0);
    rest.fold(first, |text, (number, what)| format!("{text} {number} of {all} {what}."))
}

fn was(number: usize, noun: &str) -> String {
    format!("{} {}", count(number, noun), if number == 1 { "was" } else { "were" })
}

/// `1 changed, 2 not managed`, without zeros.
fn kinds(Count { changed, deleted, remade, unmanaged, .. }: Count) -> String {
    let all = [(changed, "changed"), (deleted, "deleted"), (remade, "created again"), (unmanaged, "not managed")];
    let some = all.into_iter().filter(|(number, _)| *number > 0);
    some.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
}

/// The name of an object that is not managed: `"docs" (region eu)`.
pub(in crate::report) fn label(object: &Unmanaged) -> String {
    let name = object.name();
    let rest = object.key.iter().filter(|(_, value)| value != name).map(|(name, value)| format!("{name} {value}"));
    let rest = rest.collect::<Vec<_>>().join(", ");
    if rest.is_empty() { format!("\"{name}\"") } else { format!("\"{name}\" ({rest})") }
}

/// What happened to a resource that is not there any more. Proposed files are gone also if their pull request was closed.
pub(in crate::report) fn gone(drift: &Drift, schemas: Schemas<'_>) -> &'static str {
    let schema = schemas.get(drift.address.type_name());
    match schema.is_some_and(|schema| schema.on_removal == OnRemoval::Propose) {
        true => "is not there, and not proposed any more",
        false => "was deleted",
    }
}

/// Who made a difference, and when.
pub(in crate::report) fn by(Author { who, at, .. }: &Author) -> String {
    format!("by {who}, at {at}")
}

/// The kind of drift, for programs.
pub(super) fn kind(drift: &Drift) -> &'static str {
    match drift.kind {
        DriftKind::Changed { .. } => "changed",
        DriftKind::Deleted => "deleted",
        DriftKind::Remade { .. } => "remade",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{drifted, failed, quiet, report, skipped};
    use super::*;
    use engine::address::Targets;

    #[test]
    fn the_summary_says_that_there_is_no_drift_only_of_what_was_compared() {
        assert_eq!(summary(&quiet()), "No drift in 4 resources.");
        assert_eq!(summary(&report([failed("Acme")])), "Nothing was compared. 1 of 1 scope could not be read.");
    }

    #[test]
    fn what_is_ignored_is_counted_and_is_no_drift() {
        let mut report = report([drifted("Acme")]);
        let Look::Compared(findings) = &mut report.scopes[0].outcome else { panic!("it was compared") };
        findings.ignore("Acme", &Targets::new(&["Acme/portal/*", "*/team/Rogue*"]).unwrap());
        assert_eq!(
            summary(&report),
            "Drift: 1 changed, 1 created again; 4 resources were compared. 3 differences are ignored, as \
             `platform.drift.ignore` says."
        );
        let Look::Compared(findings) = &mut report.scopes[0].outcome else { panic!("it was compared") };
        findings.ignore("Acme", &Targets::new(&["Acme/**"]).unwrap());
        assert!(!report.has_drift());
        assert_eq!(report.count().ignored, 5);
    }

    #[test]
    fn the_summary_counts_each_kind_and_tells_what_is_missing() {
        let report = report([drifted("Acme"), failed("Bolt"), skipped("Coil")]);
        assert_eq!(
            summary(&report),
            "Drift: 1 changed, 1 deleted, 1 created again, 2 not managed; 4 resources were compared. 1 of 3 scopes could \
             not be read. 1 of 3 scopes was left out, because an apply is running."
        );
    }
}
