//! The meaning of changed specifications for their callers, below the resource that they belong to.

use spec_diff::Severity;

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::plan_view::PlanView;
use crate::report::style::Tone;
use crate::report::words::count;
use crate::review::{Judged, Verdict};
use engine::Address;

/// The shown changes of a severity, unless everything is shown.
const SHOWN: usize = 10;

/// The severities with their words and tones, the most severe first.
const SEVERITIES: [(Severity, &str, Tone); 3] = [
    (Severity::Breaking, "breaks callers", Tone::Danger),
    (Severity::Warning, "may concern callers", Tone::Change),
    (Severity::Compatible, "compatible", Tone::Good),
];

/// Writes what is known of the changed specifications of a resource.
pub(super) fn section(screen: &mut Screen<'_>, indent: usize, address: &Address, view: PlanView<'_>) {
    for judged in view.review.specifications.get(address) {
        self::judged(screen, indent, judged, view);
    }
}

fn judged(screen: &mut Screen<'_>, indent: usize, Judged { path, verdict }: &Judged, view: PlanView<'_>) {
    let place = path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
    let changes = match verdict {
        Verdict::Compared(changes) if changes.is_empty() => {
            return screen.note(indent, &format!("{place}no change that concerns callers"));
        }
        Verdict::Compared(changes) => changes,
        Verdict::Unknown(why) => {
            return screen.note(indent, &format!("{place}what it means for callers is not known: {why}"));
        }
    };
    for (severity, words, tone) in SEVERITIES {
        let number = changes.of(severity).count();
        let shown = match severity {
            _ if view.is_full() => number,
            Severity::Breaking | Severity::Warning => SHOWN,
            Severity::Compatible => 0,
        };
        for change in changes.of(severity).take(shown) {
            let line = screen.paint(tone, &format!("{}{words}: {}", escape(&place), escape(&change.to_string())));
            screen.line(indent, &line);
        }
        if number > shown {
            let more = if shown == 0 { count(number, "change") } else { count(number - shown, "more change") };
            screen.note(indent, &format!("{place}{words}: {more}"));
        }
    }
}
