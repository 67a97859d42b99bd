//! Locks as objects, with leases.
//!
//! A lock is an object that is only ever replaced, each time on condition that it is still what was seen. To give it
//! back is to write that it is free, because the stores cannot delete on a condition: a holder whose lease ran out
//! while it was about to delete would delete the lock of the next one.
//!
//! The holder renews its lease by writing the lock again. The store's own clock decides when a lease is over:
//! the time of its answer against the time of the last renewal. Every renewal has another number, so that no two
//! contents, and no two ETags, are the same.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;

use super::bucket::{Bucket, Object, Written};
use super::failure;
use crate::{Attempt, Error, Expected, Kind, LockId, LockInfo, Result, Revision};

/// The number of tries of a write that others overtook. Each time means that another writer has finished.
const ROUNDS: usize = 10;

/// The times of a store are whole seconds, and so their difference is wrong by up to two of them.
const INEXACTNESS: SignedDuration = SignedDuration::from_secs(2);

/// The locks of a bucket.
#[derive(Clone)]
pub(super) struct Locks {
    pub(super) bucket: Arc<Bucket>,
    /// The time for which a lock is held without a renewal.
    pub(super) lease: Duration,
}

/// The object of a lock, and what is being attempted there.
#[derive(Debug, Clone)]
pub(super) struct LockObject {
    pub(super) attempt: Attempt,
    pub(super) path: Path,
}

/// A lock as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
enum Content {
    /// It is held.
    Held {
        holder: LockInfo,
        /// For how long after the object was written.
        lease_seconds: u64,
        /// How many times it was renewed.
        renewal: u64,
    },
    /// It is free; `last` was the lock in force before.
    Free { last: LockId },
}

struct StoredLock {
    content: Content,
    object: Object,
}

/// The task that renews a lease for as long as this value is kept.
#[derive(Debug)]
pub(super) struct Renewal(AbortHandle);

impl Drop for Renewal {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl StoredLock {
    /// The holder of the lock. `None` if it is free or its lease is over.
    fn living_holder(&self) -> Option<&LockInfo> {
        match &self.content {
            Content::Held { holder, lease_seconds, .. } if !self.is_over(*lease_seconds) => Some(holder),
            Content::Held { .. } | Content::Free { .. } => None,
        }
    }

    /// True if the last renewal is longer ago than the lease. False if the time is unknown.
    fn is_over(&self, lease_seconds: u64) -> bool {
        let Some(now) = self.object.server_date else { return false };
        let lease = SignedDuration::from_secs(lease_seconds.try_into().unwrap_or(i64::MAX));
        now.duration_since(self.object.written) >= lease.saturating_add(INEXACTNESS)
    }
}

impl Locks {
    /// Takes a lock that is free, or whose lease is over.
    pub(super) async fn take(&self, object: &LockObject, info: &LockInfo) -> Result<Revision> {
        for _ in 0..ROUNDS {
            let found = self.look(object).await?;
            if let Some(holder) = found.as_ref().and_then(StoredLock::living_holder) {
                return Err(object.attempt.failed(Kind::Locked { holder: Some(Box::new(holder.clone())) }));
            }
            let expected = Expected::from(found.map(|found| found.object.revision));
            if let Written::Done(revision) = self.write(object, &self.held(info, 0), &expected).await? {
                return Ok(revision);
            }
        }
        Err(object.attempt.failed(Kind::Locked { holder: None }))
    }

    /// Writes that the lock `id` is free.
    pub(super) async fn release(&self, object: &LockObject, id: &LockId) -> Result<()> {
        for _ in 0..ROUNDS {
            let found = self.require(object, id).await?;
            let expected = Expected::Revision(found.object.revision);
            if let Written::Done(_) = self.write(object, &Content::Free { last: id.clone() }, &expected).await? {
                return Ok(());
            }
        }
        Err(object.attempt.failed_by(Kind::Unavailable, "the lock was written by others again and again"))
    }

    /// An error if `id` is not the lock in force.
    pub(super) async fn require_in_force(&self, object: &LockObject, id: &LockId) -> Result<()> {
        self.require(object, id).await.map(drop)
    }

    async fn require(&self, object: &LockObject, id: &LockId) -> Result<StoredLock> {
        match self.look(object).await? {
            Some(StoredLock { content: Content::Held { holder, .. }, .. }) if &holder.id != id => {
                Err(object.attempt.failed(Kind::WrongLockId { holder: Some(Box::new(holder)) }))
            }
            Some(found @ StoredLock { content: Content::Held { .. }, .. }) => Ok(found),
            Some(StoredLock { content: Content::Free { .. }, .. }) | None => {
                Err(object.attempt.failed(Kind::NotLocked))
            }
        }
    }

    /// An error if the store ignores the condition of a write, so that the last writer would win unnoticed. It is asked
    /// to create the lock of `info`, which exists, and to replace a version of it that never was; if it does so, the
    /// same lock is stored again.
    pub(super) async fn require_conditions(&self, object: &LockObject, info: &LockInfo) -> Result<()> {
        let content = self.held(info, 0);
        for expected in [Expected::Absent, Expected::Revision(self.bucket.impossible_revision())] {
            if let Written::Done(_) = self.write(object, &content, &expected).await? {
                self.bucket.delete(&object.path).await.map_err(|error| failure::failed(&object.attempt, &error))?;
                let cause = "the server stores an object without checking the condition of the write (`If-Match`, \
                             `If-None-Match`), so that two writers could overwrite each other";
                return Err(object.attempt.failed_by(Kind::Unsupported, cause));
            }
        }
        Ok(())
    }

