//! What keeping the state adds to an apply (R10): `cargo bench --bench apply`.
//!
//! An apply of the size of Kong Air's, from reading to the last record, against Konnect and GitHub that take 50 ms a
//! request: once with a store that takes no time, once with one that takes 50 ms for each write. Both in turn, so that
//! whatever else the machine does strikes both. It prints the medians, and what the store adds.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "where a benchmark cannot go on it fails; it prints")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use koctl::engine::diff::{Options, diff};
use koctl::engine::execute::{Entry, Event, Execution, Observer, Recorder};
use koctl::engine::recover::Recovery;
use koctl::engine::refresh::{Remembered, Scan, refresh};
use koctl::engine::{
    Attributes, Desired, Error, ErrorKind, Reader, Readers, Remote, Schema, ScopePlan, Secrets, Writer, Writers,
};
use koctl::state::{LockOptions, LockedState, Store};
use state_backends::{
    Backend, Capabilities, Directory, Document, Expected, LockId, LockInfo, Result as Stored, Revision, Version,
};
use tokio::sync::{Semaphore, watch};

/// How long a request takes, and a write of the slow store.
const LATENCY: Duration = Duration::from_millis(50);
/// How often each is measured.
const ROUNDS: usize = 15;
/// The default of `--parallelism`.
const PARALLELISM: usize = 10;

/// The requests that follow each other when an object of a type is made, counted in an apply against the sandbox: a
/// portal gets its default content, and a pull request is read for, committed, pointed to and opened.
fn requests(type_name: &str) -> u32 {
    match type_name {
        "pull_request" => 8,
        "portal" => 2,
        _ => 1,
    }
}

static SCHEMAS: [&Schema; 8] = {
    use koctl::konnect::resources as konnect;
    [
        &konnect::team::SCHEMA,
        &konnect::control_plane::SCHEMA,
        &konnect::team_role::SCHEMA,
        &konnect::portal::SCHEMA,
        &konnect::api::SCHEMA,
        &konnect::api_version::SCHEMA,
        &konnect::api_publication::SCHEMA,
        &koctl::github::resources::pull_request::SCHEMA,
    ]
};

/// Two teams with two services each, in two environments: as many resources as Kong Air has, referring to each other
/// in the same way.
fn kongair() -> Vec<Desired> {
    let resource = |type_name: &str, key: &str| Desired::new("KongAirlines", type_name, key).with("name", key);
    let teams = ["flight-data", "customer-data"].map(|name| resource("team", name));
    let mut all = teams.to_vec();
    for environment in ["dev", "prd"] {
        let portal = resource("portal", environment).with("region", "us");
        all.push(resource("pull_request", environment).with("repository", "a/b").with("branch", environment));
        for (number, team) in teams.iter().enumerate() {
            let plane = resource("control_plane", &format!("{environment}/{number}")).with("region", "us");
            let role = resource("team_role", &format!("{environment}/{number}")).with("role_name", "Admin");
            all.push(role.with("team_id", team.id()).with("entity_id", plane.id()));
            all.push(plane);
            for service in 0..2 {
                let key = format!("{environment}/{number}-{service}");
                let api = resource("api", &key).with("region", "us").with("version", "1.0.0");
                let of_api = |type_name: &str| resource(type_name, &key).with("region", "us").with("api_id", api.id());
                all.push(of_api("api_version").with("content", "openapi: 3.1.0\n".repeat(2_000)));
                all.push(of_api("api_publication").with("portal_id", portal.id()));
                all.push(api);
            }
        }
        all.push(portal);
    }
    all
}

/// A type of a system that takes its time and has nothing yet.
struct Remotely(&'static Schema);

#[async_trait]
impl Reader for Remotely {
    fn schema(&self) -> &'static Schema {
        self.0
    }

    async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        tokio::time::sleep(LATENCY).await;
        Ok(Vec::new())
    }
}

#[async_trait]
impl Writer for Remotely {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        tokio::time::sleep(LATENCY * requests(self.0.type_name)).await;
        Ok(Remote { id: planned["name"].as_str().unwrap().to_owned(), attributes: planned.clone() })
    }

    async fn delete(&self, _: &str, _: &Attributes) -> Result<(), Error> {
        tokio::time::sleep(LATENCY).await;
        Ok(())
    }
}

