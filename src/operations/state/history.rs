//! Lists and restores earlier versions of a state.

use crate::operations::failure::Failure;
use engine::state::{Error, LockOptions, Replaced, Snapshot, State, Store, Version};

/// An earlier version, as far as it can be read.
#[derive(Debug)]
pub struct HistoryEntry {
    /// Which version, and since when.
    pub version: Version,
    /// Its content.
    pub state: Result<State, Error>,
}

/// The earlier versions of the state of `scope`, newest first.
///
/// # Errors
/// If the store keeps none, or cannot be read.
pub async fn history(store: &Store, scope: &str) -> Result<Vec<HistoryEntry>, Failure> {
    let mut entries = Vec::new();
    for version in store.history(scope).await? {
        let state = store.read_version(scope, &version.revision).await;
        entries.push(HistoryEntry { version, state });
    }
    Ok(entries)
}

/// An earlier version that is about to be restored.
#[derive(Debug)]
pub struct Restore {
    /// Its content.
    pub state: State,
    /// Which version it is.
    pub version: Version,
    /// The addresses that only the stored state has.
    pub going: Vec<String>,
    /// The addresses that only this version has.
    pub coming: Vec<String>,
    /// The serial of the stored state. `None` if it cannot be read.
    pub replaces: Option<u64>,
}

/// Reads the version of `scope` whose name is, or begins with, `name`.
///
/// # Errors
/// If there is no such version, or several.
pub async fn restore(store: &Store, scope: &str, name: &str) -> Result<Restore, Failure> {
    let versions = store.history(scope).await?;
    let hits: Vec<&Version> = versions.iter().filter(|version| version.revision.as_str().starts_with(name)).collect();
    // A document that was restored is in the history twice, under one name.
    let version = match hits.as_slice() {
        [one, others @ ..] if others.iter().all(|other| other.revision == one.revision) => (*one).clone(),
        several => {
            let cause = if several.is_empty() { "no version has" } else { "several versions have" };
            return Err(Failure::new(format!("could not restore the state of `{scope}`: {cause} the name `{name}`"))
                .help("`koctl state history` lists the versions with their names"));
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
    /// Stores the version again, with a new serial.
    ///
    /// # Errors
    /// If the stored state has changed since it was read, and if it cannot be written.
    pub async fn commit(&self, store: &Store, options: &LockOptions) -> Result<Snapshot, Failure> {
        let may = |replaced: &Replaced| match (replaced, self.replaces) {
            (Replaced::State(stored), Some(serial)) if stored.serial() == serial => Ok(()),
            (Replaced::Nothing | Replaced::Unreadable(_), None) => Ok(()),
            _ => Err(Failure::new("the stored state has changed meanwhile").help("run the command again")),
        };
        store.replace(&self.state, options, may).await
    }
}
