//! Renames: resources that a plan destroys and creates again although apparently only their names changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::renaming::Names;
use crate::compiler::rename::Rename;
use crate::manifest::model::Environment;
use crate::registry;
use crate::resource_type::KeyShape;
use engine::schema::Unset;
use engine::value::stored_form;
use engine::{Action, Address, Attribute, Kind, Plan, Planned, ResourceChange, ScopePlan};

/// Attributes that a rename changes: names, and what is derived from names.
const NAMES: [&str; 3] = ["name", "display_name", "labels"];
/// How many renames are tried in pairs.
const MOST_TOGETHER: usize = 40;
/// An attribute that people often edit together with a name.
const DESCRIPTION: &str = "description";

/// Something that a plan destroys and creates again, and that was perhaps renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// An object that is destroyed.
    pub destroyed: Address,
    /// The one that is created in its place.
    pub created: Address,
    /// True if they differ in their descriptions, and not in the name only.
    pub is_described_anew: bool,
    /// The arguments of `koctl state mv` that keep the objects.
    pub arguments: String,
    /// The entry of `moved` that does the same.
    pub entry: String,
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
    /// The changes of labels from one text to another.
    relabelled: BTreeSet<(&'a str, &'a str)>,
    /// The names of the teams of which something is destroyed.
    teams: BTreeSet<String>,
    /// The names of the teams of which something is created.
    new_teams: BTreeSet<String>,
}

/// A rename that explains a part of the exchange.
struct Explanation<'a> {
    rename: Rename,
    pair: Pair<'a>,
    /// The resources that it explains.
    explained: BTreeSet<&'a Address>,
    /// True if the descriptions of some differ.
    is_described_anew: bool,
    /// The better, the more resources it explains, and the more of them are equal.
    score: usize,
}