/// A directory whose writes take longer.
#[derive(Debug)]
struct Delayed {
    directory: Directory,
    latency: Duration,
    writes: AtomicU64,
}

#[async_trait]
impl Backend for Delayed {
    fn describe(&self) -> String {
        self.directory.describe()
    }

    fn capabilities(&self) -> Capabilities {
        self.directory.capabilities()
    }

    async fn read(&self, key: &str) -> Stored<Option<Document>> {
        self.directory.read(key).await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Stored<Revision> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(self.latency).await;
        self.directory.write(key, bytes, expected, lock).await
    }

    async fn keys(&self) -> Stored<Vec<String>> {
        self.directory.keys().await
    }

    async fn history(&self, key: &str) -> Stored<Vec<Version>> {
        self.directory.history(key).await
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Stored<Document> {
        self.directory.read_version(key, revision).await
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Stored<()> {
        self.directory.lock(key, info).await
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Stored<()> {
        self.directory.unlock(key, id).await
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Stored<()> {
        self.directory.force_unlock(key, id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        self.directory.abandon(key, id);
    }
}

struct Records<'a>(&'a LockedState);

#[async_trait]
impl Recorder for Records<'_> {
    async fn record(&self, entry: Entry) -> Result<(), Error> {
        let stored = self.0.record(move |state| entry.enter(state)).await;
        stored.map_err(|error| Error::new(ErrorKind::State, "record", error.to_string()))
    }
}

struct Nobody;

impl Observer for Nobody {
    fn event(&self, _: &Event<'_>) {}
}

/// Reads, compares and carries out, with a store of that latency. Returns how long it took, and with how many writes.
async fn apply(desired: &[Desired], latency: Duration) -> (Duration, u64) {
    let (mut readers, mut writers) = (Readers::default(), Writers::default());
    for schema in SCHEMAS {
        readers.add(Remotely(schema));
        writers.add(schema, Remotely(schema));
    }
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path().join("state")).unwrap();
    let backend = Arc::new(Delayed { directory, latency, writes: AtomicU64::new(0) });
    let store = Store::new(Arc::clone(&backend) as Arc<dyn Backend>);
    let locked = store.lock("KongAirlines", &LockOptions::new("apply")).await.unwrap();
    let began = Instant::now();
    let state = Remembered::default();
    let world = refresh(desired, &state, &readers).await.unwrap();
    let changes = diff(desired, &state, &world, &readers, Options::default()).unwrap().changes;
    let scope = "KongAirlines".to_owned();
    let lineage = locked.state().lineage().to_owned();
    let plan = ScopePlan { scope, lineage, serial: None, changes, drift: Vec::new(), recovered: Vec::new() };
    let execution = Execution {
        plan: &plan,
        recovery: &Recovery::default(),
        readers: &readers,
        writers: &writers,
        secrets: &Secrets::default(),
        recorder: &Records(&locked),
        observer: &Nobody,
        permits: Arc::new(Semaphore::new(PARALLELISM)),
        stop: watch::channel(false).1,
    };
    let outcome = execution.run().await.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    locked.release().await.unwrap();
    let took = began.elapsed();
    let stored = store.read("KongAirlines").await.unwrap().unwrap().state;
    assert_eq!((stored.resources.len(), stored.intents.len()), (desired.len(), 0));
    (took, backend.writes.load(Ordering::Relaxed))
}

fn median(mut all: Vec<(Duration, u64)>) -> (Duration, u64) {
    all.sort_unstable();
    all[all.len() / 2]
}

#[tokio::main]
async fn main() {
    let desired = kongair();
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        fast.push(apply(&desired, Duration::ZERO).await);
        slow.push(apply(&desired, LATENCY).await);
    }
    let ((fast, fast_writes), (slow, slow_writes)) = (median(fast), median(slow));
    let added = (slow.as_secs_f64() / fast.as_secs_f64() - 1.0) * 100.0;
    println!("{} resources, {} ms a request, medians of {ROUNDS} applies:", desired.len(), LATENCY.as_millis());
    println!("  a store that takes no time:  {:>5} ms, {fast_writes} writes", fast.as_millis());
    println!("  a store that takes {} ms:    {:>5} ms, {slow_writes} writes", LATENCY.as_millis(), slow.as_millis());
    println!("  what the slow store adds:    {added:>5.1} %, and it may be 15 %");
}
