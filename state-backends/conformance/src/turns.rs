//! The steps of a well-behaved caller of a backend.

use std::time::{Duration, Instant};

use state_backends::{Backend, Expected, Kind, LockId, LockInfo, Revision};

/// How long a rule waits for what must happen soon: long enough for a machine that builds meanwhile, where many wait for
/// one lock, and the server has the lowest priority.
const SOON: Duration = Duration::from_secs(300);

pub(crate) fn a_caller(operation: &str) -> LockInfo {
    LockInfo::of_this_process(operation, "conformance suite")
}

pub(crate) async fn must_lock(backend: &dyn Backend, key: &str) -> LockId {
    let info = a_caller("test");
    backend.lock(key, &info).await.expect("a free lock can be taken");
    info.id
}

/// The pauses between two attempts to take a lock, from the first to the longest. They grow, so that many who wait leave
/// the server time for the one who has the lock.
const FIRST_PAUSE: Duration = Duration::from_millis(3);
const LONGEST_PAUSE: Duration = Duration::from_millis(80);

/// Takes the lock soon after its holder lets it go.
pub(crate) async fn wait_for_lock(backend: &dyn Backend, key: &str) -> LockId {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let info = a_caller("test");
        match backend.lock(key, &info).await {
            Ok(()) => return info.id,
            Err(error) if matches!(error.kind(), Kind::Locked { .. }) && started.elapsed() < SOON => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => panic!("the lock does not become free: {error}: {:?}", error.kind()),
        }
    }
}

pub(crate) async fn must_unlock(backend: &dyn Backend, key: &str, id: &LockId) {
    backend.unlock(key, id).await.expect("a lock that is held can be given back");
}

/// A whole turn of a writer: lock, write whatever is expected, unlock.
pub(crate) async fn must_put(backend: &dyn Backend, key: &str, bytes: &[u8]) -> Revision {
    let lock = must_lock(backend, key).await;
    let found = must_read(backend, key).await.map(|(_, revision)| revision);
    let written = backend.write(key, bytes.to_vec(), &Expected::from(found), &lock).await;
    must_unlock(backend, key, &lock).await;
    written.expect("the holder of the lock can write what it expected")
}

pub(crate) async fn must_read(backend: &dyn Backend, key: &str) -> Option<(Vec<u8>, Revision)> {
    let found = backend.read(key).await.expect("reading needs no lock");
    found.map(|document| (document.bytes, document.revision))
}
