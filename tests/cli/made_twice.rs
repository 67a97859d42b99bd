//! Nothing is made twice where Konnect lets names repeat, and an update that did not take is an error.

use http::{Method, StatusCode};
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::{Value, json};

use crate::outside::{GLOBAL, Outsider};
use crate::world::World;

const APPLY: &[&str] = &["apply", "--auto-approve"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode"];
const TEAMS: &str = "/v3/teams?page%5Bsize%5D=100";

/// The ids of the teams `orders`.
async fn teams(sandbox: &Sandbox) -> Vec<String> {
    let listed = Outsider(sandbox).konnect(Method::GET, GLOBAL, TEAMS, None).await;
    let teams = listed["data"].as_array().unwrap().iter().filter(|team| team["name"] == "orders");
    teams.map(|team| team["id"].as_str().unwrap().to_owned()).collect()
}

/// The number of dashboards in the region of the smallest platform.
async fn dashboards(sandbox: &Sandbox) -> usize {
    let listed = Outsider(sandbox).konnect(Method::GET, "eu", "/v2/dashboards?page%5Bsize%5D=100", None).await;
    listed["data"].as_array().unwrap().len()
}

/// The team as koctl makes it.
fn team() -> Value {
    json!({ "name": "orders", "description": "Takes orders.", "labels": { "ko-konnect-orchestrator": "true" } })
}

#[tokio::test]
async fn r7_a_first_plan_is_not_applied_again_with_another_state() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["plan", "-o", "plan.koctl"]).await.exits(0);
    world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(0);
    let made = dashboards(&sandbox).await;
    let elsewhere = world.against(&sandbox, &["apply", "plan.koctl", "--state", "file:elsewhere"]).await.exits(1);
    assert!(elsewhere.stderr.contains("this run keeps its state in"), "{}", elsewhere.stderr);
    std::fs::remove_dir_all(world.path().join(".koctl/state")).unwrap();
    let lost = world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(1);
    assert!(lost.stdout.contains("the plan does not know of the object that has its name already"), "{}", lost.stdout);
    assert_eq!((teams(&sandbox).await.len(), dashboards(&sandbox).await), (1, made));
    sandbox.stop().await;
}

#[tokio::test]
async fn r5_a_team_that_was_made_between_plan_and_apply_is_not_made_again() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["plan", "-o", "plan.koctl"]).await.exits(0);
    let made = Outsider(&sandbox).made(GLOBAL, "/v3/teams", json!({ "name": "orders" })).await;
    let stopped = world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(1);
    assert!(stopped.stdout.contains(&made), "{}", stopped.stdout);
    assert_eq!(teams(&sandbox).await.len(), 1);
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    assert_eq!(teams(&sandbox).await, [made]);
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_post_that_is_carried_out_after_its_504_makes_one_team() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    let late = Fault::status(StatusCode::GATEWAY_TIMEOUT);
    sandbox.faults().inject(Trigger::new(Method::POST, "/v3/teams").always(), late);
    world.against(&sandbox, APPLY).await.exits(1);
    sandbox.faults().clear();
    let posts = sandbox.exchanges();
    let posts = posts.iter().filter(|one| one.method == "POST" && one.path.ends_with("/v3/teams"));
    assert_eq!(posts.count(), 1);
    let made = Outsider(&sandbox).made(GLOBAL, "/v3/teams", team()).await;
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    assert_eq!(teams(&sandbox).await, [made]);
    sandbox.stop().await;
}

#[tokio::test]
async fn r13_a_second_object_of_koctls_own_is_reported_by_plan_and_drift() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let outsider = Outsider(&sandbox);
    let second = outsider.made(GLOBAL, "/v3/teams", team()).await;
    let listed = outsider.konnect(Method::GET, "eu", "/v2/dashboards", None).await;
    let mut copy = listed["data"][0].clone();
    for name in ["id", "created_at", "updated_at", "created_by", "updated_by"] {
        copy.as_object_mut().unwrap().remove(name);
    }
    let dashboard = outsider.made("eu", "/v2/dashboards", copy).await;
    let plan = world.against(&sandbox, PLAN).await.exits(0);
    let drift = world.against(&sandbox, &["drift"]).await.exits(2);
    for id in [&second, &dashboard] {
        assert!(plan.stderr.contains(id.as_str()), "{}", plan.stderr);
        assert!(drift.stdout.contains(id.as_str()), "{}", drift.stdout);
    }
    assert!(plan.stderr.contains("`Acme/team/orders` exists more than once"), "{}", plan.stderr);
    sandbox.stop().await;
}

#[tokio::test]
async fn r2_a_team_that_a_list_passes_over_is_not_made_again() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let empty = json!({ "data": [], "meta": { "page": { "number": 1, "size": 100, "total": 0 } } });
    let passed_over = Fault::Answer { status: StatusCode::OK, headers: Vec::new(), body: empty };
    sandbox.faults().inject(Trigger::new(Method::GET, "/v3/teams").nth(1), passed_over);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r6_an_update_that_konnect_ignores_is_an_error_until_it_takes() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, APPLY).await.exits(0);
    let id = teams(&sandbox).await.remove(0);
    let outsider = Outsider(&sandbox);
    let path = format!("/v3/teams/{id}");
    let old = outsider.shown(GLOBAL, &path).await;
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let ignored = Fault::Answer { status: StatusCode::OK, headers: Vec::new(), body: old };
    sandbox.faults().inject(Trigger::new(Method::PATCH, "/v3/teams/*").nth(1), ignored);
    let run = world.against(&sandbox, APPLY).await.exits(1);
    let told = "`description` is \"Takes orders.\" and not \"Takes all orders.\"";
    assert!(run.stdout.contains(told), "{}", run.stdout);
    let plan = world.against(&sandbox, PLAN).await.exits(2).stdout;
    assert!(plan.contains("\"Takes orders.\" -> \"Takes all orders.\""), "{plan}");
    world.against(&sandbox, APPLY).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    assert_eq!(outsider.shown(GLOBAL, &path).await["description"], "Takes all orders.");
    sandbox.stop().await;
}

#[tokio::test]
async fn r2_a_subscription_to_an_event_that_a_list_passes_over_is_not_deleted() {
    let world = World::new();
    world.edit(
        "konnect/organizations.yaml",
        "    environments:\n",
        "    notifications: {email: true}\n    environments:\n",
    );
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let events = "/v1/notifications/configurations";
    let mut listed = Outsider(&sandbox).konnect(Method::GET, GLOBAL, events, None).await;
    let whole = listed.clone();
    listed["data"].as_array_mut().unwrap().pop();
    let passed_over = Fault::Answer { status: StatusCode::OK, headers: Vec::new(), body: listed };
    sandbox.faults().inject(Trigger::new(Method::GET, events).always(), passed_over);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.faults().clear();
    assert_eq!(Outsider(&sandbox).konnect(Method::GET, GLOBAL, events, None).await, whole);
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}
