//! Notifications and dashboards.

use crate::world::{World, filters};

const PLAN: &[&str] = &["plan", "--detailed-exitcode"];
const APPLY: &[&str] = &["apply", "--auto-approve"];

#[test]
fn konnects_own_way_to_notify_needs_no_subscription() {
    let world = World::new();
    world.edit(
        "konnect/organizations.yaml",
        "    environments:\n",
        "    notifications: {email: true, in-app: true}\n    environments:\n",
    );
    let plan = world.koctl(PLAN).exits(2);
    assert!(!plan.stdout.contains("notification_subscription"), "{}", plan.stdout);
}

#[test]
fn a_channel_that_is_off_is_off_for_every_event_until_it_is_on_again() {
    let _filters = filters();
    let world = World::new().applied();
    let edit = |from: &str, to: &str| world.edit("konnect/organizations.yaml", from, to);
    edit("    environments:\n", "    notifications: {email: false}\n    environments:\n");
    insta::assert_snapshot!(world.koctl(PLAN).exits(2).stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
    edit("{email: false}", "{email: false, in-app: false}");
    let plan = world.koctl(PLAN).exits(2);
    assert!(plan.stdout.contains("~ channels"), "{}", plan.stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
    edit("    notifications: {email: false, in-app: false}\n", "");
    let plan = world.koctl(PLAN).exits(2);
    assert!(plan.last_line().starts_with("Plan: 0 to add, 0 to change, "), "{}", plan.stdout);
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}

#[test]
fn dashboards_are_in_every_region_and_go_when_nobody_wants_them() {
    let world = World::new();
    let edit = |from: &str, to: &str| world.edit("konnect/organizations.yaml", from, to);
    edit("        region: eu\n", "        region: eu\n      prd:\n        type: PROD\n        region: us\n");
    let world = world.applied();
    world.koctl(PLAN).exits(0);
    let all = world.koctl(&["show"]).exits(0).stdout;
    for dashboard in ["eu/api-usage ", "eu/api-usage-by-application ", "us/api-usage ", "us/api-usage-by-application "]
    {
        assert!(all.contains(&format!("Acme/dashboard/{dashboard}")), "{all}");
    }
    world.edit(
        "konnect/organizations.yaml",
        "    environments:\n",
        "    enable-custom-reports: false\n    environments:\n",
    );
    assert_eq!(world.koctl(PLAN).exits(2).last_line(), "Plan: 0 to add, 0 to change, 4 to destroy.");
    world.koctl(APPLY).exits(0);
    world.koctl(PLAN).exits(0);
}
