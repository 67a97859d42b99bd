//! The lock of one document: a file that says who holds it, locked for the OS by that process while it lives.
//!
//! All of it happens under the [`Guard`](super::guard::Guard), so no process sees a lock that is half made.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use super::files;
use crate::LockInfo;

/// The file of the lock of one document, held or not.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
}

/// A lock that this process holds. Dropping it frees it.
#[derive(Debug)]
pub(super) struct OwnLock {
    file: File,
}

/// A running process that holds the lock.
#[derive(Debug)]
pub(super) struct Holder {
    /// The holder, if the file says so: others can write anything into it.
    pub(super) info: Option<Box<LockInfo>>,
}

impl LockFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// True if it was taken and not released, by a holder that runs or died.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// The holder of the lock. `None` if it is free: the OS frees the file of a holder that died.
    pub(super) fn holder(&self) -> io::Result<Option<Holder>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => return file.unlock().map(|()| None),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(Some(Holder { info: serde_json::from_slice(&text).ok() }))
    }

    /// Takes the lock, which must be free. The file of a holder that died is replaced.
    pub(super) fn take(&self, info: &LockInfo) -> io::Result<OwnLock> {
        self.remove()?;
        let file = files::open_private(&self.path)?;
        file.try_lock()?;
        let mut lock = OwnLock { file };
        let written = serde_json::to_vec_pretty(info).map_err(io::Error::from);
        match written.and_then(|text| lock.file.write_all(&text)) {
            Ok(()) => Ok(lock),
            Err(error) => self.remove().and(Err(error)),
        }
    }

    /// Frees the lock, even if its holder does not know.
    pub(super) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for OwnLock {
    fn drop(&mut self) {
        // Closing the file releases it as well, but not while a process that is being started still shares it. If this
        // fails, closing must do.
        let _ = self.file.unlock();
    }
}
