//! The lock of one key: a reference that is moved only forward.

use std::sync::Arc;

use github_api::{Error as GitHubError, NewCommit, NewContent, TreeChange, absent_as_none};

use super::branch::{Branch, KeyOnBranch, Refused, pauses};
use super::failure;
use super::tip::{README, Tip, freeing, taking};
use crate::detached::detach;
use crate::{Error, Kind, LockId, LockInfo, Result};

/// Frees the lock `id`, if it is in force, without being waited for.
pub(super) fn give_back(branch: &Arc<Branch>, key: &str, id: &LockId) {
    let (branch, key, id) = (Arc::clone(branch), key.to_owned(), id.clone());
    detach(async move {
        let freed = match branch.key("unlock", &key) {
            Ok(key) => key.unlock(&id).await,
            Err(error) => Err(error),
        };
        if let Err(error) = freed
            && !matches!(error.kind(), Kind::NotLocked | Kind::WrongLockId { .. })
        {
            tracing::warn!("a lock was not given back: {error}");
        }
    });
}

/// A lock that may be taken already. Dropping it gives the lock back, unless it is settled.
struct UnsettledLock<'a> {
    branch: &'a Arc<Branch>,
    key: &'a str,
    id: &'a LockId,
    is_settled: bool,
}

impl Drop for UnsettledLock<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            give_back(self.branch, self.key, self.id);
        }
    }
}

impl KeyOnBranch<'_> {
    /// The tip of the lock. `None` if it was never taken.
    async fn tip(&self) -> Result<Option<Tip>, GitHubError> {
        let reference = self.api().reader().reference(self.repository(), &self.lock).await;
        let Some(commit) = absent_as_none(reference)? else { return Ok(None) };
        let seen = self.branch.seen_tips().get(&self.lock).filter(|tip| tip.commit == commit).cloned();
        if let Some(tip) = seen {
            return Ok(Some(tip));
        }
        let found = absent_as_none(self.api().reader().commit(self.repository(), &commit).await)?;
        let no_commit = || GitHubError::Unexpected(format!("refs/{} does not point to a commit", self.lock));
        let tip = Tip::from(found.ok_or_else(no_commit)?);
        self.branch.seen_tips().insert(self.lock.clone(), tip.clone());
        Ok(Some(tip))
    }

    pub(super) async fn lock(&self, info: &LockInfo) -> Result<()> {
        let mut refused = None;
        for pause in pauses() {
            let tip = self.tip().await.map_err(|error| self.failed(&error))?;
            let commit = tip.as_ref().map(|tip| tip.commit.clone());
            match (tip, refused.take()) {
                // The answer to taking it was lost.
                (Some(tip), _) if tip.holder.as_ref().is_some_and(|holder| holder.id == info.id) => {
                    self.hold(info, tip);
                    return Ok(());
                }
                (Some(Tip { holder: Some(holder), .. }), _) => {
                    return Err(self.attempt.failed(Kind::Locked { holder: Some(holder) }));
                }
                (_, Some(Refused { error, before })) if before == commit => return Err(self.failed(&error)),
                (free, _) => match self.take(info, free).await {
                    Ok(()) => return Ok(()),
                    Err(error) if failure::may_be_contention(&error) => refused = Refused::of(error, commit),
                    Err(error) => return Err(self.failed(&error)),
                },
            }
            tokio::time::sleep(pause).await;
        }
        Err(self.attempt.failed(Kind::Locked { holder: None }))
    }

    /// Takes the lock, whose tip is `free` or which was never taken.
    async fn take(&self, info: &LockInfo, free: Option<Tip>) -> Result<(), GitHubError> {
        let (api, repository) = (self.api(), self.repository());
        let tree = match &free {
            Some(tip) => tip.tree.clone(),
            None => {
                let readme = TreeChange { path: "README.md", content: NewContent::Bytes(README.as_bytes()) };
                api.create_tree(repository, None, &[readme]).await?
            }
        };
        let tip = self.commit(&taking(self.key, info), &tree, free.as_ref()).await?;
        let mut taken = UnsettledLock { branch: self.branch, key: self.key, id: &info.id, is_settled: false };
        let moved = match &free {
            Some(_) => api.update_reference(repository, &self.lock, &tip.commit).await,
            None => api.create_reference(repository, &self.lock, &tip.commit).await,
        };
        taken.is_settled = !matches!(moved, Err(GitHubError::NoAnswer(_)));
        moved?;
        self.hold(info, tip);
        Ok(())
    }

    /// Creates a commit of the lock, which its reference does not point to yet.
    async fn commit(&self, message: &str, tree: &str, parent: Option<&Tip>) -> Result<Tip, GitHubError> {
        let parents: Vec<&str> = parent.iter().map(|tip| tip.commit.as_str()).collect();
        let commit = NewCommit { message, tree, parents: &parents, author: None };
        self.api().create_commit(self.repository(), &commit).await.map(Tip::from)
    }

    fn hold(&self, info: &LockInfo, tip: Tip) {
        self.branch.seen_tips().insert(self.lock.clone(), tip);
        self.branch.own_locks().insert(info.id.clone());
    }

    pub(super) async fn unlock(&self, id: &LockId) -> Result<()> {
        for pause in pauses() {
            let tip = self.in_force(id).await?;
            match self.free(&tip).await {
                Ok(()) => return Ok(()),
                Err(error) if failure::may_be_contention(&error) => {}
                Err(error) => return Err(self.failed(&error)),
            }
            tokio::time::sleep(pause).await;
        }
        Err(self.attempt.failed_by(Kind::Unavailable, "GitHub did not let the lock be moved"))
    }

    async fn free(&self, tip: &Tip) -> Result<(), GitHubError> {
        let freed = self.commit(&freeing(self.key), &tip.tree, Some(tip)).await?;
        self.api().update_reference(self.repository(), &self.lock, &freed.commit).await
    }

    /// The tip of the lock, which must be that of the lock `id`.
    pub(super) async fn in_force(&self, id: &LockId) -> Result<Tip> {
        let tip = self.tip().await.map_err(|error| self.failed(&error))?;
        match tip {
            Some(tip) if tip.holder.as_ref().is_some_and(|holder| &holder.id == id) => Ok(tip),
            Some(Tip { holder: Some(holder), .. }) => Err(self.wrong_lock(holder)),
            Some(Tip { holder: None, .. }) => Err(self.attempt.failed(Kind::NotLocked)),
            None => {
                self.branch.require_repository(&self.attempt).await?;
                Err(self.attempt.failed(Kind::NotLocked))
            }
        }
    }

    fn wrong_lock(&self, holder: Box<LockInfo>) -> Error {
        self.attempt.failed(Kind::WrongLockId { holder: Some(holder) })
    }
}
