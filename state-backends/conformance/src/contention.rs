//! Many at once: tasks of one process, and processes.

use std::env;
use std::process::Stdio;
use std::sync::Arc;

use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::fixture::Fixture;
use crate::turns::{a_caller, must_lock, must_put, must_read, must_unlock, wait_for_lock};
use state_backends::{Backend, Expected, Kind, Result};

const KEY: &str = "counter";
/// By which a process that [`run_again`] starts knows the place.
pub(super) const ADDRESS: &str = "STATE_BACKENDS_CONFORMANCE_ADDRESS";

/// Each task counts up under the lock: every step must be in the sum.
pub async fn many_tasks_lose_no_update(fixture: &impl Fixture) {
    const TASKS: u64 = 16;
    const STEPS: u64 = 5;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(count_up(fixture.open().await, STEPS));
    }
    tasks.join_all().await;
    assert_eq!(count(&*fixture.open().await).await, TASKS * STEPS);
}

/// This holds even if every lock that is found is forced open: a write that finds another's lock in force, or another's
/// document, is refused, and counts again from the stored document.
pub async fn locks_that_are_forced_open_lose_no_update(fixture: &impl Fixture) {
    const TASKS: u64 = 6;
    const STEPS: u64 = 8;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let backend = fixture.open().await;
        tasks.spawn(async move {
            for _ in 0..STEPS {
                while !count_up_by_force(&*backend).await {}
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(count(&*fixture.open().await).await, TASKS * STEPS);
}

/// Two writers who saw the same version, and write the same: one wins, and the other is told so, even if it has the lock
/// by force.
pub async fn of_two_writers_of_the_same_bytes_one_wins(fixture: &impl Fixture) {
    const ROUNDS: u64 = 12;
    let (one, other) = (fixture.open().await, fixture.open().await);
    must_put(&*one, KEY, b"0").await;
    for round in 1..=ROUNDS {
        let lock = must_lock(&*one, KEY).await;
        let seen = Expected::from(must_read(&*one, KEY).await.map(|(_, revision)| revision));
        let bytes = || round.to_string().into_bytes();
        let by_force = async {
            other.force_unlock(KEY, &lock).await.expect("the lock is in force");
            // A writer that is refused may look at the lock by taking it.
            let lock = wait_for_lock(&*other, KEY).await;
            let written = other.write(KEY, bytes(), &seen, &lock).await;
            must_unlock(&*other, KEY, &lock).await;
            written
        };
        let (first, second) = tokio::join!(one.write(KEY, bytes(), &seen, &lock), by_force);
        let winners = [is_done(first), is_done(second)].into_iter().filter(|won| *won).count();
        assert_eq!(winners, 1, "in round {round}");
        assert_eq!(count(&*one).await, round);
    }
}

/// [`many_tasks_lose_no_update`] between processes. `this_test` is the name of the test that calls this, within its program: it is run again
/// in each of the processes, and counts there.
pub async fn many_processes_lose_no_update<F: Fixture>(this_test: &str) {
    const PROCESSES: u64 = 4;
    const STEPS: u64 = 10;
    if let Ok(address) = env::var(ADDRESS) {
        return count_up(F::open_at(&address).await, STEPS).await;
    }
    let fixture = F::create().await;
    let children: Vec<_> = (0..PROCESSES).map(|_| run_again(this_test, &fixture.address())).collect();
    for child in children {
        let output = child.wait_with_output().await.expect("a process that was started can be waited for");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(count(&*fixture.open().await).await, PROCESSES * STEPS);
}

/// A write is all or nothing for who reads without a lock.
pub async fn a_reader_amid_writes_sees_whole_documents(fixture: &impl Fixture) {
    let (writer, reader) = (fixture.open().await, fixture.open().await);
    must_put(&*writer, KEY, &page(0)).await;
    let writing = tokio::spawn(async move {
        let lock = must_lock(&*writer, KEY).await;
        let mut current = must_read(&*writer, KEY).await.map(|(_, revision)| revision);
        for number in 1..=30 {
            let written = writer.write(KEY, page(number), &Expected::from(current), &lock).await;
            current = Some(written.expect("the lock is held"));
        }
        must_unlock(&*writer, KEY, &lock).await;
    });
    while !writing.is_finished() {
        let (bytes, _) = must_read(&*reader, KEY).await.expect("there is always a document");
        assert_eq!(bytes, page(bytes[0]));
    }
    writing.await.expect("the writer keeps its lock");
}

/// A document that shows where another begins.
fn page(number: u8) -> Vec<u8> {
    vec![number; 200_000]
}

async fn count_up(backend: Arc<dyn Backend>, steps: u64) {
    for _ in 0..steps {
        let lock = wait_for_lock(&*backend, KEY).await;
        let found = must_read(&*backend, KEY).await;
        let next = found.as_ref().map_or(0, |(bytes, _)| number(bytes)) + 1;
        let expected = Expected::from(found.map(|(_, revision)| revision));
        let written = backend.write(KEY, next.to_string().into_bytes(), &expected, &lock).await;
        written.expect("nobody else writes under the lock");
        must_unlock(&*backend, KEY, &lock).await;
    }
}

/// One step, under a lock that is taken from whoever holds it, and may be taken away before the step is done.
async fn count_up_by_force(backend: &dyn Backend) -> bool {
    let info = a_caller("count");
    if let Err(locked) = backend.lock(KEY, &info).await {
        let Kind::Locked { holder } = locked.kind() else { panic!("{locked}") };
        if let Some(holder) = holder {
            is_done(backend.force_unlock(KEY, &holder.id).await);
        }
        return false;
    }
    let found = must_read(backend, KEY).await;
    let next = found.as_ref().map_or(0, |(bytes, _)| number(bytes)) + 1;
    let expected = Expected::from(found.map(|(_, revision)| revision));
    let is_written = is_done(backend.write(KEY, next.to_string().into_bytes(), &expected, &info.id).await);
    is_done(backend.unlock(KEY, &info.id).await);
    is_written
}

/// True if it was done; if not, the lock or the document must be another's by now.
fn is_done<T>(done: Result<T>) -> bool {
    match done {
        Ok(_) => true,
        Err(error) => match error.kind() {
            Kind::NotLocked | Kind::WrongLockId { .. } | Kind::Conflict { .. } => false,
            _ => panic!("{error}"),
        },
    }
}

async fn count(backend: &dyn Backend) -> u64 {
    must_read(backend, KEY).await.map_or(0, |(bytes, _)| number(&bytes))
}

fn number(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).expect("only numbers are written")
}

/// Starts the test `this_test` of this program again, in a process that knows the place's `address`.
pub(super) fn run_again(this_test: &str, address: &str) -> Child {
    Command::new(env::current_exe().expect("a test program knows its own file"))
        .args(["--exact", this_test])
        .env(ADDRESS, address)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("a test program can be started again")
}
