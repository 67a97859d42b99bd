//! `koctl state`: looking into a state, and repairing it.

use serde_json::Value;

use crate::world::{World, filters};

const STATE: &str = ".koctl/sandbox/state/Acme~1.json";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn serial(world: &World) -> u64 {
    json(&world.read(STATE))["serial"].as_u64().unwrap()
}

#[test]
fn without_a_state_there_is_nothing_to_list_and_nothing_to_pull() {
    let world = World::new();
    assert_eq!(world.koctl(&["state", "list"]).exits(0).stdout, "");
    let refused = world.koctl(&["state", "pull"]).exits(1);
    assert!(refused.stderr.contains("There is no state in the directory"), "{}", refused.stderr);
}

#[test]
fn list_names_everything_or_what_patterns_name() {
    let world = World::new().applied();
    insta::assert_snapshot!(world.koctl(&["state", "list"]).exits(0).stdout);
    let list = |pattern: &str| world.koctl(&["state", "list", pattern]).exits(0).stdout;
    assert_eq!(list("Acme/*/dev/checkout").lines().count(), 3);
    assert_eq!(list("Acme/team"), "Acme/team/orders\n");
    let all = json(&world.koctl(&["state", "list", "--json"]).exits(0).stdout);
    assert_eq!(all.as_array().unwrap().len(), 10);
    assert!(all.as_array().unwrap().iter().all(|one| one["id"].is_string() && one["type"].is_string()));
}

#[test]
fn an_address_that_the_state_does_not_know_is_told_with_the_nearest() {
    let world = World::new().applied();
    for command in [["state", "list"], ["state", "show"], ["state", "rm"]] {
        let refused = world.koctl(&[command[0], command[1], "Acme/team/order"]).exits(1);
        assert!(refused.stderr.contains("Nothing in the state matches `Acme/team/order`"), "{}", refused.stderr);
        assert!(refused.stderr.contains("Did you mean `Acme/team/orders`?"), "{}", refused.stderr);
    }
    let refused = world.koctl(&["state", "list", "Acme/[a"]).exits(1);
    assert!(refused.stderr.contains("`Acme/[a` is not a valid pattern of addresses"), "{}", refused.stderr);
    let refused = world.koctl(&["state", "show", "orders"]).exits(1);
    assert!(refused.stderr.contains("`orders` is not an address"), "{}", refused.stderr);
}

#[test]
fn show_tells_all_that_the_state_knows_of_one() {
    let _filters = filters();
    let world = World::new().applied();
    insta::assert_snapshot!(world.koctl(&["state", "show", "Acme/team_role/dev/orders"]).exits(0).stdout);
    let shown = json(&world.koctl(&["state", "show", "--json", "Acme/team/orders"]).exits(0).stdout);
    assert_eq!((shown["type"].as_str(), shown["attributes"]["name"].as_str()), (Some("team"), Some("orders")));
}

