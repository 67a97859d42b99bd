//! Renames: resources that a plan destroys and creates again although apparently only their names changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compiler::rename::Rename;
use crate::registry;
use crate::resource_type::KeyShape;
use engine::schema::Unset;
use engine::state::shell_word;
use engine::value::stored_form;
use engine::{Action, Address, Attribute, Kind, Plan, Planned, ResourceChange, ScopePlan};

/// Attributes that a rename changes: names, and what is derived from names.
const NAMES: [&str; 3] = ["name", "display_name", "labels"];

/// Something that a plan destroys and creates again, and that was perhaps renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// An object that is destroyed.
    pub destroyed: Address,
    /// The one that is created in its place.
    pub created: Address,
    /// The arguments of `koctl state mv` that keep the objects.
    pub arguments: String,
}

/// The renames that the plan seems to be about. Nothing is said if it is not certain which of several belongs to which.
#[must_use]
pub fn renames(plan: &Plan) -> Vec<Renamed> {
    let mut said = BTreeSet::new();
    let found = plan.scopes.iter().flat_map(|scope| Exchange::of(scope).renames());
    // A team is renamed in all organizations at once.
    found.filter(|renamed| said.insert(renamed.arguments.clone())).collect()
}

/// What a plan of a scope destroys and creates.
struct Exchange<'a> {
    destroyed: BTreeMap<&'a Address, &'a ResourceChange>,
    created: BTreeMap<&'a Address, &'a ResourceChange>,
    /// The names of the teams of which something is destroyed.
    teams: BTreeSet<String>,
}

/// A rename that explains a part of the exchange.
struct Explanation<'a> {
    rename: Rename,
    pair: Pair<'a>,
    /// The resources that it explains.
    explained: BTreeSet<&'a Address>,
    /// The better, the more resources it explains, and the more of them are equal.
    score: usize,
}

/// An object that is destroyed, and one that is created.
#[derive(Clone, Copy)]
struct Pair<'a> {
    destroyed: &'a ResourceChange,
    created: &'a ResourceChange,
}

impl<'a> Exchange<'a> {
    fn of(scope: &'a ScopePlan) -> Self {
        let of = |action: Action| {
            let changes = scope.changes.iter().filter(move |change| change.action == action);
            changes.map(|change| (&change.address, change)).collect::<BTreeMap<_, _>>()
        };
        let destroyed = of(Action::Delete);
        let teams = destroyed.keys().filter_map(|address| team(address)).map(str::to_owned).collect();
        Self { destroyed, created: of(Action::Create), teams }
    }

    fn renames(&self) -> Vec<Renamed> {
        let explanations = self.explanations();
        let certain: Vec<&Explanation<'_>> = explanations.iter().filter(|one| is_certain(one, &explanations)).collect();
        let explained: BTreeSet<&Address> = certain.iter().flat_map(|one| one.explained.iter().copied()).collect();
        let single = self.single_pairs(&explained).into_iter().map(|pair| {
            let addresses = [pair.destroyed, pair.created].map(|change| shell_word(change.address.as_str()));
            (pair, addresses.join(" "))
        });
        let renames = certain.iter().map(|one| (one.pair, arguments(&one.rename)));
        let renamed = |(Pair { destroyed, created }, arguments): (Pair<'_>, String)| Renamed {
            destroyed: destroyed.address.clone(),
            created: created.address.clone(),
            arguments,
        };
        renames.chain(single).map(renamed).collect()
    }

    /// The pairs of guarded resources: their deletion would lose other people's work.
    fn pairs(&self) -> impl Iterator<Item = Pair<'a>> {
        let guarded = |changes: &BTreeMap<&'a Address, &'a ResourceChange>| {
            changes.values().copied().filter(|change| change.guarded).collect::<Vec<_>>()
        };
        let created = guarded(&self.created);
        guarded(&self.destroyed).into_iter().flat_map(move |destroyed| {
            let of_type = |one: &&ResourceChange| one.address.type_name() == destroyed.address.type_name();
            let alike: Vec<_> = created.iter().copied().filter(of_type).collect();
            alike.into_iter().map(move |created| Pair { destroyed, created })
        })
    }

    /// Every rename that could be meant, once.
    fn explanations(&self) -> Vec<Explanation<'a>> {
        let mut explanations: Vec<Explanation<'a>> = Vec::new();
        for pair in self.pairs() {
            let Some(rename) = rename(pair) else { continue };
            if explanations.iter().all(|other| other.rename != rename) {
                explanations.extend(self.explanation(rename, pair));
            }
        }
        explanations
    }

    /// `None` if the rename does not explain the deletion of something guarded that is named after it.
    fn explanation(&self, rename: Rename, pair: Pair<'a>) -> Option<Explanation<'a>> {
        let (mut explained, mut score) = (BTreeSet::new(), 0);
        for (address, destroyed) in &self.destroyed {
            let Some(to) = rename.address(address, &self.teams) else { continue };
            let created = self.created.get(&to).copied();
            let alike = created.is_some_and(|created| are_alike(Pair { destroyed, created }, names(&rename)));
            if destroyed.guarded && !alike {
                return None;
            }
            if created.is_some() {
                explained.insert(*address);
                score += 1 + usize::from(alike);
            }
        }
        Some(Explanation { rename, pair, explained, score })
    }

    /// The pairs of single resources that look the same and belong to the same environment, each the only one.
    fn single_pairs(&self, explained: &BTreeSet<&Address>) -> Vec<Pair<'a>> {
        let is_possible = |pair: &Pair<'a>| {
            let environment = |change: &'a ResourceChange| environment(&change.address);
            rename(*pair).is_none()
                && !explained.contains(&pair.destroyed.address)
                && environment(pair.destroyed) == environment(pair.created)
                && are_alike(*pair, ("", ""))
        };
        let pairs: Vec<Pair<'a>> = self.pairs().filter(is_possible).collect();
        let number = |side: fn(&Pair<'a>) -> &'a Address, pair: &Pair<'a>| {
            pairs.iter().filter(|other| side(other) == side(pair)).count()
        };
        let is_only = |pair: &&Pair<'a>| {
            number(|pair| &pair.destroyed.address, pair) == 1 && number(|pair| &pair.created.address, pair) == 1
        };
        pairs.iter().filter(is_only).copied().collect()
    }
}

