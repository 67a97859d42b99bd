//! The section about what waits for others, such as pull requests.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::Tone;
use engine::plan::Waiting;

/// Writes the section, if anything waits.
pub(super) fn section<'a>(screen: &mut Screen<'_>, waiting: impl Iterator<Item = &'a Waiting>) {
    let mut waiting = waiting.peekable();
    if waiting.peek().is_none() {
        return;
    }
    screen.blank();
    let heading = screen.paint(Tone::Strong, "Waits for others:");
    screen.sentence(&heading);
    for Waiting { address, reason, .. } in waiting {
        screen.line(4, &format!("{}: {}", escape(address.as_str()), escape(reason)));
    }
}
