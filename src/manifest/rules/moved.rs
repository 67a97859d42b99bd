//! Rules about `moved`: each entry names an old and a new name, the old one is not in use any more, and no names go
//! round in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::Rules;
use crate::manifest::model::{Moved, MovedType};
use crate::manifest::path::KeyPath;

/// The code of these errors.
const MOVED: &str = "koctl::manifest::moved";

impl Rules<'_> {
    pub(super) fn moved(&mut self) {
        let list = KeyPath::from(["moved"]);
        let entries: Vec<(KeyPath, &Moved)> =
            self.manifest.moved.iter().enumerate().map(|(position, one)| (list.index(position), one)).collect();
        let circles = circles(&entries);
        let is_in_circle =
            |one: &Moved| circles.iter().any(|(_, kind, names)| *kind == one.r#type && names.contains(&&*one.from));
        for (path, moved) in &entries {
            if !is_in_circle(moved) || moved.from == moved.to {
                self.names_of_move(path, moved, &entries);
            }
        }
        self.once(
            &entries,
            "from",
            "is renamed twice",
            "keep the one that is true; a later renaming begins at the new name",
        );
        self.once(&entries, "to", "is the new name of two", "give each its own name: two cannot become one");
        for (path, _, names) in &circles {
            let circle = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" to ");
            let message = format!("the moves go round in a circle: {circle}");
            let help = "remove the entry that is not true; to exchange names, rename one to a name that nothing has and apply \
                        that, then the others one by one, each time with the new entry alone";
            self.report(&path.key("to"), MOVED, message, help);
        }
        self.renamed_in_mappings();
    }

    fn names_of_move(&mut self, path: &KeyPath, moved: &Moved, entries: &[(KeyPath, &Moved)]) {
        for (key, name) in [("from", &moved.from), ("to", &moved.to)] {
            if let Some(expected) = misformed(moved.r#type, name) {
                let message = format!("`{name}` is not a valid name of {}", moved.r#type.noun());
                return self.report(&path.key(key), MOVED, message, expected);
            }
        }
        if moved.from == moved.to {
            let message = format!("`{}` is moved to itself", moved.from);
            return self.report(&path.key("to"), MOVED, message, "write the new name here, or remove the entry");
        }
        if let Some((what, help)) = apart(moved) {
            return self.report(&path.key("to"), MOVED, what, help);
        }
        if self.is_configured(moved) {
            let is_taker = |one: &&Moved| one.r#type == moved.r#type && one.to == moved.from;
            if let Some(taker) = entries.iter().map(|(_, one)| *one).find(is_taker) {
                let message = format!(
                    "`{from}` is moved to `{to}`, and `{taker}` to `{from}`: one apply cannot do both",
                    from = moved.from,
                    to = moved.to,
                    taker = taker.from
                );
                let help = format!(
                    "rename `{from}` to `{to}` first, and apply that; then remove this entry, and rename `{taker}` to `{from}`",
                    from = moved.from,
                    to = moved.to,
                    taker = taker.from
                );
                return self.report(&path.key("from"), MOVED, message, help);
            }
            let message = format!(
                "`{}` is moved to `{}`, but {} of the old name is still configured",
                moved.from,
                moved.to,
                moved.r#type.noun()
            );
            let help =
                "rename it, or remove this entry: what has the old name now would lose its objects to the new one";
            self.report(&path.key("from"), MOVED, message, help);
        }
    }

    /// True if the configuration still has the old name. Whether it has a resource, a plan finds out.
    fn is_configured(&self, moved: &Moved) -> bool {
        let (manifest, name) = (self.manifest, &moved.from);
        match moved.r#type {
            MovedType::Team => manifest.teams.contains_key(name),
            MovedType::Service => {
                manifest.teams.values().flat_map(|team| team.services.values()).any(|service| service.name == *name)
            }
            MovedType::Organization => manifest.organizations.contains_key(name),
            MovedType::Environment => name.split_once('/').is_some_and(|(organization, name)| {
                manifest.organizations.get(organization).is_some_and(|one| one.environments.contains_key(name))
            }),
            MovedType::Resource => false,
        }
    }

    /// Reports a name that two entries have under `key`.
    fn once(&mut self, entries: &[(KeyPath, &Moved)], key: &str, problem: &str, help: &str) {
        let mut seen: BTreeMap<(MovedType, &str), &KeyPath> = BTreeMap::new();
        for (path, moved) in entries {
            let name = if key == "from" { &moved.from } else { &moved.to };
            if let Some(first) = seen.insert((moved.r#type, name), path) {
                self.report_conflict(
                    [(&first.key(key), "first here"), (&path.key(key), "again here")],
                    MOVED,
                    format!("the {} `{name}` {problem}", noun(moved.r#type)),
                    help,
                );
            }
        }
    }

    /// Reports the mappings of groups to a team under its former name. Konnect has a team of that name until the apply, so
    /// that it would be found, once.
    fn renamed_in_mappings(&mut self) {
        for (name, organization) in &self.manifest.organizations {
            let mappings = organization.authorization.as_ref().and_then(|one| one.team_mappings.as_ref());
            let Some(idp) = mappings.and_then(|mappings| mappings.idp.as_ref()) else { continue };
            let path = KeyPath::from(["organizations", name, "authorization", "team-mappings", "idp", "mappings"]);
            for team in idp.mappings.keys().filter(|team| !self.manifest.teams.contains_key(*team)) {
                if let Some(now) = self.name_now(team) {
                    self.report_renamed(&path.key(team), team, &now);
                }
            }
        }
    }

    /// Reports the former name of a team, whose name is another `now`.
    pub(super) fn report_renamed(&mut self, path: &KeyPath, team: &str, now: &str) {
        let message = format!("the team `{team}` has another name by `moved`: `{now}`");
        let help = format!("write `{now}` here, too");
        let is_entry = |one: &Moved| one.r#type == MovedType::Team && one.from == team;
        match self.manifest.moved.iter().position(is_entry) {
            Some(entry) => {
                let entry = KeyPath::from(["moved"]).index(entry).key("from");
                self.report_conflict([(path, "the former name"), (&entry, "renamed here")], MOVED, message, &help);
            }
            None => self.report(path, MOVED, message, help),
        }
    }

    /// The name of a team after all its renamings, which the configuration has. `None` if it was not renamed, or if the
    /// configuration does not have that name either.
    pub(super) fn name_now(&self, team: &str) -> Option<String> {
        let renamings = self.manifest.moved.iter().filter(|one| one.r#type == MovedType::Team);
        let next: BTreeMap<&str, &str> = renamings.map(|one| (one.from.as_str(), one.to.as_str())).collect();
        let mut name = *next.get(team)?;
        // A circle has its own error.
        for _ in &next {
            name = next.get(name).copied().unwrap_or(name);
        }
        self.manifest.teams.contains_key(name).then(|| name.to_owned())
    }
}

/// The circles of names, each once, with its first entry. The first name of a circle is repeated at the end.
fn circles<'a>(entries: &[(KeyPath, &'a Moved)]) -> Vec<(KeyPath, MovedType, Vec<&'a str>)> {
    let next: BTreeMap<(MovedType, &str), &str> =
        entries.iter().map(|(_, one)| ((one.r#type, one.from.as_str()), one.to.as_str())).collect();
    let mut circles: Vec<(KeyPath, MovedType, Vec<&str>)> = Vec::new();
    let mut reported: BTreeSet<(MovedType, &str)> = BTreeSet::new();
    for (path, moved) in entries.iter().filter(|(_, one)| one.from != one.to) {
        let kind = moved.r#type;
        let mut names = vec![moved.from.as_str()];
        while let Some(name) = names.last().and_then(|name| next.get(&(kind, name))) {
            if names.contains(name) {
                break;
            }
            names.push(name);
        }
        let closes = names.last().and_then(|name| next.get(&(kind, name))) == Some(&moved.from.as_str());
        if closes && !names.iter().any(|name| reported.contains(&(kind, *name))) {
            reported.extend(names.iter().map(|name| (kind, *name)));
            names.push(&moved.from);
            circles.push((path.clone(), kind, names));
        }
    }
    circles
}

fn noun(kind: MovedType) -> &'static str {
    kind.noun().split_once(' ').map_or("", |(_, noun)| noun)
}

/// How a name is written, if this one is not.
fn misformed(kind: MovedType, name: &str) -> Option<&'static str> {
    let parts: Vec<&str> = name.split('/').collect();
    let is_whole = parts.iter().all(|part| !part.is_empty());
    match kind {
        MovedType::Team | MovedType::Service | MovedType::Organization if parts.len() != 1 || !is_whole => {
            Some("write the name alone, without slashes; for a single resource, omit `type`")
        }
        MovedType::Environment if parts.len() != 2 || !is_whole => Some("write it as ORGANIZATION/NAME"),
        MovedType::Resource if parts.len() < 3 || !is_whole => {
            Some("write an address, as KongAirlines/team/flight-data; for a name, set `type`, for example `type: team`")
        }
        _ => None,
    }
}

/// What the two names of an entry must have in common, if they do not.
fn apart(moved: &Moved) -> Option<(String, &'static str)> {
    let (from, to) = (moved.from.split('/'), moved.to.split('/'));
    let common = match moved.r#type {
        MovedType::Environment => 1,
        MovedType::Resource => 2,
        MovedType::Team | MovedType::Service | MovedType::Organization => return None,
    };
    if from.take(common).eq(to.take(common)) {
        return None;
    }
    let message = format!("`{}` cannot become `{}`", moved.from, moved.to);
    let help = match moved.r#type {
        MovedType::Environment => "an environment stays in its organization; to rename that, use `type: organization`",
        _ => "a resource keeps its organization and its type; to rename an organization, use `type: organization`",
    };
    Some((message, help))
}
