//! Resources are forgotten: what they stand for stays as it is, and koctl knows nothing of it any more.

use std::collections::BTreeMap;

use super::edit::{Edit, lock};
use super::find::{Found, find};
use crate::operations::Failure;
use engine::state::{LockOptions, Store};

/// Forgets the resources of `scopes` that `patterns` name, once the edit is committed.
///
/// # Errors
/// A pattern that names nothing; a state that cannot be locked, or that changed meanwhile.
pub async fn remove(
    store: &Store,
    scopes: &[String],
    patterns: &[String],
    options: &LockOptions,
) -> Result<(Vec<Found>, Edit), Failure> {
    let found = find(store, scopes, patterns).await?.resources;
    let mut by_scope: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for one in &found {
        by_scope.entry(one.address.scope()).or_default().push(one);
    }
    let mut edit = Edit::default();
    for (scope, going) in by_scope {
        let locked = lock(store, scope, options).await?;
        let state = locked.state();
        let is_there = |one: &&&Found| state.resources.get(one.address.as_str()) == Some(&one.resource);
        if let Some(changed) = going.iter().find(|one| !is_there(one)) {
            let failure = Failure::new(format!("`{}` was changed meanwhile", changed.address));
            locked.release().await?;
            return Err(failure.help("run the command again").of(scope));
        }
        let addresses: Vec<String> = going.iter().map(|one| one.address.to_string()).collect();
        edit.add(locked, move |state| state.resources.retain(|address, _| !addresses.contains(address)));
    }
    Ok((found, edit))
}
