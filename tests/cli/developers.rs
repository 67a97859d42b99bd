//! How applications identify themselves to APIs, and what teams of developers may do with them.

use http::Method;
use sandbox::{Fault, Trigger};
use serde_json::json;

use crate::outside::Outsider;
use crate::world::{World, filters};

const PORTAL: &str = "        portal:
          rbac: true
          auth-strategies:
            partner: {strategy-type: key_auth, key-names: [x-api-key]}
          default-application-auth-strategy: partner
          teams:
            partners:
              description: Buy from us.
              roles:
                - role: API Viewer
                - {role: API Consumer, services: [Acme/checkout]}
";

/// The smallest platform with an auth strategy and a team of developers.
fn world() -> World {
    let world = World::new();
    world.edit("konnect/organizations.yaml", "region: eu\n", &format!("region: eu\n{PORTAL}"));
    world
}

#[tokio::test]
async fn r2_a_portal_without_these_keys_costs_no_request_more() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    for arguments in [["apply", "--auto-approve"], ["plan", "--detailed-exitcode"], ["drift", "--json"]] {
        world.against(&sandbox, &arguments).await.exits(0);
    }
    let is_about =
        |path: &str| path.contains("auth-strategies") || path.contains("/portals/") && path.contains("/teams");
    let exchanges = sandbox.exchanges();
    assert_eq!(exchanges.iter().find(|exchange| is_about(&exchange.path)), None);
    sandbox.stop().await;
}

#[test]
fn strategies_and_teams_are_made_used_changed_and_removed_and_quiet_in_between() {
    let _filters = filters();
    let world = world();
    let plan = world.koctl(&["plan"]).exits(0).stdout;
    for resource in [
        "application_auth_strategy/dev/partner",
        "portal_team/dev/partners",
        "portal_team_role/dev/checkout/partners/api-viewer",
        "portal_team_role/dev/checkout/partners/api-consumer",
    ] {
        assert!(plan.contains(&format!("/{resource}  will be created")), "{plan}");
    }
    let world = world.applied();
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    world.koctl(&["drift"]).exits(0);

    world.edit("konnect/organizations.yaml", "[x-api-key]", "[x-api-key, apikey]");
    world.edit("konnect/organizations.yaml", "Buy from us.", "Sell what we sell.");
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("Plan: 0 to add, 2 to change, 0 to destroy."), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);

    // All of it goes at once: the portal and the API let go of the strategy before it is deleted.
    let text = world.read("konnect/organizations.yaml");
    let (before, _) = text.split_once("        portal:\n").unwrap();
    world.write("konnect/organizations.yaml", before);
    insta::assert_snapshot!(world.koctl(&["plan"]).exits(0).stdout);
    let refused = world.koctl(&["apply", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("--allow-destroy"), "{}", refused.stderr);
    world.koctl(&["apply", "--auto-approve", "--allow-destroy"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r5_what_exists_is_imported_not_created_twice() {
    let world = world().applied();
    for pattern in ["Acme/application_auth_strategy/**", "Acme/portal_team/**", "Acme/portal_team_role/**"] {
        world.koctl(&["state", "rm", pattern, "--auto-approve"]).exits(0);
    }
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2).stdout;
    assert!(plan.contains("Plan: 4 to import, 0 to add, 0 to change, 0 to destroy."), "{plan}");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[tokio::test]
async fn r13_a_lost_answer_leaves_one_of_each() {
    let world = world();
    let sandbox = world.sandbox().await;
    for path in
        ["/eu/v2/application-auth-strategies", "/eu/v3/portals/*/teams", "/eu/v3/portals/*/teams/*/assigned-roles"]
    {
        sandbox.faults().inject(Trigger::new(Method::POST, path), Fault::LoseAnswer);
    }
    world.against(&sandbox, &["apply", "--auto-approve"]).await;
    sandbox.faults().clear();
    world.against(&sandbox, &["apply", "--auto-approve"]).await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let count = async |path: &str| {
        let listed = outsider.konnect(Method::GET, "eu", path, None).await;
        listed["data"].as_array().unwrap().len()
    };
    assert_eq!(count("/v2/application-auth-strategies").await, 1);
    let portals = outsider.konnect(Method::GET, "eu", "/v3/portals", None).await;
    let teams = format!("/v3/portals/{}/teams", portals["data"][0]["id"].as_str().unwrap());
    assert_eq!(count(&teams).await, 1);
    let listed = outsider.konnect(Method::GET, "eu", &teams, None).await;
    assert_eq!(count(&format!("{teams}/{}/assigned-roles", listed["data"][0]["id"].as_str().unwrap())).await, 2);
    sandbox.stop().await;
}

#[tokio::test]
async fn what_a_strategy_has_of_others_stays_when_it_changes() {
    let world = World::new();
    world.edit(
        "konnect/organizations.yaml",
        "region: eu\n",
        "region: eu\n        portal:\n          auth-strategies:\n            company: {strategy-type: openid_connect, \
         issuer: 'https://idp.example.com'}\n",
    );
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let strategies = "/v2/application-auth-strategies";
    let strategy = outsider.konnect(Method::GET, "eu", strategies, None).await["data"][0].clone();
    let path = format!("{strategies}/{}", strategy["id"].as_str().unwrap());
    let theirs = json!({ "configs": { "openid-connect": { "hide_credentials": true } } });
    outsider.konnect(Method::PATCH, "eu", &path, Some(theirs)).await;
    world.edit("konnect/organizations.yaml", "https://idp.example.com", "https://sso.example.com");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let config = outsider.shown("eu", &path).await["configs"]["openid-connect"].clone();
    assert_eq!(config["hide_credentials"], true);
    assert_eq!(config["issuer"], "https://sso.example.com");
    sandbox.stop().await;
}

#[test]
fn mistakes_are_named_with_their_place() {
    let _filters = filters();
    let world = World::new();
    world.edit(
        "konnect/organizations.yaml",
        "region: eu\n",
        "region: eu
        portal:
          auth-strategies:
            none: {strategy-type: key_auth, ttl: 3 months}
            company: {strategy-type: openid_connect, key-names: [x-api-key]}
            partner: {strategy-type: key_auth, key-names: [], issuer: 'https://idp.example.com'}
          default-application-auth-strategy: partners
          teams:
            a/b: {description: ''}
            partners:
              roles:
                - {role: API Viewer, services: [Acme/checkouts], teams: [order, orders, orders]}
                - {role: Viewer}
",
    );
    world.edit("konnect/teams.yaml", "name: checkout\n", "name: checkout\n        auth-strategy: elsewhere\n");
    insta::assert_snapshot!(world.run(&["validate"]).exits(1).stderr);
}

#[test]
fn two_environments_cannot_have_one_strategy() {
    let _filters = filters();
    let world = World::new();
    let strategy = "{auth-strategies: {partner: {strategy-type: key_auth, name: Partner}}}";
    world.edit(
        "konnect/organizations.yaml",
        "region: eu\n",
        &format!("region: eu\n        portal: {strategy}\n      qa: {{type: DEV, region: eu, portal: {strategy}}}\n"),
    );
    insta::assert_snapshot!(world.run(&["validate"]).exits(1).stderr);
}
