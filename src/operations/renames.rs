//! Renames: resources that a plan destroys and creates again although apparently only their names changed.

use std::collections::BTreeSet;

use crate::compiler::rename::Rename;
use crate::registry;
use crate::resource_type::KeyShape;
use engine::state::shell_word;
use engine::{Action, Kind, Plan, Planned, ResourceChange, ScopePlan};

/// Attributes that a rename changes: names, and what is derived from names.
const NAMES: [&str; 3] = ["name", "display_name", "labels"];

/// An object that is destroyed, and one that is created and differs in the name only.
#[derive(Debug, Clone, Copy)]
struct Pair<'a> {
    destroyed: &'a ResourceChange,
    created: &'a ResourceChange,
}

/// The command that keeps the objects, for each rename that the plan seems to be about. Nothing is suggested if it is
/// not certain which of several belongs to which.
pub(super) fn suggestions(plan: &Plan) -> Vec<String> {
    let mut suggested = BTreeSet::new();
    let mut suggestions = Vec::new();
    for (pair, command) in plan.scopes.iter().flat_map(of_scope) {
        // A team is renamed in all organizations at once.
        if suggested.insert(command.clone()) {
            suggestions.push(format!(
                "`{}` is destroyed and `{}` created, and they differ in the name only. If it was renamed, keep the object and \
                 everything in it: run `{command}` first.",
                pair.destroyed.address, pair.created.address
            ));
        }
    }
    suggestions
}

fn of_scope(scope: &ScopePlan) -> Vec<(Pair<'_>, String)> {
    let pairs = pairs(scope);
    let teams: BTreeSet<String> = pairs
        .iter()
        .filter(|pair| registry::key(pair.destroyed.address.type_name()) == Some(KeyShape::Team))
        .map(|pair| pair.destroyed.address.key().to_owned())
        .collect();
    let renames: Vec<Rename> = pairs.iter().filter_map(rename).collect();
    let is_covered = |pair: &Pair<'_>| {
        let by =
            |rename: &Rename| rename.address(&pair.destroyed.address, &teams).as_ref() == Some(&pair.created.address);
        renames.iter().any(by)
    };
    let mut found: Vec<(Pair<'_>, String)> =
        pairs.iter().filter_map(|pair| rename(pair).map(|rename| (*pair, command(&rename)))).collect();
    for pair in pairs.iter().filter(|pair| !is_covered(pair)) {
        let (from, to) = (shell_word(pair.destroyed.address.as_str()), shell_word(pair.created.address.as_str()));
        found.push((*pair, format!("koctl state mv {from} {to}")));
    }
    found
}

/// Pairs of a deletion and a creation of a type that contains other people's work, which would be lost.
fn pairs(scope: &ScopePlan) -> Vec<Pair<'_>> {
    let of = |action: Action| scope.changes.iter().filter(move |change| change.action == action && change.guarded);
    let mut pairs = Vec::new();
    for destroyed in of(Action::Delete) {
        let mut alike = of(Action::Create).filter(|created| are_alike(destroyed, created));
        if let (Some(created), None) = (alike.next(), alike.next())
            && of(Action::Delete).filter(|other| are_alike(other, created)).count() == 1
        {
            pairs.push(Pair { destroyed, created });
        }
    }
    pairs
}

fn are_alike(destroyed: &ResourceChange, created: &ResourceChange) -> bool {
    let type_name = destroyed.address.type_name();
    let Some(schema) = registry::schema(type_name) else { return false };
    let set = schema.attributes.iter().filter(|one| !matches!(one.kind, Kind::Computed | Kind::Notice));
    let mut compared = set.map(|attribute| attribute.name).filter(|name| !NAMES.contains(name));
    type_name == created.address.type_name()
        && compared.all(|name| match created.planned(name) {
            Some(Planned::Known(value)) => destroyed.before(name) == Some(value),
            Some(Planned::Unknown(_)) => true,
            None => destroyed.before(name).is_none_or(|value| value.is_null() || value == ""),
        })
}

/// The rename of a team, service or environment, if the two are named after it.
fn rename(Pair { destroyed, created }: &Pair<'_>) -> Option<Rename> {
    let (from, to) = (destroyed.address.key().to_owned(), created.address.key().to_owned());
    match registry::key(destroyed.address.type_name())? {
        KeyShape::Team => Some(Rename::Team { from, to }),
        KeyShape::Environment => {
            Some(Rename::Environment { organization: destroyed.address.scope().to_owned(), from, to })
        }
        KeyShape::EnvironmentAndService => match (from.split_once('/')?, to.split_once('/')?) {
            ((one, from), (other, to)) if one == other => {
                Some(Rename::Service { from: from.to_owned(), to: to.to_owned() })
            }
            _ => None,
        },
        // These are only a part of what was renamed.
        KeyShape::Own
        | KeyShape::TeamAnd
        | KeyShape::EnvironmentAndTeam
        | KeyShape::EnvironmentAndControlPlane
        | KeyShape::EnvironmentAnd => None,
    }
}

fn command(rename: &Rename) -> String {
    let (flag, from, to) = match rename {
        Rename::Team { from, to } => ("--team", from.clone(), to),
        Rename::Service { from, to } => ("--service", from.clone(), to),
        Rename::Environment { organization, from, to } => ("--environment", format!("{organization}/{from}"), to),
        Rename::Organization { from, to } => ("--organization", from.clone(), to),
    };
    format!("koctl state mv {flag} {} {}", shell_word(&from), shell_word(to))
}