/// True if no other rename of the same thing, or to the same name, explains as much.
fn is_certain(one: &Explanation<'_>, all: &[Explanation<'_>]) -> bool {
    let is_rival = |other: &&Explanation<'_>| {
        let ((from, to), (other_from, other_to)) = (names(&one.rename), names(&other.rename));
        std::mem::discriminant(&one.rename) == std::mem::discriminant(&other.rename)
            && (from == other_from) != (to == other_to)
    };
    all.iter().filter(is_rival).all(|other| other.score < one.score)
}

/// True if two resources are the same except for their names, and for texts that contain the old name and the new.
fn are_alike(Pair { destroyed, created }: Pair<'_>, (from, to): (&str, &str)) -> bool {
    let Some(schema) = registry::schema(destroyed.address.type_name()) else { return false };
    let is_set = |attribute: &&Attribute| !matches!(attribute.kind, Kind::Computed | Kind::Notice);
    let mut compared = schema.attributes.iter().filter(is_set).filter(|attribute| !NAMES.contains(&attribute.name));
    let is_renamed = |before: &Value, after: &Value| match (before.as_str(), after.as_str()) {
        (Some(before), Some(after)) => !from.is_empty() && before.replace(from, to) == after,
        _ => false,
    };
    compared.all(|attribute| match (destroyed.before(attribute.name), created.planned(attribute.name)) {
        (Some(before), Some(Planned::Known(after))) => {
            stored_form(attribute.kind, before) == stored_form(attribute.kind, after) || is_renamed(before, after)
        }
        (None, Some(Planned::Known(after))) => after.is_null(),
        (_, Some(Planned::Unknown(_))) => true,
        (before, None) => before.is_none_or(|value| is_unset(attribute, value)),
    })
}

/// True if an object can have this value although nothing sets the attribute: its slug, for example, is up to the server.
fn is_unset(attribute: &Attribute, value: &Value) -> bool {
    matches!(attribute.unset, Unset::Stays) || attribute.is_no_value(value) || value == ""
}

/// The rename of a team, service or environment, if the two are named after it.
fn rename(Pair { destroyed, created }: Pair<'_>) -> Option<Rename> {
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

/// The team in a key.
fn team(address: &Address) -> Option<&str> {
    match registry::key(address.type_name())? {
        KeyShape::Team => Some(address.key()),
        KeyShape::TeamAnd => address.key().split_once('/').map(|(team, _)| team),
        KeyShape::EnvironmentAndTeam => address.key().split_once('/').map(|(_, team)| team),
        KeyShape::Own
        | KeyShape::Environment
        | KeyShape::EnvironmentAndService
        | KeyShape::EnvironmentAndControlPlane
        | KeyShape::EnvironmentAnd => None,
    }
}

/// The environment in a key.
fn environment(address: &Address) -> Option<&str> {
    let in_key = registry::key(address.type_name()).is_some_and(KeyShape::begins_with_environment);
    in_key.then(|| address.key().split('/').next()).flatten()
}

/// The old name and the new one.
fn names(rename: &Rename) -> (&str, &str) {
    match rename {
        Rename::Team { from, to }
        | Rename::Service { from, to }
        | Rename::Environment { from, to, .. }
        | Rename::Organization { from, to } => (from, to),
    }
}

/// The arguments of `koctl state mv`.
fn arguments(rename: &Rename) -> String {
    let (flag, from, to) = match rename {
        Rename::Team { from, to } => ("--team", from.clone(), to),
        Rename::Service { from, to } => ("--service", from.clone(), to),
        Rename::Environment { organization, from, to } => ("--environment", format!("{organization}/{from}"), to),
        Rename::Organization { from, to } => ("--organization", from.clone(), to),
    };
    format!("{flag} {} {}", shell_word(&from), shell_word(to))
}
