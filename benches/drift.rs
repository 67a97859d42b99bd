//! The cost of a look for drift (R2): `cargo bench --bench drift`.
//!
//! One organization with 20 teams and 1,000 services in one environment is applied. Then `koctl drift` runs against a
//! sandbox that takes 50 ms a request. The benchmark prints the number of requests and the median of the times.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "where a benchmark cannot go on it fails; it prints")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::progress::Silent;
use koctl::manifest::{self, Loaded, Sources};
use koctl::operations::{
    self, Approved, DriftRequest, Locks, PlanRequest, ServeOptions, Serving, Session, SessionOptions, Settings,
    Tenants, serve,
};
use sandbox::{Record, Wire};
use tokio::sync::watch;

const LATENCY: Duration = Duration::from_millis(50);
const TEAMS: usize = 20;
/// In each team.
const SERVICES: usize = 50;
/// How often it is measured.
const ROUNDS: usize = 9;
/// How many requests an apply that prepares all of it has under way.
const PARALLELISM: usize = 32;

const SPECIFICATION: &str = "openapi: 3.1.0\ninfo: {title: app, version: 1.0.0}\npaths: {}\n";

/// Writes the configuration, and the one repository that has the specification of all services.
fn write(folder: &Path) {
    let mut teams = "teams:\n".to_owned();
    for team in 0..TEAMS {
        writeln!(teams, "  team-{team}:\n    services:").unwrap();
        for service in 0..SERVICES {
            let name = format!("app-{team}-{service}");
            let git = "{remote: 'https://github.com/Acme/specs.git'}";
            writeln!(teams, "      Acme/{name}: {{name: {name}, git: {git}}}").unwrap();
        }
    }
    let organizations = "organizations:\n  Acme:\n    access-token: {type: env, value: ACME_TOKEN}\n    \
                         environments: {dev: {type: DEV, region: eu}}\n";
    let files = [("konnect/teams.yaml", teams.as_str()), ("konnect/organizations.yaml", organizations)];
    for (path, text) in files.into_iter().chain([("services/Acme/specs/dev/openapi.yaml", SPECIFICATION)]) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn load(folder: &Path) -> Loaded {
    manifest::load(&Sources { directory: folder.to_owned(), ..Sources::default() }).unwrap()
}

/// Serves the sandbox in `folder`, and opens a session on it.
async fn open(folder: &Path, wire: Wire) -> (Serving, Session) {
    let options = ServeOptions {
        directory: folder.join("sandbox"),
        port: 0,
        tenants: Tenants::Configuration(Box::new(load(folder))),
        wire,
        environment: Box::new(|_| None),
    };
    let serving = serve(options).await.unwrap();
    let variables = serving.variables.clone();
    let environment = move |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let state = Some(format!("file:{}", folder.join("state").display()));
    let options = SessionOptions { loaded: load(folder), state, sandbox: None, environment: Box::new(environment) };
    (serving, Session::open(options).await.unwrap())
}

async fn apply(session: &Session) -> usize {
    let (locks, _) = Locks::of_all(session, "apply", Duration::ZERO).await;
    let planned = operations::plan(session, &PlanRequest::default(), Some(&locks), &Silent).await.unwrap();
    let approved = Approved::by_flags(&planned.plan, false).unwrap();
    let settings = Settings { parallelism: PARALLELISM, stop: watch::channel(false).1 };
    let applied = operations::apply(session, approved, locks, settings, &Silent).await;
    assert!(applied.is_complete(), "{applied:?}");
    applied.outcomes.iter().map(|(_, outcome)| outcome.done.len()).sum()
}

#[tokio::main]
async fn main() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    write(folder);
    let (serving, session) = open(folder, Wire::default()).await;
    let resources = apply(&session).await;
    session.close().await;
    serving.sandbox.stop().await;

    let wire = Wire { latency: LATENCY, record: Record::InMemory, ..Wire::default() };
    let (serving, session) = open(folder, wire).await;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let watched = operations::drift(&session, DriftRequest::default(), &Silent).await;
        times.push(began.elapsed());
        assert!(watched.report.is_complete() && !watched.report.has_drift(), "{:?}", watched.report);
    }
    times.sort_unstable();
    let requests = serving.sandbox.exchanges().len() / ROUNDS;
    session.close().await;
    serving.sandbox.stop().await;
    println!(
        "{resources} resources of {} services in {TEAMS} teams, {} ms a request:",
        TEAMS * SERVICES,
        LATENCY.as_millis()
    );
    println!("  {requests} requests, {} ms (median of {ROUNDS})", times[ROUNDS / 2].as_millis());
}
