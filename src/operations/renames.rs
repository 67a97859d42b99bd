//! What a plan destroys and makes again that looks as if it only got another name.

use std::collections::BTreeSet;

use crate::compiler::rename::Rename;
use crate::registry;
use crate::resource_type::KeyShape;
use engine::state::shell_word;
use engine::{Action, Kind, Plan, Planned, ResourceChange, ScopePlan};

/// Attributes that a renaming changes: names, and what is made of names.
const NAMES: [&str; 3] = ["name", "display_name", "labels"];

/// An object that goes, and one that comes and is like it but for its name.
#[derive(Debug, Clone, Copy)]
struct Pair<'a> {
    gone: &'a ResourceChange,
    come: &'a ResourceChange,
}

/// For each renaming that the plan seems to be about, the command that keeps the objects. Nothing is suggested where
/// it is not certain which of several belongs to which.
pub(super) fn suggestions(plan: &Plan) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut suggestions = Vec::new();
    for (pair, command) in plan.scopes.iter().flat_map(of_scope) {
        // A team is renamed in all organizations at once.
        if told.insert(command.clone()) {
            suggestions.push(format!(
                "`{}` goes and `{}` comes, and they are alike but for the name. If it was renamed, this keeps the object \
                 with all that belongs to it: `{command}`.",
                pair.gone.address, pair.come.address
            ));
        }
    }
    suggestions
}

fn of_scope(scope: &ScopePlan) -> Vec<(Pair<'_>, String)> {
    let pairs = pairs(scope);
    let teams: BTreeSet<String> = pairs
        .iter()
        .filter(|pair| registry::key(pair.gone.address.type_name()) == Some(KeyShape::Team))
        .map(|pair| pair.gone.address.key().to_owned())
        .collect();
    let renames: Vec<Rename> = pairs.iter().filter_map(rename).collect();
    let is_covered = |pair: &Pair<'_>| {
        let by = |rename: &Rename| rename.address(&pair.gone.address, &teams).as_ref() == Some(&pair.come.address);
        renames.iter().any(by)
    };
    let mut found: Vec<(Pair<'_>, String)> =
        pairs.iter().filter_map(|pair| rename(pair).map(|rename| (*pair, command(&rename)))).collect();
    for pair in pairs.iter().filter(|pair| !is_covered(pair)) {
        let (from, to) = (shell_word(pair.gone.address.as_str()), shell_word(pair.come.address.as_str()));
        found.push((*pair, format!("koctl state mv {from} {to}")));
    }
    found
}

/// What holds other people's work, and would be lost.
fn pairs(scope: &ScopePlan) -> Vec<Pair<'_>> {
    let of = |action: Action| scope.changes.iter().filter(move |change| change.action == action && change.guarded);
    let mut pairs = Vec::new();
    for gone in of(Action::Delete) {
        let mut alike = of(Action::Create).filter(|come| are_alike(gone, come));
        if let (Some(come), None) = (alike.next(), alike.next())
            && of(Action::Delete).filter(|other| are_alike(other, come)).count() == 1
        {
            pairs.push(Pair { gone, come });
        }
    }
    pairs
}

fn are_alike(gone: &ResourceChange, come: &ResourceChange) -> bool {
    let type_name = gone.address.type_name();
    let Some(schema) = registry::schema(type_name) else { return false };
    let set = schema.attributes.iter().filter(|attribute| attribute.kind != Kind::Computed);
    let mut compared = set.map(|attribute| attribute.name).filter(|name| !NAMES.contains(name));
    type_name == come.address.type_name()
        && compared.all(|name| match come.planned(name) {
            Some(Planned::Known(value)) => gone.before.get(name) == Some(value),
            Some(Planned::Unknown(_)) => true,
            None => gone.before.get(name).is_none_or(|value| value.is_null() || value == ""),
        })
}

/// What was renamed, if the two are named after it.
fn rename(Pair { gone, come }: &Pair<'_>) -> Option<Rename> {
    let (from, to) = (gone.address.key().to_owned(), come.address.key().to_owned());
    match registry::key(gone.address.type_name())? {
        KeyShape::Team => Some(Rename::Team { from, to }),
        KeyShape::Environment => Some(Rename::Environment { organization: gone.address.scope().to_owned(), from, to }),
        KeyShape::EnvironmentAndService => match (from.split_once('/')?, to.split_once('/')?) {
            ((one, from), (other, to)) if one == other => {
                Some(Rename::Service { from: from.to_owned(), to: to.to_owned() })
            }
            _ => None,
        },
        // Neither is the whole of what was renamed.
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
