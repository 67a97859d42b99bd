//! The table of a plan: counts by environment and action.

use std::collections::BTreeMap;

use super::order;
use super::schemas::Schemas;
use engine::address::PLATFORM_SCOPE;
use engine::plan::Summary;
use engine::{Action, Mode, Plan, ResourceChange, StateOnly};

/// The title of a column, and its count.
type Column = (&'static str, fn(&Summary) -> usize);

/// The columns that every table has. A replacement is counted once.
const ALWAYS: [Column; 5] = [
    ("import", |summary| summary.import),
    ("add", |summary| summary.add - summary.replace),
    ("change", |summary| summary.change),
    ("replace", |summary| summary.replace),
    ("destroy", |summary| summary.destroy - summary.replace),
];

/// The columns that a table has if they count anything.
const IF_ANY: [Column; 2] = [("forget", |summary| summary.forget), ("deferred", |summary| summary.deferred)];

/// The counts of one environment, of what belongs to a whole organization, or of the platform repository.
pub(super) struct Row<'a> {
    pub(super) scope: &'a str,
    pub(super) environment: Option<&'a str>,
    pub(super) summary: Summary,
}

impl Row<'_> {
    /// Its name: `Acme/dev`.
    pub(super) fn name(&self) -> String {
        match (self.scope, self.environment) {
            (PLATFORM_SCOPE, _) => "platform repository".to_owned(),
            (scope, Some(environment)) => format!("{scope}/{environment}"),
            (scope, None) => scope.to_owned(),
        }
    }
}

/// The rows, organization by organization: what belongs to all of it, then its environments. None about which nothing
/// is counted, and none if the plan accepts drift: its changes follow from that.
pub(super) fn rows<'a>(plan: &'a Plan, schemas: Schemas<'_>) -> Vec<Row<'a>> {
    if plan.mode() == Mode::StateOnly(StateOnly::Refresh) {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for scope in &plan.scopes {
        let mut environments: BTreeMap<Option<&str>, Vec<&ResourceChange>> = BTreeMap::new();
        for change in scope.changes.iter().filter(|change| change.action != Action::NoOp) {
            environments.entry(order::environment(&change.address, schemas)).or_default().push(change);
        }
        rows.extend(environments.into_iter().map(|(environment, changes)| Row {
            scope: &scope.scope,
            environment,
            summary: changes.into_iter().collect(),
        }));
    }
    rows
}

/// The columns of a table with these rows.
pub(super) fn columns(rows: &[Row<'_>]) -> Vec<Column> {
    let counts = |(_, count): &Column| rows.iter().any(|row| count(&row.summary) > 0);
    ALWAYS.into_iter().chain(IF_ANY.into_iter().filter(counts)).collect()
}

/// A count in the table. Nothing stands out less than a zero.
pub(super) fn cell(count: usize) -> String {
    if count == 0 { "-".to_owned() } else { count.to_string() }
}
