//! What every backend must do, as functions that check it: one rule each, named after it.
//!
//! A backend's tests give a [`Fixture`] to [`conformance_suite!`](crate::conformance_suite), which makes a test of
//! each function here. A function panics where the rule is broken, as tests do.

mod contention;
mod documents;
mod history;
mod locks;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

pub use self::contention::{
    a_reader_amid_writes_sees_whole_documents, locks_that_are_forced_open_lose_no_update,
    many_processes_lose_no_update, many_tasks_lose_no_update,
};
pub use self::documents::{
    a_document_of_fifty_megabytes_is_kept, a_stale_write_is_refused_and_changes_nothing,
    a_write_without_its_lock_is_refused_and_changes_nothing, any_bytes_come_back_as_they_were,
    creating_what_exists_is_refused, keys_are_listed_in_order, keys_in_any_alphabet_and_case_stay_apart,
    reading_and_listing_create_nothing, replacing_what_does_not_exist_is_refused, what_was_written_is_read_back,
};
pub use self::history::{earlier_versions_are_kept_newest_first, without_a_write_there_is_no_history};
pub use self::locks::{
    a_lock_excludes_all_others_and_names_its_holder, a_lock_forced_open_stops_the_writes_of_who_held_it,
    an_abandoned_lock_becomes_free, forcing_a_lock_open_needs_its_id, the_lock_of_one_key_leaves_the_others_free,
    unlocking_by_a_wrong_id_is_refused, unlocking_lets_the_next_one_in, unlocking_what_is_not_locked_is_refused,
};

use crate::{Backend, Expected, Kind, LockId, LockInfo, Revision};

/// A place that one run of a rule has to itself.
#[async_trait]
pub trait Fixture: Send + Sync + Sized {
    /// A new, empty place. It is cleared away when the fixture is dropped.
    async fn create() -> Self;

    /// Opens the place once more, with nothing shared in memory with what was opened before: as another process
    /// would.
    async fn open(&self) -> Arc<dyn Backend>;

    /// The text by which another process of the same test program finds the place.
    fn address(&self) -> String;

    /// Opens the place at what [`address`](Fixture::address) gave in another process.
    async fn open_at(address: &str) -> Arc<dyn Backend>;
}

/// Makes a test of every rule for the place that a [`Fixture`](crate::conformance::Fixture) creates, in the module
/// where it stands. Needs `tokio` there.
#[macro_export]
macro_rules! conformance_suite {
    ($fixture:ty) => {
        $crate::conformance_suite! { @rules $fixture:
            reading_and_listing_create_nothing
            what_was_written_is_read_back
            any_bytes_come_back_as_they_were
            creating_what_exists_is_refused
            replacing_what_does_not_exist_is_refused
            a_stale_write_is_refused_and_changes_nothing
            a_write_without_its_lock_is_refused_and_changes_nothing
            a_document_of_fifty_megabytes_is_kept
            keys_in_any_alphabet_and_case_stay_apart
            keys_are_listed_in_order
            without_a_write_there_is_no_history
            earlier_versions_are_kept_newest_first
            unlocking_what_is_not_locked_is_refused
            a_lock_excludes_all_others_and_names_its_holder
            unlocking_lets_the_next_one_in
            unlocking_by_a_wrong_id_is_refused
            the_lock_of_one_key_leaves_the_others_free
            forcing_a_lock_open_needs_its_id
            a_lock_forced_open_stops_the_writes_of_who_held_it
            an_abandoned_lock_becomes_free
            many_tasks_lose_no_update
            locks_that_are_forced_open_lose_no_update
            a_reader_amid_writes_sees_whole_documents
        }

        #[::tokio::test(flavor = "multi_thread")]
        async fn many_processes_lose_no_update() {
            let this_test = concat!(module_path!(), "::many_processes_lose_no_update");
            $crate::conformance::many_processes_lose_no_update::<$fixture>(this_test).await;
        }
    };
    (@rules $fixture:ty: $($rule:ident)*) => {
        $(
            #[::tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                let fixture = <$fixture as $crate::conformance::Fixture>::create().await;
                $crate::conformance::$rule(&fixture).await;
            }
        )*
    };
}

/// How long a rule waits for what must happen soon.
const SOON: Duration = Duration::from_secs(60);

fn somebody(operation: &str) -> LockInfo {
    LockInfo::of_this_process(operation, "conformance suite")
}

async fn must_lock(backend: &dyn Backend, key: &str) -> LockId {
    let info = somebody("test");
    backend.lock(key, &info).await.expect("a free lock can be taken");
    info.id
}

/// Takes the lock as soon as its holder lets it go.
async fn wait_for_lock(backend: &dyn Backend, key: &str) -> LockId {
    let started = Instant::now();
    loop {
        let info = somebody("test");
        match backend.lock(key, &info).await {
            Ok(()) => return info.id,
            Err(error) if matches!(error.kind(), Kind::Locked { .. }) && started.elapsed() < SOON => {
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            Err(error) => panic!("the lock does not become free: {error}: {:?}", error.kind()),
        }
    }
}

async fn must_unlock(backend: &dyn Backend, key: &str, id: &LockId) {
    backend.unlock(key, id).await.expect("a lock that is held can be given back");
}

/// A whole turn of a writer: lock, write whatever is expected, unlock.
async fn must_put(backend: &dyn Backend, key: &str, bytes: &[u8]) -> Revision {
    let lock = must_lock(backend, key).await;
    let found = must_read(backend, key).await.map(|(_, revision)| revision);
    let written = backend.write(key, bytes.to_vec(), &Expected::from(found), &lock).await;
    must_unlock(backend, key, &lock).await;
    written.expect("the holder of the lock can write what it expected")
}

async fn must_read(backend: &dyn Backend, key: &str) -> Option<(Vec<u8>, Revision)> {
    let found = backend.read(key).await.expect("reading needs no lock");
    found.map(|document| (document.bytes, document.revision))
}