/// What is created under a new name, if it is, and the old and new names that lead there.
type Successor<'a, 'r> = (Option<&'a ResourceChange>, Vec<(&'r str, &'r str)>);

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
        let created = of(Action::Create);
        let teams = |changes: &BTreeMap<&Address, &ResourceChange>| {
            changes.keys().filter_map(|address| team(address)).map(str::to_owned).collect()
        };
        let (teams, new_teams) = (teams(&destroyed), teams(&created));
        Self { destroyed, created, relabelled: relabelled(scope), teams, new_teams }
    }

    fn renames(&self) -> Vec<Renamed> {
        let explanations = self.explanations();
        let certain: Vec<&Explanation<'_>> = explanations.iter().filter(|one| is_certain(one, &explanations)).collect();
        let explained: BTreeSet<&Address> = certain.iter().flat_map(|one| one.explained.iter().copied()).collect();
        let single = self.single_pairs(&explained).into_iter().map(|pair| {
            let [from, to] = [pair.destroyed, pair.created].map(|change| change.address.to_string());
            (pair, false, Names::of_resource(from, to))
        });
        let renames = certain.iter().map(|one| (one.pair, one.is_described_anew, Names::of(&one.rename)));
        let renamed = |(Pair { destroyed, created }, is_described_anew, names): (Pair<'_>, bool, Names)| Renamed {
            destroyed: destroyed.address.clone(),
            created: created.address.clone(),
            is_described_anew,
            arguments: names.arguments(),
            entry: names.entry(),
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
        let mut possible: Vec<(Rename, Pair<'a>)> = Vec::new();
        for pair in self.pairs() {
            if let Some(rename) = rename(pair).filter(|rename| possible.iter().all(|(other, _)| other != rename)) {
                possible.push((rename, pair));
            }
        }
        let others: Vec<&Rename> = possible.iter().map(|(rename, _)| rename).collect();
        // Everything could be the companion of everything: so many were not renamed at once by a person.
        let others = if others.len() > MOST_TOGETHER { &[] } else { others.as_slice() };
        possible.iter().filter_map(|(rename, pair)| self.explanation(rename.clone(), *pair, others)).collect()
    }

    /// What is created under the new name of a resource, and the renames that lead there: `rename`, and perhaps one of
    /// `others`, as an environment can be renamed together with a team.
    fn successor<'r>(&self, address: &Address, rename: &'r Rename, others: &[&'r Rename]) -> Option<Successor<'a, 'r>> {
        let to = rename.address(address, &self.teams)?;
        if let Some(created) = self.created.get(&to) {
            return Some((Some(created), vec![names(rename)]));
        }
        let is_another = |other: &&&Rename| std::mem::discriminant(**other) != std::mem::discriminant(rename);
        let together = others.iter().filter(is_another).find_map(|other| {
            // The control plane of a renamed environment is named after the team, whatever that is called by then.
            let both = other.address(&to, &self.teams).and_then(|to| self.created.get(&to).copied());
            let turned = || {
                let first = other.address(address, &self.teams)?;
                self.created.get(&rename.address(&first, &self.teams)?).copied()
            };
            Some((both.or_else(turned)?, vec![names(rename), names(other)]))
        });
        Some(together.map_or((None, Vec::new()), |(created, names)| (Some(created), names)))
    }

    /// `None` if the rename does not explain the deletion of something guarded that is named after it. A description may
    /// differ, if something else shows that the object is the same.
    fn explanation(&self, rename: Rename, pair: Pair<'a>, others: &[&Rename]) -> Option<Explanation<'a>> {
        let (mut explained, mut score) = (BTreeSet::new(), 0);
        let mut is_shown = self.relabelled.contains(&names(&rename));
        let mut is_described_anew = false;
        for (address, destroyed) in &self.destroyed {
            let Some((created, names)) = self.successor(address, &rename, others) else { continue };
            let Some(created) = created else {
                if destroyed.guarded {
                    return None;
                }
                continue;
            };
            let pair = Pair { destroyed, created };
            let alike = likeness(pair, &names);
            if destroyed.guarded && alike == Likeness::None {
                return None;
            }
            is_described_anew |= destroyed.guarded && alike == Likeness::ButDescription;
            is_shown |= alike == Likeness::Full && is_telling(pair);
            explained.insert(*address);
            score += 1 + usize::from(alike == Likeness::Full);
        }
        (!is_described_anew || is_shown).then_some(Explanation { rename, pair, explained, is_described_anew, score })
    }

    /// True for two control planes that are named after a team that goes and one that comes. If these are one team, all
    /// of it moves along; if not, neither do its control planes.
    fn is_of_two_teams(&self, Pair { destroyed, created }: &Pair<'a>) -> bool {
        is_after_a_team(&destroyed.address, &self.teams) && is_after_a_team(&created.address, &self.new_teams)
    }

    /// The pairs of single resources that look the same and belong to the same environment, each the only one.
    fn single_pairs(&self, explained: &BTreeSet<&Address>) -> Vec<Pair<'a>> {
        let is_possible = |pair: &Pair<'a>| {
            let environment = |change: &'a ResourceChange| environment(&change.address);
            rename(*pair).is_none()
                && !self.is_of_two_teams(pair)
                && !explained.contains(&pair.destroyed.address)
                && environment(pair.destroyed) == environment(pair.created)
                && likeness(*pair, &[]) == Likeness::Full
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

/// The labels of objects that stay which change from one text to another: those of the services of a renamed team.
fn relabelled(scope: &ScopePlan) -> BTreeSet<(&str, &str)> {
    let updated = scope.changes.iter().filter(|change| change.action == Action::Update);
    let labels = updated.flat_map(|change| {
        let schema = registry::schema(change.address.type_name());
        let attributes = schema.into_iter().flat_map(|schema| schema.attributes);
        attributes.filter(|attribute| attribute.kind == Kind::Labels).map(move |attribute| (change, attribute.name))
    });
    let changed = labels.flat_map(|(change, name)| {
        let before = change.before(name).and_then(Value::as_object).into_iter().flatten();
        let after = change.after(name);
        before.filter_map(move |(key, before)| Some((before.as_str()?, after?.get(key)?.as_str()?)))
    });
    changed.filter(|(before, after)| before != after).collect()
}

/// How much two resources are the same, except for their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    None,
    /// Except for their descriptions, too.
    ButDescription,
    Full,
}

/// True if the likeness of a pair shows that what they belong to is the same: the same person in a team, or the same long
/// text. Other resources follow from the configuration, and are alike for all.
fn is_telling(Pair { destroyed, created }: Pair<'_>) -> bool {
    let of_a_person = registry::key(destroyed.address.type_name()) == Some(KeyShape::TeamAnd);
    let schema = registry::schema(destroyed.address.type_name());
    let mut texts = schema.into_iter().flat_map(|schema| schema.attributes).filter(|one| one.kind == Kind::Text);
    of_a_person || texts.any(|text| destroyed.before(text.name).is_some() && created.after(text.name).is_some())
}

/// How much two resources are the same except for their names, and for texts that contain the old names and the new.
fn likeness(pair: Pair<'_>, names: &[(&str, &str)]) -> Likeness {
    match (are_alike(pair, names, &[]), are_alike(pair, names, &[DESCRIPTION])) {
        (true, _) => Likeness::Full,
        (false, true) => Likeness::ButDescription,
        (false, false) => Likeness::None,
    }
}

fn are_alike(Pair { destroyed, created }: Pair<'_>, names: &[(&str, &str)], except: &[&str]) -> bool {
    let Some(schema) = registry::schema(destroyed.address.type_name()) else { return false };
    let is_set = |attribute: &&Attribute| !matches!(attribute.kind, Kind::Computed | Kind::Notice);
    let mut compared = schema
        .attributes
        .iter()
        .filter(is_set)
        .filter(|attribute| !NAMES.contains(&attribute.name) && !except.contains(&attribute.name));
    let is_renamed = |before: &Value, after: &Value| match (before.as_str(), after.as_str()) {
        (Some(before), Some(after)) => {
            names.iter().fold(before.to_owned(), |text, (from, to)| text.replace(from, to)) == after
        }
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
        | KeyShape::EnvironmentAndServiceAnd
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
        | KeyShape::EnvironmentAndServiceAnd
        | KeyShape::EnvironmentAndControlPlane
        | KeyShape::EnvironmentAnd => None,
    }
}

/// True for a control plane whose name follows from that of one of these teams.
fn is_after_a_team(address: &Address, teams: &BTreeSet<String>) -> bool {
    let is_plane = registry::key(address.type_name()) == Some(KeyShape::EnvironmentAndControlPlane);
    let Some((environment, name)) = address.key().split_once('/').filter(|_| is_plane) else { return false };
    teams.iter().any(|team| Environment::control_plane_name(team, environment) == name)
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
