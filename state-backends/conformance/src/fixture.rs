//! The places where the rules are checked.

use std::sync::Arc;

use async_trait::async_trait;
use state_backends::Backend;

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

    /// The same for a process that will be killed while it holds a lock. If the place releases such a lock only after
    /// a lease ([`AbandonedLock::FreedAfter`](state_backends::AbandonedLock::FreedAfter)), the lease is a few seconds.
    async fn open_at_with_short_lease(address: &str) -> Arc<dyn Backend> {
        Self::open_at(address).await
    }
}
