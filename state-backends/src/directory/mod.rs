//! Documents in a directory of this machine: one file each, a backup of every earlier version, OS file locks.
//!
//! ```text
//! DIR/
//!   kong.json                         the document under the key `kong`
//!   KongAirlines~11.json              … and under `KongAirlines` (see `crate::name` for the part after `~`)
//!   backups/kong/000007-run-….json    what the seventh write replaced, the first write of its lock's holder
//!   backups/kong/000008-step-….json   what the eighth replaced, a version in the middle of that holder's work
//!   locks/kong.lock                   who holds the lock; the holder keeps it locked for the OS while it lives
//!   locks/kong.guard                  locked for the OS for the moment of one write, lock or unlock
//! ```
//!
//! A document is written to a temporary file, synced, and renamed over the earlier one, whose content stays as a
//! backup; then the directory is synced. The revision of a document is the SHA-256 of its content. Since the OS
//! releases the locks of a process that dies, however it dies, a lock cannot be left behind.
//!
//! Only their owner can use the directories (0700) and files (0600) that are created here. File locks work as well over
//! a network file system as it implements them; NFS since version 4 does.

mod backups;
mod files;
mod guard;
mod lock_file;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io, path};

use async_trait::async_trait;
use transport::regular;

use self::backups::{Backups, Replaced};
use self::guard::Guard;
use self::lock_file::{LockFile, OwnLock};
use crate::{
    AbandonedLock, Attempt, Backend, Capabilities, Document, Error, Expected, Kind, LockId, LockInfo, Result, Revision,
    Version, name,
};

/// The backend for a local directory.
#[derive(Debug, Clone)]
pub struct Directory {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// The locks that were taken through this value. Dropping one frees it.
    own_locks: Mutex<HashMap<LockId, HeldLock>>,
}

#[derive(Debug)]
struct HeldLock {
    /// HeldLock for as long as this value is kept.
    _lock: OwnLock,
    /// True if its holder has written already, which decides the kind of backup of its next write.
    has_written: bool,
}

impl Directory {
    /// The backend for the directory at `path`, which the first lock creates. A relative path is relative
    /// to the current directory of the process, now.
    ///
    /// # Errors
    /// [`Kind::Misconfigured`] if there is something other than a directory, or `path` is empty.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let attempt = Attempt::new("keep documents", in_words(path.as_ref()));
        let root = path::absolute(path).map_err(|error| attempt.failed_by(Kind::Misconfigured, error))?;
        if let Ok(found) = fs::metadata(&root)
            && !found.is_dir()
        {
            return Err(attempt.io(io::Error::from(io::ErrorKind::NotADirectory)));
        }
        Ok(Self { inner: Arc::new(Inner { root, own_locks: Mutex::default() }) })
    }

    /// File systems block: `work` is done on a thread that may.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> T + Send + 'static) -> T {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is going away, and with it this very future.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

#[async_trait]
impl Backend for Directory {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            listing: true,
            history: true,
            abandoned_lock: AbandonedLock::FreedAtOnce,
            lock_pause: Duration::from_secs(1),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Document>> {
        let key = self.inner.key("read", key)?;
        self.blocking(move |_| key.read()).await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        let key = self.inner.key("write", key)?;
        let (expected, lock) = (expected.clone(), lock.clone());
        self.blocking(move |inner| inner.write(&key, &bytes, &expected, &lock)).await
    }

