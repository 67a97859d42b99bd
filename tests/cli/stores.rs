//! Where the state is kept: what each kind of store needs, and what is told when it cannot be had.

use crate::world::{World, filters};

/// The screen of an apply on a store that cannot be used. Nothing is made, and nothing left behind.
#[track_caller]
fn refused(state: &str) -> String {
    let world = World::new();
    let run = world.koctl(&["apply", "--auto-approve", "--state", state]).exits(1);
    assert!(!run.stdout.contains("Apply complete"), "{}", run.stdout);
    let told = run.stderr.lines().filter(|line| !line.contains("efresh")).map(str::trim_end);
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_state_on_a_branch_of_the_platform_repository_needs_no_more_than_its_address() {
    let world = World::new();
    let state = ["--state", "github://Acme/platform/koctl/state"];
    let koctl = |arguments: &[&str]| world.koctl(&[arguments, &state].concat()).exits(0);
    koctl(&["apply", "--auto-approve"]);
    assert_eq!(
        koctl(&["plan"]).last_line(),
        "No changes. Konnect and the platform repository are as the configuration says."
    );
    assert!(!world.path().join(".koctl/sandbox/state").exists(), "the state is in the repository");
    let files = world.git("Acme/platform", &["ls-tree", "-r", "--name-only", "koctl/state"]);
    assert_eq!(files, "README.md\nstate/Acme~1.json\n");
}

#[test]
fn the_configuration_can_name_the_store_and_a_variable_wins_over_it() {
    let world = World::new();
    world.write("konnect/platform.yaml", "platform:\n  state:\n    url: github://Acme\n");
    let run = world.run(&["show"]).exits(1);
    assert!(run.stderr.contains("the state store `github://Acme`: it does not name"), "{}", run.stderr);
    let mut command = world.command(&["show"]);
    let output = command.env("KOCTL_STATE", "elsewhere:at-all").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("`elsewhere` is not a kind of store"), "{told}");
}

#[test]
fn an_address_of_no_kind_of_store_is_told_with_the_kinds_that_there_are() {
    let _filters = filters();
    insta::assert_snapshot!(refused("ftp://ada:sesame@example.com/state"));
}

#[test]
fn a_database_that_is_down_is_told_without_its_password() {
    let _filters = filters();
    insta::assert_snapshot!(refused("postgres://ada:sesame@127.0.0.1:1/platform"));
}

#[test]
fn a_setting_of_a_database_that_does_not_exist_is_told() {
    insta::assert_snapshot!(refused("postgres://ada:sesame@db.example.com/platform?sslmod=require"));
}

#[test]
fn a_repository_that_does_not_exist_is_told() {
    let _filters = filters();
    insta::assert_snapshot!(refused("github://Acme/nowhere/state"));
}

#[test]
fn an_address_on_github_without_a_branch_is_told() {
    insta::assert_snapshot!(refused("github://Acme/platform"));
}

#[test]
fn a_state_server_that_is_down_is_told() {
    let _filters = filters();
    insta::assert_snapshot!(refused("http://127.0.0.1:1/states"));
}

#[test]
fn a_state_server_without_encryption_is_told() {
    insta::assert_snapshot!(refused("http://state.example.com/states"));
}
