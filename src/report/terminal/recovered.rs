//! The results of an unfinished apply (R10), in a section of its own.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::Tone;
use crate::report::words::count;
use engine::plan::{Fate, Plan, Recovered};

/// Writes the section, if there are results.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan) {
    entries(screen, plan.scopes.iter().flat_map(|scope| &scope.recovered));
}

/// Writes these results, if there are any.
pub(super) fn entries<'a>(screen: &mut Screen<'_>, all: impl Iterator<Item = &'a Recovered>) {
    let all: Vec<&Recovered> = all.collect();
    if all.is_empty() {
        return;
    }
    let heading = "Note: an apply did not finish: it was killed, could not store its results, or is still running.";
    let heading = screen.paint(Tone::Strong, heading);
    screen.sentence(&heading);
    let of = |wanted: fn(&Fate) -> bool| all.iter().copied().filter(|one| wanted(&one.fate)).collect::<Vec<_>>();
    list(screen, "created these objects, which are added to the state", &of(|fate| matches!(fate, Fate::Made { .. })));
    list(screen, "changed or deleted these objects", &of(|fate| *fate == Fate::Done));
    let nothing = of(|fate| *fate == Fate::NotDone).len();
    if nothing > 0 {
        screen.line(2, &format!("None of its other changes can be seen ({}).", count(nothing, "object")));
    }
    screen.blank();
}

fn list(screen: &mut Screen<'_>, what: &str, recovered: &[&Recovered]) {
    if recovered.is_empty() {
        return;
    }
    screen.line(2, &format!("It had {what}:"));
    for one in recovered {
        let id = match &one.fate {
            Fate::Made { id } => screen.paint(Tone::Note, &format!("  [id={}]", escape(id))),
            Fate::Done | Fate::NotDone => String::new(),
        };
        screen.line(4, &format!("{}{id}", escape(one.address.as_str())));
    }
}
