//! Documents as objects in S3, in Google Cloud Storage, in Azure, and in servers that are compatible with one of them.
//!
//! ```text
//! s3://bucket/prefix/
//!   kong.json                                     the document under the key `kong`
//!   KongAirlines~11.json                          … and under `KongAirlines` (see `crate::name`)
//!   history/kong/000007-1767323045-<version>.json what a holder of the lock found, before its first write
//!   locks/kong.lock                               who holds the lock, or that it is free
//! ```
//!
//! Every write has a condition: that the object does not exist, or that it still is the version that was seen, which is
//! the revision of a document (the ETag, or Google's generation number). The stores judge it and write in one step, so
//! no writer overwrites what it has not seen, and a document is never in the middle of a change. The lock is an object
//! that changes hands in the same way; its holder renews a lease, which the store's clock judges, so the lock of a
//! process that died becomes free. A server that ignores conditions is refused when a lock is taken for the first time.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `open`, `address`, `s3`, `google`, `azure` | from a URL and variables to a store |
//! | `bucket` | objects with their versions, and conditional writes |
//! | `locks`, `service` | locks, leases, and the store's clock |
//! | `history` | earlier versions |
//! | `failure` | the meaning of a store's errors |
//!
//! The content of a document does not enter here, and only a store leaves `s3`, `google` and `azure`.

mod address;
mod azure;
mod bucket;
mod failure;
mod google;
mod history;
mod locks;
mod open;
mod s3;
mod service;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OnceCell;

use self::bucket::{Bucket, Object, Written, inside};
use self::history::History;
use self::locks::{LockObject, Locks, Renewal};
use crate::{
    AbandonedLock, Attempt, Backend, Capabilities, Document, Error, Expected, Kind, LockId, LockInfo, OpenError,
    Result, Revision, Variables, Version, name,
};

/// The time for which the lock of a process that died stays taken.
const LEASE: Duration = Duration::from_secs(60);

const DOCUMENT_SUFFIX: &str = ".json";

/// The backend for a bucket.
#[derive(Clone)]
pub struct Objects {
    inner: Arc<Inner>,
}

struct Inner {
    /// In words, for messages.
    description: String,
    bucket: Arc<Bucket>,
    locks: Locks,
    /// The locks that were taken through this value, whose leases it renews.
    own_locks: Mutex<HashMap<LockId, OwnLock>>,
    /// Set if the store was seen to check the conditions of writes.
    judges_conditions: OnceCell<()>,
}

struct OwnLock {
    /// Renews the lease for as long as this value is kept.
    _renewal: Renewal,
    /// True if the version that its holder found is in the history.
    has_kept: bool,
}

impl Objects {
    /// The backend for the bucket that an `s3://`, `gs://` or `az://` URL names, with credentials, region and endpoint
    /// from `variables`. No request is sent before it is first used.
    ///
    /// # Errors
    /// [`OpenError::Address`] if the URL does not name a bucket, and [`OpenError::Store`] of the kind
    /// [`Kind::Misconfigured`] if the variables do not fit together.
    pub fn open(url: &str, variables: Variables<'_>) -> Result<Self, OpenError> {
        let opened = open::open(url, variables)?;
        Ok(Self::new(opened.description, Arc::new(opened.bucket), LEASE))
    }

    /// The same store with another lease: the time for which the lock of a process that died stays taken. It is renewed
    /// four times as often, so it has to be a good deal longer than a request takes. In whole seconds.
    #[must_use]
    pub fn with_lease(&self, lease: Duration) -> Self {
        Self::new(self.inner.description.clone(), Arc::clone(&self.inner.bucket), lease)
    }

    fn new(description: String, bucket: Arc<Bucket>, lease: Duration) -> Self {
        let locks = Locks { bucket: Arc::clone(&bucket), lease };
        let (own_locks, judges_conditions) = (Mutex::default(), OnceCell::new());
        Self { inner: Arc::new(Inner { description, bucket, locks, own_locks, judges_conditions }) }
    }
}

/// Without the store, which knows credentials.
impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Objects").field(&self.inner.description).finish()
    }
}

