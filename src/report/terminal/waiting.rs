//! The section about what waits for others, such as pull requests.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::Tone;
use engine::plan::Waiting;

/// Writes the section, if anything waits.
pub(super) fn section<'a>(screen: &mut Screen<'_>, waiting: impl Iterator<Item = &'a Waiting>) {
    let (by_apply, by_others) = waiting.partition::<Vec<_>, _>(|waiting| waiting.by_apply);
    list(screen, "Waits for others:", &by_others);
    list(screen, "Waits for an apply, which resolves it:", &by_apply);
}

fn list(screen: &mut Screen<'_>, heading: &str, waiting: &[&Waiting]) {
    if waiting.is_empty() {
        return;
    }
    screen.blank();
    let heading = screen.paint(Tone::Strong, heading);
    screen.sentence(&heading);
    for Waiting { address, reason, .. } in waiting {
        screen.line(4, &format!("{}: {}", escape(address.as_str()), escape(reason)));
    }
}
