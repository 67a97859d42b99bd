//! Documents on a branch of a GitHub repository, through GitHub's REST API: remote state with no infrastructure.
//!
//! ```text
//! refs/heads/BRANCH                 the documents; every write is a commit
//!   state/KongAirlines~11.json      the document under the key `KongAirlines` (see `name` for the part after `~`)
//!   README.md                       what this branch is
//! refs/koctl/locks/<digest>         the lock of one key of one branch
//! ```
//!
//! The branch is a history of its own, begun by the first write. Its reference is only ever moved *forward*, which
//! GitHub refuses if another writer has moved it meanwhile: that is the compare-and-swap. A writer who finds the branch
//! moved, but its own file as it was, goes on from there. The revision of a document is the commit that wrote it.
//!
//! A lock is a history too, so that it can be moved under the same condition: the commit at its tip says who holds the
//! lock, or that it is free. Creating a reference and deleting it would be simpler, but GitHub deletes whatever a
//! reference points to by then, even the lock of the next holder.
//!
//! The token must be allowed to write the contents of the repository, which must have a commit already. The lock of a
//! process that died stays until it is forced open.

mod address;
mod branch;
mod documents;
mod failure;
mod files;
mod known;
mod locks;
mod tip;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use github_api::absent_as_none;

use self::address::Address;
use self::branch::Branch;
use crate::{
    AbandonedLock, AddressError, Attempt, Backend, Capabilities, Document, Expected, Kind, LockId, LockInfo, Result,
    Revision, Variables, Version,
};

/// The backend for a branch of a GitHub repository.
#[derive(Debug)]
pub struct GitHub {
    branch: Arc<Branch>,
}

impl GitHub {
    /// The backend for `github://OWNER/REPOSITORY/BRANCH`, with the token in the variable `GITHUB_TOKEN` and the API at
    /// `KOCTL_GITHUB_URL`, or GitHub's own.
    ///
    /// # Errors
    /// If the address or a variable cannot be used, or HTTP cannot be set up.
    pub fn open(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        Ok(Self { branch: Arc::new(Branch::open(url, variables)?) })
    }
}

#[async_trait]
impl Backend for GitHub {
    fn describe(&self) -> String {
        self.branch.address.to_string()
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
        self.branch.key("read", key)?.read().await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        self.branch.key("write", key)?.write(&bytes, expected, lock).await
    }

    async fn keys(&self) -> Result<Vec<String>> {
        let attempt = Attempt::new("list the documents", self.describe());
        let Address { repository, branch, .. } = &self.branch.address;
        let files = absent_as_none(self.branch.api.reader().files(repository, branch).await);
        let Some(files) = files.map_err(|error| self.branch.failed(&attempt, &error))? else {
            self.branch.require_repository(&attempt).await?;
            return Ok(Vec::new());
        };
        let keys = files::keys_of(files.iter().map(|file| file.path.as_str()));
        keys.map_err(|damage| attempt.failed(Kind::Corrupt(damage)))
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        self.branch.key("list the earlier versions of", key)?.history().await
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document> {
        self.branch.key("read an earlier version of", key)?.read_version(revision).await
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        self.branch.key("lock", key)?.lock(info).await
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        let unlocked = self.branch.key("unlock", key)?.unlock(id).await;
        self.branch.own_locks().remove(id);
        unlocked
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.branch.key("force the lock open of", key)?.unlock(id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        if self.branch.own_locks().remove(id) {
            locks::give_back(&self.branch, key, id);
        }
    }
}
