//! The contract between a place that keeps documents and who keeps them there.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{LockId, LockInfo, Result};

/// A place that keeps one opaque document a key, with compare-and-swap, a lock a key and, where it can, history.
///
/// A key is any non-empty text. Two keys are the same only if their bytes are: a backend must not merge keys that
/// differ in case or in Unicode normalisation. It may refuse one that is too long for it
/// ([`Kind::InvalidKey`](crate::Kind::InvalidKey)).
///
/// Methods may be called from many tasks at once, and many processes may open the same place. Every method may be
/// cancelled by dropping its future: what it had begun is then either done in full or not at all, and a lock that
/// was being taken is not held.
///
/// Every method may fail with [`Kind::Unavailable`](crate::Kind::Unavailable),
/// [`Kind::PermissionDenied`](crate::Kind::PermissionDenied) or
/// [`Kind::Misconfigured`](crate::Kind::Misconfigured); the docs of a method name what else a caller can react to.
#[async_trait]
pub trait Backend: Send + Sync + fmt::Debug {
    /// The place in words for a message, with its address: ``the directory `/srv/state` ``.
    fn describe(&self) -> String;

    /// What this place can do beyond the rest of the contract.
    fn capabilities(&self) -> Capabilities;

    /// The current document under `key`, or nothing where none was ever written. Needs no lock: what is returned is
    /// one whole document, though perhaps no longer the newest by the time that the caller looks at it.
    async fn read(&self, key: &str) -> Result<Option<Document>>;

    /// Stores `bytes` as the new current document of `key`, if `expected` is what is stored and `lock` is the lock
    /// in force. When it returns, the document survives a power failure as well as the place can make it.
    ///
    /// # Errors
    ///
    /// [`Kind::Conflict`](crate::Kind::Conflict) where something other than `expected` is stored;
    /// [`Kind::NotLocked`](crate::Kind::NotLocked) or [`Kind::WrongLockId`](crate::Kind::WrongLockId) where `lock`
    /// is not in force, for example because somebody forced it open; [`Kind::NoSpace`](crate::Kind::NoSpace). In
    /// these cases the earlier document is intact. After [`Kind::Unavailable`](crate::Kind::Unavailable) the write
    /// may have happened: who needs to know reads.
    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision>;

    /// The keys that have a document, sorted.
    ///
    /// # Errors
    ///
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) where [`Capabilities::listing`] is false;
    /// [`Kind::Corrupt`](crate::Kind::Corrupt) where something that looks like a document stands under a name that
    /// is no key's.
    async fn keys(&self) -> Result<Vec<String>>;

    /// The earlier versions of the document under `key`, newest first, without the current one. How many are kept
    /// is up to the place.
    ///
    /// # Errors
    ///
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) where [`Capabilities::history`] is false.
    async fn history(&self, key: &str) -> Result<Vec<Version>>;

    /// One of the versions that [`history`](Backend::history) lists.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`](crate::Kind::NotFound) where it is not kept (any more);
    /// [`Kind::Corrupt`](crate::Kind::Corrupt) where its content is no longer what was written;
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) where [`Capabilities::history`] is false.
    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document>;

    /// Takes the lock of `key` for who `info` names, at once or not at all: waiting is up to the caller. From then on
    /// `info.id` is what writes and unlocks need.
    ///
    /// # Errors
    ///
    /// [`Kind::Locked`](crate::Kind::Locked) where somebody holds it, be it the same process.
    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()>;

    /// Gives back a lock that this process took.
    ///
    /// # Errors
    ///
    /// [`Kind::NotLocked`](crate::Kind::NotLocked) where nobody holds the lock of `key`;
    /// [`Kind::WrongLockId`](crate::Kind::WrongLockId) where another lock is in force. Either way the lock `id` is
    /// not held afterwards.
    async fn unlock(&self, key: &str, id: &LockId) -> Result<()>;

    /// Takes a lock away from its holder, wherever that runs. The holder notices at its next write.
    ///
    /// # Errors
    ///
    /// [`Kind::NotLocked`](crate::Kind::NotLocked) where nobody holds it;
    /// [`Kind::WrongLockId`](crate::Kind::WrongLockId) where the lock in force has another id.
    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()>;

    /// Gives back a lock from where nothing can be awaited: a drop, a panic. Never blocks and cannot fail; the lock
    /// is free soon after, if the place can be reached. Where the lock is not held, nothing happens.
    fn abandon(&self, key: &str, id: &LockId);
}

/// What a place can do beyond what all can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether the place can tell which keys have a document.
    pub listing: bool,
    /// Whether earlier versions of a document are kept and can be read.
    pub history: bool,
    /// What becomes of the lock of a process that died.
    pub abandoned_lock: AbandonedLock,
    /// The longest that who waits for a lock should pause between two tries: short where a try costs little, long
    /// where requests are counted.
    pub lock_pause: Duration,
}

/// What becomes of a lock whose holder died without giving it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbandonedLock {
    /// It is free at once: it lives and dies with the process.
    FreedAtOnce,
    /// It is free after this long without a sign of life from the holder.
    FreedAfter(Duration),
    /// It stays until somebody forces it open.
    Stays,
}

/// A document as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The content, as it was written.
    pub bytes: Vec<u8>,
    /// Which version this is.
    pub revision: Revision,
}

/// Which version of a document: a digest, an ETag, a commit, as the place has it. Compared, never interpreted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Revision(String);

impl Revision {
    /// The revision that the place calls by this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The place's own text for it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a writer believes to be stored before its write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// No document at all: this write creates it.
    Absent,
    /// This version: this write replaces it.
    Revision(Revision),
}

impl Expected {
    /// The version, where one is expected.
    pub fn revision(&self) -> Option<&Revision> {
        match self {
            Expected::Absent => None,
            Expected::Revision(revision) => Some(revision),
        }
    }

    /// Whether what is `found` (nothing, or a revision) is what was expected.
    pub fn is_met_by(&self, found: Option<&Revision>) -> bool {
        self.revision() == found
    }
}

impl From<Option<Revision>> for Expected {
    fn from(revision: Option<Revision>) -> Self {
        revision.map_or(Expected::Absent, Expected::Revision)
    }
}

/// An earlier version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which version: for [`Backend::read_version`].
    pub revision: Revision,
    /// When it was written.
    pub written: Timestamp,
    /// Where a person finds it, for a message: a path, or the URL of a commit.
    pub location: String,
}
