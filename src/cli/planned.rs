//! The screen of a plan, before it is saved or approved.

use super::output::Output;
use crate::operations::{Planned, Renamed, Warning, schemas};
use crate::report::progress::Progress;
use crate::report::{self, Detail, PlanView};

/// Shows a plan, and reports what could not be planned.
/// `flags` are those that another command needs to work with the same configuration and state.
pub(super) fn show(output: &Output, planned: &Planned, detail: Detail, flags: &str, progress: &Progress) {
    if output.streams_events() {
        progress.planned(&planned.plan, &planned.review);
    } else {
        screen(output, planned, detail);
    }
    for warning in planned.warnings.iter().chain(&renames(&planned.renamed, flags)) {
        if output.streams_events() {
            let help = warning.help.as_deref().map(|help| output.placed(help));
            progress.warned(&warning.message, help.as_deref());
        }
        output.warnings([warning]);
    }
    output.failures(&planned.failures);
}

/// Warnings about what is destroyed and created again although it seems to be renamed only.
pub(super) fn renames(renamed: &[Renamed], flags: &str) -> Vec<Warning> {
    let warning = |Renamed { destroyed, created, is_described_anew, arguments, entry }: &Renamed| {
        let but = if *is_described_anew { "the name and the description" } else { "the name" };
        Warning::from(format!(
            "`{}` is destroyed and `{}` created, and they differ in {but} only. If it was renamed, keep the object \
             and everything in it: add `{}` to `moved` of the configuration, or run `koctl state mv \
             {arguments}{flags}` first.",
            report::safe(destroyed.as_str()),
            report::safe(created.as_str()),
            report::safe(entry)
        ))
    };
    renamed.iter().map(warning).collect()
}

fn screen(output: &Output, planned: &Planned, detail: Detail) {
    if planned.reviews_files && !planned.kept.is_empty() {
        let files: Vec<_> = planned.kept.iter().map(|kept| (&*kept.path, &*kept.is, &*kept.would_be)).collect();
        output.screen(&report::terminal::left_alone(&files, &output.style()));
    }
    if planned.failures.is_empty() || !planned.plan.scopes.is_empty() {
        let view = PlanView { schemas: schemas(), review: &planned.review, detail };
        output.screen(&report::terminal::plan(&planned.plan, view, &output.style()));
    }
    if !planned.reviews_files && !planned.kept.is_empty() {
        let paths: Vec<&str> = planned.kept.iter().map(|kept| &*kept.path).collect();
        output.note(&format!(
            "Not changed, because they were edited: {}. `koctl init` shows how they differ from this version's files.",
            report::safe(&paths.join(", "))
        ));
    }
}
