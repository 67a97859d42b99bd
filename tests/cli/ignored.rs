//! `ignore-changes`: what is set on create, and then left to others.

use http::Method;
use serde_json::json;

use crate::outside::Outsider;
use crate::world::{World, filters};

const LIST: &str = "        ignore-changes: [portal.display_name, portal.labels]\n";

/// The smallest platform, with more of its environment.
fn world(more: &str) -> World {
    let world = World::new();
    let organizations = world.read("konnect/organizations.yaml");
    world.write("konnect/organizations.yaml", &format!("{organizations}{more}"));
    world
}

#[tokio::test]
async fn what_is_ignored_is_set_on_create_and_left_to_others_from_then_on() {
    let _filters = filters();
    let world = world(LIST);
    let sandbox = world.sandbox().await;
    let outsider = Outsider(&sandbox);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    let portals = outsider.konnect(Method::GET, "eu", "/v3/portals", None).await;
    let portal = &portals["data"][0];
    assert_eq!((&portal["display_name"], &portal["labels"]["env-name"]), (&json!("Acme (dev)"), &json!("dev")));

    let path = format!("/v3/portals/{}", portal["id"].as_str().unwrap());
    outsider.konnect(Method::PATCH, "eu", &path, Some(json!({ "display_name": "Theirs" }))).await;
    world.against(&sandbox, &["drift"]).await.exits(0);
    let plan = world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    insta::assert_snapshot!("a_difference_that_is_ignored_is_shown", plan.stdout);

    // Another change of the portal leaves it as it is, too.
    world.edit("konnect/organizations.yaml", LIST, &format!("{LIST}        portal: {{description: Ours.}}\n"));
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let portal = outsider.shown("eu", &path).await;
    assert_eq!((&portal["display_name"], &portal["description"]), (&json!("Theirs"), &json!("Ours.")));

    // Without the list, the difference is a change again.
    world.edit("konnect/organizations.yaml", LIST, "");
    let plan = world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(2);
    assert!(plan.stdout.contains(r#"~ display_name = "Theirs" -> "Acme (dev)""#), "{}", plan.stdout);
    sandbox.stop().await;
}

#[tokio::test]
async fn what_is_ignored_from_now_on_is_no_drift_after_the_next_apply() {
    let world = world("");
    let sandbox = world.sandbox().await;
    let outsider = Outsider(&sandbox);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let portals = outsider.konnect(Method::GET, "eu", "/v3/portals", None).await;
    let path = format!("/v3/portals/{}", portals["data"][0]["id"].as_str().unwrap());
    outsider.konnect(Method::PATCH, "eu", &path, Some(json!({ "display_name": "Theirs" }))).await;
    world.against(&sandbox, &["drift"]).await.exits(2);
    let organizations = world.read("konnect/organizations.yaml");
    world.write("konnect/organizations.yaml", &format!("{organizations}{LIST}"));
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["drift"]).await.exits(0);
    assert_eq!(outsider.shown("eu", &path).await["display_name"], "Theirs");
    sandbox.stop().await;
}

#[test]
fn an_attribute_that_does_not_exist_is_an_error_with_the_nearest_one() {
    let world = world("        ignore-changes: [portal.display-name]\n");
    for run in [world.run(&["validate"]), world.koctl(&["plan"])] {
        insta::assert_snapshot!("an_attribute_that_does_not_exist", run.exits(1).stderr);
    }
}
