//! The lock of one key: a reference whose tip says who holds it, moved only forward.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::api::{Commit, Trouble};
use super::{Inner, Place, Refusal, give_back, pauses};
use crate::{Error, Kind, LockId, LockInfo, Result};

/// Before the holder in the message of a commit that takes a lock.
const HELD_BY: &str = "Held-by: ";
/// What the commits of a lock have for files.
const README: &str = "The commits here are the lock of a state that koctl keeps in this repository.\n\
    `koctl force-unlock` frees it; do not delete the reference.\n";

/// The tip of a lock's reference.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    pub(super) commit: String,
    tree: String,
    holder: Option<Box<LockInfo>>,
}

impl Tip {
    /// For whom and what the lock is, as the message of a commit says it: `apply by ada@build-3`.
    pub(super) fn purpose(&self) -> String {
        self.holder.as_deref().map(purpose).unwrap_or_default()
    }
}

/// The name of the lock of `key` on `branch`, without `refs/`. Of one form, whatever is in the two.
pub(super) fn reference(branch: &str, key: &str) -> String {
    let digest = Sha256::digest(format!("{branch}\0{key}"));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("koctl/locks/{digest}")
}

fn purpose(info: &LockInfo) -> String {
    format!("{} by {}", info.operation, info.who)
}

fn taking(key: &str, info: &LockInfo) -> String {
    let holder = serde_json::to_string(info).expect("a lock is made of texts and numbers");
    format!("Lock `{}` for {}\n\n{HELD_BY}{holder}\n", key.escape_debug(), purpose(info))
}

fn freeing(key: &str) -> String {
    format!("Unlock `{}`\n", key.escape_debug())
}

fn holder(message: &str) -> Option<Box<LockInfo>> {
    message.lines().find_map(|line| serde_json::from_str(line.strip_prefix(HELD_BY)?).ok())
}

impl From<Commit> for Tip {
    fn from(commit: Commit) -> Self {
        Self { tree: commit.tree().to_owned(), holder: holder(&commit.message), commit: commit.sha }
    }
}

/// A lock that may be taken already. Dropping it gives it back, if it is.
struct Taking<'a> {
    inner: &'a Arc<Inner>,
    key: &'a str,
    id: &'a LockId,
    is_settled: bool,
}

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            give_back(self.inner, self.key, self.id);
        }
    }
}