    async fn keys(&self) -> Result<Vec<String>> {
        self.blocking(Inner::keys).await
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        let key = self.inner.key("list the earlier versions of", key)?;
        self.blocking(move |_| key.backups().newest_first().map_err(|error| key.attempt.io(error))).await
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document> {
        let key = self.inner.key("read an earlier version of", key)?;
        let revision = revision.clone();
        self.blocking(move |_| key.read_version(&revision)).await
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        let key = self.inner.key("lock", key)?;
        let id = info.id.clone();
        let info = info.clone();
        // The lock becomes this value's own only here: if the caller is gone meanwhile, it is dropped and released.
        let lock = self.blocking(move |inner| inner.lock(&key, &info)).await?;
        self.inner.own_locks().insert(id, HeldLock { _lock: lock, has_written: false });
        Ok(())
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        let key = self.inner.key("unlock", key)?;
        let id = id.clone();
        self.blocking(move |inner| inner.unlock(&key, &id)).await
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        let key = self.inner.key("force the lock open of", key)?;
        let id = id.clone();
        self.blocking(move |inner| inner.unlock(&key, &id)).await
    }

    fn abandon(&self, _key: &str, id: &LockId) {
        self.inner.own_locks().remove(id);
    }
}

impl Inner {
    fn describe(&self) -> String {
        in_words(&self.root)
    }

    /// The locks that are this value's own. A panic elsewhere leaves the map whole: it is only inserted to and
    /// removed from.
    fn own_locks(&self) -> MutexGuard<'_, HashMap<LockId, HeldLock>> {
        self.own_locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, verb: &str, key: &str) -> Result<KeyInDirectory> {
        let attempt = Attempt::new(format!("{verb} the document `{key}`"), self.describe());
        let stem = name::of_key(key).map_err(|reason| attempt.failed(Kind::InvalidKey(reason)))?;
        Ok(KeyInDirectory::new(&self.root, stem, attempt))
    }

    fn lock(&self, key: &KeyInDirectory, info: &LockInfo) -> Result<OwnLock> {
        key.require_no_link()?;
        let _guard = key.guard()?;
        match key.lock_file().holder().map_err(|error| key.attempt.io(error))? {
            Some(holder) => Err(key.attempt.failed(Kind::Locked { holder: holder.info })),
            None => key.lock_file().take(info).map_err(|error| key.attempt.io(error)),
        }
    }

    /// Frees the lock `id`, whoever holds it: in a directory, to know the id is all it takes.
    fn unlock(&self, key: &KeyInDirectory, id: &LockId) -> Result<()> {
        if !key.lock_file().exists() {
            self.own_locks().remove(id);
            return Err(key.attempt.failed(Kind::NotLocked));
        }
        let _guard = key.guard()?;
        let in_force = key.require_lock(id);
        let removed = in_force.and_then(|()| key.lock_file().remove().map_err(|error| key.attempt.io(error)));
        self.own_locks().remove(id);
        removed
    }

    fn write(&self, key: &KeyInDirectory, bytes: &[u8], expected: &Expected, lock: &LockId) -> Result<Revision> {
        if !key.lock_file().exists() {
            return Err(key.attempt.failed(Kind::NotLocked));
        }
        let _guard = key.guard()?;
        key.require_lock(lock)?;
        let found = key.read()?.map(|document| document.revision);
        if !expected.is_met_by(found.as_ref()) {
            return Err(key.attempt.failed(Kind::Conflict { expected: expected.clone(), found }));
        }
        let replaced = if self.has_written(lock) { Replaced::Step } else { Replaced::Run };
        key.replace(bytes, found.as_ref(), replaced).map_err(|error| key.attempt.io(error))?;
        if let Some(held) = self.own_locks().get_mut(lock) {
            held.has_written = true;
        }
        Ok(files::revision_of(bytes))
    }

    fn has_written(&self, lock: &LockId) -> bool {
        self.own_locks().get(lock).is_some_and(|held| held.has_written)
    }

    fn keys(&self) -> Result<Vec<String>> {
        let attempt = Attempt::new("list the documents", self.describe());
        let names = files::names_in(&self.root).map_err(|error| attempt.io(error))?;
        let stems = names.iter().filter_map(|name| name.strip_suffix(DOCUMENT_SUFFIX));
        let keys = stems.filter(|stem| !stem.starts_with('.')).map(|stem| self.key_of(stem, &attempt));
        let mut keys = keys.collect::<Result<Vec<_>>>()?;
        keys.sort();
        Ok(keys)
    }

