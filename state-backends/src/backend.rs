//! The contract between a store of documents and its callers.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Expected, LockId, LockInfo, Result, Revision};

/// A store that keeps one opaque document for each key, with compare-and-swap, a lock for each key and, if it can,
/// history.
///
/// A key is any non-empty text. Two keys are the same only if their bytes are: a backend must not merge keys that
/// differ in case or in Unicode normalisation. It may refuse a key that is too long for it
/// ([`Kind::InvalidKey`](crate::Kind::InvalidKey)).
///
/// Methods may be called from many tasks at once, and many processes may open the same store. Every method may be
/// cancelled by dropping its future: what it had begun is then either done in full or not at all, and a lock that
/// was being taken is not held.
///
/// Every method may fail with [`Kind::Unavailable`](crate::Kind::Unavailable),
/// [`Kind::PermissionDenied`](crate::Kind::PermissionDenied) or [`Kind::Misconfigured`](crate::Kind::Misconfigured);
/// the docs of a method name the others that a caller can react to.
#[async_trait]
pub trait Backend: Send + Sync + fmt::Debug {
    /// The store in words for a message, with its address: ``the directory `/srv/state` ``.
    fn describe(&self) -> String;

    /// The optional abilities of this store.
    fn capabilities(&self) -> Capabilities;

    /// The current document under `key`. `None` if none was ever written. Needs no lock: the result is one whole
    /// document, though perhaps no longer the newest by the time that the caller looks at it.
    async fn read(&self, key: &str) -> Result<Option<Document>>;

    /// Stores `bytes` as the new current document of `key`, if `expected` is what is stored and `lock` is the lock
    /// in force. When it returns, the document survives a power failure as well as the store can ensure.
    ///
    /// # Errors
    /// [`Kind::Conflict`](crate::Kind::Conflict) if something other than `expected` is stored;
    /// [`Kind::NotLocked`](crate::Kind::NotLocked) or [`Kind::WrongLockId`](crate::Kind::WrongLockId) if `lock`
    /// is not in force, for example because it was forced open; [`Kind::NoSpace`](crate::Kind::NoSpace). In
    /// these cases the earlier document is intact. After [`Kind::Unavailable`](crate::Kind::Unavailable) the write
    /// may have happened: a caller that needs to know reads the document.
    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision>;

    /// The keys that have a document, sorted.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) if [`Capabilities::listing`] is false;
    /// [`Kind::Corrupt`](crate::Kind::Corrupt) if something that looks like a document has a name that does not belong
    /// to any key.
    async fn keys(&self) -> Result<Vec<String>>;

    /// The earlier versions of the document under `key`, newest first, without the current one. The store decides
    /// how many it keeps.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) if [`Capabilities::history`] is false.
    async fn history(&self, key: &str) -> Result<Vec<Version>>;

    /// One of the versions that [`history`](Backend::history) lists.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::Kind::NotFound) if it is not kept (any more);
    /// [`Kind::Corrupt`](crate::Kind::Corrupt) if its content is no longer what was written;
    /// [`Kind::Unsupported`](crate::Kind::Unsupported) if [`Capabilities::history`] is false.
    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document>;

    /// Takes the lock of `key` for the holder in `info`, at once or not at all: waiting is up to the caller. From then
    /// on writing and unlocking need `info.id`.
    ///
    /// # Errors
    /// [`Kind::Locked`](crate::Kind::Locked) if it is held, even by the same process.
    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()>;

    /// Gives back a lock that this process took.
    ///
    /// # Errors
    /// [`Kind::NotLocked`](crate::Kind::NotLocked) if the lock of `key` is free;
    /// [`Kind::WrongLockId`](crate::Kind::WrongLockId) if another lock is in force. Either way the lock `id` is
    /// not held afterwards.
    async fn unlock(&self, key: &str, id: &LockId) -> Result<()>;

    /// Takes a lock away from its holder, which may run anywhere. The holder notices at its next write.
    ///
    /// # Errors
    /// [`Kind::NotLocked`](crate::Kind::NotLocked) if it is free;
    /// [`Kind::WrongLockId`](crate::Kind::WrongLockId) if the lock in force has another id.
    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()>;

    /// Releases a lock where nothing can be awaited: in a drop, in a panic. Never blocks and cannot fail; the lock is
    /// free soon after, if the store can be reached. Does nothing if the lock is not held.
    fn abandon(&self, key: &str, id: &LockId);
}

/// The optional abilities of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// True if the store can list the keys that have a document.
    pub listing: bool,
    /// True if earlier versions of a document are kept and can be read.
    pub history: bool,
    /// The fate of the lock of a process that died.
    pub abandoned_lock: AbandonedLock,
    /// The longest pause between two tries to take a lock: short if a try costs little, long if requests are counted.
    pub lock_pause: Duration,
}

/// The fate of a lock whose holder died without giving it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbandonedLock {
    /// It is free at once, since it ends with the process.
    FreedAtOnce,
    /// It is free after this time without a renewal by the holder.
    FreedAfter(Duration),
    /// It stays until it is forced open.
    Stays,
}

/// A document as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The content, as it was written.
    pub bytes: Vec<u8>,
    /// Its version.
    pub revision: Revision,
}

/// An earlier version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The argument of [`Backend::read_version`].
    pub revision: Revision,
    /// When it was written.
    pub written: Timestamp,
    /// Its location, for a message: a path, or the URL of a commit.
    pub location: String,
}
