//! Versions of an API beside each other.

use http::Method;
use sandbox::{Fault, Sandbox, Trigger};
use serde_json::Value;

use crate::outside::Outsider;
use crate::world::{World, spec};

const STAGED: &str = "konnect/Acme/envs/dev/teams/orders/services/Acme/checkout";
const STAGING_BRANCH: &str = "Acme-dev-konnect-orchestrator-apply";
/// The keys of the service with which it has two versions: the one that it had before, and a new one.
const VERSIONS: &str =
    "        name: checkout\n        versions:\n          v1: {}\n          v2: {spec-path: v2/openapi.yaml}\n";

/// The smallest platform, with a second specification beside that of the service.
fn world() -> World {
    let world = World::new();
    for branch in ["main", "dev"] {
        let text = spec("checkout", "2.0.0").replace("/checkout:", "/v2/checkout:");
        world.write(&format!("services/Acme/checkout/{branch}/v2/openapi.yaml"), &text);
    }
    world
}

fn with_versions(world: &World) {
    world.edit("konnect/teams.yaml", "        name: checkout\n", VERSIONS);
}

/// The versions that Konnect has of the only API: name and id, sorted.
async fn versions(sandbox: &Sandbox) -> Vec<(String, String)> {
    let outsider = Outsider(sandbox);
    let api = outsider.named("eu", "/v3/apis", "checkout-dev").await["id"].as_str().unwrap().to_owned();
    let listed = outsider.konnect(Method::GET, "eu", &format!("/v3/apis/{api}/versions"), None).await;
    let text = |version: &Value, field: &str| version[field].as_str().unwrap().to_owned();
    let all = listed["data"].as_array().unwrap().iter();
    let mut all: Vec<_> = all.map(|version| (text(version, "version"), text(version, "id"))).collect();
    all.sort();
    all
}