    fn key_of(&self, stem: &str, attempt: &Attempt) -> Result<String> {
        let path = format!("{}{DOCUMENT_SUFFIX}", self.root.join(stem).display());
        name::to_key_or_damage(stem, DOCUMENT_SUFFIX, &path).map_err(|damage| attempt.failed(Kind::Corrupt(damage)))
    }
}

const DOCUMENT_SUFFIX: &str = ".json";

/// One key, and what is being attempted there.
#[derive(Debug)]
struct KeyInDirectory {
    attempt: Attempt,
    root: PathBuf,
    stem: String,
    document: PathBuf,
}

impl KeyInDirectory {
    fn new(root: &Path, stem: String, attempt: Attempt) -> Self {
        let document = root.join(format!("{stem}{DOCUMENT_SUFFIX}"));
        Self { attempt, root: root.to_owned(), stem, document }
    }

    fn lock_file(&self) -> LockFile {
        LockFile::new(self.root.join("locks").join(format!("{}.lock", self.stem)))
    }

    fn backups(&self) -> Backups {
        Backups::new(self.root.join("backups").join(&self.stem))
    }

    /// Makes everything until the guard is dropped one step for all processes.
    fn guard(&self) -> Result<Guard> {
        let locks = self.root.join("locks");
        files::create_directory(&locks).map_err(|error| self.attempt.io(error))?;
        Guard::wait_for(&locks.join(format!("{}.guard", self.stem))).map_err(|error| self.attempt.io(error))
    }

    /// Under the guard: an error if `id` is not the lock in force.
    fn require_lock(&self, id: &LockId) -> Result<()> {
        let holder = self.lock_file().holder().map_err(|error| self.attempt.io(error))?;
        match holder {
            None => Err(self.attempt.failed(Kind::NotLocked)),
            Some(holder) if holder.info.as_ref().is_some_and(|info| &info.id == id) => Ok(()),
            Some(holder) => Err(self.attempt.failed(Kind::WrongLockId { holder: holder.info })),
        }
    }

    /// An error if the document is a symbolic link: a write would replace the link, and leave the file that it leads to as
    /// it was. The locks of that file are in another directory, too.
    fn require_no_link(&self) -> Result<()> {
        let Ok(target) = fs::read_link(&self.document) else { return Ok(()) };
        let cause = format!(
            "the file `{}` is a symbolic link to `{}`; move that file here, or use its directory as the store",
            self.document.display(),
            target.display()
        );
        Err(self.attempt.failed_by(Kind::Misconfigured, cause))
    }

    fn read(&self) -> Result<Option<Document>> {
        self.require_no_link()?;
        match regular::read(&self.document, u64::MAX) {
            Ok(bytes) => Ok(Some(Document { revision: files::revision_of(&bytes), bytes })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.attempt.io(error)),
        }
    }

    /// Under the guard: keeps what is stored as a backup, and puts `bytes` in its place.
    fn replace(&self, bytes: &[u8], current: Option<&Revision>, replaced: Replaced) -> io::Result<()> {
        let new = files::write_beside(&self.document, bytes)?;
        if let Some(current) = current {
            self.backups().keep(&self.document, current, replaced)?;
        }
        files::rename_over(new, &self.document)
    }

    fn read_version(&self, revision: &Revision) -> Result<Document> {
        let versions = self.backups().newest_first().map_err(|error| self.attempt.io(error))?;
        let Some(version) = versions.into_iter().find(|version| &version.revision == revision) else {
            return Err(self.attempt.failed(Kind::NotFound));
        };
        let bytes = fs::read(&version.location).map_err(|error| self.version_error(error))?;
        if files::revision_of(&bytes) != *revision {
            let damage = format!("the backup `{}` was changed after it was made", version.location);
            return Err(self.attempt.failed(Kind::Corrupt(damage)));
        }
        Ok(Document { bytes, revision: revision.clone() })
    }

    /// A backup may give way to newer ones between the listing and the reading.
    fn version_error(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::NotFound => self.attempt.failed_by(Kind::NotFound, error),
            _ => self.attempt.io(error),
        }
    }
}

fn in_words(root: &Path) -> String {
    format!("the directory `{}`", root.display())
}
