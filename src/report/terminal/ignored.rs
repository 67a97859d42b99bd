//! The section about attributes that differ from the configuration and are ignored.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::style::Tone;
use engine::Plan;

/// Writes the section, if anything that differs is ignored.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan) {
    let mut ignored = plan.scopes.iter().flat_map(|scope| &scope.ignored).peekable();
    if ignored.peek().is_none() {
        return;
    }
    screen.blank();
    let heading = screen.paint(Tone::Strong, "Left as it is, because of `ignore-changes`:");
    screen.sentence(&heading);
    for one in ignored {
        let names: Vec<String> = one.attributes.iter().map(|name| escape(name).to_string()).collect();
        screen.line(4, &format!("{}  ignored: {}", escape(one.address.as_str()), names.join(", ")));
    }
}
