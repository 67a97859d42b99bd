//! Services of one control plane whose specifications have the same routes.

use std::collections::{BTreeMap, BTreeSet};

use super::gateways::plane_of;
use super::placement::placements;
use super::routes::{Match, Routes};
use super::scope::{EnvironmentScope, Input, Scope};
use super::specification::Specs;
use crate::manifest::model::{Manifest, Organization, Placement};

/// Services of one control plane whose specifications have the same routes: the gateway sends each such request to one of
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteClash {
    /// The names of the services, in their order.
    pub services: Vec<String>,
    /// The routes that all of them have, such as `GET /health`, in the order of paths.
    pub routes: Vec<String>,
    /// The environments in which they are on one control plane, such as `KongAirlines/dev`.
    pub places: Vec<String>,
}

/// The clashes of routes in some environments, as far as routes are known.
#[derive(Debug, Default)]
pub struct RouteMap(BTreeMap<(Vec<String>, Vec<String>), Vec<String>>);

impl RouteMap {
    /// Adds the services of an organization whose specifications were read.
    pub fn add(&mut self, input: Input<'_>, name: &str, organization: &Organization) {
        let specs: &Specs = input.specs;
        let routes = |_: &str, placement: &Placement<'_>| Some(&specs.get(&placement.spec())?.as_ref().ok()?.routes);
        self.add_known(input.manifest, name, organization, &routes);
    }

    /// Adds the services of an organization whose routes are known. `routes` gets the name of an environment.
    pub fn add_known<'s>(
        &mut self,
        manifest: &Manifest,
        name: &str,
        organization: &Organization,
        routes: &dyn Fn(&str, &Placement<'_>) -> Option<&'s Routes>,
    ) {
        let (specs, secrets, events) = Default::default();
        let input = Input { manifest, specs: &specs, secrets: &secrets, events: &events, platform_repository: "" };
        let organization = Scope { input, name, organization };
        for (environment_name, environment) in &organization.organization.environments {
            let scope = EnvironmentScope { organization: &organization, name: environment_name, environment };
            let mut planes: BTreeMap<String, Vec<(String, &Routes)>> = BTreeMap::new();
            for placement in placements(manifest, environment) {
                let plane = plane_of(&scope, placement.team_name).map(|plane| plane.address.key().to_owned());
                if let (Some(plane), Some(routes)) = (plane, routes(environment_name, &placement)) {
                    planes.entry(plane).or_default().push((placement.service.name.clone(), routes));
                }
            }
            let place = format!("{name}/{environment_name}");
            for services in planes.values() {
                for shared in shared(services) {
                    let places = self.0.entry(shared).or_default();
                    if !places.contains(&place) {
                        places.push(place.clone());
                    }
                }
            }
        }
    }

    /// The clashes. Services that share the same routes in several environments are one.
    #[must_use]
    pub fn clashes(self) -> Vec<RouteClash> {
        let clash = |((services, routes), places)| RouteClash { services, routes, places };
        self.0.into_iter().map(clash).collect()
    }
}

/// The services of one control plane that have routes in common, with these routes. Each route is with all services that
/// have it.
fn shared(services: &[(String, &Routes)]) -> BTreeMap<Vec<String>, Vec<String>> {
    let mut of_route: BTreeMap<&Match, (BTreeSet<&str>, &str)> = BTreeMap::new();
    for (name, routes) in services {
        for (route, path) in routes.iter() {
            of_route.entry(route).or_insert_with(|| (BTreeSet::new(), path)).0.insert(name);
        }
    }
    let mut shared: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (route, (services, path)) in of_route.into_iter().filter(|(_, (services, _))| services.len() > 1) {
        let services = services.into_iter().map(str::to_owned).collect();
        shared.entry(services).or_default().push(format!("{} {path}", route.method.to_uppercase()));
    }
    shared
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn routes(paths: Value) -> Routes {
        Routes::of(&json!({ "openapi": "3.1.0", "paths": paths }))
    }

    fn clash(one: &Routes, other: &Routes) -> Vec<String> {
        let services = [("one".to_owned(), one), ("other".to_owned(), other)];
        shared(&services).remove(&vec!["one".to_owned(), "other".to_owned()]).unwrap_or_default()
    }

    #[test]
    fn routes_of_other_paths_or_methods_do_not_clash() {
        let one = routes(json!({ "/flights": { "get": {} }, "/health": { "get": {} } }));
        let other = routes(json!({ "/flights/": { "get": {} }, "/health": { "post": {} }, "/Flights": { "get": {} } }));
        assert!(clash(&one, &other).is_empty());
        assert!(clash(&one, &routes(json!({}))).is_empty());
    }

    #[test]
    fn a_route_is_the_same_whatever_its_parameters_are_named() {
        let one = routes(json!({ "/flights/{number}": { "get": {} }, "/health": { "get": {}, "head": {} } }));
        let other = routes(json!({ "/flights/{id}": { "get": {}, "delete": {} }, "/health": { "get": {} } }));
        assert_eq!(clash(&one, &other), ["GET /flights/{number}", "GET /health"]);
    }

    #[test]
    fn routes_of_other_hosts_or_headers_do_not_clash() {
        let of_host =
            |host: &str| json!({ "get": {}, "x-kong-route-defaults": { "hosts": [host], "strip_path": true } });
        let (one, other) = (of_host("a.example.com"), of_host("b.example.com"));
        assert!(clash(&routes(json!({ "/x": one })), &routes(json!({ "/x": other }))).is_empty());
        assert_eq!(clash(&routes(json!({ "/x": one })), &routes(json!({ "/x": one }))), ["GET /x"]);
        let of_version = |version: &str| {
            let header =
                json!({ "in": "header", "name": "Api-Version", "required": true, "schema": { "enum": [version] } });
            routes(json!({ "/x": { "get": { "parameters": [header] } } }))
        };
        assert!(clash(&of_version("1"), &of_version("2")).is_empty());
        assert_eq!(clash(&of_version("1"), &of_version("1")), ["GET /x"]);
    }

    #[test]
    fn the_defaults_of_the_document_and_paths_elsewhere_in_it_count() {
        let document = |host: &str| {
            Routes::of(&json!({
                "x-kong-route-defaults": { "hosts": [host] },
                "paths": { "/x": { "$ref": "#/components/pathItems/x" } },
                "components": { "pathItems": { "x": { "get": {} } } },
            }))
        };
        assert!(clash(&document("a"), &document("b")).is_empty());
        assert_eq!(clash(&document("a"), &document("a")), ["GET /x"]);
    }

    #[test]
    fn services_that_share_a_route_are_named_together_and_once() {
        let health = routes(json!({ "/health": { "get": {} } }));
        let more = routes(json!({ "/health": { "get": {} }, "/metrics": { "get": {} } }));
        let services = [("a".to_owned(), &health), ("b".to_owned(), &more), ("c".to_owned(), &more)];
        let found: Vec<_> = shared(&services).into_iter().collect();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found,
            [(names(&["a", "b", "c"]), names(&["GET /health"])), (names(&["b", "c"]), names(&["GET /metrics"]))]
        );
    }
}
