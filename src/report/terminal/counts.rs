//! The table of a plan: counts by environment and action.

use console::measure_text_width;

use super::screen::Screen;
use crate::report::counts::{cell, columns, rows};
use crate::report::escape::escape;
use crate::report::schemas::Schemas;
use crate::report::style::Tone;
use engine::Plan;

/// The columns of text between two columns of the table.
const GAP: &str = "  ";

/// Writes the table, if anything is counted.
pub(super) fn section(screen: &mut Screen<'_>, plan: &Plan, schemas: Schemas<'_>) {
    let rows = rows(plan, schemas);
    if rows.is_empty() {
        return;
    }
    let columns = columns(&rows);
    let names: Vec<String> = rows.iter().map(|row| escape(&row.name())).collect();
    let widest = names.iter().map(|name| measure_text_width(name)).max().unwrap_or_default();
    let titles: String = columns.iter().map(|(title, _)| format!("{GAP}{title}")).collect();
    let titles = screen.paint(Tone::Strong, &format!("{}{titles}", " ".repeat(widest)));
    screen.line(0, &titles);
    for (row, name) in rows.iter().zip(names) {
        let mut line = format!("{name}{}", " ".repeat(widest - measure_text_width(&name)));
        for (title, count) in &columns {
            let count = count(&row.summary);
            let text = format!("{:>width$}", cell(count), width = title.len());
            line.push_str(GAP);
            line.push_str(&screen.paint(tone(title, count), &text));
        }
        screen.line(0, &line);
    }
}

/// What is destroyed stands out, and zeros do not.
fn tone(title: &str, count: usize) -> Tone {
    match (count, title) {
        (0, _) => Tone::Note,
        (_, "replace" | "destroy") => Tone::Bad,
        _ => Tone::Plain,
    }
}
