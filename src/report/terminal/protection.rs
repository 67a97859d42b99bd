//! The section about resources that are protected from now on, or no longer.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::Tone;
use engine::Plan;

/// Writes the section, if the protection of anything changes.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan) {
    let changes = plan.scopes.iter().flat_map(|scope| &scope.changes);
    let mut changed = changes.filter_map(|change| Some((&change.address, change.new_protection()?))).peekable();
    if changed.peek().is_none() {
        return;
    }
    screen.blank();
    let heading = screen.paint(Tone::Strong, "Protection:");
    screen.sentence(&heading);
    for (address, protect) in changed {
        let (tone, becomes) = match protect {
            true => (Tone::Good, "will be protected"),
            false => (Tone::Danger, "will no longer be protected"),
        };
        let line = screen.paint(tone, &format!("{}  {becomes}", escape(address.as_str())));
        screen.line(4, &line);
    }
}
