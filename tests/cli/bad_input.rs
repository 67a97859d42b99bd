//! Bad input gets a clear error, and leaves everything as it was.

use std::time::Duration;

use crate::world::{Run, World, filters, finish, spec};

/// The screen of a plan that fails.
#[track_caller]
fn refused(world: &World) -> String {
    let run = world.koctl(&["plan"]).exits(1);
    assert!(!world.path().join(".koctl/sandbox/state").exists(), "a state was written");
    assert_eq!(run.stdout, "");
    told(&run)
}

/// The errors of a run.
fn told(run: &Run) -> String {
    let told = run.stderr.lines().filter(|line| !line.contains("efresh")).map(str::trim_end);
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_good_configuration_is_valid() {
    let valid = World::new().run(&["validate"]).exits(0);
    assert_eq!(valid.stdout, "The configuration is valid: 1 team, 1 service, 1 organization, 1 environment.\n");
}

#[test]
fn r11_a_secret_beside_a_mistyped_key_is_shown_neither_to_a_person_nor_to_a_program() {
    let world = World::new();
    world.edit("konnect/organizations.yaml", "type: env\n      value: ACME_TOKEN", "type: literal\n      valeu: hush");
    for arguments in [vec!["validate"], vec!["plan"], vec!["plan", "--json"], vec!["drift"], vec!["apply", "--json"]] {
        let run = world.run(&arguments).exits(1);
        assert!(run.stderr.contains("unknown key `valeu`"), "{}", run.stderr);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("hush"), "{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_text_of_others_cannot_clear_the_screen_or_turn_it_around() {
    let world = World::new();
    let hidden = "\u{1b}[2J\u{1b}[HThe configuration is valid.\u{1b}[8m";
    let teams = format!("teams:\n  t: {{descripton: 1}} # {hidden}\n  \"\\e]0;title\\a\": 1\n  a\u{202e}b\u{61c}: 1\n");
    world.write("konnect/teams.yaml", &teams);
    for arguments in [vec!["validate", "--color", "never"], vec!["validate", "--color", "always"]] {
        let run = world.run(&arguments).exits(1);
        for forged in ["\u{1b}[2J", "\u{1b}[H", "\u{1b}[8m", "\u{1b}]", "\u{7}", "\u{202e}", "\u{61c}"] {
            assert!(!run.stderr.contains(forged), "{:?}", run.stderr);
        }
        for name in ["\\u001b]0;title\\u0007", "a\\u202eb\\u061c"] {
            assert!(run.stderr.contains(&format!("teams.{name} must be a mapping")), "{}", run.stderr);
        }
    }
    let run = world.run(&["pl\u{202e}an"]).exits(1);
    assert!(run.stderr.contains("pl\\u202ean"), "{:?}", run.stderr);
}

#[test]
fn an_error_far_out_in_a_line_is_shown_without_the_rest_of_the_line() {
    let world = World::new();
    let team = |number: usize| format!(r#""team-{number}": {{"description": "The team of number {number}."}}"#);
    let teams: Vec<String> = (0..2_000).map(team).collect();
    world.write("konnect/teams.yaml", &format!(r#"{{"teams": {{{}}}, "taems": {{}}}}"#, teams.join(", ")));
    let run = world.run(&["validate"]).exits(1);
    assert!(run.stderr.contains("unknown key `taems`") && run.stderr.len() < 2_000, "{}", run.stderr);

    let wrong: Vec<String> = teams.iter().map(|team| team.replace("description", "descripton")).collect();
    world.write("konnect/teams.yaml", &format!(r#"{{"teams": {{{}}}}}"#, wrong.join(", ")));
    let run = world.run(&["validate"]).exits(1);
    assert!(run.stderr.ends_with("1900 more errors are not shown: correct these first.\n2000 errors in 1 file.\n"));
    assert!(run.stderr.len() < 200_000, "{} bytes", run.stderr.len());
}

#[test]
fn no_file_says_where_it_looked_and_what_to_write() {
    insta::assert_snapshot!(refused(&World::empty()));
}

#[test]
fn an_empty_file_says_what_to_write() {
    let world = World::new();
    world.write("konnect/organizations.yaml", "");
    insta::assert_snapshot!(refused(&world));
}

#[test]
fn an_unknown_key_and_a_region_that_does_not_exist_are_told_at_once_with_suggestions() {
    let world = World::new();
    world.edit("konnect/teams.yaml", "description: Takes orders.", "descripton: Takes orders.");
    world.edit("konnect/organizations.yaml", "region: eu", "region: ue");
    insta::assert_snapshot!(refused(&world));
}

#[test]
fn a_duplicate_key_is_told_with_both_places() {
    let world = World::new();
    world.edit(
        "konnect/teams.yaml",
        "    description: Takes orders.\n",
        "    description: One.\n    description: Two.\n",
    );
    insta::assert_snapshot!(refused(&world));
}

#[test]
fn a_cycle_of_anchors_is_refused() {
    let world = World::new();
    world.write("konnect/teams.yaml", "teams: &teams\n  orders:\n    services: *teams\n");
    insta::assert_snapshot!(refused(&world));
}

#[test]
fn a_service_whose_specification_is_missing_names_the_file_and_the_branch() {
    let world = World::new();
    world.edit(
        "konnect/teams.yaml",
        "        name: checkout\n",
        "        name: checkout\n        spec-path: api/openapi.yaml\n",
    );
    insta::assert_snapshot!(told(&world.koctl(&["plan"]).exits(1)));
}

#[test]
fn a_specification_that_is_no_yaml_is_told() {
    let world = World::new();
    world.write("services/Acme/checkout/dev/openapi.yaml", "openapi: [\n");
    insta::assert_snapshot!(told(&world.koctl(&["plan"]).exits(1)));
}

#[test]
fn a_missing_secret_is_named() {
    let world = World::new();
    let run = world.run(&["plan"]).exits(1);
    assert_eq!(run.stdout, "");
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn without_a_platform_repository_the_plan_says_how_to_name_one() {
    let world = World::new();
    let mut command = world.command(&["plan"]);
    command.env("ACME_TOKEN", "t").env("KOCTL_GITHUB_URL", "http://127.0.0.1:9");
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("GITHUB_REPO_URL"), "{told}");
}

#[test]
fn a_target_that_is_no_glob_is_named() {
    let run = World::new().koctl(&["plan", "--target", "Acme/[a"]).exits(1);
    assert!(run.stderr.contains("--target Acme/[a"), "{}", run.stderr);
}

#[test]
fn a_target_that_matches_nothing_is_an_error_with_the_nearest_address() {
    let world = World::new().applied();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    for (command, wrong) in [
        (&["plan", "--detailed-exitcode", "--target", "Acme/team/ordres"][..], "`--target Acme/team/ordres`"),
        (&["plan", "--target", "Acme/team/orders", "--target", "Acme/team/ordres"], "`--target Acme/team/ordres`"),
        (&["plan", "--target", ""], "`--target ''`"),
        (&["apply", "--auto-approve", "--target", "Acme/team/ordres"], "`--target Acme/team/ordres`"),
        (&["destroy", "--auto-approve", "--target", "Acme/team/ordres"], "`--target Acme/team/ordres`"),
    ] {
        let run = world.koctl(command).exits(1);
        let told = format!("{wrong} matches no resource of this plan");
        assert!(run.stderr.contains(&told), "{command:?}\n{}", run.stderr);
        assert!(wrong.ends_with("''`") || run.stderr.contains("Did you mean `Acme/team/orders`?"), "{}", run.stderr);
        assert_eq!(run.stdout, "", "{command:?}");
    }
}

#[test]
fn nothing_is_said_of_what_was_not_looked_at() {
    let world = World::new().applied();
    world.edit("konnect/teams.yaml", "Takes orders.", "Takes all orders.");
    let plan = world.koctl(&["plan", "--detailed-exitcode", "--target", "Acme/portal/dev"]).exits(0);
    assert_eq!(plan.last_line(), "No changes. That is so for what --target names. Nothing else was compared.");
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    let plan = world.koctl(&["plan", "--no-refresh"]).exits(0);
    assert_eq!(plan.last_line(), "No changes. The state matches the configuration. The live systems were not read.");
}

#[test]
fn a_specification_gives_no_command_to_the_runner_of_github_actions() {
    let world = World::new();
    let with = |line: &str| format!("{}x-text: |\n  a\n  {line}\n  ##[error]b\n", spec("checkout", "1.0.0"));
    world.write("services/Acme/checkout/dev/openapi.yaml", &with("::add-mask::0"));
    let world = world.applied();
    world.push("Acme/checkout", "dev", "openapi.yaml", &with("::add-mask::0").replace("  a\n", "  changed\n"));
    for arguments in
        [&["plan", "--sandbox"][..], &["plan", "--sandbox", "--json"], &["apply", "--sandbox", "--auto-approve"]]
    {
        let mut command = world.command(arguments);
        command.env("GITHUB_ACTIONS", "true");
        let run = finish(command).exits(0);
        for line in run.stdout.lines().chain(run.stderr.lines()) {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{arguments:?}: {line}");
        }
    }
}

#[tokio::test]
async fn a_locked_state_says_who_holds_it_since_when_and_for_what() {
    let _filters = filters();
    let world = World::new();
    let directory = format!("file:{}", world.path().join(".koctl/sandbox/state").display());
    let store = engine::state::Store::open(&directory, &|_| None).unwrap();
    let options = engine::state::LockOptions::new("apply");
    let lock = store.lock("Acme", &options).await.unwrap();
    let run = world.koctl(&["apply", "--auto-approve"]).exits(1);
    assert!(run.stderr.contains("apply") && run.stderr.contains("since"), "{}", run.stderr);
    lock.release().await.unwrap();
    world.koctl(&["apply", "--auto-approve"]).exits(0);
}

#[tokio::test]
async fn with_a_lock_timeout_an_apply_waits_its_turn() {
    let world = World::new();
    let directory = format!("file:{}", world.path().join(".koctl/sandbox/state").display());
    let store = engine::state::Store::open(&directory, &|_| None).unwrap();
    let lock = store.lock("Acme", &engine::state::LockOptions::new("apply")).await.unwrap();
    let mut waiting = world.command(&["apply", "--auto-approve", "--sandbox", "--lock-timeout", "60"]).spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
    lock.release().await.unwrap();
    assert!(waiting.wait().unwrap().success());
}

/// The output of koctl on a disk with room for files of a kilobyte only, which a limit of the shell simulates.
async fn on_a_full_disk(world: &World, sandbox: &sandbox::Sandbox, arguments: &str) -> String {
    let binary = assert_cmd::cargo::cargo_bin!("koctl").display().to_string();
    let mut full = tokio::process::Command::new("sh");
    full.args(["-c", &format!("trap '' XFSZ; ulimit -f 2; exec '{binary}' {arguments}")])
        .current_dir(world.path())
        .env("KOCTL_KONNECT_URL", sandbox.konnect_url())
        .env("KOCTL_GITHUB_URL", sandbox.github_url())
        .env("GITHUB_REPO_URL", "https://github.com/Acme/platform.git")
        .env("GITHUB_TOKEN", "github-token")
        .env("ACME_TOKEN", "acme-token");
    let output = full.output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_full_disk_leaves_the_state_as_it_was_and_the_next_apply_finds_what_was_made() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    let state = || world.read(".koctl/state/Acme~1.json");
    let before = state();
    world.edit("konnect/teams.yaml", "teams:\n", "teams:\n  payments:\n    description: Takes payments.\n");
    let told = on_a_full_disk(&world, &sandbox, "apply --auto-approve").await;
    assert!(told.contains("could not record in the state") || told.contains("Could not record in the state"), "{told}");
    assert_eq!(state(), before);
    let told = on_a_full_disk(&world, &sandbox, "plan -o plan.koctl").await;
    assert!(told.contains("Could not save the plan"), "{told}");
    // With room again, what was made is imported and the rest is made: nothing twice, nothing forgotten.
    world.against(&sandbox, &["apply", "--auto-approve"]).await.exits(0);
    world.against(&sandbox, &["plan", "--detailed-exitcode"]).await.exits(0);
    sandbox.stop().await;
}
