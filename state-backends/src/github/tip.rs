//! The reference of a lock, and the commit at its tip, whose message says who holds the lock.

use github_api::Commit;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::LockInfo;

/// Precedes the holder in the message of a commit that takes a lock.
const HELD_BY: &str = "Held-by: ";
/// The only file in the commits of a lock.
pub(super) const README: &str = "The commits here are the lock of a state that koctl keeps in this repository.\n\
    `koctl force-unlock` frees it; do not delete the reference.\n";

/// The tip of a lock's reference.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    pub(super) commit: String,
    pub(super) tree: String,
    pub(super) holder: Option<Box<LockInfo>>,
}

impl Tip {
    /// The operation for which the lock is held, and its holder: `apply by ada@build-3`.
    fn purpose(&self) -> String {
        self.holder.as_deref().map(purpose).unwrap_or_default()
    }
}

impl From<Commit> for Tip {
    fn from(commit: Commit) -> Self {
        Self { tree: commit.tree().to_owned(), holder: holder(&commit.message), commit: commit.sha }
    }
}

/// The name of the lock of `key` on `branch`, without `refs/`. It has the same form for every branch and key.
pub(super) fn reference(branch: &str, key: &str) -> String {
    format!("koctl/locks/{}", hex::encode(Sha256::digest(format!("{branch}\0{key}"))))
}

/// The message of the commit that takes a lock.
pub(super) fn taking(key: &str, info: &LockInfo) -> String {
    let holder = serde_json::to_string(info).expect("a lock is made of texts and numbers");
    format!("Lock `{}` for {}\n\n{HELD_BY}{holder}\n", key.escape_debug(), purpose(info))
}

/// The message of the commit that frees a lock.
pub(super) fn freeing(key: &str) -> String {
    unique(&format!("Unlock `{}`", key.escape_debug()))
}

/// The message of the commit that writes the document of a key, for the holder of the lock.
pub(super) fn writing(key: &str, lock: &Tip) -> String {
    unique(&format!("Write `{}` for {}", key.escape_debug(), lock.purpose()))
}

/// A message that no other commit has. Git names a commit by its content, and its time is in seconds: two processes
/// that commit the same would make one commit, and both could move a reference to it.
fn unique(subject: &str) -> String {
    format!("{subject}\n\nCommit-id: {}\n", Uuid::new_v4())
}

fn purpose(info: &LockInfo) -> String {
    format!("{} by {}", info.operation, info.who)
}

fn holder(message: &str) -> Option<Box<LockInfo>> {
    message.lines().find_map(|line| serde_json::from_str(line.strip_prefix(HELD_BY)?).ok())
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
            assert_eq!(freeing(key).lines().count(), 3);
            assert_eq!(holder(&freeing(key)), None);
        }
        let info = info();
        assert_eq!(holder(&taking("a\nHeld-by: {}", &info)), Some(Box::new(info)));
    }

    #[test]
    fn no_two_commits_have_one_message() {
        let info = Box::new(info());
        let tip = Tip { commit: String::new(), tree: String::new(), holder: Some(info) };
        assert_ne!(writing("kong", &tip), writing("kong", &tip));
        assert_ne!(freeing("kong"), freeing("kong"));
    }

    #[test]
    fn every_key_of_every_branch_has_a_lock_of_its_own() {
        let locks = [("state", "a"), ("state", "b"), ("state/a", "b"), ("state", "a/b"), ("Kong", "a"), ("kong", "a")];
        let names: std::collections::BTreeSet<_> = locks.iter().map(|(branch, key)| reference(branch, key)).collect();
        assert_eq!(names.len(), locks.len());
        assert!(names.iter().all(|name| name.strip_prefix("koctl/locks/").is_some_and(|rest| rest.len() == 64)));
    }
}
