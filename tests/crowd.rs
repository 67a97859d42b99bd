//! Fifty processes of koctl apply at once to one organization, on each kind of store.
//!
//! Each makes one team of its own, so that the end shows if an update was lost. The one on PostgreSQL needs the
//! server that `KOCTL_TEST_POSTGRES_URL` names.

#![allow(clippy::unwrap_used, dead_code, reason = "this whole program is tests, and uses some helpers of another's")]

#[path = "cli/world.rs"]
mod world;

use std::env;
use std::process::ExitCode;

use futures::future::join_all;
use http::Method;
use libtest_mimic::{Arguments, Trial};
use sandbox::{Fault, Sandbox, Trigger};
use uuid::Uuid;

use world::{Run, World};

const PROCESSES: usize = 50;
const POSTGRES: &str = "KOCTL_TEST_POSTGRES_URL";

/// The address of a store that is empty. `None` if there is no such store.
type MakeStore = fn() -> Option<String>;

fn main() -> ExitCode {
    let stores: [(&str, MakeStore); 3] = [
        ("local", || Some("file:state".to_owned())),
        ("github", || Some("github://Acme/platform/koctl/state".to_owned())),
        ("postgres", in_a_schema_of_its_own),
    ];
    let mut trials = Vec::new();
    for (name, store) in stores {
        let is_there = name != "postgres" || env::var_os(POSTGRES).is_some();
        let mut add = |rule: &str, test: fn(String)| {
            let trial = Trial::test(format!("{name}::{rule}"), move || {
                test(store().ok_or("the store is not there")?);
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!is_there));
        };
        add("who_waits_gets_its_turn_and_no_update_is_lost", |state| run(all_wait(&state)));
        add("who_does_not_wait_is_told_who_holds_the_lock_and_does_nothing", |state| run(nobody_waits(&state)));
    }
    // One after the other: fifty processes are enough at once.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

/// The schema stays in the server's database, which is a test's own.
fn in_a_schema_of_its_own() -> Option<String> {
    let server = env::var(POSTGRES).ok()?;
    let separator = if server.contains('?') { '&' } else { '?' };
    Some(format!("{server}{separator}schema=koctl_crowd_{}", Uuid::new_v4().simple()))
}

/// An organization with a team for each process, and nothing else.
fn world() -> World {
    let world = World::new();
    let teams: String = (0..PROCESSES).map(|n| format!("  team-{n}:\n    description: Team {n}.\n")).collect();
    world.write("konnect/teams.yaml", &format!("teams:\n{teams}"));
    world
}

/// Every process at once, each for its own team.
async fn apply_all(world: &World, sandbox: &Sandbox, state: &str, more: &[&str]) -> Vec<Run> {
    let one = async |n: usize| {
        let target = format!("Acme/team/team-{n}");
        let mut arguments = vec!["apply", "--auto-approve", "--state", state, "--target", &target];
        arguments.extend(more);
        world.against(sandbox, &arguments).await
    };
    join_all((0..PROCESSES).map(one)).await
}

/// The teams in the state, sorted by their names.
async fn remembered(world: &World, sandbox: &Sandbox, state: &str) -> Vec<String> {
    let listed = world.against(sandbox, &["state", "list", "--state", state]).await.exits(0);
    listed.stdout.lines().map(str::to_owned).collect()
}

/// How many teams were made.
fn made(sandbox: &Sandbox) -> usize {
    let is_team = |path: &str| path.split('?').next().is_some_and(|path| path.ends_with("/v3/teams"));
    sandbox.exchanges().iter().filter(|e| e.method == "POST" && e.status == Some(201) && is_team(&e.path)).count()
}

async fn all_wait(state: &str) {
    let world = world();
    let sandbox = world.sandbox().await;
    for run in apply_all(&world, &sandbox, state, &["--lock-timeout", "900"]).await {
        run.exits(0);
    }
    let mut teams: Vec<_> = (0..PROCESSES).map(|n| format!("Acme/team/team-{n}")).collect();
    teams.sort();
    assert_eq!(remembered(&world, &sandbox, state).await, teams);
    assert_eq!(made(&sandbox), PROCESSES);
    sandbox.stop().await;
}

async fn nobody_waits(state: &str) {
    let world = world();
    let sandbox = world.sandbox().await;
    // The first process has the lock while Konnect makes it wait.
    sandbox.faults().inject(Trigger::new(Method::POST, "/v3/teams"), Fault::rate_limited(5));
    let runs = apply_all(&world, &sandbox, state, &[]).await;
    let mut winners = Vec::new();
    for (n, run) in runs.into_iter().enumerate() {
        if run.code == 0 {
            winners.push(format!("Acme/team/team-{n}"));
            continue;
        }
        let run = run.exits(1);
        assert!(run.stderr.contains("it is locked by"), "{}", run.stderr);
        assert!(run.stderr.contains("for `apply` since"), "{}", run.stderr);
        assert!(run.stderr.contains("koctl force-unlock Acme"), "{}", run.stderr);
    }
    winners.sort();
    assert!((1..PROCESSES).contains(&winners.len()), "{} of {PROCESSES} came through", winners.len());
    assert_eq!(remembered(&world, &sandbox, state).await, winners);
    assert_eq!(made(&sandbox), winners.len());
    // The lock is free again.
    world.against(&sandbox, &["apply", "--auto-approve", "--state", state]).await.exits(0);
    sandbox.stop().await;
}
