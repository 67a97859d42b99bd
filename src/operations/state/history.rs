//! Earlier versions of a state, and their return.

use crate::operations::Failure;
use engine::state::{Error, LockOptions, Replaced, Snapshot, State, Store, Version};

/// An earlier version, as far as it can be read.
#[derive(Debug)]
pub struct HistoryEntry {
    /// Which version, and since when.
    pub version: Version,
    /// What it says.
    pub state: Result<State, Error>,
}

/// The earlier versions of the state of `scope`, newest first.
///
/// # Errors
/// Where the store keeps none, or cannot be read.
pub async fn history(store: &Store, scope: &str) -> Result<Vec<HistoryEntry>, Failure> {
    let mut entries = Vec::new();
    for version in store.history(scope).await? {
        let state = store.read_version(scope, &version.revision).await;
        entries.push(HistoryEntry { version, state });
    }
    Ok(entries)
}

/// An earlier version that is about to return.
#[derive(Debug)]
pub struct Restore {
    /// What it says.
    pub state: State,
    /// Which version it is.
    pub version: Version,
    /// The addresses that the stored state has and this one has not.
    pub going: Vec<String>,
    /// The addresses that this one has and the stored state has not.
    pub coming: Vec<String>,
    /// The serial of the stored state; none where it cannot be read.
    pub replaces: Option<u64>,
}

/// Looks at the version of `scope` whose name is, or begins with, `name`.
///
/// # Errors
/// Where none is called so, or several are.
pub async fn restore(store: &Store, scope: &str, name: &str) -> Result<Restore, Failure> {
    let versions = store.history(scope).await?;
    let hits: Vec<&Version> = versions.iter().filter(|version| version.revision.as_str().starts_with(name)).collect();
    // A document that comes back as it was before is in the history twice, under one name.
    let version = match hits.as_slice() {
        [one, others @ ..] if others.iter().all(|other| other.revision == one.revision) => (*one).clone(),
        several => {
            let cause = if several.is_empty() { "no version is" } else { "several versions are" };
            return Err(Failure::new(format!("could not restore the state of `{scope}`: {cause} called `{name}`"))
                .help("list the versions, with their names, with `koctl state history`"));
        }
    };
    let state = store.read_version(scope, &version.revision).await?;
    let stored = store.read(scope).await.ok().flatten().map(|snapshot| snapshot.state);
    let missing = |here: &State, there: Option<&State>| -> Vec<String> {
        let absent = |address: &&String| there.is_none_or(|there| !there.resources.contains_key(*address));
        here.resources.keys().filter(absent).cloned().collect()
    };
    Ok(Restore {
        going: stored.as_ref().map(|stored| missing(stored, Some(&state))).unwrap_or_default(),
        coming: missing(&state, stored.as_ref()),
        replaces: stored.map(|stored| stored.serial()),
        state,
        version,
    })
}

impl Restore {
    /// Makes the version the stored state again, with a new serial.
    ///
    /// # Errors
    /// Where the stored state changed since it was looked at, and where it cannot be written.
    pub async fn commit(&self, store: &Store, options: &LockOptions) -> Result<Snapshot, Failure> {
        let may = |replaced: &Replaced| match (replaced, self.replaces) {
            (Replaced::State(stored), Some(serial)) if stored.serial() == serial => Ok(()),
            (Replaced::Nothing | Replaced::Unreadable(_), None) => Ok(()),
            _ => Err(Failure::new("the stored state changed meanwhile").help("run the command again")),
        };
        store.replace(&self.state, options, may).await
    }
}
