//! How developers sign in to a portal, and which of its teams their groups are in.

use http::Method;
use sandbox::{Exchange, Fault, Sandbox, Trigger};
use serde_json::json;

use crate::outside::Outsider;
use crate::world::{World, filters};

const OIDC: &str = "          authorization:
            built-in: {enabled: false}
            oidc:
              enabled: true
              issuer: https://idp.example.com
              client-id: portal
              client-secret: {type: file, value: secrets/portal}
";
const SAML: &str = "          authorization:
            built-in: {enabled: false}
            saml: {enabled: true, idp-metadata-url: 'https://idp.example.com/saml'}
";
const BUILT_IN: &str = "          authorization:
            built-in: {enabled: true}
";
const MAPPINGS: &str = "            team-mappings:
              built-in: {enabled: false}
              idp: {enabled: true, mappings: {partners: [Buyers, Sellers]}}
          teams: {partners: {}}
";

/// The smallest platform, in whose portal developers sign in as `authorization` says.
fn world(authorization: &str) -> World {
    let world = World::new();
    world.write("secrets/portal", "hunter2\n");
    sign_in(&world, authorization);
    world
}

fn sign_in(world: &World, authorization: &str) {
    let text = world.read("konnect/organizations.yaml");
    let (before, _) = text.split_once("        region: eu\n").unwrap();
    let portal = if authorization.is_empty() { String::new() } else { format!("        portal:\n{authorization}") };
    world.write("konnect/organizations.yaml", &format!("{before}        region: eu\n{portal}"));
}

const APPLY: &[&str] = &["apply", "--auto-approve", "--allow-destroy"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];

/// True if developers can sign in, after each of these exchanges that changes something.
fn was_always_open(sandbox: &Sandbox) -> bool {
    let (mut basic, mut enabled) = (true, std::collections::BTreeMap::new());
    let mut open = true;
    let about = |exchange: &Exchange| {
        let path = exchange.path.split('?').next().unwrap_or_default();
        path.split_once("/v3/portals/").and_then(|(_, rest)| Some(rest.split_once('/')?.1.to_owned()))
    };
    for exchange in sandbox.exchanges() {
        let Some(path) = about(&exchange) else { continue };
        let answer = exchange.response_body.clone().unwrap_or_default();
        match (path.split('/').collect::<Vec<_>>().as_slice(), exchange.method.as_str()) {
            (["authentication-settings"], "PATCH") => basic = answer["basic_auth_enabled"] == true,
            (["identity-providers", id], "PATCH") => drop(enabled.insert((*id).to_owned(), answer["enabled"] == true)),
            (["identity-providers", id], "DELETE") => drop(enabled.remove(*id)),
            _ => continue,
        }
        open &= basic || enabled.values().any(|on| *on);
    }
    open
}

#[tokio::test]
async fn r2_a_portal_without_authorization_costs_no_request_more() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    for arguments in [APPLY, PLAN, &["drift", "--json"]] {
        world.against(&sandbox, arguments).await.exits(0);
    }
    let is_about =
        |path: &str| path.contains("/portals/") && (path.contains("authentication") || path.contains("identity"));
    assert_eq!(sandbox.exchanges().iter().find(|exchange| is_about(&exchange.path)), None);
    sandbox.stop().await;
}

