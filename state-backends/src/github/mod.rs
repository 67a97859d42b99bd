//! Documents on a branch of a GitHub repository, through GitHub's REST API: remote state with no infrastructure.
//!
//! ```text
//! refs/heads/BRANCH                 the documents; every write is a commit
//!   state/KongAirlines~11.json      the document under the key `KongAirlines` (see `name` for the part after `~`)
//!   README.md                       what this branch is
//! refs/koctl/locks/<digest>         the lock of one key of one branch
//! ```
//!
//! The branch is a history of its own, begun by the first write. Its reference is only ever moved *forward*, which GitHub
//! refuses where somebody else has moved it meanwhile: that is the compare-and-swap. A writer who finds the branch
//! moved, but its own file as it was, goes on from there. The revision of a document is the commit that wrote it.
//!
//! A lock is a history too, so that it can be moved under the same condition: the commit at its tip either says
//! who holds it, or that it is free. It could be made by creating a reference and freed by deleting it, but GitHub
//! deletes whatever a reference points to by then, be it the lock of the next one.
//!
//! All of this takes a token that may write the contents of the repository, which must have a commit already.
//! Nobody's runner frees the lock of one that died: it stays until it is forced open.

mod address;
mod api;
mod documents;
mod locks;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use self::address::Address;
use self::api::{Api, Trouble};
use self::documents::Known;
use self::locks::Tip;
use crate::detached::detach;
use crate::{
    AbandonedLock, AddressError, Attempt, Backend, Capabilities, Document, Error, Expected, Kind, LockId, LockInfo,
    Result, Revision, Variables, Version, name,
};

/// How often something is tried again that others were in the way of.
const TRIES: u32 = 20;
/// How long the pauses between two of these are at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How many versions are listed. Git keeps all of them.
const MOST_VERSIONS: u8 = 100;

/// The backend for a branch of a GitHub repository.
#[derive(Debug)]
pub struct GitHub {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Address,
    api: Api,
    /// The locks that are this value's own.
    held: Mutex<HashSet<LockId>>,
    /// The tips of locks that were looked at, so that who waits asks for little.
    seen: Mutex<HashMap<String, Tip>>,
    /// The tip of the branch. Who writes holds it, for two writes of this process would only be in each other's way.
    known: tokio::sync::Mutex<Option<Known>>,
}

impl GitHub {
    /// The backend for `github://OWNER/REPOSITORY/BRANCH`, with the token in the variable `GITHUB_TOKEN` and the API at
    /// `KOCTL_GITHUB_URL`, or GitHub's own.
    ///
    /// # Errors
    ///
    /// Where the address is malformed, or HTTP cannot be set up.
    pub fn open(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let address = Address::parse(url, variables)?;
        let api = Api::new(&address, url)?;
        let inner = Inner { address, api, held: Mutex::default(), seen: Mutex::default(), known: Default::default() };
        Ok(Self { inner: Arc::new(inner) })
    }
}

#[async_trait]
impl Backend for GitHub {
    fn describe(&self) -> String {
        self.inner.address.to_string()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            listing: true,
            history: true,
            abandoned_lock: AbandonedLock::Stays,
            // GitHub lets a token ask 5,000 times an hour.
            lock_pause: Duration::from_secs(10),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Document>> {
        self.inner.place("read", key)?.read().await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        self.inner.place("write", key)?.write(&bytes, expected, lock).await
    }

    async fn keys(&self) -> Result<Vec<String>> {
        let attempt = Attempt::new("list the documents", self.describe());
        let files = self.inner.api.files(&self.inner.address.branch).await.map_err(|trouble| trouble.told(&attempt))?;
        let Some(files) = files else {
            self.inner.require_repository(&attempt).await?;
            return Ok(Vec::new());
        };
        documents::keys_of(&files).map_err(|damage| attempt.failed(Kind::Corrupt(damage)))
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        self.inner.place("list the earlier versions of", key)?.history().await
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document> {
        self.inner.place("read an earlier version of", key)?.read_version(revision).await
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        self.inner.place("lock", key)?.lock(info).await
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        let unlocked = self.inner.place("unlock", key)?.unlock(id).await;
        self.inner.held().remove(id);
        unlocked
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.inner.place("force the lock open of", key)?.unlock(id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        if self.inner.held().remove(id) {
            give_back(&self.inner, key, id);
        }
    }
}

/// Frees the lock `id`, if it is in force, without being waited for.
fn give_back(inner: &Arc<Inner>, key: &str, id: &LockId) {
    let (inner, key, id) = (Arc::clone(inner), key.to_owned(), id.clone());
    detach(async move {
        let freed = match inner.place("unlock", &key) {
            Ok(place) => place.unlock(&id).await,
            Err(error) => Err(error),
        };
        if let Err(error) = freed
            && !matches!(error.kind(), Kind::NotLocked | Kind::WrongLockId { .. })
        {
            tracing::warn!("a lock was not given back: {error}");
        }
    });
}

/// Everything about one key, and what is being attempted there.
struct Place<'a> {
    inner: &'a Arc<Inner>,
    attempt: Attempt,
    key: &'a str,
    /// Of the document, on the branch.
    path: String,
    /// Of the lock, without `refs/`.
    lock: String,
}

impl Inner {
    fn place<'a>(self: &'a Arc<Self>, verb: &str, key: &'a str) -> Result<Place<'a>> {
        let attempt = Attempt::new(format!("{verb} the document `{key}`"), self.address.to_string());
        let stem = name::of_key(key).map_err(|reason| attempt.failed(Kind::InvalidKey(reason)))?;
        let lock = locks::reference(&self.address.branch, key);
        Ok(Place { inner: self, attempt, key, path: documents::path_of(&stem), lock })
    }

    /// The locks that are this value's own. A panic elsewhere leaves the set whole.
    fn held(&self) -> MutexGuard<'_, HashSet<LockId>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tips of locks that were looked at. A panic elsewhere leaves the map whole.
    fn seen(&self) -> MutexGuard<'_, HashMap<String, Tip>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing was found: is that because there is no such repository?
    async fn require_repository(&self, attempt: &Attempt) -> Result<()> {
        match self.api.repository_exists().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Trouble::no_repository(self.address.token.is_some()).told(attempt)),
            Err(trouble) => Err(trouble.told(attempt)),
        }
    }
}

impl Place<'_> {
    fn told(&self, trouble: Trouble) -> Error {
        trouble.told(&self.attempt)
    }

    fn api(&self) -> &Api {
        &self.inner.api
    }
}

/// A reference that GitHub did not let be made or moved, and where it was then. Where it still is, nobody was in the
/// way, and it will be refused again.
struct Refusal {
    trouble: Trouble,
    before: Option<String>,
}

impl Refusal {
    /// Nothing where GitHub says itself that somebody was in the way.
    fn of(trouble: Trouble, before: Option<String>) -> Option<Self> {
        (!trouble.is_contention()).then_some(Self { trouble, before })
    }
}

/// The pauses between tries that others were in the way of; each is random, so that not all come again at once.
fn pauses() -> impl Iterator<Item = Duration> {
    use backon::{BackoffBuilder, ExponentialBuilder};

    let growing = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST_PAUSE).with_jitter();
    growing.with_max_times(TRIES as usize).build()
}
