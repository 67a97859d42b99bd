//! `--refresh-only`: changes outside koctl are accepted into the state, and nothing is sent.

use crate::drift::{applied, meddle};
use crate::import::assert_only_reads;
use crate::world::{World, filters};

const PLAN: &[&str] = &["plan", "--refresh-only", "--detailed-exitcode"];
const APPLY: &[&str] = &["apply", "--refresh-only", "--auto-approve"];
const DRIFT: &[&str] = &["drift", "--managed-only"];

#[tokio::test]
async fn r3_straight_after_an_apply_there_is_nothing_to_accept_and_nothing_is_asked() {
    let (world, sandbox) = applied().await;
    let pull = &["state", "pull", "Acme"];
    let before = world.against(&sandbox, pull).await.exits(0).stdout;
    let told = "No changes. Konnect and the platform repository match the state.";
    assert_eq!(world.against(&sandbox, PLAN).await.exits(0).last_line(), told);
    assert_eq!(world.against(&sandbox, &["apply", "--refresh-only"]).await.exits(0).last_line(), told);
    assert_eq!(world.against(&sandbox, pull).await.exits(0).stdout, before);
    sandbox.stop().await;
}

#[tokio::test]
async fn r3_what_the_configuration_changes_is_not_accepted_and_need_not_even_be_compiled() {
    let (world, sandbox) = applied().await;
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    world.edit("konnect/teams.yaml", "Acme/checkout.git", "Acme/nowhere.git");
    world.against(&sandbox, PLAN).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r3_drift_is_accepted_without_a_request_that_writes_and_the_next_plan_is_about_it() {
    let _filters = filters();
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    let before = sandbox.exchanges().len();
    insta::assert_snapshot!(world.against(&sandbox, PLAN).await.exits(2).stdout);
    let accepted = world.against(&sandbox, APPLY).await.exits(0);
    let told = "Refresh complete! Resources: 2 recorded as they are, 2 forgotten.";
    assert_eq!(accepted.last_line(), told, "{}", accepted.stdout);
    assert_only_reads(&sandbox, before);
    world.against(&sandbox, DRIFT).await.exits(0);
    world.against(&sandbox, PLAN).await.exits(0);
    let next = world.against(&sandbox, &["plan"]).await.exits(0);
    assert!(!next.stdout.contains("Changed outside"), "{}", next.stdout);
    assert!(next.stdout.contains("~ description = \"Ours now.\" -> \"Takes orders.\""), "{}", next.stdout);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[tokio::test]
async fn r7_a_saved_plan_to_accept_drift_does_exactly_that_and_only_once() {
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    let planned = world.against(&sandbox, &["plan", "--refresh-only", "-o", "plan.koctl"]).await.exits(0);
    assert_eq!(world.run(&["show", "plan.koctl"]).exits(0).stdout, planned.stdout);
    let terraform: serde_json::Value =
        serde_json::from_str(&world.run(&["show", "--json", "plan.koctl"]).exits(0).stdout).unwrap();
    assert_eq!(terraform["applyable"], true);
    assert_eq!(terraform["resource_drift"].as_array().unwrap().len(), 4);
    let before = sandbox.exchanges().len();
    let told = "Refresh complete! Resources: 2 recorded as they are, 2 forgotten.";
    assert_eq!(world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(0).last_line(), told);
    // The plan contains the values that were read when it was made. Only whose they are is asked again.
    let sent: Vec<_> = sandbox.exchanges()[before..].iter().map(|one| one.path.clone()).collect();
    assert_eq!(sent, ["/konnect/global/v3/organizations/me"]);
    world.against(&sandbox, DRIFT).await.exits(0);
    let again = world.against(&sandbox, &["apply", "plan.koctl"]).await.exits(1);
    assert!(again.stderr.contains("The state of `Acme` changed after the plan was made"), "{}", again.stderr);
    sandbox.stop().await;
}

#[tokio::test]
async fn without_a_terminal_nothing_is_accepted_and_it_is_said_how() {
    let (world, sandbox) = applied().await;
    meddle(&sandbox).await;
    let refused = world.against(&sandbox, &["apply", "--refresh-only"]).await.exits(1);
    assert!(refused.stderr.contains("or add --auto-approve"), "{}", refused.stderr);
    world.against(&sandbox, DRIFT).await.exits(2);
    sandbox.stop().await;
}

#[test]
fn what_is_read_from_the_systems_does_not_go_with_what_is_not() {
    let world = World::new();
    let all: [&[&str]; 6] = [
        &["plan", "--refresh-only", "--destroy"],
        &["plan", "--refresh-only", "--no-refresh"],
        &["plan", "--refresh-only", "--no-adopt"],
        &["apply", "--refresh-only", "--no-refresh"],
        &["apply", "--refresh-only", "--auto-approve", "--loop", "1"],
        &["apply", "--refresh-only", "plan.koctl"],
    ];
    for arguments in all {
        let refused = world.koctl(arguments).exits(1);
        assert!(refused.stderr.contains("cannot be used with"), "{arguments:?}: {}", refused.stderr);
    }
}
