//! The section about resources that get other addresses (R15).

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::plan_view::{Detail, PlanView};
use crate::report::style::Tone;
use crate::report::words::count;
use engine::Plan;
use engine::plan::Moved;

/// The number of moves that are named unless everything is shown.
const NAMED: usize = 20;

/// Writes the section, if there are moves.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan, view: PlanView<'_>) {
    let moved: Vec<&Moved> = plan.scopes.iter().flat_map(|scope| &scope.moved).collect();
    if moved.is_empty() {
        return;
    }
    screen.blank();
    let number = count(moved.len(), "resource");
    let verb = if moved.len() == 1 { "gets another address" } else { "get other addresses" };
    let heading = screen.paint(Tone::Strong, &format!("`moved` of the configuration: {number} {verb} in the state."));
    screen.sentence(&heading);
    if view.detail == Detail::Summary {
        return;
    }
    screen.blank();
    let named = if view.is_full() { moved.len() } else { NAMED };
    for Moved { from, to } in moved.iter().take(named) {
        screen.line(4, &format!("{} -> {}", escape(from.as_str()), escape(to.as_str())));
    }
    let more = moved.len().saturating_sub(named);
    if more > 0 {
        screen.line(4, &format!("and {more} more, which --full shows"));
    }
}
