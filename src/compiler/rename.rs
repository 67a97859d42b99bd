//! How renaming a team, service, environment or organization changes addresses.
//!
//! An address of the configuration with the old name becomes the address of the configuration with the new name. A type's
//! [`KeyShape`] decides how, and a test compares the result with the compiler.

use std::collections::BTreeSet;

use crate::registry;
use crate::resource_type::KeyShape;
use engine::Address;

/// Something that gets another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rename {
    /// A team, in every organization.
    Team {
        /// Its name in the state.
        from: String,
        /// Its name in the configuration.
        to: String,
    },
    /// A service, by its `name`, in every organization.
    Service {
        /// Its name in the state.
        from: String,
        /// Its name in the configuration.
        to: String,
    },
    /// An environment of one organization.
    Environment {
        /// The organization.
        organization: String,
        /// Its name in the state.
        from: String,
        /// Its name in the configuration.
        to: String,
    },
    /// An organization: its state becomes that of another scope.
    Organization {
        /// Its name in the state.
        from: String,
        /// Its name in the configuration.
        to: String,
    },
}

impl Rename {
    /// The address of a resource after the renaming. `None` if it stays the same. `teams` are the names of the teams in
    /// the state of the scope: a control plane is named after its team unless the configuration names it.
    #[must_use]
    pub fn address(&self, address: &Address, teams: &BTreeSet<String>) -> Option<Address> {
        let shape = registry::key(address.type_name()).unwrap_or(KeyShape::Own);
        let key = match self {
            Self::Organization { from, to } => {
                return (address.scope() == from).then(|| Address::new(to, address.type_name(), address.key()));
            }
            Self::Environment { organization, .. } if address.scope() != organization => None,
            Self::Environment { from, to, .. } => of_environment(shape, address.key(), from, to, teams),
            Self::Team { from, to } => of_team(shape, address.key(), from, to),
            Self::Service { from, to } => of_service(shape, address.key(), from, to),
        };
        key.map(|key| Address::new(address.scope(), address.type_name(), &key))
    }
}

/// The key after a team was renamed.
fn of_team(shape: KeyShape, key: &str, from: &str, to: &str) -> Option<String> {
    match shape {
        KeyShape::Team => (key == from).then(|| to.to_owned()),
        KeyShape::TeamAnd => first_renamed(key, from, to),
        KeyShape::EnvironmentAndTeam => last_renamed(key, from, to),
        KeyShape::EnvironmentAndControlPlane => {
            let (environment, name) = key.split_once('/')?;
            (name == format!("{from}-{environment}")).then(|| format!("{environment}/{to}-{environment}"))
        }
        KeyShape::Own
        | KeyShape::Environment
        | KeyShape::EnvironmentAndService
        | KeyShape::EnvironmentAndServiceAnd
        | KeyShape::EnvironmentAnd => None,
    }
}

/// The key after a service was renamed.
fn of_service(shape: KeyShape, key: &str, from: &str, to: &str) -> Option<String> {
    match shape {
        KeyShape::EnvironmentAndService => last_renamed(key, from, to),
        KeyShape::EnvironmentAndServiceAnd => {
            let (environment, rest) = key.split_once('/')?;
            Some(format!("{environment}/{}", first_renamed(rest, from, to)?))
        }
        KeyShape::Own
        | KeyShape::Team
        | KeyShape::TeamAnd
        | KeyShape::Environment
        | KeyShape::EnvironmentAndTeam
        | KeyShape::EnvironmentAndControlPlane
        | KeyShape::EnvironmentAnd => None,
    }
}

/// The key after an environment was renamed.
fn of_environment(shape: KeyShape, key: &str, from: &str, to: &str, teams: &BTreeSet<String>) -> Option<String> {
    match shape {
        KeyShape::Environment => (key == from).then(|| to.to_owned()),
        KeyShape::EnvironmentAndControlPlane => {
            let (environment, name) = key.split_once('/')?;
            let team = name.strip_suffix(from).and_then(|team| team.strip_suffix('-'));
            let name = match team.filter(|team| teams.contains(*team)) {
                Some(team) => format!("{team}-{to}"),
                None => name.to_owned(),
            };
            (environment == from).then(|| format!("{to}/{name}"))
        }
        KeyShape::EnvironmentAndTeam
        | KeyShape::EnvironmentAndService
        | KeyShape::EnvironmentAndServiceAnd
        | KeyShape::EnvironmentAnd => first_renamed(key, from, to),
        KeyShape::Own | KeyShape::Team | KeyShape::TeamAnd => None,
    }
}

