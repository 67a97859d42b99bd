//! The screen of a plan, before it is saved or approved.

use super::output::Output;
use crate::operations::{Planned, schemas};
use crate::report;
use crate::report::progress::Progress;

/// Shows a plan, and reports what could not be planned.
pub(super) fn show(output: &Output, planned: &Planned, progress: &Progress) {
    if output.streams_events() {
        progress.planned(&planned.plan);
    } else {
        screen(output, planned);
    }
    for warning in &planned.warnings {
        if output.streams_events() {
            progress.warned(&warning.message, warning.help.as_deref());
        }
        output.warnings([warning]);
    }
    output.failures(&planned.failures);
}

fn screen(output: &Output, planned: &Planned) {
    if planned.reviews_files && !planned.kept.is_empty() {
        let files: Vec<_> = planned.kept.iter().map(|kept| (&*kept.path, &*kept.is, &*kept.would_be)).collect();
        output.screen(&report::terminal::left_alone(&files, &output.style()));
    }
    if planned.failures.is_empty() || planned.plan.has_changes() {
        output.screen(&report::terminal::plan(&planned.plan, schemas(), &output.style()));
    }
    if !planned.reviews_files && !planned.kept.is_empty() {
        let paths: Vec<&str> = planned.kept.iter().map(|kept| &*kept.path).collect();
        output.note(&format!(
            "Not changed, because they were edited: {}. `koctl init` shows how they differ from this version's files.",
            report::safe(&paths.join(", "))
        ));
    }
}
