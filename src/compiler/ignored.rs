//! `ignore-changes`: the resources and attributes that each list of the configuration names.

use std::collections::BTreeSet;

use super::gateways::plane_of;
use super::scope::{EnvironmentScope, Scope};
use crate::manifest::model::{Environment, Manifest, Organization, Service, Team};
use crate::manifest::path::KeyPath;
use crate::manifest::suggest::nearest;
use crate::manifest::{Diagnostic, Loaded};
use crate::registry;
use crate::resource_type::KeyShape;
use engine::{Address, Desired, Schema};

/// The entries of the lists of a configuration that name no attribute, or one that cannot be ignored.
pub(super) fn mistakes(loaded: &Loaded) -> Vec<Diagnostic> {
    let wrong = |(path, list): (KeyPath, &[String])| {
        let entries = list.iter().enumerate().map(|(index, entry)| (path.index(index), entry.as_str()));
        entries.filter_map(|(path, entry)| mistake(loaded, &path, entry)).collect::<Vec<_>>()
    };
    lists(&loaded.manifest).into_iter().flat_map(wrong).collect()
}

/// All lists of a configuration.
fn lists<'a>(manifest: &'a Manifest) -> Vec<(KeyPath, &'a [String])> {
    let mut lists = Vec::new();
    for (name, Team { ignore_changes, services, .. }) in &manifest.teams {
        let path = KeyPath::from(["teams", name]);
        lists.push((path.key(KEY), ignore_changes.as_slice()));
        let services_path = path.key("services");
        let of_service = |(key, service): (&String, &'a Service)| {
            (services_path.key(key).key(KEY), service.ignore_changes.as_slice())
        };
        lists.extend(services.iter().map(of_service));
    }
    for (name, Organization { ignore_changes, environments, .. }) in &manifest.organizations {
        let path = KeyPath::from(["organizations", name]);
        lists.push((path.key(KEY), ignore_changes.as_slice()));
        let environments_path = path.key("environments");
        let of_environment = |(key, environment): (&String, &'a Environment)| {
            (environments_path.key(key).key(KEY), environment.ignore_changes.as_slice())
        };
        lists.extend(environments.iter().map(of_environment));
    }
    lists
}

const KEY: &str = "ignore-changes";

/// The mistake in an entry of a list.
fn mistake(loaded: &Loaded, path: &KeyPath, entry: &str) -> Option<Diagnostic> {
    let (type_name, attribute) = entry.split_once('.').unwrap_or(("", entry));
    let known = registry::schema(type_name).and_then(|schema| schema.attribute(attribute));
    let (reason, help) = match known {
        Some(attribute) if attribute.can_be_ignored() => return None,
        Some(_) => (
            "it is a part of the object's address, a secret, set by the server, or a set of files",
            "remove it from the list".to_owned(),
        ),
        None => ("there is no such attribute", advice(type_name, attribute, entry)),
    };
    let message = format!("`{entry}` cannot be ignored: {reason}");
    Some(loaded.diagnostic(path, "koctl::compiler::ignore_changes", message).with_help(help))
}

/// The nearest attribute, or how to write one.
fn advice(type_name: &str, attribute: &str, entry: &str) -> String {
    let named = |schema: &&Schema| -> Vec<String> {
        let names = schema.attributes.iter().filter(|attribute| attribute.can_be_ignored());
        names.map(|attribute| format!("{}.{}", schema.type_name, attribute.name)).collect()
    };
    let all: Vec<String> = registry::schemas().iter().flat_map(named).collect();
    if let Some(meant) = nearest(entry, all.iter().map(String::as_str)) {
        return format!("did you mean `{meant}`?");
    }
    let of_type = all.iter().filter(|name| name.split('.').next() == Some(type_name));
    let of_name = all.iter().filter(|name| name.rsplit('.').next() == Some(attribute));
    let likely: Vec<String> = of_type.chain(of_name).take(10).map(|name| format!("`{name}`")).collect();
    match likely.as_slice() {
        [] => "write the type of a resource and its attribute, like `portal.display_name`: docs/resources.md has all"
            .into(),
        likely => format!("write one of {}", likely.join(", ")),
    }
}

