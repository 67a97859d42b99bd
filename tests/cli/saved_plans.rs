//! R7: a saved plan is applied exactly, once, and as it was made.

use crate::world::World;

/// A world with a saved plan of everything.
fn planned() -> World {
    let world = World::new();
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    world
}

#[test]
fn r7_a_saved_plan_is_applied_without_a_question() {
    let world = planned();
    world.koctl(&["apply", "plan.koctl"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r7_the_same_inputs_give_the_same_bytes() {
    let world = planned();
    world.koctl(&["plan", "-o", "again.koctl"]).exits(0);
    assert_eq!(world.read("plan.koctl"), world.read("again.koctl"));
}

#[test]
fn r7_a_saved_plan_refuses_to_apply_twice() {
    let world = planned();
    world.koctl(&["apply", "plan.koctl"]).exits(0);
    let again = world.koctl(&["apply", "plan.koctl"]).exits(1);
    let told = "`Acme` had no state when the plan was made, and has one now; make a new plan";
    assert!(again.stderr.contains(told), "{}", again.stderr);
}

#[test]
fn r7_a_saved_plan_refuses_to_apply_after_the_state_moved_on() {
    let world = World::new().applied();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    let world = world.applied();
    let stale = world.koctl(&["apply", "plan.koctl"]).exits(1);
    assert!(stale.stderr.contains("serial"), "{}", stale.stderr);
}

#[test]
fn r7_a_saved_plan_refuses_to_apply_when_the_configuration_changed() {
    let world = planned();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let stale = world.koctl(&["apply", "plan.koctl"]).exits(1);
    assert!(
        stale.stderr.contains("What the configuration says of `Acme` has changed since the plan was made"),
        "{}",
        stale.stderr
    );
}

#[test]
fn r7_a_saved_plan_is_applied_although_another_organization_changed() {
    let world = World::new();
    let other = "  Other:\n    access-token: {type: env, value: OTHER_TOKEN}\n    environments:\n      qa: {type: DEV, region: eu}\n";
    world.write("konnect/organizations.yaml", &format!("{}{other}", world.read("konnect/organizations.yaml")));
    let world = world.applied();
    world.edit("konnect/organizations.yaml", "      dev:\n", "      dev:\n        protect: true\n");
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    // The other organization has moved on, and so has its state.
    world.edit("konnect/organizations.yaml", "      qa: {", "      qa: {protect: true, ");
    world.koctl(&["apply", "--auto-approve", "--target", "Other/**"]).exits(0);
    world.koctl(&["apply", "plan.koctl"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r7_a_reviewed_plan_approves_a_new_one_with_the_same_changes() {
    let world = planned();
    let nothing = World::new().applied();
    nothing.write("plan.koctl", &world.read("plan.koctl"));
    nothing.koctl(&["apply", "--reviewed", "plan.koctl"]).exits(0);
    // Everything is reviewed, whatever was merged or applied since: here, one of its parts.
    world.koctl(&["apply", "--auto-approve", "--target", "Acme/team/*"]).exits(0);
    world.koctl(&["apply", "plan.koctl"]).exits(1);
    world.koctl(&["apply", "--reviewed", "plan.koctl"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r7_a_reviewed_plan_approves_nothing_that_it_does_not_have() {
    let world = World::new().applied();
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let refused = world.koctl(&["apply", "--reviewed", "plan.koctl"]).exits(1);
    let told = "The plan has changes that were not reviewed: `Acme/team/orders` will be updated in place";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
}

#[test]
fn r12_a_reviewed_plan_does_not_approve_guarded_deletions_by_itself() {
    let world = World::new().applied();
    world.edit("konnect/organizations.yaml", "    environments:\n      dev:", "    environments:\n      qa:");
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    let refused = world.koctl(&["apply", "--reviewed", "plan.koctl"]).exits(1);
    assert!(refused.stderr.contains("--allow-destroy"), "{}", refused.stderr);
    world.koctl(&["apply", "--reviewed", "plan.koctl", "--allow-destroy"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r7_an_edited_plan_is_refused() {
    let world = planned();
    world.edit("plan.koctl", "Takes orders.", "Takes bribes.");
    let refused = world.koctl(&["apply", "plan.koctl"]).exits(1);
    assert!(refused.stderr.contains("it was changed after it was made"), "{}", refused.stderr);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(2);
}

#[test]
fn r7_a_file_that_is_no_plan_is_refused() {
    let world = World::new();
    world.write("plan.koctl", "teams: {}\n");
    let refused = world.koctl(&["apply", "plan.koctl"]).exits(1);
    assert!(refused.stderr.contains("it is not a plan"), "{}", refused.stderr);
}

#[test]
fn show_json_is_terraforms_plan_json() {
    let world = planned();
    let shown = world.run(&["show", "--json", "plan.koctl"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(json["format_version"].as_str().unwrap().starts_with("1."));
    let changes = json["resource_changes"].as_array().unwrap();
    let creates = changes.iter().filter(|change| change["change"]["actions"] == serde_json::json!(["create"]));
    assert_eq!(creates.count(), 10);
}

#[test]
fn show_gives_the_plan_as_it_was_shown() {
    let world = World::new();
    let planned = world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    assert_eq!(world.run(&["show", "plan.koctl"]).exits(0).stdout, planned.stdout);
}

#[test]
fn r7_a_plan_of_the_sandbox_is_not_applied_to_real_systems() {
    let world = planned();
    let mut command = world.command(&["apply", "plan.koctl"]);
    command.env("ACME_TOKEN", "t").env("KOCTL_KONNECT_URL", "http://127.0.0.1:9/{region}");
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("The plan is about the sandbox, but this run is about http://127.0.0.1:9"), "{told}");
}

#[test]
fn a_plan_is_not_saved_over_a_file_that_is_none() {
    let world = World::new();
    let before = world.read("konnect/teams.yaml");
    world.koctl(&["plan", "-o", "konnect/teams.yaml"]).exits(1);
    assert_eq!(world.read("konnect/teams.yaml"), before);
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
}
