//! Removes resources from the state only: their objects stay as they are, but are no longer managed.

use std::collections::BTreeMap;

use super::edit::{Edit, lock};
use super::find::{FoundResource, find};
use crate::operations::failure::Failure;
use engine::state::{LockOptions, Store};

/// Removes the resources of `scopes` that match `patterns`, when the edit is committed.
///
/// # Errors
/// If a pattern matches nothing, and if a state cannot be locked or has changed meanwhile.
pub async fn remove(
    store: &Store,
    scopes: &[String],
    patterns: &[String],
    options: &LockOptions,
) -> Result<(Vec<FoundResource>, Edit), Failure> {
    let found = find(store, scopes, patterns).await?.resources;
    let mut by_scope: BTreeMap<&str, Vec<&FoundResource>> = BTreeMap::new();
    for one in &found {
        by_scope.entry(one.address.scope()).or_default().push(one);
    }
    let mut edit = Edit::default();
    for (scope, going) in by_scope {
        let locked = lock(store, scope, options).await?;
        let state = locked.state();
        let is_there = |one: &&&FoundResource| state.resources.get(one.address.as_str()) == Some(&one.resource);
        if let Some(changed) = going.iter().find(|one| !is_there(one)) {
            let failure = Failure::new(format!("`{}` has changed meanwhile", changed.address));
            locked.release().await?;
            return Err(failure.help("run the command again").of(scope));
        }
        let addresses: Vec<String> = going.iter().map(|one| one.address.to_string()).collect();
        edit.add(locked, move |state| state.resources.retain(|address, _| !addresses.contains(address)));
    }
    Ok((found, edit))
}