/// Adds what the lists name to the resources of an organization.
pub(super) fn apply(scope: &Scope<'_>, environments: &[EnvironmentScope<'_>], desired: &mut [Desired]) {
    let lists = of_organization(scope, environments);
    if lists.is_empty() {
        return;
    }
    for resource in desired {
        let lists = lists.iter().filter(|list| list.covers(&resource.address));
        let entries = lists.flat_map(|list| list.entries).filter_map(|entry| entry.split_once('.'));
        let type_name = resource.address.type_name();
        let names = entries.filter(|(of_type, _)| *of_type == type_name).map(|(_, name)| name.to_owned());
        resource.ignored.extend(names.collect::<Vec<_>>());
    }
}

/// A list, and what it is about.
struct List<'a> {
    entries: &'a [String],
    about: About<'a>,
}

/// What a list is about.
enum About<'a> {
    Organization,
    Environment(&'a str),
    /// A team, its services, and its control planes as keys of addresses.
    Team {
        name: &'a str,
        services: BTreeSet<&'a str>,
        planes: BTreeSet<String>,
    },
    Service(&'a str),
}

/// The lists that name anything.
fn of_organization<'a>(scope: &Scope<'a>, environments: &[EnvironmentScope<'a>]) -> Vec<List<'a>> {
    let organization = scope.organization;
    let mut lists = vec![List { entries: &organization.ignore_changes, about: About::Organization }];
    lists.extend(
        organization
            .environments
            .iter()
            .map(|(name, environment)| List { entries: &environment.ignore_changes, about: About::Environment(name) }),
    );
    for (name, team) in &scope.input.manifest.teams {
        let plane = |environment: &EnvironmentScope<'_>| Some(plane_of(environment, name)?.address.key().to_owned());
        let services = team.services.values().map(|service| service.name.as_str()).collect();
        let planes = environments.iter().filter_map(plane).collect();
        lists.push(List { entries: &team.ignore_changes, about: About::Team { name, services, planes } });
        lists.extend(
            team.services
                .values()
                .map(|service| List { entries: &service.ignore_changes, about: About::Service(&service.name) }),
        );
    }
    lists.retain(|list| !list.entries.is_empty());
    lists
}

impl List<'_> {
    /// True if the list is about this resource of the organization.
    fn covers(&self, address: &Address) -> bool {
        let shape = registry::key(address.type_name()).unwrap_or(KeyShape::Own);
        let key = address.key();
        let (first, rest) = key.split_once('/').unwrap_or((key, ""));
        let service = rest.split('/').next().unwrap_or_default();
        match &self.about {
            About::Organization => true,
            About::Environment(name) => shape.begins_with_environment() && first == *name,
            About::Team { name, services, planes } => match shape {
                KeyShape::Team | KeyShape::TeamAnd => first == *name,
                KeyShape::EnvironmentAndTeam => rest == *name,
                KeyShape::EnvironmentAndService => services.contains(rest),
                KeyShape::EnvironmentAndServiceAnd => services.contains(service),
                KeyShape::EnvironmentAndControlPlane => planes.contains(key),
                KeyShape::Own | KeyShape::Environment | KeyShape::EnvironmentAnd => false,
            },
            About::Service(name) => match shape {
                KeyShape::EnvironmentAndService => rest == *name,
                KeyShape::EnvironmentAndServiceAnd => service == *name,
                _ => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::compiler::{ReadSecrets, outline};
    use crate::manifest::load::load_texts;

    /// Two teams with a service each, two environments.
    const WORLD: &str = r#"
teams:
  orders:
    users: [kim@example.com]
    services:
      Acme/checkout: {name: checkout, git: {remote: "https://github.com/Acme/checkout.git"}}
  stock:
    services:
      Acme/cart: {name: cart, git: {remote: "https://github.com/Acme/cart.git"}}
organizations:
  Acme:
    access-token: {type: env, value: ACME}
    environments:
      dev: {type: DEV, region: eu}
      prd: {type: PROD, region: eu, teams: {orders: {control-plane-name: shared}, stock: {control-plane-name: shared}}}
"#;

    fn loaded(edit: (&str, &str)) -> Loaded {
        assert!(WORLD.contains(edit.0), "{}", edit.0);
        load_texts(&[("koctl.yaml", &WORLD.replacen(edit.0, edit.1, 1))], Path::new("/")).unwrap()
    }

    /// The ignored attributes, a line each.
    fn ignored(edit: (&str, &str)) -> Vec<String> {
        let Loaded { manifest, .. } = loaded(edit);
        let desired = outline(&manifest, "Acme", &manifest.organizations["Acme"], &ReadSecrets::default()).unwrap();
        let lines = desired.iter().flat_map(|one| one.ignored.iter().map(|name| format!("{}.{name}", one.address)));
        let mut lines: Vec<String> = lines.collect();
        lines.sort_unstable();
        lines
    }

    fn errors(list: &str) -> String {
        let loaded = loaded(("{type: DEV, region: eu}", &format!("{{type: DEV, region: eu, ignore-changes: {list}}}")));
        let told = |error: &Diagnostic| format!("{}: {}", error.line(), error.help().unwrap_or_default());
        match mistakes(&loaded).as_slice() {
            [] => "no errors".to_owned(),
            errors => errors.iter().map(told).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn without_a_list_nothing_is_ignored() {
        assert_eq!(ignored(("", "")), Vec::<String>::new());
        assert_eq!(errors("[]"), "no errors");
    }

    #[test]
    fn a_list_is_about_the_resources_of_what_it_stands_at() {
        let list = "ignore-changes: [team.description, control_plane.labels, api.description, portal.labels]";
        let organization = ignored(("    environments:", &format!("    {list}\n    environments:")));
        insta::assert_snapshot!(organization.join("\n"), @"
        Acme/api/dev/cart.description
        Acme/api/dev/checkout.description
        Acme/api/prd/cart.description
        Acme/api/prd/checkout.description
        Acme/control_plane/dev/orders-dev.labels
        Acme/control_plane/dev/stock-dev.labels
        Acme/control_plane/prd/shared.labels
        Acme/portal/dev.labels
        Acme/portal/prd.labels
        Acme/team/orders.description
        Acme/team/stock.description
        ");
        let environment = ignored(("{type: DEV, region: eu}", &format!("{{type: DEV, region: eu, {list}}}")));
        insta::assert_snapshot!(environment.join("\n"), @"
        Acme/api/dev/cart.description
        Acme/api/dev/checkout.description
        Acme/control_plane/dev/orders-dev.labels
        Acme/control_plane/dev/stock-dev.labels
        Acme/portal/dev.labels
        ");
        let team = ignored(("  stock:\n", &format!("  stock:\n    {list}\n")));
        insta::assert_snapshot!(team.join("\n"), @"
        Acme/api/dev/cart.description
        Acme/api/prd/cart.description
        Acme/control_plane/dev/stock-dev.labels
        Acme/control_plane/prd/shared.labels
        Acme/team/stock.description
        ");
        let service = ignored(("{name: cart,", &format!("{{name: cart, {list},")));
        insta::assert_snapshot!(service.join("\n"), @"
        Acme/api/dev/cart.description
        Acme/api/prd/cart.description
        ");
    }

    #[test]
    fn an_entry_that_names_no_attribute_is_refused_with_the_nearest() {
        let entries = "[portal.display-name, display_name, portal.colour, portal, nothing.at_all, api_version.api_id, \
                       identity_provider.client_secret, pull_request.files]";
        insta::assert_snapshot!(errors(entries));
    }
}
