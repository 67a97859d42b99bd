//! Properties of every organization: all objects of a manifest are recognised, and objects that were changed since never
//! stands in the way of the rest.

use std::path::Path;

use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::tests::{built, change, ids, options, reread};
use super::{Inventory, proof, recognise, unmanaged};
use crate::manifest::load::load_texts;
use crate::manifest::model::Manifest;

const TEAMS: [&str; 3] = ["orders", "stock", "web"];
const ENVIRONMENTS: [&str; 4] = ["big-dev", "dev", "prd", "qa"];
/// Services of each team.
const SERVICES: usize = 2;

fn service(team: &str, number: usize) -> (String, Value) {
    let name = format!("{team}-{number}");
    let remote = format!("https://github.com/acme/{name}.git");
    (format!("acme/{name}"), json!({ "name": name, "git": { "remote": remote } }))
}

fn team(name: &'static str) -> impl Strategy<Value = Value> {
    let users = prop::sample::subsequence(vec!["kim@example.com", "robin@example.com"], 0..=2);
    (prop::option::of("[A-Z][a-z :#'\"]{0,8}[a-z]"), users).prop_map(move |(description, users)| {
        let services: Map<String, Value> = (0..SERVICES).map(|number| service(name, number)).collect();
        let mut team = json!({ "users": users, "services": services });
        if let Some(description) = description {
            team["description"] = description.into();
        }
        team
    })
}

/// A team's part: its control plane's name, and which of its services take part.
fn part(team: &'static str, environment: &'static str) -> impl Strategy<Value = (String, Value)> {
    let plane = prop::sample::select(vec![None, Some("shared"), Some("own")]);
    let chosen = prop::option::of(prop::sample::subsequence((0..SERVICES).collect::<Vec<_>>(), 0..=SERVICES));
    (plane, chosen).prop_map(move |(plane, chosen)| {
        let mut part = json!({});
        if let Some(plane) = plane {
            let own = if plane == "own" {
                format!("gateway-of-{team}-{environment}")
            } else {
                format!("shared-{environment}")
            };
            part["control-plane-name"] = own.into();
        }
        if let Some(chosen) = chosen {
            let services: Map<String, Value> =
                chosen.into_iter().map(|number| (service(team, number).0, json!({}))).collect();
            part["services"] = services.into();
        }
        (team.to_owned(), part)
    })
}

fn environment(name: &'static str) -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["DEV", "PROD"]);
    let region = prop::sample::select(vec!["eu", "us", "sg"]);
    let parts = TEAMS.map(|team| prop::option::of(part(team, name)));
    (kind, region, prop::option::of(parts)).prop_map(|(kind, region, parts)| {
        let mut environment = json!({ "type": kind, "region": region });
        if let Some(parts) = parts {
            environment["teams"] = parts.into_iter().flatten().collect::<Map<_, _>>().into();
        }
        environment
    })
}

prop_compose! {
    fn manifest()(
        teams in TEAMS.map(team),
        environments in ENVIRONMENTS.map(|name| prop::option::of(environment(name))),
        email in any::<bool>(),
        reports in any::<bool>(),
    ) -> Manifest {
        let teams: Map<String, Value> = TEAMS.map(str::to_owned).into_iter().zip(teams).collect();
        let named = ENVIRONMENTS.map(str::to_owned).into_iter().zip(environments);
        let environments: Map<String, Value> = named.filter_map(|(name, one)| Some((name, one?))).collect();
        let organization = json!({
            "access-token": { "type": "env", "value": "ACME_TOKEN" },
            "notifications": { "email": email },
            "enable-custom-reports": reports,
            "environments": two_in_production_apart(environments),
        });
        let text = json!({ "teams": teams, "organizations": { "Acme": organization } }).to_string();
        load_texts(&[("koctl.yaml", &text)], Path::new("/")).unwrap().manifest
    }
}

/// APIs in production are named after their services alone: one environment of that type in a region is what a plan
/// allows.
fn two_in_production_apart(mut environments: Map<String, Value>) -> Map<String, Value> {
    let mut regions = Vec::new();
    for environment in environments.values_mut().filter(|environment| environment["type"] == "PROD") {
        if regions.contains(&environment["region"]) {
            environment["type"] = "DEV".into();
        } else {
            regions.push(environment["region"].clone());
        }
    }
    environments
}

/// The unmanaged objects of an inventory, by type and id, after its configuration was written and read again.
fn left_of(inventory: &Inventory) -> Vec<(&'static str, String)> {
    let proven = block_on(proof(recognise(inventory, options()), inventory)).unwrap();
    reread(&proven);
    unmanaged(&proven, inventory).into_iter().map(|left| (left.type_name, left.id)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_that_a_manifest_makes_is_recognised(manifest in manifest()) {
        prop_assert_eq!(left_of(&built(&manifest)), Vec::new());
    }

    #[test]
    fn what_somebody_changed_is_taken_over_or_left_and_never_in_the_way(
        manifest in manifest(),
        chosen in any::<prop::sample::Index>(),
        attribute in prop::sample::select(vec![
            "name", "region", "version", "visibility", "display_name", "cluster_type", "team_id", "api_id", "labels",
        ]),
        value in prop::sample::select(vec![json!(null), json!("other"), json!({ "env-name": "other" })]),
    ) {
        let mut inventory = built(&manifest);
        let ids = ids(&inventory);
        prop_assume!(!ids.is_empty());
        let (type_name, id) = chosen.get(&ids);
        change(&mut inventory, type_name, id, attribute, value);
        left_of(&inventory);
    }
}
