//! Locks: their ids, and the description of a holder, which a backend keeps and shows to others.

use std::{env, fmt, process};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a lock that was taken. It is needed to write, to unlock and to force-unlock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LockId(String);

impl LockId {
    /// A new, unique id.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The id with this text, as a person typed it or a store returned it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for LockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The holder of a lock: who, where, since when and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    /// The id of the lock.
    pub id: LockId,
    /// The user and the machine: `user@host`.
    pub who: String,
    /// The process on that machine. `None` if the store does not keep it.
    #[serde(default)]
    pub pid: Option<u32>,
    /// The operation that the lock was taken for: `apply`. Empty if the store does not keep it.
    pub operation: String,
    /// The time when it was taken, to the second.
    pub since: Timestamp,
    /// The program that took it, with its version. Empty if the store does not keep it.
    pub version: String,
}

impl LockInfo {
    /// A new lock for this process, with a new id, taken now for `operation` by `version` of a program.
    pub fn of_this_process(operation: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            id: LockId::random(),
            who: format!("{}@{}", user_name(), gethostname::gethostname().display()),
            pid: Some(process::id()),
            operation: operation.into(),
            since: to_the_second(Timestamp::now()),
            version: version.into(),
        }
    }
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, who, pid, operation, since, version } = self;
        let process = pid.map(|pid| format!("process {pid}"));
        let program = [process.as_deref().unwrap_or_default(), version].into_iter().filter(|part| !part.is_empty());
        let program = program.collect::<Vec<_>>().join(", ");
        f.write_str(who)?;
        if !program.is_empty() {
            write!(f, " ({program})")?;
        }
        if !operation.is_empty() {
            write!(f, " for `{operation}`")?;
        }
        write!(f, " since {since}, with the lock id {id}")
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

    fn info() -> LockInfo {
        LockInfo {
            id: LockId::new("7d1f"),
            who: "ada@build-3".into(),
            pid: Some(4711),
            operation: "apply".into(),
            since: "2026-01-02T03:04:05Z".parse().unwrap(),
            version: "koctl 0.1.0".into(),
        }
    }

    #[test]
    fn what_a_place_does_not_keep_of_a_lock_is_left_out() {
        let kept = LockInfo { pid: None, operation: String::new(), version: String::new(), ..info() };
        assert_eq!(kept.to_string(), "ada@build-3 since 2026-01-02T03:04:05Z, with the lock id 7d1f");
        let kept = LockInfo { pid: None, ..info() };
        assert!(kept.to_string().starts_with("ada@build-3 (koctl 0.1.0) for `apply` since"), "{kept}");
    }

    #[test]
    fn a_lock_says_who_where_since_when_for_what_and_its_id() {
        assert_eq!(
            info().to_string(),
            "ada@build-3 (process 4711, koctl 0.1.0) for `apply` since 2026-01-02T03:04:05Z, with the lock id 7d1f"
        );
    }

    #[test]
    fn two_locks_of_one_process_have_different_ids() {
        let take = || LockInfo::of_this_process("apply", "test");
        assert_ne!(take().id, take().id);
    }
}
