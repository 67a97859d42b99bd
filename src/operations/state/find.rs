//! Finds the resources that match patterns.

use crate::operations::failure::Failure;
use engine::Address;
use engine::address::Targets;
use engine::state::{Intent, ResourceState, State, Store};

/// A resource in a state.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundResource {
    /// Its address.
    pub address: Address,
    /// Its record in the state.
    pub resource: ResourceState,
}

/// The resources of some states.
#[derive(Debug, Default)]
pub struct Listing {
    /// The resources, by address.
    pub resources: Vec<FoundResource>,
    /// The steps that an interrupted apply may have taken in addition (R10).
    pub intents: Vec<Intent>,
    /// True if there is any state, even one without resources.
    pub is_stored: bool,
}

/// The resources of `scopes` whose address matches one of `patterns`, or all if there are none, by address. A pattern is a
/// glob over addresses, or the beginning of some up to a slash: an organization, or an organization and a type.
///
/// # Errors
/// If a pattern is not valid or matches nothing, and if a state cannot be read.
pub async fn find(store: &Store, scopes: &[String], patterns: &[String]) -> Result<Listing, Failure> {
    let (mut found, mut intents, mut is_stored) = (Vec::new(), Vec::new(), false);
    for scope in scopes {
        if let Some(snapshot) = store.read(scope).await? {
            is_stored = true;
            found.extend(resources(&snapshot.state)?);
            intents.extend(snapshot.state.intents);
        }
    }
    let mut named = Vec::new();
    for pattern in patterns {
        let targets = targets(pattern)?;
        if !found.iter().any(|one| targets.contains(&one.address)) {
            return Err(unknown(pattern, &found));
        }
        named.push(targets);
    }
    if !named.is_empty() {
        found.retain(|one| named.iter().any(|targets| targets.contains(&one.address)));
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(Listing { resources: found, intents, is_stored })
}

/// The one resource at `address`, and what an interrupted apply may have done to it.
///
/// # Errors
/// If the state has none. The help names the nearest address that it has.
pub async fn resource(store: &Store, address: &Address) -> Result<(FoundResource, Vec<Intent>), Failure> {
    let (mut all, mut intents) = (Vec::new(), Vec::new());
    if let Some(snapshot) = store.read(address.scope()).await? {
        all = resources(&snapshot.state)?;
        intents = snapshot.state.intents;
        intents.retain(|intent| intent.address == address.as_str());
    }
    match all.iter().find(|one| &one.address == address) {
        Some(found) => Ok((found.clone(), intents)),
        None => Err(unknown(address.as_str(), &all)),
    }
}

/// The resources of one state.
pub(super) fn resources(state: &State) -> Result<Vec<FoundResource>, Failure> {
    let found = state.resources.iter().map(|(address, resource)| match address.parse() {
        Ok(address) => Ok(FoundResource { address, resource: resource.clone() }),
        Err(invalid) => Err(Failure::new(format!("cannot use the state of `{}`: {invalid}", state.scope()))
            .help("restore an earlier version with `koctl state restore`")),
    });
    found.collect()
}

/// A pattern, and everything below it.
pub(super) fn targets(pattern: &str) -> Result<Targets, Failure> {
    let below = format!("{}/**", pattern.trim_end_matches('/'));
    Targets::new(&[pattern, &below])
        .map_err(|error| Failure::new(format!("`{pattern}` is not a valid pattern of addresses: {}", error.reason())))
}

fn unknown(pattern: &str, all: &[FoundResource]) -> Failure {
    let near = crate::manifest::suggest::nearest(pattern, all.iter().map(|one| one.address.as_str()));
    let help = match near {
        Some(near) => format!("did you mean `{near}`? `koctl state list` lists its addresses"),
        None => "`koctl state list` lists its addresses".to_owned(),
    };
    Failure::new(format!("nothing in the state matches `{pattern}`")).help(help)
}