impl Place<'_> {
    /// The tip of the lock; nothing where it was never taken.
    async fn tip(&self) -> Result<Option<Tip>, Trouble> {
        let Some(commit) = self.api().reference(&self.lock).await? else { return Ok(None) };
        let seen = self.inner.seen().get(&self.lock).filter(|tip| tip.commit == commit).cloned();
        if let Some(tip) = seen {
            return Ok(Some(tip));
        }
        let found = self.api().commit(&commit).await?;
        let tip = Tip::from(found.ok_or_else(|| Trouble::Strange(format!("refs/{} points to no commit", self.lock)))?);
        self.inner.seen().insert(self.lock.clone(), tip.clone());
        Ok(Some(tip))
    }

    pub(super) async fn lock(&self, info: &LockInfo) -> Result<()> {
        let mut refused = None;
        for pause in pauses() {
            let tip = self.tip().await.map_err(|trouble| self.told(trouble))?;
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
                (_, Some(Refusal { trouble, before })) if before == commit => return Err(self.told(trouble)),
                (free, _) => match self.take(info, free).await {
                    Ok(()) => return Ok(()),
                    Err(trouble) if trouble.may_be_contention() => refused = Refusal::of(trouble, commit),
                    Err(trouble) => return Err(self.told(trouble)),
                },
            }
            tokio::time::sleep(pause).await;
        }
        Err(self.attempt.failed(Kind::Locked { holder: None }))
    }

    /// Takes the lock, whose tip is `free` or which was never taken.
    async fn take(&self, info: &LockInfo, free: Option<Tip>) -> Result<(), Trouble> {
        let message = taking(self.key, info);
        let tree = match &free {
            Some(tip) => tip.tree.clone(),
            None => self.api().create_tree(None, &[("README.md", README.as_bytes())]).await?,
        };
        let parent = free.as_ref().map(|tip| tip.commit.as_str());
        let tip = Tip::from(self.api().create_commit(&message, &tree, parent).await?);
        let mut taking = Taking { inner: self.inner, key: self.key, id: &info.id, is_settled: false };
        let moved = match &free {
            Some(_) => self.api().forward_reference(&self.lock, &tip.commit).await,
            None => self.api().create_reference(&self.lock, &tip.commit).await,
        };
        taking.is_settled = !matches!(moved, Err(Trouble::Lost(_)));
        moved?;
        self.hold(info, tip);
        Ok(())
    }

    fn hold(&self, info: &LockInfo, tip: Tip) {
        self.inner.seen().insert(self.lock.clone(), tip);
        self.inner.held().insert(info.id.clone());
    }

    pub(super) async fn unlock(&self, id: &LockId) -> Result<()> {
        for pause in pauses() {
            let tip = self.in_force(id).await?;
            match self.free(&tip).await {
                Ok(()) => return Ok(()),
                Err(trouble) if trouble.may_be_contention() => {}
                Err(trouble) => return Err(self.told(trouble)),
            }
            tokio::time::sleep(pause).await;
        }
        Err(self.attempt.failed_by(Kind::Unavailable, "GitHub did not let the lock be moved"))
    }

    async fn free(&self, tip: &Tip) -> Result<(), Trouble> {
        let freed = self.api().create_commit(&freeing(self.key), &tip.tree, Some(&tip.commit)).await?;
        self.api().forward_reference(&self.lock, &freed.sha).await
    }

    /// The tip of the lock, which must be that of the lock `id`.
    pub(super) async fn in_force(&self, id: &LockId) -> Result<Tip> {
        let tip = self.tip().await.map_err(|trouble| self.told(trouble))?;
        match tip {
            Some(tip) if tip.holder.as_ref().is_some_and(|holder| &holder.id == id) => Ok(tip),
            Some(Tip { holder: Some(holder), .. }) => Err(self.wrong_lock(holder)),
            Some(Tip { holder: None, .. }) => Err(self.attempt.failed(Kind::NotLocked)),
            None => {
                self.inner.require_repository(&self.attempt).await?;
                Err(self.attempt.failed(Kind::NotLocked))
            }
        }
    }

    fn wrong_lock(&self, holder: Box<LockInfo>) -> Error {
        self.attempt.failed(Kind::WrongLockId { holder: Some(holder) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> LockInfo {
        LockInfo::of_this_process("apply", "test")
    }

    #[test]
    fn the_message_that_takes_a_lock_says_who_holds_it() {
        let info = info();
        let message = taking("Kong Airlines", &info);
        assert!(message.starts_with(&format!("Lock `Kong Airlines` for apply by {}\n", info.who)), "{message}");
        assert_eq!(holder(&message), Some(Box::new(info)));
    }

    #[test]
    fn the_message_that_frees_a_lock_names_nobody_whatever_the_key() {
        for key in ["kong", "a\nHeld-by: {}"] {
            assert_eq!(freeing(key).lines().count(), 1);
            assert_eq!(holder(&freeing(key)), None);
        }
        let info = info();
        assert_eq!(holder(&taking("a\nHeld-by: {}", &info)), Some(Box::new(info)));
    }

    #[test]
    fn every_key_of_every_branch_has_a_lock_of_its_own() {
        let locks = [("state", "a"), ("state", "b"), ("state/a", "b"), ("state", "a/b"), ("Kong", "a"), ("kong", "a")];
        let names: std::collections::BTreeSet<_> = locks.iter().map(|(branch, key)| reference(branch, key)).collect();
        assert_eq!(names.len(), locks.len());
        assert!(names.iter().all(|name| name.strip_prefix("koctl/locks/").is_some_and(|rest| rest.len() == 64)));
    }
}
