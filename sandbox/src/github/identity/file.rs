//! The file with the accounts and apps, `accounts.json` beside the repositories.
//!
//! It exists only after the accounts of a fresh sandbox were changed. A running sandbox finds a changed file by itself,
//! as it finds repositories.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::check::check;
use super::defaults::defaults;
use super::directory::Directory;
use crate::github::errors::GitHubSandboxError;
use crate::github::files::replace_file;

/// The name of the file.
const FILE: &str = "accounts.json";

/// The accounts on disk, read again only if the file changed.
#[derive(Debug)]
pub(in crate::github) struct DirectoryFile {
    root: PathBuf,
    read: Mutex<Option<(Stamp, Arc<Directory>)>>,
}

/// What a changed file differs in: its time and its length. `None` if there is no file.
type Stamp = Option<(SystemTime, u64)>;

impl DirectoryFile {
    /// The file below `root`.
    pub(in crate::github) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), read: Mutex::default() }
    }

    /// The present accounts and apps.
    pub(in crate::github) fn load(&self) -> Result<Arc<Directory>, GitHubSandboxError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.stamp();
        if let Some((known, directory)) = &*read
            && *known == stamp
        {
            return Ok(Arc::clone(directory));
        }
        let directory = Arc::new(load(&self.root)?);
        *read = Some((stamp, Arc::clone(&directory)));
        Ok(directory)
    }

    /// Checks the accounts, and writes the file. The inner error is the rule that they break.
    pub(in crate::github) fn save(&self, directory: Directory) -> Result<Result<(), String>, GitHubSandboxError> {
        if let Err(reason) = check(&directory) {
            return Ok(Err(reason));
        }
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.root.join(FILE);
        let bytes = serde_json::to_vec_pretty(&directory)
            .map_err(|error| GitHubSandboxError::Accounts { path: path.clone(), reason: error.to_string() })?;
        std::fs::create_dir_all(&self.root)
            .and_then(|()| replace_file(&path, &bytes))
            .map_err(|source| GitHubSandboxError::Io { action: "write", path, source })?;
        *read = Some((self.stamp(), Arc::new(directory)));
        Ok(Ok(()))
    }

    fn stamp(&self) -> Stamp {
        // A file that is there and cannot be read is reported when it is read.
        let metadata = std::fs::metadata(self.root.join(FILE)).ok()?;
        Some((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len()))
    }
}

/// Reads the file below `root`; the accounts of a fresh sandbox if there is none.
fn load(root: &Path) -> Result<Directory, GitHubSandboxError> {
    let path = root.join(FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(defaults()),
        Err(source) => return Err(GitHubSandboxError::Io { action: "read", path, source }),
    };
    let refuse = |reason: String| GitHubSandboxError::Accounts { path: path.clone(), reason };
    let directory: Directory = serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
    check(&directory).map_err(refuse)?;
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_of_a_fresh_sandbox_keep_the_rules() {
        check(&defaults()).unwrap();
    }
}