#[test]
fn what_is_forgotten_stays_and_is_imported_by_the_next_plan() {
    let world = World::new().applied();
    let before = world.read(STATE);
    let dry = world.koctl(&["state", "rm", "--dry-run", "Acme/portal"]).exits(0);
    assert_eq!((dry.stdout.as_str(), world.read(STATE)), ("Acme/portal/dev\n", before.clone()));
    let refused = world.koctl(&["state", "rm", "Acme/portal"]).exits(1);
    assert!(refused.stderr.contains("--auto-approve"), "{}", refused.stderr);
    assert_eq!(world.read(STATE), before);

    let done = world.koctl(&["state", "rm", "--auto-approve", "Acme/portal/dev", "Acme/team/**"]).exits(0);
    assert_eq!(done.stdout, "Acme/portal/dev\nAcme/team/orders\nRemoved 2 resources from the state.\n");
    let plan = world.koctl(&["plan"]).exits(0);
    assert_eq!(plan.last_line(), "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy.");
    world.applied().koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn what_is_pulled_can_be_pushed_again_and_changes_nothing() {
    let world = World::new().applied();
    let pulled = world.koctl(&["state", "pull"]).exits(0).stdout;
    assert_eq!(pulled, world.read(STATE));
    world.write("pulled.json", &pulled);
    let same = world.koctl(&["state", "push", "pulled.json"]).exits(0);
    assert!(same.stdout.contains("is the same already"), "{}", same.stdout);
    assert_eq!(pulled, world.read(STATE));
    let refused = world.koctl(&["state", "pull", "Nobody"]).exits(1);
    assert!(refused.stderr.contains("There are states of `Acme`"), "{}", refused.stderr);
}

#[test]
fn an_older_state_and_one_of_another_lineage_are_pushed_only_by_force() {
    let _filters = filters();
    let world = World::new().applied();
    world.write("old.json", &world.read(STATE));
    world.koctl(&["state", "rm", "--auto-approve", "Acme/portal/dev"]).exits(0);
    let refused = world.koctl(&["state", "push", "old.json"]).exits(1).stderr;
    // How often an apply writes depends on which of its records come in together.
    let mut serials = insta::Settings::clone_current();
    serials.add_filter(r"(serial|state has) \d+", "$1 [serial]");
    serials.bind(|| insta::assert_snapshot!("an_older_state_is_refused", refused));
    world.koctl(&["state", "push", "--force", "old.json"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);

    let other = World::new().applied();
    world.write("other.json", &other.read(STATE));
    let before = world.read(STATE);
    let refused = world.koctl(&["state", "push", "other.json"]).exits(1);
    insta::assert_snapshot!("a_state_of_another_lineage_is_refused", refused.stderr);
    assert_eq!(world.read(STATE), before);
}

#[test]
fn a_file_that_is_no_whole_state_is_not_pushed() {
    let world = World::new().applied();
    let before = world.read(STATE);
    for (text, told) in [
        (before.replace("Takes orders.", "Takes bribes."), "its checksum does not fit its content"),
        (before[..before.len() / 2].to_owned(), "it is cut short"),
        (before.replacen("\"version\": 2", "\"version\": 99", 1), "it has version 99"),
        ("{}".to_owned(), "it is not a koctl state"),
    ] {
        world.write("edited.json", &text);
        let refused = world.koctl(&["state", "push", "--force", "edited.json"]).exits(1);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    let refused = world.koctl(&["state", "push", "missing.json"]).exits(1);
    assert!(refused.stderr.contains("Could not push missing.json"), "{}", refused.stderr);
    assert_eq!(world.read(STATE), before);
}

#[test]
fn an_earlier_version_is_listed_and_comes_back_with_a_new_serial() {
    let _filters = filters();
    let world = World::new().applied();
    let whole = world.read(STATE);
    let before = serial(&world);
    world.koctl(&["state", "rm", "--auto-approve", "Acme/portal/dev"]).exits(0);
    let history = json(&world.koctl(&["state", "history", "--json"]).exits(0).stdout);
    let newest = &history[0];
    assert_eq!((newest["serial"].as_u64(), newest["resources"].as_u64()), (Some(before), Some(10)));
    let version = newest["version"].as_str().unwrap();
    let table = world.koctl(&["state", "history", "Acme"]).exits(0).stdout;
    assert!(table.starts_with("VERSION") && table.contains(&version[..16]), "{table}");

    let dry = world.koctl(&["state", "restore", "Acme", &version[..12], "--dry-run"]).exits(0);
    assert!(dry.stdout.starts_with("+ Acme/portal/dev\n"), "{}", dry.stdout);
    world.koctl(&["state", "restore", "Acme", &version[..12], "--auto-approve"]).exits(0);
    assert_eq!(serial(&world), before + 2);
    assert_eq!(json(&world.read(STATE))["resources"], json(&whole)["resources"]);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    let refused = world.koctl(&["state", "restore", "Acme", "nothing", "--auto-approve"]).exits(1);
    assert!(refused.stderr.contains("no version has the name `nothing`"), "{}", refused.stderr);
}

#[test]
fn a_damaged_state_says_how_to_restore_it_and_that_works() {
    let _filters = filters();
    let world = World::new().applied();
    world.koctl(&["state", "rm", "--auto-approve", "Acme/portal/dev"]).exits(0);
    let whole = world.read(STATE);
    world.write(STATE, &whole[..whole.len() / 2]);
    let refused = world.koctl(&["plan"]).exits(1);
    let command = refused.stderr.split('`').find(|part| part.starts_with("koctl state restore")).unwrap();
    // The command has the flags of the one that failed.
    let arguments: Vec<&str> = command.split(' ').skip(1).chain(["--auto-approve"]).collect();
    assert!(arguments.contains(&"--sandbox"), "{command}");
    world.run(&arguments).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn commands_on_the_state_need_no_configuration_if_a_flag_says_where_it_is() {
    let world = World::new().applied();
    let elsewhere = World::empty();
    let state = format!("file:{}", world.path().join(".koctl/sandbox/state").display());
    let of_state = |arguments: &[&str]| elsewhere.run(&[arguments, &["--state", &state]].concat());
    assert!(of_state(&["state", "list"]).exits(0).stdout.contains("Acme/team/orders"));
    for arguments in [
        &["state", "show", "Acme/team/orders"][..],
        &["state", "history", "Acme"],
        &["state", "pull", "Acme"],
        &["show"],
        &["state", "rm", "Acme/portal/dev", "--auto-approve"],
    ] {
        of_state(arguments).exits(0);
    }
    let unknown = of_state(&["force-unlock", "Acme", "id"]).exits(1);
    assert!(!unknown.stderr.contains("konnect/teams.yaml"), "{}", unknown.stderr);
    // Nothing says where it is.
    let refused = elsewhere.run(&["state", "list"]).exits(1);
    assert!(refused.stderr.contains("cannot read the teams"), "{}", refused.stderr);
}

#[test]
fn migrate_copies_all_states_and_leaves_the_old_ones() {
    let world = World::new().applied();
    let before = world.read(STATE);
    let dry = world.koctl(&["state", "migrate", "--to", "file:elsewhere", "--dry-run"]).exits(0);
    assert!(dry.stdout.starts_with("Acme: serial "), "{}", dry.stdout);
    assert!(!world.path().join("elsewhere").exists());

    world.koctl(&["state", "migrate", "--to", "file:elsewhere", "--auto-approve"]).exits(0);
    assert_eq!(world.read(STATE), before);
    let moved = json(&world.read("elsewhere/Acme~1.json"));
    assert_eq!(moved["resources"], json(&before)["resources"]);
    world.koctl(&["plan", "--detailed-exitcode", "--state", "file:elsewhere"]).exits(0);
    let again = world.koctl(&["state", "migrate", "--to", "file:elsewhere", "--auto-approve"]).exits(0);
    assert!(again.stdout.contains("1 of them before"), "{}", again.stdout);
}

#[test]
fn migrate_refuses_a_store_with_another_state_and_copies_nothing() {
    let _filters = filters();
    let (world, other) = (World::new().applied(), World::new().applied());
    let theirs = other.read(STATE);
    world.write("elsewhere/Acme~1.json", &theirs);
    let refused = world.koctl(&["state", "migrate", "--to", "file:elsewhere", "--auto-approve"]).exits(1);
    insta::assert_snapshot!(refused.stderr);
    assert_eq!(world.read("elsewhere/Acme~1.json"), theirs);
}

#[tokio::test]
async fn every_change_waits_for_the_lock_and_says_who_holds_it() {
    let world = World::new().applied();
    let directory = format!("file:{}", world.path().join(".koctl/sandbox/state").display());
    let store = engine::state::Store::open(&directory, &|_| None).unwrap();
    let lock = store.lock("Acme", &engine::state::LockOptions::new("apply")).await.unwrap();
    world.write("state.json", &world.read(STATE));
    let before = world.read(STATE);
    for command in [
        &["state", "rm", "--auto-approve", "Acme/team/orders"][..],
        &["state", "mv", "--auto-approve", "--team", "orders", "sales"],
        &["state", "migrate", "--auto-approve", "--to", "file:elsewhere"],
    ] {
        let refused = world.koctl(command).exits(1);
        assert!(refused.stderr.contains("for `apply` since"), "{command:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("koctl force-unlock Acme"), "{command:?}: {}", refused.stderr);
    }
    assert_eq!(world.read(STATE), before);
    lock.release().await.unwrap();
    world.koctl(&["state", "rm", "--auto-approve", "Acme/team/orders"]).exits(0);
}

#[tokio::test]
async fn r10_what_an_interrupted_apply_was_about_is_shown_and_nothing_moves_before_it_is_settled() {
    let _filters = filters();
    let world = World::new().applied();
    let directory = format!("file:{}", world.path().join(".koctl/sandbox/state").display());
    let store = engine::state::Store::open(&directory, &|_| None).unwrap();
    let lock = store.lock("Acme", &engine::state::LockOptions::new("apply")).await.unwrap();
    let intent = serde_json::json!({
        "address": "Acme/portal/dev", "action": "update", "since": "2026-01-02T03:04:05Z",
    });
    let intent = serde_json::from_value(intent).unwrap();
    lock.record(move |state| state.intents.push(intent)).await.unwrap();
    lock.release().await.unwrap();
    let before = world.read(STATE);
    for command in [&["state", "list"][..], &["state", "show", "Acme/portal/dev"]] {
        let told = world.koctl(command).exits(0).stderr;
        assert!(told.contains("Acme/portal/dev may have been updated"), "{told}");
    }
    assert_eq!(world.koctl(&["state", "show", "Acme/team/orders"]).exits(0).stderr, "");
    for command in [
        &["state", "rm", "--auto-approve", "Acme/team"][..],
        &["state", "mv", "--auto-approve", "--team", "orders", "sales"],
    ] {
        let refused = world.koctl(command).exits(1).stderr;
        assert!(refused.contains("an apply was interrupted") && refused.contains("koctl apply"), "{refused}");
    }
    assert_eq!(world.read(STATE), before);
}
