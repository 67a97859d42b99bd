//! `moved:` in the configuration: what was renamed keeps its objects, without a command on the state (R15).

use crate::outside::{GLOBAL, Outsider};
use crate::world::{Run, World, filters};

const TEAMS: &str = "konnect/teams.yaml";
const ORGANIZATIONS: &str = "konnect/organizations.yaml";
const STATE: &str = ".koctl/sandbox/state/Acme~1.json";

/// A world that is applied and then renamed, with these entries under `moved`.
fn renamed(edits: &[(&str, &str, &str)], moved: &str) -> World {
    let world = World::new().applied();
    for (file, from, to) in edits {
        world.edit(file, from, to);
    }
    add(&world, moved);
    world
}

/// Adds entries of `moved` to the teams.
fn add(world: &World, moved: &str) {
    let teams = world.read(TEAMS);
    let heading = if teams.contains("\nmoved:\n") { "" } else { "moved:\n" };
    world.write(TEAMS, &format!("{teams}{heading}{moved}"));
}

/// The plan destroys nothing that is guarded; after an apply nothing is left to do, and the entries stay without effect.
#[track_caller]
fn keeps_everything(world: &World) -> Run {
    let plan = world.koctl(&["plan"]).exits(0);
    assert!(!plan.stdout.contains("(guarded)") && plan.stdout.contains("which destroys nothing"), "{}", plan.stdout);
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    plan
}

#[test]
fn r15_a_move_of_what_nothing_has_changes_nothing() {
    let world = renamed(&[], "  - {type: team, from: nobody, to: orders}\n");
    let plan = world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    assert!(plan.last_line().starts_with("No changes."), "{}", plan.stdout);
}

#[test]
fn r15_a_renamed_team_keeps_its_objects() {
    let _filters = filters();
    let world = renamed(&[(TEAMS, "  orders:", "  sales:")], "  - {type: team, from: orders, to: sales}\n");
    let plan = keeps_everything(&world);
    insta::assert_snapshot!(plan.stdout);
    let list = world.koctl(&["state", "list"]).exits(0).stdout;
    assert!(list.contains("Acme/team/sales\n") && !list.contains("orders"), "{list}");
}

#[test]
fn r15_services_and_environments_keep_their_objects() {
    let service = (TEAMS, "name: checkout", "name: payment");
    keeps_everything(&renamed(&[service], "  - {type: service, from: checkout, to: payment}\n"));
    let environment = (ORGANIZATIONS, "      dev:", "      test:");
    keeps_everything(&renamed(&[environment], "  - {type: environment, from: Acme/dev, to: Acme/test}\n"));
}

#[test]
fn r15_a_renamed_organization_takes_its_state_along() {
    let world = renamed(&[(ORGANIZATIONS, "  Acme:", "  Ajax:")], "  - {type: organization, from: Acme, to: Ajax}\n");
    let plan = keeps_everything(&world);
    assert!(!plan.stderr.contains("not in the configuration any more"), "{}", plan.stderr);
    let list = world.koctl(&["state", "list"]).exits(0).stdout;
    assert!(list.lines().all(|line| line.starts_with("Ajax/")), "{list}");
}

#[test]
fn r15_an_interrupted_move_of_an_organization_is_finished_by_the_next_apply() {
    let world = World::new().applied();
    let before = world.read(STATE);
    world.koctl(&["state", "mv", "--organization", "Acme", "Ajax", "--auto-approve"]).exits(0);
    // As a kill leaves it after the first of the two writes.
    world.write(STATE, &before);
    world.edit(ORGANIZATIONS, "  Acme:", "  Ajax:");
    add(&world, "  - {type: organization, from: Acme, to: Ajax}\n");
    keeps_everything(&world);
    let list = world.koctl(&["state", "list"]).exits(0).stdout;
    assert!(list.lines().all(|line| line.starts_with("Ajax/")), "{list}");
}

#[test]
fn r15_a_single_resource_moves_within_its_type() {
    let world = World::new().applied();
    world.edit(ORGANIZATIONS, "region: eu\n", "region: eu\n        teams: {orders: {control-plane-name: gateway}}\n");
    add(&world, "  - {from: Acme/control_plane/dev/orders-dev, to: Acme/control_plane/dev/gateway}\n");
    let plan = keeps_everything(&world);
    assert_eq!(plan.stdout.matches(" -> Acme/control_plane/dev/gateway\n").count(), 1, "{}", plan.stdout);
}

