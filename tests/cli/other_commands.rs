//! The commands that only show.

use http::Method;
use sandbox::{Fault, Trigger};

use crate::world::{World, filters, finish};

#[test]
fn show_lists_what_the_state_remembers() {
    let _filters = filters();
    let world = World::new();
    assert_eq!(world.koctl(&["show"]).exits(0).last_line(), "0 resources in the state.");
    let world = world.applied();
    insta::assert_snapshot!(world.koctl(&["show"]).exits(0).stdout);
}

#[test]
fn show_json_of_the_state_is_in_terraforms_form() {
    let world = World::new().applied();
    let state: serde_json::Value = serde_json::from_str(&world.koctl(&["show", "--json"]).exits(0).stdout).unwrap();
    let resources = state["values"]["root_module"]["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 10);
    assert!(resources.iter().all(|resource| resource["mode"] == "managed"));
}

#[test]
fn graph_draws_every_resource_with_its_dependencies() {
    let drawn = World::new().koctl(&["graph", "--format", "mermaid"]).exits(0).stdout;
    insta::assert_snapshot!(drawn);
}

#[test]
fn plan_json_is_one_event_a_line_and_nothing_else() {
    let run = World::new().koctl(&["plan", "--json"]).exits(0);
    let events: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_type = |name: &str| events.iter().filter(|event| event["type"] == name).count();
    assert_eq!((of_type("planned_change"), of_type("change_summary")), (11, 1));
    assert_eq!(events.last().unwrap()["add"], 10);
}

#[test]
fn version_schema_and_completions_say_what_they_should() {
    let world = World::empty();
    assert_eq!(world.run(&["version"]).exits(0).stdout, format!("koctl {}\n", env!("CARGO_PKG_VERSION")));
    let schema: serde_json::Value = serde_json::from_str(&world.run(&["schema"]).exits(0).stdout).unwrap();
    assert!(schema["properties"]["organizations"].is_object());
    assert!(world.run(&["completions", "bash"]).exits(0).stdout.contains("complete -o nospace"));
}

#[test]
fn an_output_that_is_not_read_to_its_end_is_no_panic() {
    let world = World::new();
    let mut child = world.command(&["plan", "--sandbox"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let code = child.wait().unwrap().code();
    assert_ne!(code, Some(101), "it panicked");
    for arguments in [&["--help"][..], &["completions", "bash"], &["schema"]] {
        let mut command = world.command(arguments);
        let mut child =
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let run = child.wait_with_output().unwrap();
        assert_eq!((run.status.code(), String::from_utf8_lossy(&run.stderr).as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

/// A disk without space.
const FULL: &str = "/dev/full";

#[test]
fn an_output_that_cannot_be_written_fails_the_command() {
    let world = World::new().applied();
    let of_sandbox = [&["plan"][..], &["plan", "--json"], &["drift", "--json"], &["show", "--json"]];
    let alone = [&["version"][..], &["schema"], &["completions", "bash"], &["validate"], &["validate", "--json"]];
    let by_clap = [&["--help"][..], &["--version"], &["help", "plan"], &["state", "list", "--help"]];
    for arguments in of_sandbox.into_iter().chain(alone).chain(by_clap) {
        let mut command = world.command(arguments);
        if of_sandbox.contains(&arguments) {
            command.arg("--sandbox");
        }
        let full = std::fs::File::options().write(true).open(FULL).unwrap();
        let run = command.stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("Could not write to stdout: No space left"), "{arguments:?}: {stderr}");
    }
    let run = world.koctl(&["plan", "--out", FULL]).exits(1);
    assert!(run.stderr.contains("Could not save the plan to /dev/full: No space left"), "{}", run.stderr);
}

#[test]
fn the_history_of_a_state_that_never_was_is_an_error() {
    let world = World::new().applied();
    world.koctl(&["state", "history", "Acme"]).exits(0);
    let run = world.koctl(&["state", "history", "Acne"]).exits(1);
    assert!(run.stderr.contains("There is no state of `Acne`"), "{}", run.stderr);
}

#[test]
fn a_damaged_state_is_refused_and_a_backup_can_be_pushed() {
    let world = World::new().applied();
    let file = ".koctl/sandbox/state/Acme~1.json";
    let whole = world.read(file);
    world.write("backup.json", &whole);
    world.edit(file, "Takes orders.", "Takes bribes.");
    let refused = world.koctl(&["plan"]).exits(1);
    assert!(refused.stderr.contains("koctl state"), "{}", refused.stderr);
    world.koctl(&["state", "push", "backup.json"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

#[tokio::test]
async fn a_lock_can_be_forced_open_by_its_id_alone() {
    let world = World::new();
    let directory = format!("file:{}", world.path().join(".koctl/sandbox/state").display());
    let store = engine::state::Store::open(&directory, &|_| None).unwrap();
    let lock = store.lock("Acme", &engine::state::LockOptions::new("apply")).await.unwrap();
    world.koctl(&["force-unlock", "Acme", "wrong"]).exits(1);
    let id = lock.lock_id().to_string();
    world.koctl(&["force-unlock", "Acme", &id]).exits(0);
    world.koctl(&["apply", "--auto-approve"]).exits(0);
}

#[test]
fn plan_json_tells_programs_what_could_not_be_planned() {
    let world = World::new();
    world.write("services/Acme/checkout/dev/openapi.yaml", "hello\n");
    let run = world.koctl(&["plan", "--json"]).exits(1);
    let events: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let error = events.iter().find(|event| event["type"] == "error").unwrap();
    assert_eq!(error["scope"], "Acme");
    assert!(error["message"].as_str().unwrap().contains("it is not an OpenAPI document"), "{error}");
}

#[test]
fn a_mistyped_flag_is_an_error_and_never_looks_like_differences() {
    let world = World::new();
    for arguments in [["drift", "--skip-lockd"], ["plan", "--nope"]] {
        let run = world.run(&arguments).exits(1);
        assert!(run.stderr.contains("unexpected argument"), "{}", run.stderr);
    }
    assert!(world.run(&["drift", "--help"]).exits(0).stdout.contains("--skip-locked"));
}

#[tokio::test]
async fn verbose_logs_retries_and_twice_every_request_without_secrets() {
    let world = World::new();
    let sandbox = world.sandbox().await;
    for (arguments, retries, requests) in
        [(vec!["plan"], false, false), (vec!["plan", "-v"], true, false), (vec!["plan", "-vv"], true, true)]
    {
        sandbox.faults().inject(Trigger::new(Method::GET, "/v3/teams"), Fault::rate_limited(0));
        let before = sandbox.exchanges().len();
        let stderr = world.against(&sandbox, &arguments).await.exits(0).stderr;
        assert_eq!(stderr.contains("trying again after: 429"), retries, "{arguments:?}: {stderr}");
        // The log has tries, the sandbox also what git asked for.
        let (logged, by_git) = (stderr.lines().filter(|line| line.contains("DEBUG request")).count(), "git/");
        let exchanges = &sandbox.exchanges()[before..];
        let sent = exchanges.iter().filter(|exchange| !exchange.path.starts_with(by_git)).count();
        assert_eq!(logged, if requests { sent } else { 0 }, "{arguments:?}: {stderr}");
        for secret in ["acme-token", "github-token"] {
            assert!(!stderr.contains(secret), "{arguments:?}: {stderr}");
        }
    }
    sandbox.stop().await;
}

#[test]
fn directives_for_the_log_that_are_not_valid_are_reported() {
    let world = World::new();
    let mut command = world.command(&["version"]);
    command.env("KOCTL_LOG", "transport=loud");
    let run = finish(command).exits(0);
    assert!(run.stderr.contains("KOCTL_LOG is ignored"), "{}", run.stderr);
}