#[test]
fn r6_the_sign_in_is_set_changed_and_left_and_quiet_in_between() {
    let _filters = filters();
    let world = world(&format!("{OIDC}{MAPPINGS}"));
    insta::assert_snapshot!(world.koctl(PLAN).exits(2).stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
    world.koctl(&["drift"]).exits(0);
    world.edit("konnect/organizations.yaml", "[Buyers, Sellers]", "[Buyers]");
    world.edit("konnect/organizations.yaml", "client-id: portal", "client-id: docs");
    let plan = world.koctl(PLAN).exits(2);
    assert_eq!(plan.last_line(), "Plan: 0 to add, 1 to change, 1 to destroy.");
    assert!(plan.stdout.contains("a way for developers to sign in changes"), "{}", plan.stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);

    // The settings stay as they are; the provider is deleted, which needs a person.
    sign_in(&world, "");
    insta::assert_snapshot!("the_sign_in_leaves", world.koctl(PLAN).exits(2).stdout);
    let refused = world.koctl(&["apply", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("--allow-destroy"), "{}", refused.stderr);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}

#[tokio::test]
async fn developers_can_sign_in_at_any_moment_on_the_way_from_one_method_to_another() {
    let world = world(BUILT_IN);
    let sandbox = world.sandbox().await;
    for authorization in [BUILT_IN, OIDC, SAML, OIDC, BUILT_IN] {
        sign_in(&world, authorization);
        world.against(&sandbox, APPLY).await.exits(0);
        world.against(&sandbox, PLAN).await.exits(0);
    }
    assert!(was_always_open(&sandbox));
    sandbox.stop().await;
}

#[tokio::test]
async fn an_apply_that_fails_on_the_way_leaves_developers_a_way_in_and_the_next_one_goes_on() {
    for nth in 1..=4 {
        let world = world(SAML);
        let sandbox = world.sandbox().await;
        world.against(&sandbox, APPLY).await.exits(0);
        sign_in(&world, OIDC);
        let trigger = Trigger::new(Method::PATCH, "/eu/v3/portals/*").nth(nth);
        sandbox.faults().inject(trigger, Fault::status(http::StatusCode::BAD_REQUEST));
        world.against(&sandbox, APPLY).await.exits(1);
        sandbox.faults().clear();
        world.against(&sandbox, APPLY).await.exits(0);
        world.against(&sandbox, PLAN).await.exits(0);
        assert!(was_always_open(&sandbox), "{nth}");
        sandbox.stop().await;
    }
}

#[test]
fn r5_what_was_set_up_by_hand_is_imported() {
    let world = world(&format!("{OIDC}{MAPPINGS}")).applied();
    for pattern in [
        "Acme/portal_authentication_settings/**",
        "Acme/portal_identity_provider/**",
        "Acme/portal_team_group_mapping/**",
    ] {
        world.koctl(&["state", "rm", pattern, "--auto-approve"]).exits(0);
    }
    let plan = world.koctl(PLAN).exits(2);
    // The secret cannot be read back, so that it is set once.
    assert_eq!(plan.last_line(), "Plan: 4 to import, 0 to add, 1 to change, 0 to destroy.");
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}

#[tokio::test]
async fn r13_a_provider_and_a_mapping_whose_answers_were_lost_are_there_once() {
    let world = world(&format!("{OIDC}{MAPPINGS}"));
    let sandbox = world.sandbox().await;
    for path in ["/eu/v3/portals/*/identity-providers", "/eu/v3/portals/*/identity-providers/*/team-group-mappings"] {
        sandbox.faults().inject(Trigger::new(Method::POST, path), Fault::LoseAnswer);
    }
    world.against(&sandbox, APPLY).await;
    sandbox.faults().clear();
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    let outsider = Outsider(&sandbox);
    let portals = outsider.konnect(Method::GET, "eu", "/v3/portals", None).await;
    let providers = format!("/v3/portals/{}/identity-providers", portals["data"][0]["id"].as_str().unwrap());
    let listed = outsider.konnect(Method::GET, "eu", &providers, None).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let mappings = format!("{providers}/{}/team-group-mappings", listed[0]["id"].as_str().unwrap());
    let listed = outsider.konnect(Method::GET, "eu", &mappings, None).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    sandbox.stop().await;
}

#[tokio::test]
async fn r11_the_client_secret_is_sent_and_never_recorded_or_shown() {
    let world = world(OIDC);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["plan", "-o", "plan.koctl"]).await.exits(0);
    assert!(!world.read("plan.koctl").contains("hunter2"));
    let applied = world.against(&sandbox, APPLY).await.exits(0);
    let state = world.against(&sandbox, &["state", "pull", "Acme"]).await.exits(0).stdout;
    assert!(!format!("{}{}{state}", applied.stdout, applied.stderr).contains("hunter2"));
    let made =
        sandbox.exchanges().into_iter().find(|one| one.method == "POST" && one.path.ends_with("/identity-providers"));
    assert_eq!(made.unwrap().request_body.unwrap()["config"]["client_secret"], "hunter2");
    world.write("secrets/portal", "hunter3\n");
    let plan = world.against(&sandbox, PLAN).await.exits(2);
    assert!(plan.stdout.contains("client_secret") && !plan.stdout.contains("hunter"), "{}", plan.stdout);
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r4_a_portal_in_another_region_gets_its_sign_in_again_and_a_removed_environment_takes_it_along() {
    let world = world(&format!("{OIDC}{MAPPINGS}"));
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    world.edit("konnect/organizations.yaml", "region: eu", "region: us");
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    let outsider = Outsider(&sandbox);
    let portals = outsider.konnect(Method::GET, "us", "/v3/portals", None).await;
    let portal = format!("/v3/portals/{}", portals["data"][0]["id"].as_str().unwrap());
    let settings = outsider.konnect(Method::GET, "us", &format!("{portal}/authentication-settings"), None).await;
    assert_eq!((&settings["oidc_auth_enabled"], &settings["basic_auth_enabled"]), (&json!(true), &json!(false)));
    let text = world.read("konnect/organizations.yaml");
    let (before, _) = text.split_once("    environments:\n").unwrap();
    world.write("konnect/organizations.yaml", &format!("{before}    environments: {{}}\n"));
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    assert_eq!(outsider.konnect(Method::GET, "us", "/v3/portals", None).await["data"], json!([]));
    sandbox.stop().await;
}

#[test]
fn mistakes_are_named_with_their_place() {
    let _filters = filters();
    let world = world(
        "          authorization:
            built-in: {enabled: false}
            oidc: {enabled: true, issuer: idp.example.com, login-path: acme}
            saml: {enabled: true}
            team-mappings:
              idp: {enabled: true, mappings: {partner: [Buyers], others: []}}
          teams: {partners: {}}
",
    );
    insta::assert_snapshot!(world.run(&["validate"]).exits(1).stderr);
}
