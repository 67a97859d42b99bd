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
        for (path, moved) in &entries {
            self.names_of_move(path, moved);
        }
        self.once(
            &entries,
            "from",
            "is renamed twice",
            "keep the one that is true; a later renaming begins at the new name",
        );
        self.once(&entries, "to", "is the new name of two", "give each its own name: two cannot become one");
        self.circles(&entries);
    }

    fn names_of_move(&mut self, path: &KeyPath, moved: &Moved) {
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

    /// Reports each circle of names once, at its first entry.
    fn circles(&mut self, entries: &[(KeyPath, &Moved)]) {
        let next: BTreeMap<(MovedType, &str), &str> =
            entries.iter().map(|(_, one)| ((one.r#type, one.from.as_str()), one.to.as_str())).collect();
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
                let circle = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" to ");
                let message = format!("the moves go round in a circle: {circle}");
                let help = "remove the entry that is not true; to exchange two names, apply with a third name first";
                self.report(&path.key("to"), MOVED, message, help);
            }
        }
    }
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
