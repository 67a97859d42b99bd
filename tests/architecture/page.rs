//! docs/architecture.md as the check reads it: the table of rooms, and the picture above it.

use std::collections::{BTreeMap, BTreeSet};

/// The rooms that each room may use.
pub(crate) type Allowed = BTreeMap<String, BTreeSet<String>>;

/// The table whose first column is called "room" and whose third says what a room may use.
pub(crate) fn table(page: &str) -> Allowed {
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| room |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').collect())
        .collect();
    let all: BTreeSet<String> = rows.iter().flat_map(|row| quoted(row[1])).collect();
    rows.iter()
        .flat_map(|row| {
            quoted(row[1]).into_iter().map(|room| {
                let mut allowed = allowed(row[3], &all);
                allowed.remove(&room);
                (room, allowed)
            })
        })
        .collect()
}

fn allowed(cell: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    let named = quoted(cell);
    if cell.contains("everything") { all.difference(&named).cloned().collect() } else { named }
}

/// The names in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The solid arrows of the picture.
pub(crate) fn picture(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let lines = page.lines().skip_while(|line| *line != "```mermaid").take_while(|line| *line != "```");
    for (from, to) in lines.filter_map(|line| line.split_once(" --> ")) {
        for from in from.split(" & ") {
            arrows.entry(from.trim().to_owned()).or_default().extend(to.split(" & ").map(|to| to.trim().to_owned()));
        }
    }
    arrows
}
