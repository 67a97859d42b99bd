//! The risks of a plan, by name.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::plan_view::PlanView;
use crate::report::risks::{Group, Section, folded, sections};
use crate::report::style::{Style, Tone};
use crate::report::words::count;
use crate::review::Kind;

/// The shown effects of one resource, unless everything is shown.
const EFFECTS: usize = 10;
/// The width of a list of names. Piped text has no width of its own.
const WIDTH: usize = 100;

/// The risks alone, for the prompt; `None` if there are none.
#[must_use]
pub fn risks(view: PlanView<'_>, style: &Style) -> Option<String> {
    let mut screen = Screen::new(style);
    section(&mut screen, view);
    Some(screen.finish()).filter(|text| !text.is_empty())
}

/// Writes the section, if there are risks.
pub(super) fn section(screen: &mut Screen<'_>, view: PlanView<'_>) {
    let sections = sections(view.review, view.schemas);
    if sections.is_empty() {
        return;
    }
    screen.blank();
    let heading = screen.paint(Tone::Strong, "Risks:");
    screen.sentence(&heading);
    for section in sections {
        screen.blank();
        kind(screen, &section, view);
    }
}

/// The look of a kind, and the mark before each risk of it.
fn look(kind: Kind) -> (Tone, &'static str) {
    match kind {
        Kind::Destroys => (Tone::Danger, "-"),
        Kind::Cuts => (Tone::Bad, "-"),
        Kind::Opens | Kind::Access | Kind::Breaks => (Tone::Change, "!"),
    }
}

fn kind(screen: &mut Screen<'_>, section: &Section<'_>, view: PlanView<'_>) {
    let (tone, mark) = look(section.kind);
    let heading = screen.paint(tone, &format!("{}:", section.kind.heading()));
    screen.line(2, &heading);
    let mark = screen.paint(tone, mark);
    for group in &section.groups {
        match group.addresses.as_slice() {
            [address] => {
                let address =
                    screen.paint(if tone == Tone::Danger { tone } else { Tone::Strong }, &escape(address.as_str()));
                one(screen, &format!("{mark} {address}"), group, view);
            }
            _ => several(screen, &mark, group),
        }
    }
}

/// One resource with its effects.
fn one(screen: &mut Screen<'_>, name: &str, group: &Group<'_>, view: PlanView<'_>) {
    if let [effect] = group.effects {
        return screen.line(4, &format!("{name}  {}", escape(&effect.to_string())));
    }
    screen.line(4, name);
    let shown = if view.is_full() { group.effects.len() } else { EFFECTS };
    for effect in group.effects.iter().take(shown) {
        screen.line(8, &escape(&effect.to_string()));
    }
    if let Some(rest) = group.effects.len().checked_sub(shown).filter(|rest| *rest > 0) {
        screen.note(8, &format!("({}: `koctl plan --full` shows them)", count(rest, "more effect")));
    }
}

/// Several resources with the same effects.
fn several(screen: &mut Screen<'_>, mark: &str, group: &Group<'_>) {
    let effects = group.effects.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    screen.line(4, &format!("{mark} {}: {}", escape(&effects), count(group.addresses.len(), "resource")));
    for (prefix, names) in folded(&group.addresses) {
        let prefix = escape(prefix);
        if names.is_empty() {
            screen.line(8, &prefix);
            continue;
        }
        screen.line(8, &format!("{prefix}…"));
        let room = screen.room(12).min(WIDTH);
        for row in rows(&names, room) {
            screen.line(12, &row);
        }
    }
}

/// Names in rows of at most `room` columns, if they fit.
fn rows(names: &[&str], room: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let end = if number + 1 == names.len() { "" } else { "," };
        let name = format!("{}{end}", escape(name));
        match rows.last_mut() {
            Some(row) if console::measure_text_width(row) + 1 + console::measure_text_width(&name) <= room => {
                row.push(' ');
                row.push_str(&name);
            }
            _ => rows.push(name),
        }
    }
    rows
}
