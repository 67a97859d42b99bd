//! A first apply of everything, after which the plan is empty.

use crate::world::{World, filters};

#[test]
fn r6_a_second_plan_is_empty() {
    let world = World::new().applied();
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    assert!(plan.last_line().starts_with("No changes."), "{}", plan.stdout);
}

#[test]
fn the_first_plan_of_the_smallest_platform() {
    let _filters = filters();
    let plan = World::new().koctl(&["plan", "--detailed-exitcode"]).exits(2);
    insta::assert_snapshot!(plan.stdout);
}

#[test]
fn a_plan_changes_nothing() {
    let world = World::new();
    let first = world.koctl(&["plan"]).exits(0);
    assert_eq!(world.koctl(&["plan"]).exits(0).stdout, first.stdout);
    assert!(!world.path().join(".koctl/sandbox/state").exists());
}

#[test]
fn apply_tells_what_it_did() {
    let _filters = filters();
    let apply = World::new().koctl(&["apply", "--auto-approve"]).exits(0);
    assert_eq!(apply.last_line(), "Apply complete! Resources: 10 added, 0 changed, 0 destroyed.");
}

#[test]
fn apply_without_a_terminal_and_without_approval_refuses_and_says_how() {
    let world = World::new();
    let apply = world.koctl(&["apply"]).exits(1);
    insta::assert_snapshot!(
        apply.stderr.lines().filter(|line| !line.contains("efresh")).collect::<Vec<_>>().join("\n")
    );
    world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
}

#[test]
fn destroy_leaves_nothing_but_people() {
    let world = World::new();
    world.edit("konnect/teams.yaml", "    services:", "    users: [a@example.com]\n    services:");
    let world = world.applied();
    let refused = world.koctl(&["destroy", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("--allow-destroy"), "{}", refused.stderr);
    let destroyed = world.koctl(&["destroy", "--auto-approve", "--allow-destroy"]).exits(0);
    assert_eq!(destroyed.last_line(), "Destroy complete! Resources: 0 added, 0 changed, 11 destroyed, 1 forgotten.");
    let again = world.koctl(&["plan", "--destroy", "--detailed-exitcode"]).exits(0);
    assert!(again.last_line().starts_with("No changes."), "{}", again.stdout);
}

#[test]
fn the_staged_files_are_byte_equal_on_the_branch_of_a_pull_request() {
    let world = World::new().applied();
    let staged = "Acme-dev-konnect-orchestrator-apply:konnect/Acme/envs/dev/teams/orders/services/Acme/checkout";
    let spec = world.git("Acme/platform", &["show", &format!("{staged}/openapi.yaml")]);
    assert_eq!(spec, world.read("services/Acme/checkout/dev/openapi.yaml"));
    let patch = world.git("Acme/platform", &["show", &format!("{staged}/ko-patch.yaml")]);
    assert!(patch.ends_with("- ko-api-name=checkout-dev\n"), "{patch}");
}

#[test]
fn after_a_merge_the_plan_is_still_empty_and_a_changed_spec_opens_the_next_pull_request() {
    let _filters = filters();
    let world = World::new().applied();
    let branch = "Acme-dev-konnect-orchestrator-apply";
    world.git("Acme/platform", &["update-ref", "refs/heads/main", &format!("refs/heads/{branch}")]);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    world.push("Acme/checkout", "dev", "openapi.yaml", &crate::world::spec("checkout", "1.1.0"));
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
    insta::assert_snapshot!(plan.stdout);
    let world = world.applied();
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}
