//! Services of one control plane that have the same routes.

use serde_json::Value;

use crate::kongair::kongair;
use crate::world::{World, spec};

/// A second service of the team, `stock`, whose specification has these lines added.
fn with_stock(added: &str) -> World {
    let world = World::new();
    let checkout = world.read("konnect/teams.yaml");
    let stock = checkout.split_once("    services:\n").unwrap().1.replace("checkout", "stock");
    world.write("konnect/teams.yaml", &(checkout + &stock));
    for branch in ["main", "dev"] {
        for service in ["checkout", "stock"] {
            let text = spec(service, "1.0.0") + added;
            world.write(&format!("services/Acme/{service}/{branch}/openapi.yaml"), &text);
        }
    }
    world
}

const HEALTH: &str = "  /health/{probe}:\n    get: {responses: {\"200\": {description: Well.}}}\n";

#[test]
fn services_with_routes_of_their_own_are_no_warning() {
    let run = with_stock("").koctl(&["plan"]).exits(0);
    assert!(!run.stderr.contains("in common"), "{}", run.stderr);
}

#[test]
fn a_plan_warns_of_services_with_the_same_routes_also_after_it_was_saved() {
    let world = with_stock(HEALTH);
    let run = world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    let warning = run.stderr.split_once("Warning: ").map(|(_, rest)| rest.split("\nSaved").next().unwrap().to_owned());
    insta::assert_snapshot!(warning.unwrap_or(run.stderr));
    let shown = world.run(&["show", "plan.koctl"]).exits(0);
    assert!(shown.stderr.contains("`checkout` and `stock` have 1 route in common"), "{}", shown.stderr);
    let page = world.run(&["show", "--markdown", "plan.koctl"]).exits(0);
    assert!(page.stdout.contains("have 1 route in common"), "{}", page.stdout);
    let document: Value = serde_json::from_str(&world.run(&["show", "--json", "plan.koctl"]).exits(0).stdout).unwrap();
    assert!(document["koctl_warnings"][0]["message"].as_str().unwrap().contains("GET /health/{probe}"), "{document}");
    let events = world.koctl(&["plan", "--json"]).exits(0);
    assert!(events.stdout.contains("have 1 route in common"), "{}", events.stdout);
}

#[test]
fn teams_with_control_planes_of_their_own_may_have_the_same_routes_and_a_shared_one_warns() {
    let world = with_stock(HEALTH);
    world.edit("konnect/teams.yaml", "      Acme/stock:\n", "  warehouse:\n    services:\n      Acme/stock:\n");
    let run = world.koctl(&["plan"]).exits(0);
    assert!(!run.stderr.contains("in common"), "{}", run.stderr);
    let shared = "region: eu\n        teams:\n          orders: {control-plane-name: shop}\n          \
                  warehouse: {control-plane-name: shop}";
    world.edit("konnect/organizations.yaml", "region: eu", shared);
    let run = world.koctl(&["plan"]).exits(0);
    assert!(run.stderr.contains("`checkout` and `stock` have 1 route in common"), "{}", run.stderr);
    // It is about the configuration, and not about what changed outside of it.
    let world = world.applied();
    let drift = world.koctl(&["drift"]);
    assert!(!drift.stderr.contains("in common") && !drift.stdout.contains("in common"), "{drift:?}");
}

#[test]
fn validate_compares_the_specifications_that_are_staged_beside_the_configuration() {
    let world = with_stock("");
    let run = world.run(&["validate"]).exits(0);
    assert!(!run.stderr.contains("Warning"), "{}", run.stderr);
    for service in ["checkout", "stock"] {
        let path = format!("konnect/Acme/envs/dev/teams/orders/services/Acme/{service}/openapi.yaml");
        world.write(&path, &(spec(service, "1.0.0") + HEALTH));
    }
    let run = world.run(&["validate"]).exits(0);
    assert!(run.stderr.contains("`checkout` and `stock` have 1 route in common"), "{}", run.stderr);
    let document: Value = serde_json::from_str(&world.run(&["validate", "--json"]).exits(0).stdout).unwrap();
    assert!(document["warnings"][0]["message"].as_str().unwrap().contains("GET /health/{probe}"), "{document}");
    assert_eq!(document["valid"], true);
}

#[test]
fn kongairs_services_share_the_route_of_their_health() {
    let Some(world) = kongair() else { return };
    let run = world.koctl(&["plan"]).exits(0);
    let warnings: Vec<&str> = run.stderr.lines().filter(|line| line.contains("in common")).collect();
    assert_eq!(warnings.len(), 2, "{}", run.stderr);
    for (warning, services) in warnings.iter().zip(["`bookings` and `customer`", "`destinations` and `flights`"]) {
        assert!(warning.contains(services) && warning.contains("`GET /health`"), "{warning}");
        assert!(warning.contains("(KongAirlines/dev, KongAirlines/prd)"), "{warning}");
    }
}