fn names(versions: &[(String, String)]) -> Vec<&str> {
    versions.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn a_service_has_several_versions_of_one_api_and_a_second_plan_is_empty() {
    let world = world();
    with_versions(&world);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(names(&versions(&sandbox).await), ["1.0.0", "2.0.0"]);
    let api = Outsider(&sandbox).named("eu", "/v3/apis", "checkout-dev").await;
    assert_eq!(api["version"], "2.0.0");
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    world.against(&sandbox, &["drift"]).await.exits(0);
    let staged = |file: &str| world.git("Acme/platform", &["show", &format!("{STAGING_BRANCH}:{STAGED}/{file}")]);
    assert!(staged("versions/v1/openapi.yaml").contains("version: 1.0.0"));
    assert!(staged("versions/v2/openapi.yaml").contains("version: 2.0.0"));
    // The API is linked to the gateway service of the current version, and the conversion tells both apart.
    let tags = |file: &str| staged(file).split_once("tags:\n").unwrap().1.to_owned();
    assert_eq!(tags("versions/v1/ko-patch.yaml"), "            - ko-api-version=checkout-dev@v1\n");
    let current = "            - ko-api-name=checkout-dev\n            - ko-api-version=checkout-dev@v2\n";
    assert_eq!(tags("versions/v2/ko-patch.yaml"), current);
    // What is not in the state is taken over.
    std::fs::remove_dir_all(world.path().join(".koctl/state")).unwrap();
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert!(plan.stdout.contains(" 0 to add, 0 to change, 0 to destroy."), "{}", plan.stdout);
}

#[tokio::test]
async fn the_version_that_a_service_has_becomes_one_of_several() {
    let world = world();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = versions(&sandbox).await;
    with_versions(&world);
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert!(plan.stdout.contains(" 0 to destroy."), "{}", plan.stdout);
    assert!(plan.stdout.contains("it moved from `Acme/api_version/dev/checkout`"), "{}", plan.stdout);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let after = versions(&sandbox).await;
    assert_eq!((names(&after), &after[0]), (vec!["1.0.0", "2.0.0"], &before[0]));
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

#[tokio::test]
async fn r15_the_version_that_a_service_has_moves_also_if_its_specification_changes() {
    let world = world();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = versions(&sandbox).await;
    with_versions(&world);
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.1.0"));
    let moved = "moved:\n  - {from: Acme/api_version/dev/checkout, to: Acme/api_version/dev/checkout/v1}\n";
    world.write("konnect/platform.yaml", moved);
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert!(plan.stdout.contains(" 0 to destroy."), "{}", plan.stdout);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let after = versions(&sandbox).await;
    assert_eq!((names(&after), &after[0].1), (vec!["1.1.0", "2.0.0"], &before[0].1));
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

#[tokio::test]
async fn each_version_changes_and_goes_by_itself() {
    let world = world();
    with_versions(&world);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = versions(&sandbox).await;
    world.push("Acme/checkout", "dev", "openapi.yaml", &spec("checkout", "1.0.1"));
    let apply = world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert!(apply.stdout.contains("Acme/api_version/dev/checkout/v1"), "{}", apply.stdout);
    assert!(!apply.stdout.contains("Acme/api_version/dev/checkout/v2"), "{}", apply.stdout);
    let after = versions(&sandbox).await;
    assert_eq!(names(&after), ["1.0.1", "2.0.0"]);
    assert_eq!((&after[0].1, &after[1].1), (&before[0].1, &before[1].1));
    world.edit("konnect/teams.yaml", "          v1: {}\n", "");
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(names(&versions(&sandbox).await), ["2.0.0"]);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    let files = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", STAGING_BRANCH, "konnect/Acme"]);
    assert!(!files.contains("/v1/") && files.contains("/v2/openapi.yaml"), "{files}");
}

#[tokio::test]
async fn a_service_with_one_version_again_keeps_the_current_one() {
    let world = world();
    with_versions(&world);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let before = versions(&sandbox).await;
    world.edit("konnect/teams.yaml", VERSIONS, "        name: checkout\n        spec-path: v2/openapi.yaml\n");
    let plan = world.against(&sandbox, &["plan"]).await.exits(0);
    assert!(plan.stdout.contains("it moved from `Acme/api_version/dev/checkout/v2`"), "{}", plan.stdout);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(versions(&sandbox).await, before[1..]);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

#[tokio::test]
async fn a_version_that_was_changed_or_deleted_outside_koctl_is_drift() {
    let world = world();
    with_versions(&world);
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let outsider = Outsider(&sandbox);
    let api = outsider.named("eu", "/v3/apis", "checkout-dev").await["id"].as_str().unwrap().to_owned();
    let old = versions(&sandbox).await[0].1.clone();
    let changed = serde_json::json!({ "version": "9.9.9" });
    outsider.konnect(Method::PATCH, "eu", &format!("/v3/apis/{api}/versions/{old}"), Some(changed)).await;
    let drift = world.against(&sandbox, &["drift"]).await.exits(2);
    assert!(drift.stdout.contains("Acme/api_version/dev/checkout/v1"), "{}", drift.stdout);
    assert!(!drift.stdout.contains("Acme/api_version/dev/checkout/v2"), "{}", drift.stdout);
    outsider.konnect(Method::DELETE, "eu", &format!("/v3/apis/{api}/versions/{old}"), None).await;
    world.against(&sandbox, &["drift"]).await.exits(2);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(names(&versions(&sandbox).await), ["1.0.0", "2.0.0"]);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

#[tokio::test]
async fn r13_a_lost_answer_to_the_creation_of_a_version_leaves_one() {
    let world = world();
    with_versions(&world);
    let sandbox = world.sandbox().await;
    sandbox.faults().inject(Trigger::new(Method::POST, "/versions"), Fault::LoseAnswer);
    world.against(&sandbox, &["apply", "--auto-approve"]).await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    assert_eq!(names(&versions(&sandbox).await), ["1.0.0", "2.0.0"]);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
}

#[test]
fn two_versions_of_one_name_are_named_and_hold_the_service() {
    let world = world();
    with_versions(&world);
    for branch in ["main", "dev"] {
        world.write(&format!("services/Acme/checkout/{branch}/v2/openapi.yaml"), &spec("checkout", "1.0.0"));
    }
    let run = world.koctl(&["plan"]).exits(1);
    assert!(run.stderr.contains("tell the versions `v1` and `v2` apart"), "{}", run.stderr);
    assert!(run.stderr.contains("the `info.version` 1.0.0"), "{}", run.stderr);
    assert!(!run.stdout.contains("Acme/api/"), "{}", run.stdout);
}