#[async_trait]
impl Backend for Objects {
    fn describe(&self) -> String {
        self.inner.description.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            listing: true,
            history: true,
            abandoned_lock: AbandonedLock::FreedAfter(self.inner.locks.lease),
            lock_pause: Duration::from_secs(4),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Document>> {
        let names = self.inner.names("read", key)?;
        let found = self.inner.bucket.get(&names.document).await.map_err(|error| names.failed(&error))?;
        Ok(found.map(|Object { bytes, revision, .. }| Document { bytes: bytes.into(), revision }))
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        let names = self.inner.names("write", key)?;
        self.inner.locks.require_in_force(&names.lock, lock).await?;
        if expected.revision().is_some() && !self.inner.has_kept(lock) {
            self.inner.keep(&names, expected).await?;
            self.inner.set_has_kept(lock);
        }
        let written = self.inner.bucket.put(&names.document, Bytes::from(bytes), expected).await;
        match written.map_err(|error| names.failed(&error))? {
            Written::Done(revision) => Ok(revision),
            Written::Overtaken => {
                let found = self.inner.current(&names).await?;
                Err(names.attempt.failed(Kind::Conflict { expected: expected.clone(), found }))
            }
        }
    }

    async fn keys(&self) -> Result<Vec<String>> {
        let attempt = Attempt::new("list the documents", self.describe());
        let bucket = &self.inner.bucket;
        let listed = bucket.list(Some(&bucket.prefix)).await.map_err(|error| failure::failed(&attempt, &error))?;
        let stems = listed.iter().filter_map(|path| Some((path.filename()?.strip_suffix(DOCUMENT_SUFFIX)?, path)));
        let keys = stems.map(|(stem, path)| name::to_key_or_damage(stem, DOCUMENT_SUFFIX, &bucket.address_of(path)));
        let keys = keys.collect::<Result<Vec<_>, _>>().map_err(|damage| attempt.failed(Kind::Corrupt(damage)));
        keys.map(|mut keys| {
            keys.sort();
            keys
        })
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        let names = self.inner.names("list the earlier versions of", key)?;
        let current = self.inner.current(&names).await?;
        let versions = names.history.newest_first(&self.inner.bucket, current.as_ref()).await;
        versions.map_err(|error| names.failed(&error))
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document> {
        let names = self.inner.names("read an earlier version of", key)?;
        let found = names.history.read(&self.inner.bucket, revision).await.map_err(|error| names.failed(&error))?;
        let bytes = found.ok_or_else(|| names.attempt.failed(Kind::NotFound))?;
        Ok(Document { bytes: bytes.into(), revision: revision.clone() })
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        let names = self.inner.names("lock", key)?;
        // Until it is this value's own, it is released if the caller is gone or something fails: the store may have
        // taken it although its answer was lost.
        let undo = Undo { backend: self, key, id: Some(&info.id) };
        let revision = match self.inner.locks.take(&names.lock, info).await {
            Ok(revision) => revision,
            Err(error) => {
                if matches!(error.kind(), Kind::Locked { .. }) {
                    undo.forget();
                }
                return Err(error);
            }
        };
        let judged = async || self.inner.locks.require_conditions(&names.lock, info).await;
        self.inner.judges_conditions.get_or_try_init(judged).await?;
        let renewal = self.inner.locks.renew(names.lock, info.clone(), revision);
        self.inner.own_locks().insert(info.id.clone(), OwnLock { _renewal: renewal, has_kept: false });
        undo.forget();
        Ok(())
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.inner.unlock("unlock", key, id).await
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.inner.unlock("force the lock open of", key, id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        self.inner.own_locks().remove(id);
        // Without a runtime no request can be sent, and the lease runs out.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (inner, key, id) = (Arc::clone(&self.inner), key.to_owned(), id.clone());
            runtime.spawn(async move {
                if let Err(error) = inner.unlock("unlock", &key, &id).await {
                    tracing::debug!("an abandoned lock was not given back: {error}");
                }
            });
        }
    }
}

impl Inner {
    fn names(&self, verb: &str, key: &str) -> Result<Names> {
        let attempt = Attempt::new(format!("{verb} the document `{key}`"), &self.description);
        let stem = name::of_key(key).map_err(|reason| attempt.failed(Kind::InvalidKey(reason)))?;
        let prefix = &self.bucket.prefix;
        Ok(Names {
            document: inside(prefix, &format!("{stem}{DOCUMENT_SUFFIX}")),
            lock: LockObject {
                attempt: attempt.clone(),
                path: inside(&inside(prefix, "locks"), &format!("{stem}.lock")),
            },
            history: History { folder: inside(&inside(prefix, "history"), &stem) },
            attempt,
        })
    }

    /// The locks that are this value's own. A panic elsewhere leaves the map whole: it is only inserted to and
    /// removed from.
    fn own_locks(&self) -> MutexGuard<'_, HashMap<LockId, OwnLock>> {
        self.own_locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_kept(&self, lock: &LockId) -> bool {
        self.own_locks().get(lock).is_some_and(|held| held.has_kept)
    }

    fn set_has_kept(&self, lock: &LockId) {
        if let Some(held) = self.own_locks().get_mut(lock) {
            held.has_kept = true;
        }
    }

    /// Puts what is stored into the history, if it is what is expected.
    async fn keep(&self, names: &Names, expected: &Expected) -> Result<()> {
        let found = self.bucket.get(&names.document).await.map_err(|error| names.failed(&error))?;
        match found {
            Some(found) if expected.is_met_by(Some(&found.revision)) => {
                names.history.keep(&self.bucket, &found).await.map_err(|error| names.failed(&error))
            }
            found => {
                let found = found.map(|found| found.revision);
                Err(names.attempt.failed(Kind::Conflict { expected: expected.clone(), found }))
            }
        }
    }

    async fn current(&self, names: &Names) -> Result<Option<Revision>> {
        let found = self.bucket.head(&names.document).await.map_err(|error| names.failed(&error))?;
        Ok(found.map(|found| found.revision))
    }

    /// Frees the lock `id`, whoever holds it.
    async fn unlock(&self, verb: &str, key: &str, id: &LockId) -> Result<()> {
        self.own_locks().remove(id);
        let names = self.names(verb, key)?;
        self.locks.release(&names.lock, id).await
    }
}

/// The objects of one key, and what is being attempted there.
#[derive(Debug)]
struct Names {
    attempt: Attempt,
    document: object_store::path::Path,
    lock: LockObject,
    history: History,
}

impl Names {
    fn failed(&self, error: &object_store::Error) -> Error {
        failure::failed(&self.attempt, error)
    }
}

/// Abandons a lock when it is dropped, unless it was said not to be needed.
struct Undo<'a> {
    backend: &'a Objects,
    key: &'a str,
    id: Option<&'a LockId>,
}

impl Undo<'_> {
    fn forget(mut self) {
        self.id = None;
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.backend.abandon(self.key, id);
        }
    }
}
