//! What `moved` of the configuration says about addresses (R15).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::rename::Rename;
use crate::konnect::resources::{control_plane, user};
use crate::manifest::model::{Manifest, Moved, MovedType};
use crate::manifest::path::KeyPath;
use crate::manifest::suggest::nearest;
use crate::manifest::{Diagnostic, Loaded};
use crate::registry;
use crate::resource_type::KeyShape;
use engine::Address;
use engine::address::PLATFORM_SCOPE;

/// An entry of `moved`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Its position in the list.
    pub position: usize,
    what: What,
    /// The control planes that the configuration names.
    named: Arc<BTreeSet<Address>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// Something with a name, and all that is named after it.
    Named(Rename),
    /// A single resource.
    Resource { from: Address, to: Address },
}

impl Move {
    fn new(position: usize, moved: &Moved, named: Arc<BTreeSet<Address>>) -> Option<Self> {
        let (from, to) = (moved.from.clone(), moved.to.clone());
        let what = match moved.r#type {
            MovedType::Team => What::Named(Rename::Team { from, to }),
            MovedType::Service => What::Named(Rename::Service { from, to }),
            MovedType::Organization => What::Named(Rename::Organization { from, to }),
            MovedType::Environment => {
                let ((organization, from), (_, to)) = (from.split_once('/')?, to.split_once('/')?);
                let organization = organization.to_owned();
                What::Named(Rename::Environment { organization, from: from.to_owned(), to: to.to_owned() })
            }
            MovedType::Resource => What::Resource { from: from.parse().ok()?, to: to.parse().ok()? },
        };
        Some(Self { position, what, named })
    }

    /// The new address of a resource. `None` if the entry is not about it. `teams` as in [`Rename::address`].
    #[must_use]
    pub fn address(&self, address: &Address, teams: &BTreeSet<String>) -> Option<Address> {
        match &self.what {
            What::Named(rename) => self.keeping_names(address, rename.address(address, teams)?),
            What::Resource { from, to } => (from == address).then(|| to.clone()),
        }
    }

    /// The new address, except that a control plane which the configuration names keeps its name: another team can be in
    /// it.
    fn keeping_names(&self, from: &Address, to: Address) -> Option<Address> {
        let is_plane = registry::key(from.type_name()) == Some(KeyShape::EnvironmentAndControlPlane);
        let with_name = || {
            let ((_, name), (environment, _)) = (from.key().split_once('/')?, to.key().split_once('/')?);
            let kept = Address::new(to.scope(), to.type_name(), &format!("{environment}/{name}"));
            self.named.contains(&kept).then_some(kept)
        };
        let to = if is_plane { with_name().unwrap_or(to) } else { to };
        (to != *from).then_some(to)
    }

    /// The single resource that gets another address. `None` if the entry is about a name.
    #[must_use]
    pub fn resource(&self) -> Option<&Address> {
        match &self.what {
            What::Resource { from, .. } => Some(from),
            What::Named(_) => None,
        }
    }
}

