//! The life of a pull request in the platform repository.

use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::world::{World, spec};

/// A world that was applied against a sandbox in this process.
async fn applied() -> (World, Sandbox) {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    (world, sandbox)
}

/// A request to the platform repository, as a reviewer's tool sends it.
async fn github(sandbox: &Sandbox, method: http::Method, path: &str, body: Option<Value>) -> Value {
    let url = format!("{}/repos/Acme/platform/{path}", sandbox.github_url());
    let mut request = crate::world::client().request(method, url).bearer_auth("reviewer");
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

async fn pulls(sandbox: &Sandbox, state: &str) -> Vec<Value> {
    let found = github(sandbox, http::Method::GET, &format!("pulls?state={state}"), None).await;
    found.as_array().unwrap().clone()
}

async fn merge(sandbox: &Sandbox, number: &Value) {
    github(sandbox, http::Method::PUT, &format!("pulls/{number}/merge"), Some(json!({}))).await;
}

/// Pushes a specification of another version, plans with changes, applies, and plans empty.
async fn change(world: &World, sandbox: &Sandbox, version: &str) {
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", version));
    let plan = world.against(sandbox, &["plan", "--detailed-exitcode"]).await.exits(2);
    assert!(plan.stdout.contains(&format!("+  version: {version}")), "{}", plan.stdout);
    world.against(sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

#[tokio::test]
async fn an_open_pull_request_is_in_sync_and_stays_the_only_one() {
    let (world, sandbox) = applied().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let open = pulls(&sandbox, "all").await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["title"], "[Konnect Orchestrator] - Stage the APIs of Acme / dev");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_changed_specification_updates_the_open_pull_request() {
    let (world, sandbox) = applied().await;
    change(&world, &sandbox, "1.1.0").await;
    assert_eq!(pulls(&sandbox, "all").await.len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn after_the_merge_the_plan_is_empty_and_a_changed_specification_opens_a_new_one() {
    let (world, sandbox) = applied().await;
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    change(&world, &sandbox, "1.1.0").await;
    assert_eq!((pulls(&sandbox, "open").await.len(), pulls(&sandbox, "all").await.len()), (1, 2));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_pull_request_that_somebody_closed_is_drift_and_opened_again() {
    let (world, sandbox) = applied().await;
    let number = pulls(&sandbox, "open").await[0]["number"].clone();
    github(&sandbox, http::Method::PATCH, &format!("pulls/{number}"), Some(json!({ "state": "closed" }))).await;
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert_eq!(plan.last_line(), "Plan: 1 to add, 0 to change, 0 to destroy.");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(pulls(&sandbox, "open").await.len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_environment_that_leaves_takes_its_merged_files_along_through_a_pull_request() {
    let (world, sandbox) = applied().await;
    merge(&sandbox, &pulls(&sandbox, "open").await[0]["number"]).await;
    world.edit(
        "konnect/organizations.yaml",
        "    environments:\n      dev:\n        type: DEV\n        region: eu\n",
        "",
    );
    world.against(&sandbox, &["apply", "--auto-approve", "--allow-destroy"]).await.exits(0);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    let number = pulls(&sandbox, "open").await[0]["number"].clone();
    merge(&sandbox, &number).await;
    let files = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(files, "README.md\n");
    sandbox.stop().await;
}
