//! Mistakes of the existing Go tool that koctl does not make.
//!
//! | mistake | test here, or in |
//! | --- | --- |
//! | `control-plane-name` has no effect, and teams cannot share one | here |
//! | it crashes on a service without a description | here |
//! | a team that leaves the configuration stays in Konnect | here |
//! | environments of one name in two organizations share a branch | here |
//! | an organization that did not change is written to | `kongair`, `identity` |
//! | only the first page of a list is read | here, and `requests` |
//! | it crashes if only one of OpenID Connect and SAML is configured | `identity` |
//! | the line end of a file is part of the secret | `identity` |

use serde_json::Value;

use crate::world::{World, spec};

const APPLY: &[&str] = &["apply", "--auto-approve", "--allow-destroy"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];

const TWO_TEAMS: &str = "\
teams:
  orders:
    services:
      Acme/checkout:
        name: checkout
        description: The checkout.
        git: {remote: 'https://github.com/Acme/checkout.git'}
  stock:
    services:
      Acme/cart:
        name: cart
        git: {remote: 'https://github.com/Acme/cart.git'}
";

fn two_teams() -> World {
    let world = World::new();
    world.write("konnect/teams.yaml", TWO_TEAMS);
    for branch in ["main", "dev"] {
        world.write(&format!("services/Acme/cart/{branch}/openapi.yaml"), &spec("cart", "1.0.0"));
    }
    world
}

/// The resources of the state, each with its address and its values.
fn resources(world: &World) -> Vec<Value> {
    let state: Value = serde_json::from_str(&world.koctl(&["show", "--json"]).exits(0).stdout).unwrap();
    state["values"]["root_module"]["resources"].as_array().unwrap().clone()
}

fn values(world: &World, address: &str) -> Value {
    let found = resources(world).into_iter().find(|resource| resource["address"] == address);
    found.unwrap_or_else(|| panic!("there is no {address}"))["values"].take()
}

fn of_type(world: &World, kind: &str) -> Vec<String> {
    let of_kind = resources(world).into_iter().filter(|resource| resource["type"] == kind);
    of_kind.map(|resource| resource["address"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_control_planes_name_is_honoured_and_teams_may_share_it() {
    let world = two_teams();
    world.edit(
        "konnect/organizations.yaml",
        "        region: eu\n",
        "        region: eu\n        teams: {orders: {control-plane-name: shared}, stock: {control-plane-name: shared}}\n",
    );
    let world = world.applied();
    assert_eq!(of_type(&world, "control_plane"), ["Acme/control_plane/dev/shared"]);
    let plane = values(&world, "Acme/control_plane/dev/shared");
    for team in ["orders", "stock"] {
        assert_eq!(values(&world, &format!("Acme/team_role/dev/{team}"))["entity_id"], plane["id"]);
    }
    world.koctl(PLAN).exits(0);
}

#[test]
fn labels_and_descriptions_of_one_service_do_not_leak_into_the_next() {
    let world = two_teams().applied();
    let (checkout, cart) = (values(&world, "Acme/api/dev/checkout"), values(&world, "Acme/api/dev/cart"));
    assert_eq!(
        (&checkout["labels"]["service-name"], &checkout["labels"]["team-name"]),
        (&"checkout".into(), &"orders".into())
    );
    assert_eq!((&cart["labels"]["service-name"], &cart["labels"]["team-name"]), (&"cart".into(), &"stock".into()));
    assert_eq!((&checkout["description"], cart.get("description")), (&"The checkout.".into(), None));
}

#[test]
fn a_team_that_leaves_the_configuration_leaves_konnect() {
    let world = two_teams().applied();
    let stock = TWO_TEAMS.find("  stock:").unwrap();
    world.write("konnect/teams.yaml", &TWO_TEAMS[..stock]);
    world.koctl(APPLY).exits(0);
    assert_eq!(of_type(&world, "team"), ["Acme/team/orders"]);
    // Without the state it would be found in Konnect again, if it were still there.
    world.write("konnect/teams.yaml", TWO_TEAMS);
    std::fs::remove_dir_all(world.path().join(".koctl/sandbox/state")).unwrap();
    let plan = world.koctl(PLAN).exits(2).stdout;
    assert!(plan.contains("<= Acme/team/orders") && plan.contains("+ Acme/team/stock"), "{plan}");
}

#[test]
fn environments_of_one_name_in_two_organizations_do_not_share_a_branch() {
    let world = World::new();
    let zeta = "  Zeta:\n    access-token: {type: env, value: ZETA_TOKEN}\n    environments:\n      dev: {type: DEV, region: eu}\n";
    let organizations = world.read("konnect/organizations.yaml") + zeta;
    world.write("konnect/organizations.yaml", &organizations);
    let world = world.applied();
    let branches = world.git("Acme/platform", &["branch", "--format", "%(refname:short)"]);
    for (organization, other) in [("Acme", "Zeta"), ("Zeta", "Acme")] {
        let branch = format!("{organization}-dev-konnect-orchestrator-apply");
        assert!(branches.lines().any(|line| line == branch), "{branches}");
        let files = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", &branch]);
        assert!(files.contains(&format!("konnect/{organization}/")) && !files.contains(&format!("konnect/{other}/")));
    }
    world.koctl(PLAN).exits(0);
}

#[test]
fn lists_of_more_than_a_page_are_read_whole() {
    let world = World::new();
    let teams: String = (0..120).map(|number| format!("  team-{number:03}: {{}}\n")).collect();
    world.write("konnect/teams.yaml", &format!("teams:\n{teams}"));
    world.write(
        "konnect/organizations.yaml",
        "organizations:\n  Acme:\n    access-token: {type: env, value: ACME_TOKEN}\n    enable-custom-reports: false\n",
    );
    let world = world.applied();
    world.koctl(PLAN).exits(0);
    std::fs::remove_dir_all(world.path().join(".koctl/sandbox/state")).unwrap();
    let plan = world.koctl(PLAN).exits(2);
    assert_eq!(plan.last_line(), "Plan: 120 to import, 0 to add, 0 to change, 0 to destroy.");
}