/// The entries about resources within their scope. One that leads to the old name of another comes before it, so that
/// the renamings of several releases act one after the other. Renamings of organizations are not among them.
#[must_use]
pub fn moves(manifest: &Manifest) -> Vec<Move> {
    let by_target: BTreeMap<(MovedType, &str), &str> =
        manifest.moved.iter().map(|one| ((one.r#type, one.to.as_str()), one.from.as_str())).collect();
    // The manifest's rules refuse circles; the number of entries is a limit all the same.
    let depth = |moved: &Moved| {
        let mut name = moved.from.as_str();
        let mut steps = 0;
        while let Some(before) = by_target.get(&(moved.r#type, name)).filter(|_| steps < manifest.moved.len()) {
            (name, steps) = (before, steps + 1);
        }
        steps
    };
    let within = manifest.moved.iter().enumerate().filter(|(_, one)| one.r#type != MovedType::Organization);
    let mut sorted: Vec<(usize, usize, &Moved)> =
        within.map(|(position, moved)| (depth(moved), position, moved)).collect();
    sorted.sort_by_key(|(depth, position, _)| (*depth, *position));
    let named = Arc::new(named_planes(manifest));
    sorted.into_iter().filter_map(|(_, position, moved)| Move::new(position, moved, Arc::clone(&named))).collect()
}

/// The addresses of the control planes that the configuration names, also those in environments under former names.
fn named_planes(manifest: &Manifest) -> BTreeSet<Address> {
    let mut named = BTreeSet::new();
    for (organization, environment, content) in manifest.organizations.iter().flat_map(|(name, organization)| {
        organization.environments.iter().map(move |(environment, content)| (name, environment, content))
    }) {
        let parts = content.teams.iter().flat_map(|teams| teams.values());
        let planes: Vec<&str> = parts.filter_map(|part| part.control_plane_name.as_deref()).collect();
        if planes.is_empty() {
            continue;
        }
        let mut places = former_environments(manifest, organization, environment);
        places.insert((organization.clone(), environment.clone()));
        let address = |(scope, environment): &(String, String), plane: &str| {
            Address::new(scope, control_plane::SCHEMA.type_name, &format!("{environment}/{plane}"))
        };
        named.extend(places.iter().flat_map(|place| planes.iter().map(move |plane| address(place, plane))));
    }
    named
}

/// The entries about a resource of a type that cannot move, or that is not known.
pub(super) fn mistakes(loaded: &Loaded) -> Vec<Diagnostic> {
    let entries = loaded.manifest.moved.iter().enumerate().filter(|(_, one)| one.r#type == MovedType::Resource);
    let mistake = |(position, moved): (usize, &Moved)| {
        let (message, help) = mistake(&moved.from.parse().ok()?)?;
        let path = KeyPath::from(["moved"]).index(position).key("from");
        Some(loaded.diagnostic(&path, "koctl::compiler::moved", message).with_help(help))
    };
    entries.filter_map(mistake).collect()
}

/// Why a resource cannot get another address, and what to do instead.
fn mistake(address: &Address) -> Option<(String, String)> {
    let type_name = address.type_name();
    if address.scope() == PLATFORM_SCOPE {
        let message = format!("`{address}` cannot move: it belongs to the platform repository");
        return Some((message, "remove the entry: what koctl keeps there follows from the configuration".to_owned()));
    }
    if registry::schema(type_name).is_none() {
        let known: Vec<&str> = registry::schemas().iter().map(|schema| schema.type_name).collect();
        let help = match nearest(type_name, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`koctl state list` lists the addresses in the state; docs/resources.md has all types".to_owned(),
        };
        return Some((format!("`{address}` cannot move: there is no type `{type_name}`"), help));
    }
    (type_name == user::SCHEMA.type_name).then(|| {
        let message = format!("`{address}` cannot move: a person is known by the email, which Konnect does not change");
        let help = "remove the entry: the new address under `users` is invited, and the old one leaves the teams";
        (message, help.to_owned())
    })
}

/// The former names of an organization with the position of the entry that ends each, the last one first.
#[must_use]
pub fn former_names<'m>(manifest: &'m Manifest, organization: &str) -> Vec<(usize, &'m str)> {
    let renamings = manifest.moved.iter().enumerate().filter(|(_, one)| one.r#type == MovedType::Organization);
    let by_target: BTreeMap<&str, (usize, &str)> =
        renamings.map(|(position, one)| (one.to.as_str(), (position, one.from.as_str()))).collect();
    let (mut names, mut name) = (Vec::new(), organization);
    while let Some((position, former)) = by_target.get(name).filter(|_| names.len() < manifest.moved.len()) {
        names.push((*position, *former));
        name = former;
    }
    names
}

/// The former names of an environment, each with that of its organization then. Names that are in use are not among them.
#[must_use]
pub fn former_environments(manifest: &Manifest, organization: &str, environment: &str) -> BTreeSet<(String, String)> {
    let now = (organization.to_owned(), environment.to_owned());
    let mut found = BTreeSet::from([now.clone()]);
    // Each round goes one renaming back; there are no more rounds than entries.
    for _ in &manifest.moved {
        let before: Vec<(String, String)> = found.iter().flat_map(|name| before(manifest, name)).collect();
        found.extend(before);
    }
    let is_used = |(organization, name): &(String, String)| {
        manifest.organizations.get(organization).is_some_and(|one| one.environments.contains_key(name))
    };
    found.retain(|name| *name != now && !is_used(name));
    found
}

/// The names of an environment before the last renaming of it or of its organization.
fn before(manifest: &Manifest, (organization, name): &(String, String)) -> Vec<(String, String)> {
    let (whole, mut all) = (format!("{organization}/{name}"), Vec::new());
    for moved in &manifest.moved {
        match moved.r#type {
            MovedType::Organization if moved.to == *organization => all.push((moved.from.clone(), name.clone())),
            MovedType::Environment if moved.to == whole => {
                let former = moved.from.split_once('/').map(|(one, other)| (one.to_owned(), other.to_owned()));
                all.extend(former);
            }
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(moved: &[(MovedType, &str, &str)]) -> Manifest {
        let entry = |(kind, from, to): &(MovedType, &str, &str)| Moved {
            r#type: *kind,
            from: (*from).to_owned(),
            to: (*to).to_owned(),
        };
        Manifest { moved: moved.iter().map(entry).collect(), ..Manifest::default() }
    }

    #[test]
    fn r15_a_chain_of_releases_acts_in_the_order_of_the_names() {
        use MovedType::{Resource, Team};
        let written =
            [(Team, "b", "c"), (Resource, "Acme/portal/x", "Acme/portal/y"), (Team, "a", "b"), (Team, "c", "d")];
        let positions: Vec<usize> = moves(&manifest(&written)).iter().map(|one| one.position).collect();
        assert_eq!(positions, [1, 2, 0, 3]);
    }

    #[test]
    fn r15_an_environment_knows_its_former_names_and_organizations() {
        use MovedType::{Environment, Organization};
        let manifest =
            manifest(&[(Environment, "A/dev", "A/test"), (Organization, "A", "B"), (Environment, "B/test", "B/qa")]);
        let names = former_environments(&manifest, "B", "qa");
        let names: Vec<String> = names.iter().map(|(organization, name)| format!("{organization}/{name}")).collect();
        assert_eq!(names, ["A/dev", "A/qa", "A/test", "B/test"]);
        assert!(former_environments(&manifest, "B", "prd").iter().eq([&("A".to_owned(), "prd".to_owned())]));
    }

    #[test]
    fn r15_an_organization_knows_its_former_names() {
        use MovedType::Organization;
        let manifest = manifest(&[(Organization, "A", "B"), (Organization, "B", "C")]);
        assert_eq!(former_names(&manifest, "C"), [(1, "B"), (0, "A")]);
        assert_eq!(former_names(&manifest, "A"), []);
        assert!(moves(&manifest).is_empty());
    }
}
