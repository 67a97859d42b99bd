//! The time that keeping the state adds to an apply (R10): `cargo bench --bench apply`.
//!
//! what the writes add.
//! A first apply of `examples/orbit`, which has as many teams, environments and services as Kong Air: taking the lock,
//! reading, planning, applying and releasing the lock. The sandbox takes 50 ms for each request. Three stores are
//! compared: one that takes no time, one that takes 50 ms for everything except writes, and one that takes 50 ms for
//! writes as well. They run in turn, so that other load on the machine affects all of them. The benchmark prints the
//! medians, and the time that the writes add.
//! what the writes add.
//!
//! `KOCTL_BENCH_CONFIGURATION` names another folder with a `konnect/` and a `services/`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "where a benchmark cannot go on it fails; it prints")]

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use engine::progress::Silent;
use engine::state::Store;
use koctl::manifest::{self, Sources};
use koctl::operations::{
    self, Approved, Locks, PlanRequest, ServeOptions, Session, SessionOptions, Settings, Tenants, serve,
};
use sandbox::Wire;
use state_backends::{
    Backend, Capabilities, Directory, Document, Expected, LockId, LockInfo, Result as Stored, Revision, Version,
};
use tokio::sync::watch;

/// How long a request takes, and what is asked of the slow store.
const LATENCY: Duration = Duration::from_millis(50);
/// How often each is measured.
const ROUNDS: usize = 9;
/// The default of `--parallelism`.
const PARALLELISM: usize = 10;

/// How long a store takes.
#[derive(Debug, Clone, Copy)]
struct Pace {
    writes: Duration,
    everything_else: Duration,
}

/// A directory that is as slow as a remote store.
#[derive(Debug)]
struct Delayed {
    directory: Directory,
    pace: Pace,
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
        sleep(self.pace.everything_else).await;
        self.directory.read(key).await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Stored<Revision> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        sleep(self.pace.writes).await;
        self.directory.write(key, bytes, expected, lock).await
    }

    async fn keys(&self) -> Stored<Vec<String>> {
        sleep(self.pace.everything_else).await;
        self.directory.keys().await
    }

    async fn history(&self, key: &str) -> Stored<Vec<Version>> {
        sleep(self.pace.everything_else).await;
        self.directory.history(key).await
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Stored<Document> {
        sleep(self.pace.everything_else).await;
        self.directory.read_version(key, revision).await
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Stored<()> {
        sleep(self.pace.everything_else).await;
        self.directory.lock(key, info).await
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Stored<()> {
        sleep(self.pace.everything_else).await;
        self.directory.unlock(key, id).await
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Stored<()> {
        sleep(self.pace.everything_else).await;
        self.directory.force_unlock(key, id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        self.directory.abandon(key, id);
    }
}

/// Waits; not at all for a duration of zero, as a timer counts in whole milliseconds.
async fn sleep(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// The measurements of an apply.
struct Measured {
    took: Duration,
    resources: usize,
    writes: u64,
}

/// Applies the configuration in `folder` to a new sandbox, with a store of this pace.
async fn apply(folder: &Path, pace: Pace) -> Measured {
    let temporary = tempfile::tempdir().unwrap();
    let load = || manifest::load(&Sources { directory: folder.to_owned(), ..Sources::default() }).unwrap();
    let options = ServeOptions {
        directory: temporary.path().join("sandbox"),
        port: 0,
        tenants: Tenants::Configuration(Box::new(load())),
        wire: Wire { latency: LATENCY, ..Wire::default() },
        environment: Box::new(|_| None),
    };
    let serving = serve(options).await.unwrap();
    let variables = serving.variables;
    let environment = move |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let options = SessionOptions { loaded: load(), state: None, sandbox: None, environment: Box::new(environment) };
    let directory = Directory::open(temporary.path().join("state")).unwrap();
    let backend = Arc::new(Delayed { directory, pace, writes: AtomicU64::new(0) });
    let store = Store::new(Arc::clone(&backend) as Arc<dyn Backend>);
    let session = Session::open(options).await.unwrap().with_store(store);

    let began = Instant::now();
    let (locks, locked_out) = Locks::of_all(&session, "apply", Duration::ZERO).await;
    assert!(locked_out.is_empty(), "{locked_out:?}");
    let planned = operations::plan(&session, &PlanRequest::default(), Some(&locks), &Silent).await.unwrap();
    assert!(planned.failures.is_empty(), "{:?}", planned.failures);
    let approved = Approved::by_flags(&planned.plan, false).unwrap();
    let settings = Settings { parallelism: PARALLELISM, stop: watch::channel(false).1 };
    let applied = operations::apply(&session, approved, locks, settings, &Silent).await;
    let took = began.elapsed();

    assert!(applied.is_complete(), "{applied:?}");
    let resources = applied.outcomes.iter().map(|(_, outcome)| outcome.done.len()).sum();
    session.close().await;
    serving.sandbox.stop().await;
    Measured { took, resources, writes: backend.writes.load(Ordering::Relaxed) }
}

fn median(mut all: Vec<Measured>) -> Measured {
    all.sort_by_key(|one| one.took);
    all.swap_remove(all.len() / 2)
}

#[tokio::main]
async fn main() {
    let orbit = || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/orbit");
    let folder = env::var_os("KOCTL_BENCH_CONFIGURATION").map_or_else(orbit, PathBuf::from);
    let paces = [
        ("takes no time", Pace { writes: Duration::ZERO, everything_else: Duration::ZERO }),
        ("takes 50 ms, but for writes", Pace { writes: Duration::ZERO, everything_else: LATENCY }),
        ("takes 50 ms", Pace { writes: LATENCY, everything_else: LATENCY }),
    ];
    let mut rounds: [Vec<Measured>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (round, (_, pace)) in rounds.iter_mut().zip(paces) {
            round.push(apply(&folder, pace).await);
        }
    }
    let medians = rounds.map(median);
    println!("{} resources, {} ms a request, medians of {ROUNDS} applies:", medians[0].resources, LATENCY.as_millis());
    for (median, (name, _)) in medians.iter().zip(paces) {
        println!("  a store that {name:<30} {:>5} ms, {} writes", median.took.as_millis(), median.writes);
    }
    let added = (medians[2].took.as_secs_f64() / medians[1].took.as_secs_f64() - 1.0) * 100.0;
    println!("  what its writes add: {added:.1} %, and it may be 15 %");
}