#[test]
fn r15_the_moves_of_several_releases_act_one_after_the_other() {
    let edits = [(TEAMS, "  orders:", "  trade:"), (ORGANIZATIONS, "  Acme:", "  Apex:")];
    // Written with the last release first.
    let moved = "  - {type: organization, from: Ajax, to: Apex}\n  - {type: team, from: sales, to: trade}\n  \
                 - {type: organization, from: Acme, to: Ajax}\n  - {type: team, from: orders, to: sales}\n";
    let world = renamed(&edits, moved);
    let plan = keeps_everything(&world);
    assert!(plan.stdout.contains("Acme/team/orders -> Apex/team/trade\n"), "{}", plan.stdout);
}

#[test]
fn r15_a_move_that_is_taken_back_restores_the_names() {
    let world = World::new().applied();
    let before = world.koctl(&["state", "list"]).exits(0).stdout;
    let first = world.read(TEAMS);
    world.edit(TEAMS, "  orders:", "  sales:");
    add(&world, "  - {type: team, from: orders, to: sales}\n");
    keeps_everything(&world);
    world.write(TEAMS, &first);
    add(&world, "  - {type: team, from: sales, to: orders}\n");
    keeps_everything(&world);
    assert_eq!(world.koctl(&["state", "list"]).exits(0).stdout, before);
}

