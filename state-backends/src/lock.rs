//! Who holds a lock: what a backend keeps beside it, and shows to whoever finds it taken.

use std::{env, fmt, process};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name of one taking of a lock. Who knows it can write, unlock and force-unlock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LockId(String);

impl LockId {
    /// A new id that nobody else has.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The id that reads like this, as a person typed it or a store gave it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for LockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who holds a lock, where, since when and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    /// The name of this taking of the lock.
    pub id: LockId,
    /// The user and the machine: `user@host`.
    pub who: String,
    /// The process on that machine.
    pub pid: u32,
    /// What the lock was taken for: `apply`.
    pub operation: String,
    /// When it was taken, to the second.
    pub since: Timestamp,
    /// The program that took it, with its version.
    pub version: String,
}

impl LockInfo {
    /// A new lock for this process, with a new id, taken now for `operation` by `version` of a program.
    pub fn of_this_process(operation: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            id: LockId::random(),
            who: format!("{}@{}", user_name(), gethostname::gethostname().display()),
            pid: process::id(),
            operation: operation.into(),
            since: to_the_second(Timestamp::now()),
            version: version.into(),
        }
    }
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, who, pid, operation, since, version } = self;
        write!(f, "{who} (process {pid}, {version}) for `{operation}` since {since}, with the lock id {id}")
    }
}

/// The name that the user's session goes by; a container's process may have none.
fn user_name() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|variable| env::var(variable).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn to_the_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).expect("a time without its fraction is as far from the limits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_says_who_where_since_when_for_what_and_its_id() {
        let info = LockInfo {
            id: LockId::new("7d1f"),
            who: "ada@build-3".into(),
            pid: 4711,
            operation: "apply".into(),
            since: "2026-01-02T03:04:05Z".parse().unwrap(),
            version: "koctl 0.1.0".into(),
        };
        assert_eq!(
            info.to_string(),
            "ada@build-3 (process 4711, koctl 0.1.0) for `apply` since 2026-01-02T03:04:05Z, with the lock id 7d1f"
        );
    }

    #[test]
    fn two_locks_of_one_process_have_different_ids() {
        let take = || LockInfo::of_this_process("apply", "test");
        assert_ne!(take().id, take().id);
    }
}
