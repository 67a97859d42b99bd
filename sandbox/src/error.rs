//! The errors of starting, seeding and resetting a sandbox.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::github::GitHubSandboxError;
use crate::store::{StoreError, Unsaved};

/// The reasons why a sandbox cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The directory cannot be used.
    #[error("cannot create the sandbox's directory {}: {source}; check that you may write there, or choose another directory", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// Another sandbox uses the directory.
    #[error(
        "another sandbox has {} open; stop it, connect to it with KOCTL_KONNECT_URL and KOCTL_GITHUB_URL, or \
         choose another directory",
        path.display()
    )]
    InUse {
        /// The file that it holds.
        path: PathBuf,
    },
    /// Something of the sandbox cannot be deleted.
    #[error("cannot delete {}: {source}; fix this, then reset the sandbox again", path.display())]
    Delete {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The data of an earlier run cannot be used.
    #[error("cannot use the sandbox's data: {reason}; to start again without it, run `koctl sandbox reset`")]
    Data {
        /// The problem, naming the file.
        reason: String,
    },
    /// One token was given for two organizations.
    #[error("the organizations “{one}” and “{other}” have the same token; give each organization its own")]
    SharedToken {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// The repositories cannot be prepared.
    #[error(transparent)]
    Repositories(#[from] GitHubSandboxError),
    /// The file for the exchanges cannot be written.
    #[error("cannot record the exchanges in {}: {source}; check that you may write there", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The port is taken, or may not be used.
    #[error("the sandbox cannot listen on {address}: {source}; choose another port, or 0 for any free port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's error.
        source: std::io::Error,
    },
}

impl From<StoreError> for SandboxError {
    fn from(error: StoreError) -> SandboxError {
        match error {
            StoreError::InUse { path } => SandboxError::InUse { path },
            other => SandboxError::Data { reason: other.to_string() },
        }
    }
}

impl From<Unsaved> for SandboxError {
    fn from(error: Unsaved) -> SandboxError {
        match error {
            Unsaved::Store(error) => error.into(),
            Unsaved::Taken(taken) => SandboxError::Data { reason: taken.to_string() },
        }
    }
}
