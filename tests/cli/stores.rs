//! The stores of the state: what each kind needs, and the errors if that is missing.

use axum::http::StatusCode;
use engine::state::{LockOptions, Store};

use crate::world::{World, filters};

/// The screen of an apply on a store that cannot be used. Nothing is created, and nothing left behind.
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
        "No changes. Konnect and the platform repository match the configuration, except for what waits for others."
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

#[tokio::test(flavor = "multi_thread")]
async fn a_state_server_that_refuses_the_credentials_is_told_without_them() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let nobody = axum::Router::new().fallback(async || StatusCode::UNAUTHORIZED);
    tokio::spawn(async move { axum::serve(listener, nobody).await });
    let state = format!("http://ada:sesame@{address}/states");
    let screen = tokio::task::spawn_blocking(move || refused(&state)).await.unwrap();
    let _filters = filters();
    insta::assert_snapshot!(screen);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_held_is_told_with_its_holder_and_the_way_out() {
    let world = World::new();
    let state = format!("file:{}", world.path().join("state").display());
    let store = Store::open(&state, &|_| None).unwrap();
    let held = store.lock("Acme", &LockOptions::new("apply")).await.unwrap();
    let id = held.lock_id().to_string();
    let run = world.koctl(&["apply", "--auto-approve", "--state", &state]).exits(1);
    let _filters = filters();
    let told = run.stderr.replace(&id, "[id]").replace(&world.path().display().to_string(), "[directory]");
    let (before, rest) = told.split_once("locked by ").unwrap();
    let (holder, after) = rest.split_once(" for ").unwrap();
    assert!(holder.contains(&format!("process {}", std::process::id())), "{holder}");
    insta::assert_snapshot!(format!("{before}locked by [holder] for {after}"));
    held.release().await.unwrap();
    world.koctl(&["apply", "--auto-approve", "--state", &state]).exits(0);
}