#[test]
fn r15_r7_a_saved_plan_moves_what_it_says_once() {
    let world = renamed(&[(TEAMS, "  orders:", "  sales:")], "  - {type: team, from: orders, to: sales}\n");
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    let shown = world.run(&["show", "plan.koctl"]).exits(0);
    assert!(shown.stdout.contains("Acme/team/orders -> Acme/team/sales\n"), "{}", shown.stdout);
    let json: serde_json::Value =
        serde_json::from_str(&world.run(&["show", "--json", "plan.koctl"]).exits(0).stdout).unwrap();
    let moved = json["koctl_moved"].as_array().unwrap();
    assert!(moved.contains(&serde_json::json!({ "from": "Acme/team/orders", "to": "Acme/team/sales" })), "{moved:?}");
    world.koctl(&["apply", "plan.koctl"]).exits(0);
    let again = world.koctl(&["apply", "plan.koctl"]).exits(1);
    assert!(again.stderr.contains("changed after the plan was made"), "{}", again.stderr);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r15_r7_a_reviewed_plan_covers_its_moves_and_no_others() {
    let world = renamed(&[(TEAMS, "  orders:", "  sales:")], "  - {type: team, from: orders, to: sales}\n");
    world.koctl(&["plan", "-o", "plan.koctl"]).exits(0);
    world.edit(TEAMS, "  sales:", "  trade:");
    world.edit(TEAMS, "to: sales", "to: trade");
    let refused = world.koctl(&["apply", "--reviewed", "plan.koctl"]).exits(1);
    assert!(refused.stderr.contains("addresses that were not reviewed"), "{}", refused.stderr);
    world.edit(TEAMS, "  trade:", "  sales:");
    world.edit(TEAMS, "to: trade", "to: sales");
    world.koctl(&["apply", "--reviewed", "plan.koctl"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r15_a_move_onto_another_object_is_refused_and_nothing_changes() {
    let world = World::new();
    world.edit(TEAMS, "teams:\n", "teams:\n  sales:\n    description: Sells.\n");
    let world = world.applied();
    let before = world.read(STATE);
    world.edit(TEAMS, "  orders:", "  trade:");
    add(&world, "  - {type: team, from: orders, to: sales}\n");
    let refused = world.koctl(&["apply", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("another object in the state has this address"), "{}", refused.stderr);
    assert!(refused.stderr.contains("konnect/teams.yaml:"), "{}", refused.stderr);
    assert_eq!(world.read(STATE), before);
}

#[test]
fn r15_a_resource_that_is_still_configured_does_not_move_away() {
    let world = renamed(&[], "  - {from: Acme/team/orders, to: Acme/team/sales}\n");
    let refused = world.koctl(&["plan"]).exits(1);
    assert!(refused.stderr.contains("is moved away, but it is still configured"), "{}", refused.stderr);
}

#[test]
fn r15_a_move_to_a_name_that_nothing_has_is_a_warning() {
    let world = renamed(&[(TEAMS, "  orders:", "  sales:")], "  - {type: team, from: orders, to: slaes}\n");
    let plan = world.koctl(&["plan"]).exits(0);
    assert!(plan.stderr.contains("destroys what has the new name"), "{}", plan.stderr);
}

#[test]
fn r15_a_plan_moves_nothing_in_the_state() {
    let world = renamed(&[(TEAMS, "  orders:", "  sales:")], "  - {type: team, from: orders, to: sales}\n");
    let before = world.read(STATE);
    world.koctl(&["plan"]).exits(0);
    assert_eq!(world.read(STATE), before);
}

/// An entry for the team `orders` that is called `sales` now.
const TO_SALES: &str = "  - {type: team, from: orders, to: sales}\n";

#[tokio::test]
async fn r15_a_team_of_someone_else_that_has_the_new_name_is_told_in_the_plan() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let theirs = serde_json::json!({ "name": "sales" });
    let id = Outsider(&sandbox).made(GLOBAL, "/v3/teams", theirs).await;
    world.edit(TEAMS, "  orders:", "  sales:");
    add(&world, TO_SALES);
    let plan = world.against(&sandbox, &["plan"]).await.exits(1);
    let told = plan.stderr.replace(['\n', '│'], "").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&format!("another object, {id}, has the name that it is to get")), "{told}");
    // The way out is about the address that the stored state has.
    assert!(told.contains("`koctl state rm Acme/team/orders` and `koctl import Acme/team/sales"), "{told}");
    world.against(&sandbox, &["state", "rm", "Acme/team/orders", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["import", "Acme/team/sales", &id, "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}

#[test]
fn r15_a_control_plane_that_another_team_names_stays_when_its_namesake_is_renamed() {
    let world = World::new();
    world.edit(TEAMS, "teams:\n", "teams:\n  stock:\n    description: Counts.\n");
    let shared = "region: eu\n        teams: {orders: {}, stock: {control-plane-name: orders-dev}}\n";
    world.edit(ORGANIZATIONS, "region: eu\n", shared);
    let world = world.applied();
    world.edit(TEAMS, "  orders:", "  sales:");
    world.edit(ORGANIZATIONS, "{orders: {}", "{sales: {}");
    add(&world, TO_SALES);
    let plan = keeps_everything(&world);
    assert!(!plan.stdout.contains("Acme/control_plane/dev/orders-dev ->"), "{}", plan.stdout);
    let list = world.koctl(&["state", "list"]).exits(0).stdout;
    assert!(
        list.contains("control_plane/dev/orders-dev\n") && list.contains("control_plane/dev/sales-dev\n"),
        "{list}"
    );
}

#[test]
fn r15_what_cannot_move_is_refused_by_validate_with_what_to_do() {
    let world = World::new();
    let refused = |entry: &str| {
        let teams = world.read(TEAMS);
        add(&world, entry);
        let run = world.run(&["validate"]).exits(1);
        world.write(TEAMS, &teams);
        run.stderr
    };
    let person = refused("  - {from: Acme/user/kim@example.com, to: Acme/user/kim@example.org}\n");
    assert!(person.contains("a person is known by the email") && person.contains("help: remove the entry"), "{person}");
    let unknown = refused("  - {from: Acme/portl/dev, to: Acme/portl/test}\n");
    assert!(unknown.contains("there is no type `portl`") && unknown.contains("did you mean `portal`?"), "{unknown}");
    let platform = refused("  - {from: '@platform/repository/a', to: '@platform/repository/b'}\n");
    assert!(platform.contains("it belongs to the platform repository"), "{platform}");
    let taken = refused("  - {type: team, from: stock, to: orders}\n  - {type: team, from: orders, to: crew}\n");
    assert!(taken.contains("one apply cannot do both"), "{taken}");
}

#[test]
fn r15_names_are_passed_on_as_the_help_says() {
    let world = World::new();
    world.edit(TEAMS, "teams:\n", "teams:\n  stock:\n    description: Counts.\n");
    let world = world.applied();
    let teams = world.read(TEAMS);
    world.edit(TEAMS, "  orders:", "  crew:");
    add(&world, "  - {type: team, from: orders, to: crew}\n");
    keeps_everything(&world);
    world.write(TEAMS, &teams.replace("  orders:", "  crew:").replace("  stock:", "  orders:"));
    add(&world, "  - {type: team, from: stock, to: orders}\n");
    keeps_everything(&world);
}

#[test]
fn r15_a_move_is_right_although_other_things_left_the_configuration_with_it() {
    let world = World::new();
    world.edit(TEAMS, "    services:\n", "    users: [kim@example.com, robin@example.com]\n    services:\n");
    let world = world.applied();
    world.edit(TEAMS, "  orders:", "  sales:");
    world.edit(TEAMS, ", robin@example.com]", "]");
    world.edit(ORGANIZATIONS, "region: eu", "region: us");
    add(&world, TO_SALES);
    let plan = world.koctl(&["plan"]).exits(0);
    assert!(!plan.stderr.contains("`moved` renames"), "{}", plan.stderr);
}

#[test]
fn r15_an_organization_that_is_not_configured_any_more_is_told_with_both_ways_to_rename_it() {
    let world = World::new().applied();
    world.edit(ORGANIZATIONS, "  Acme:", "  Ajax:");
    let told = world.koctl(&["plan"]).exits(0).stderr;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let ways = "add `{type: organization, from: Acme, to: Ajax}` to `moved` of the configuration, or run `koctl state mv \
                --organization Acme Ajax";
    assert!(told.contains(ways), "{told}");
}

#[test]
fn r15_a_plan_before_the_entry_of_an_organization_does_no_harm_in_a_sandbox() {
    let world = World::new().applied();
    world.edit(ORGANIZATIONS, "  Acme:", "  Ajax:");
    world.koctl(&["plan"]).exits(0);
    add(&world, "  - {type: organization, from: Acme, to: Ajax}\n");
    keeps_everything(&world);
}

/// The staged files on the main branch of the platform repository.
fn staged(world: &World) -> String {
    let all = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", "main"]);
    all.lines().filter(|path| path.ends_with("openapi.yaml")).map(|path| format!("{path}\n")).collect()
}

#[test]
fn r15_the_staged_files_of_a_renamed_environment_move_with_it() {
    let world = World::new().applied();
    world.run(&["sandbox", "merge"]).exits(0);
    world.edit(ORGANIZATIONS, "      dev:", "      test:");
    add(&world, "  - {type: environment, from: Acme/dev, to: Acme/test}\n");
    let plan = keeps_everything(&world);
    assert!(!plan.stdout.contains("Changed outside of koctl"), "{}", plan.stdout);
    world.run(&["sandbox", "merge"]).exits(0);
    assert_eq!(staged(&world), "konnect/Acme/envs/test/teams/orders/services/Acme/checkout/openapi.yaml\n");
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r15_an_open_pull_request_of_the_former_name_is_closed_and_its_files_are_in_the_new_one() {
    let world = World::new().applied();
    world.edit(ORGANIZATIONS, "  Acme:", "  Ajax:");
    add(&world, "  - {type: organization, from: Acme, to: Ajax}\n");
    keeps_everything(&world);
    let merged = world.run(&["sandbox", "merge"]).exits(0);
    assert_eq!(merged.stdout.lines().count(), 1, "{}", merged.stdout);
    assert_eq!(staged(&world), "konnect/Ajax/envs/dev/teams/orders/services/Acme/checkout/openapi.yaml\n");
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn r15_destroy_and_refresh_find_what_is_stored_under_the_former_name() {
    let world = renamed(&[(ORGANIZATIONS, "  Acme:", "  Ajax:")], "  - {type: organization, from: Acme, to: Ajax}\n");
    let plan = world.koctl(&["plan", "--destroy"]).exits(0);
    assert!(plan.stdout.contains("Ajax/team/orders") && !plan.stdout.contains("No changes"), "{}", plan.stdout);
    world.koctl(&["apply", "--refresh-only", "--auto-approve"]).exits(0);
    let list = world.koctl(&["state", "list"]).exits(0).stdout;
    assert!(list.contains("Ajax/team/orders"), "{list}");
    world.koctl(&["destroy", "--auto-approve", "--allow-destroy"]).exits(0);
    assert_eq!(world.koctl(&["state", "list"]).exits(0).stdout.matches("/team/").count(), 0);
}