fn first_renamed(key: &str, from: &str, to: &str) -> Option<String> {
    let (first, rest) = key.split_once('/')?;
    (first == from).then(|| format!("{to}/{rest}"))
}

fn last_renamed(key: &str, from: &str, to: &str) -> Option<String> {
    let (first, last) = key.split_once('/')?;
    (last == from).then(|| format!("{first}/{to}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::compiler::{ReadSecrets, outline};
    use crate::manifest::load::load_texts;
    use crate::manifest::model::Manifest;

    /// Two teams, of which one shares and names its control plane, a service each, two environments.
    const WORLD: &str = r#"
teams:
  orders:
    users: [kim@example.com]
    services:
      Acme/checkout: {name: checkout, git: {remote: "https://github.com/Acme/checkout.git"}}
  stock:
    users: [kim@example.com]
    services:
      Acme/cart: {name: cart, git: {remote: "https://github.com/Acme/cart.git"}}
organizations:
  Acme:
    access-token: {type: env, value: ACME}
    environments:
      dev:
        type: DEV
        region: eu
        portal:
          auth-strategies: {key: {strategy-type: key_auth}}
          teams: {partners: {roles: [{role: API Viewer}]}}
      prd:
        type: PROD
        region: eu
        teams: {orders: {control-plane-name: gateway-prd}, stock: {}}
"#;

    fn manifest(text: &str) -> Manifest {
        load_texts(&[("koctl.yaml", text)], Path::new("/")).unwrap().manifest
    }

    fn addresses(manifest: &Manifest) -> BTreeSet<Address> {
        let mut all = BTreeSet::new();
        for (name, organization) in &manifest.organizations {
            let desired = outline(manifest, name, organization, &ReadSecrets::default()).unwrap();
            all.extend(desired.into_iter().map(|resource| resource.address));
        }
        all
    }

    /// The renamed resources of the old configuration are those of the new one.
    #[track_caller]
    fn agrees(rename: &Rename, edits: &[(&str, &str)]) {
        let edited = edits.iter().fold(WORLD.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let (before, after) = (addresses(&manifest(WORLD)), addresses(&manifest(&edited)));
        assert_ne!(before, after);
        let teams = BTreeSet::from(["orders".to_owned(), "stock".to_owned()]);
        let renamed = before.iter().map(|address| rename.address(address, &teams).unwrap_or_else(|| address.clone()));
        assert_eq!(renamed.collect::<BTreeSet<_>>(), after);
    }

    fn names(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn a_name_that_nothing_has_renames_nothing() {
        let (from, to) = names("nobody", "somebody");
        let teams = BTreeSet::new();
        for rename in [
            Rename::Team { from: from.clone(), to: to.clone() },
            Rename::Service { from: from.clone(), to: to.clone() },
            Rename::Environment { organization: "Acme".into(), from: from.clone(), to: to.clone() },
            Rename::Organization { from, to },
        ] {
            assert!(addresses(&manifest(WORLD)).iter().all(|address| rename.address(address, &teams).is_none()));
        }
    }

    #[test]
    fn a_renamed_team_takes_along_what_is_named_after_it() {
        let (from, to) = names("orders", "sales");
        agrees(&Rename::Team { from, to }, &[("orders:", "sales:")]);
    }

    #[test]
    fn a_renamed_service_takes_its_apis_along() {
        let (from, to) = names("checkout", "payment");
        agrees(&Rename::Service { from, to }, &[("{name: checkout", "{name: payment")]);
    }

    #[test]
    fn a_renamed_environment_takes_along_all_of_it_but_the_names_of_others() {
        let rename = |from: &str, to: &str| Rename::Environment {
            organization: "Acme".into(),
            from: from.into(),
            to: to.into(),
        };
        agrees(&rename("dev", "test"), &[("dev:", "test:")]);
        // The control plane whose name is configured keeps it, though it ends like the others.
        agrees(&rename("prd", "live"), &[("prd:\n", "live:\n")]);
    }

    #[test]
    fn a_renamed_organization_takes_everything_along() {
        let (from, to) = names("Acme", "Ajax");
        agrees(&Rename::Organization { from, to }, &[("  Acme:\n", "  Ajax:\n")]);
    }

    #[test]
    fn an_environment_of_another_organization_stays() {
        let rename = Rename::Environment { organization: "Other".into(), from: "dev".into(), to: "test".into() };
        let address = Address::new("Acme", "portal", "dev");
        assert_eq!(rename.address(&address, &BTreeSet::new()), None);
    }
}
