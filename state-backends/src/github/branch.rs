//! A branch of a repository, and one key on it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use github_api::{Access, AccessError, Error as GitHubError, Reader, Repository, Writer};
use transport::Transport;

use super::address::Address;
use super::known::KnownBranch;
use super::tip::{self, Tip};
use super::{failure, files};
use crate::{AddressError, Attempt, Error, Kind, LockId, Result, Variables, name, settings};

/// Number of tries of a write that others were in the way of.
const TRIES: usize = 20;
/// The first and the longest pause between two of these tries.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A branch of a repository.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) address: Address,
    pub(super) api: Writer,
    /// The locks that were taken through this value.
    own_locks: Mutex<HashSet<LockId>>,
    /// The tips of locks that were read, so that waiting for one costs few requests.
    seen_tips: Mutex<HashMap<String, Tip>>,
    /// The tip of the branch. A writer keeps it locked: two writes of this process would only be in each other's way.
    pub(super) known: tokio::sync::Mutex<Option<KnownBranch>>,
}

/// One key, and what is being attempted there.
pub(super) struct KeyOnBranch<'a> {
    pub(super) branch: &'a Arc<Branch>,
    pub(super) attempt: Attempt,
    pub(super) key: &'a str,
    /// The path of the document on the branch.
    pub(super) path: String,
    /// The reference of the lock, without `refs/`.
    pub(super) lock: String,
}

impl Branch {
    pub(super) fn open(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let address = Address::parse(url, variables)?;
        let settings = settings::of_documents(url, variables)?;
        let transport = Transport::new(&settings).map_err(|error| AddressError::new(url, error.to_string()))?;
        let access = Access { url: address.api.clone(), token: address.token.clone() };
        let reader = Reader::new(transport, &access).map_err(|error| refused_access(url, &error))?;
        Ok(Self {
            address,
            api: Writer::new(reader),
            own_locks: Mutex::default(),
            seen_tips: Mutex::default(),
            known: tokio::sync::Mutex::default(),
        })
    }

    pub(super) fn key<'a>(self: &'a Arc<Self>, verb: &str, key: &'a str) -> Result<KeyOnBranch<'a>> {
        let attempt = Attempt::new(format!("{verb} the document `{key}`"), self.address.to_string());
        let stem = name::of_key(key).map_err(|reason| attempt.failed(Kind::InvalidKey(reason)))?;
        let lock = tip::reference(&self.address.branch, key);
        Ok(KeyOnBranch { branch: self, attempt, key, path: files::path_of(&stem), lock })
    }

    /// The locks that were taken through this value. A panic elsewhere leaves the set whole.
    pub(super) fn own_locks(&self) -> MutexGuard<'_, HashSet<LockId>> {
        self.own_locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tips of locks that were read. A panic elsewhere leaves the map whole.
    pub(super) fn seen_tips(&self) -> MutexGuard<'_, HashMap<String, Tip>> {
        self.seen_tips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error if there is no such repository, which is why nothing was found.
    pub(super) async fn require_repository(&self, attempt: &Attempt) -> Result<()> {
        let found = self.api.reader().repository(&self.address.repository).await;
        found.map(drop).map_err(|error| self.failed(attempt, &error))
    }

    /// The error for a person.
    pub(super) fn failed(&self, attempt: &Attempt, error: &GitHubError) -> Error {
        failure::failed(attempt, error, self.address.token.is_some())
    }
}

impl KeyOnBranch<'_> {
    pub(super) fn api(&self) -> &Writer {
        &self.branch.api
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.branch.address.repository
    }

    /// The error for a person.
    pub(super) fn failed(&self, error: &GitHubError) -> Error {
        self.branch.failed(&self.attempt, error)
    }
}

fn refused_access(url: &str, error: &AccessError) -> AddressError {
    match error {
        AccessError::Url(_) => AddressError::new(url, error.to_string())
            .help("Correct the variable KOCTL_GITHUB_URL, or unset it for GitHub's own."),
        AccessError::Token => AddressError::new(url, error.to_string())
            .help("Check the variable GITHUB_TOKEN for line breaks and spaces."),
    }
}

/// A reference that GitHub refused to create or move, and where it was before. If it is still there, no other writer
/// was in the way, and it will be refused again.
pub(super) struct Refused {
    pub(super) error: GitHubError,
    pub(super) before: Option<String>,
}

impl Refused {
    /// `None` if GitHub says itself that another writer was in the way.
    pub(super) fn of(error: GitHubError, before: Option<String>) -> Option<Self> {
        (!failure::is_contention(&error)).then_some(Self { error, before })
    }
}

/// The pauses between tries that others were in the way of; random, so that not all come again at once.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    let growing = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST_PAUSE).with_jitter();
    growing.with_max_times(TRIES).build()
}
