//! Errors of stores, by what a caller can do about them.

use std::fmt;
use std::io;

use crate::{Expected, LockInfo, Revision};

/// The result of an operation on a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation that failed: what was attempted on which store, why it failed ([`Kind`]), and the cause, if there is
/// one.
///
/// The text says all except the cause, which is the [`source`](std::error::Error::source).
/// [`next_step`](Error::next_step) says what a person can do.
#[derive(Debug)]
pub struct Error {
    attempt: Attempt,
    kind: Kind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Why an operation failed, by what a caller can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The version that was asked for is not kept.
    NotFound,
    /// Compare-and-swap found another version than the writer expected, and wrote nothing.
    Conflict {
        /// The version that the writer expected.
        expected: Expected,
        /// The version that is stored. `None` if there is no document.
        found: Option<Revision>,
    },
    /// The lock is held.
    Locked {
        /// Its holder. `None` if the lock does not say.
        holder: Option<Box<LockInfo>>,
    },
    /// The lock is not held.
    NotLocked,
    /// Another lock is in force than the one that was named.
    WrongLockId {
        /// Its holder. `None` if the lock does not say.
        holder: Option<Box<LockInfo>>,
    },
    /// The store cannot keep a document under such a key, for this reason.
    InvalidKey(&'static str),
    /// The store cannot be reached, or failed. Trying again may help; a write may have happened.
    Unavailable,
    /// The store refuses this user.
    PermissionDenied,
    /// The store is full.
    NoSpace,
    /// The stored document is not as it was written, in this way.
    Corrupt(String),
    /// This kind of store cannot do that.
    Unsupported,
    /// The address is not one of a store: a directory that is a file, a bucket that does not exist.
    Misconfigured,
}

impl Error {
    /// Why it failed.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// One thing to do about it, as a sentence, which names the store if that helps.
    pub fn next_step(&self) -> String {
        let place = &self.attempt.place;
        match &self.kind {
            Kind::NotFound => "List the versions that are kept, and name one of them.".to_owned(),
            Kind::Conflict { .. } => "Start again from what is stored now.".to_owned(),
            Kind::Locked { .. } => {
                "Wait until the holder is done; only if it surely runs no longer, force the lock open with its id."
                    .to_owned()
            }
            Kind::NotLocked => "If the lock was forced open, start again.".to_owned(),
            Kind::WrongLockId { .. } => "Use the id of the lock that is in force.".to_owned(),
            Kind::InvalidKey(_) => "Choose another name, or another store.".to_owned(),
            Kind::Unavailable => format!("Check that {place} can be reached, and try again."),
            Kind::PermissionDenied => format!("Give this user the right to read and write {place}."),
            Kind::NoSpace => format!("Make room in {place}, and try again: what was stored before is intact."),
            Kind::Corrupt(_) => "Restore an earlier version, or move the damaged file away.".to_owned(),
            Kind::Unsupported => "Use a store that can.".to_owned(),
            Kind::Misconfigured => format!("Check the address of {place}, and what stands there."),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} in {}: {}", self.attempt.action, self.attempt.place, self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::NotFound => f.write_str("that version is not kept"),
            Kind::Conflict { expected, found } => {
                write!(f, "expected {}, but found {}", Stored(expected.revision()), Stored(found.as_ref()))
            }
            Kind::Locked { holder: Some(holder) } => write!(f, "it is locked by {holder}"),
            Kind::Locked { holder: None } => f.write_str("it is locked, and the lock does not say by whom"),
            Kind::NotLocked => f.write_str("it is not locked"),
            Kind::WrongLockId { holder: Some(holder) } => write!(f, "another lock is in force, held by {holder}"),
            Kind::WrongLockId { holder: None } => {
                f.write_str("another lock is in force, and it does not say who holds it")
            }
            Kind::InvalidKey(reason) => f.write_str(reason),
            Kind::Unavailable => f.write_str("the store failed or cannot be reached"),
            Kind::PermissionDenied => f.write_str("permission denied"),
            Kind::NoSpace => f.write_str("there is no space left"),
            Kind::Corrupt(damage) => f.write_str(damage),
            Kind::Unsupported => f.write_str("this kind of store cannot do that"),
            Kind::Misconfigured => f.write_str("what stands there cannot keep documents"),
        }
    }
}

/// One side of a conflict, in words.
struct Stored<'a>(Option<&'a Revision>);

impl fmt::Display for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("no document"),
            Some(revision) => write!(f, "revision {revision}"),
        }
    }
}

/// An operation that is about to be done on a store. It is made first, so that every failure can name both.
#[derive(Debug, Clone)]
pub struct Attempt {
    action: String,
    place: String,
}

impl Attempt {
    /// An `action` (``write the document `a` ``) on a `place` (``the directory `/srv/state` ``): the error reads
    /// "cannot `action` in `place`".
    pub fn new(action: impl Into<String>, place: impl Into<String>) -> Self {
        Self { action: action.into(), place: place.into() }
    }

    /// The error of a failure without a further cause.
    pub fn failed(&self, kind: Kind) -> Error {
        Error { attempt: self.clone(), kind, source: None }
    }

    /// The error of a failure that `source` caused.
    pub fn failed_by(&self, kind: Kind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error { attempt: self.clone(), kind, source: Some(source.into()) }
    }

    /// The error of a failure that the operating system reported.
    pub fn io(&self, source: io::Error) -> Error {
        self.failed_by(kind_of(source.kind()), source)
    }
}

/// The kind of an error of the operating system.
fn kind_of(error: io::ErrorKind) -> Kind {
    use io::ErrorKind as Io;
    match error {
        Io::PermissionDenied | Io::ReadOnlyFilesystem => Kind::PermissionDenied,
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => Kind::NoSpace,
        Io::NotADirectory | Io::IsADirectory | Io::InvalidInput | Io::AlreadyExists | Io::NotFound => {
            Kind::Misconfigured
        }
        _ => Kind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> Attempt {
        Attempt::new("write the document `a`", "the directory `/srv`")
    }

    #[test]
    fn an_error_says_what_was_attempted_where_and_why_and_what_next() {
        let error = attempt().io(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(error.to_string(), "cannot write the document `a` in the directory `/srv`: there is no space left");
        assert!(error.next_step().contains("Make room in the directory `/srv`"));
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn a_conflict_names_both_sides() {
        let kind = Kind::Conflict { expected: Expected::Absent, found: Some(Revision::new("b2")) };
        assert!(attempt().failed(kind).to_string().ends_with("expected no document, but found revision b2"));
    }

    #[test]
    fn what_the_operating_system_says_is_sorted_by_what_a_caller_can_do() {
        let kind = |error| attempt().io(io::Error::from(error)).kind().clone();
        assert_eq!(kind(io::ErrorKind::ReadOnlyFilesystem), Kind::PermissionDenied);
        assert_eq!(kind(io::ErrorKind::PermissionDenied), Kind::PermissionDenied);
        assert_eq!(kind(io::ErrorKind::QuotaExceeded), Kind::NoSpace);
        assert_eq!(kind(io::ErrorKind::NotADirectory), Kind::Misconfigured);
        assert_eq!(kind(io::ErrorKind::TimedOut), Kind::Unavailable);
    }
}