    /// Renews the lease of the lock of `info`, which was taken as `revision`, until another lock is in force.
    pub(super) fn renew(&self, object: LockObject, info: LockInfo, revision: Revision) -> Renewal {
        let locks = self.clone();
        Renewal(tokio::spawn(async move { locks.renew_until_lost(&object, &info, revision).await }).abort_handle())
    }

    async fn renew_until_lost(&self, object: &LockObject, info: &LockInfo, mut revision: Revision) {
        for renewal in 1.. {
            tokio::time::sleep(self.lease / 4).await;
            let renewed = self.write(object, &self.held(info, renewal), &Expected::Revision(revision.clone())).await;
            match renewed {
                Ok(Written::Done(new)) => revision = new,
                Ok(Written::Overtaken) => return tracing::warn!("a lock was lost: {}", info.id),
                // The lease lasts for a few more tries.
                Err(error) => tracing::warn!("a lock could not be renewed: {error}"),
            }
        }
    }

    fn held(&self, info: &LockInfo, renewal: u64) -> Content {
        Content::Held { holder: info.clone(), lease_seconds: self.lease.as_secs(), renewal }
    }

    async fn look(&self, object: &LockObject) -> Result<Option<StoredLock>> {
        let found = self.bucket.get(&object.path).await.map_err(|error| failure::failed(&object.attempt, &error))?;
        let Some(stored) = found else { return Ok(None) };
        match serde_json::from_slice(&stored.bytes) {
            Ok(content) => Ok(Some(StoredLock { content, object: stored })),
            Err(error) => {
                let damage = format!("the object `{}` is not a lock", self.bucket.address_of(&object.path));
                Err(object.attempt.failed_by(Kind::Corrupt(damage), error))
            }
        }
    }

    async fn write(&self, object: &LockObject, content: &Content, expected: &Expected) -> Result<Written, Error> {
        let bytes = serde_json::to_vec_pretty(content).expect("a lock has only texts and numbers");
        let written = self.bucket.put(&object.path, Bytes::from(bytes), expected).await;
        written.map_err(|error| failure::failed(&object.attempt, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::bucket::{inside, testing};

    const LEASE: Duration = Duration::from_secs(60);

    fn world() -> (Locks, LockObject) {
        let bucket = testing::bucket();
        let path = inside(&bucket.prefix, "a.lock");
        let attempt = Attempt::new("lock the document `a`", "the store `memory://bucket`");
        (Locks { bucket: Arc::new(bucket), lease: LEASE }, LockObject { attempt, path })
    }

    fn somebody() -> LockInfo {
        LockInfo::of_this_process("test", "unit tests")
    }

    fn found(age: Option<i64>) -> StoredLock {
        let mut object = Object::of_test("1");
        object.server_date = age.map(|age| object.written + SignedDuration::from_secs(age));
        StoredLock { content: Content::Free { last: LockId::new("1") }, object }
    }

    #[test]
    fn a_lease_is_over_when_the_clock_of_the_store_says_so_and_not_before() {
        for (age, is_over) in [(None, false), (Some(0), false), (Some(-9), false), (Some(61), false), (Some(62), true)]
        {
            assert_eq!(found(age).is_over(LEASE.as_secs()), is_over, "{age:?}");
        }
        assert!(!found(Some(1 << 30)).is_over(u64::MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_renewed_for_as_long_as_the_lock_is_held() {
        let (locks, object) = world();
        let info = somebody();
        let revision = locks.take(&object, &info).await.unwrap();
        let renewal = locks.renew(object.clone(), info.clone(), revision);
        tokio::time::sleep(LEASE * 2).await;
        let renewed = locks.require(&object, &info.id).await.unwrap();
        let Content::Held { renewal: times, lease_seconds: 60, .. } = renewed.content else { panic!("it is held") };
        assert!((6..=8).contains(&times), "{times}");

        drop(renewal);
        let last = locks.require(&object, &info.id).await.unwrap().object.revision;
        tokio::time::sleep(LEASE * 2).await;
        assert_eq!(locks.require(&object, &info.id).await.unwrap().object.revision, last);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_became_anothers_is_not_renewed_into_the_hands_of_who_lost_it() {
        let (locks, object) = world();
        let (mine, other) = (somebody(), somebody());
        let revision = locks.take(&object, &mine).await.unwrap();
        let _renewal = locks.renew(object.clone(), mine.clone(), revision);
        locks.release(&object, &mine.id).await.unwrap();
        locks.take(&object, &other).await.unwrap();
        tokio::time::sleep(LEASE * 2).await;
        locks.require_in_force(&object, &other.id).await.unwrap();
    }

    #[tokio::test]
    async fn an_object_that_is_no_lock_is_told_with_its_place_and_left_alone() {
        let (locks, object) = world();
        locks.bucket.overwrite(&object.path, Bytes::from_static(b"notes")).await.unwrap();
        let error = locks.take(&object, &somebody()).await.unwrap_err();
        let Kind::Corrupt(damage) = error.kind() else { panic!("{error}") };
        assert!(damage.contains("`memory://bucket/prefix/a.lock`"), "{damage}");
        assert_eq!(locks.bucket.get(&object.path).await.unwrap().unwrap().bytes, "notes");
    }

    #[tokio::test]
    async fn a_store_that_judges_conditions_is_let_through_and_its_lock_stays() {
        let (locks, object) = world();
        let info = somebody();
        locks.take(&object, &info).await.unwrap();
        locks.require_conditions(&object, &info).await.unwrap();
        locks.require_in_force(&object, &info.id).await.unwrap();
    }
}
