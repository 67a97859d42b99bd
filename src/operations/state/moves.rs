//! Moves resources to other addresses, so that a renamed team, service, environment or organization keeps its objects.

use std::collections::{BTreeMap, BTreeSet};

use super::edit::{Edit, lock};
use super::find::{FoundResource, resources};
use crate::compiler::rename::Rename;
use crate::operations::failure::Failure;
use crate::registry;
use crate::resource_type::KeyShape;
use engine::Address;
use engine::state::{LockOptions, LockedState, ResourceState, State, Store};

/// One resource that moves to another address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its address now.
    pub from: Address,
    /// Its new address.
    pub to: Address,
}

/// Moves that are ready to be made.
pub struct Moves {
    /// The moves, by address.
    pub moved: Vec<Moved>,
    /// Makes them.
    pub edit: Edit,
}

/// Moves one resource to another address of the same organization and type.
///
/// # Errors
/// If there is no such resource, and if the new address is taken.
pub async fn rename_one(store: &Store, from: &Address, to: &Address, options: &LockOptions) -> Result<Moves, Failure> {
    if from.scope() != to.scope() || from.type_name() != to.type_name() {
        return Err(Failure::new(format!(
            "cannot move `{from}` to `{to}`: an object keeps its organization and its type"
        ))
        .help("to rename an organization, use `koctl state mv --organization OLD NEW`"));
    }
    // Suggests a similar address if there is no such resource.
    super::find::resource(store, from).await?;
    within(store, from.scope(), options, &|address, _| (address == from).then(|| to.clone()))
        .await
        .map(|(moved, edit)| Moves { moved, edit })
}

/// Renames everything in `scopes` that is named after a team, a service, an environment or an organization.
///
/// # Errors
/// If there is nothing to rename, and if a new address is taken.
pub async fn rename(
    store: &Store,
    scopes: &[String],
    rename: &Rename,
    options: &LockOptions,
) -> Result<Moves, Failure> {
    let mut moves = Moves { moved: Vec::new(), edit: Edit::default() };
    match rename {
        Rename::Organization { from, to } => moves = between(store, from, to, options).await?,
        _ => {
            for scope in scopes {
                let (moved, edit) =
                    within(store, scope, options, &|address, teams| rename.address(address, teams)).await?;
                moves.moved.extend(moved);
                moves.edit.append(edit);
            }
        }
    }
    if moves.moved.is_empty() {
        return Err(Failure::new(format!("nothing in the state is named after {}", described(rename)))
            .help("`koctl state list` lists the addresses in the state"));
    }
    Ok(moves)
}

fn described(rename: &Rename) -> String {
    match rename {
        Rename::Team { from, .. } => format!("a team `{from}`"),
        Rename::Service { from, .. } => format!("a service `{from}`"),
        Rename::Environment { organization, from, .. } => format!("an environment `{from}` of `{organization}`"),
        Rename::Organization { from, .. } => format!("an organization `{from}`"),
    }
}

type Mapping<'a> = dyn Fn(&Address, &BTreeSet<String>) -> Option<Address> + Sync + 'a;

/// The moves within one scope.
async fn within(
    store: &Store,
    scope: &str,
    options: &LockOptions,
    mapping: &Mapping<'_>,
) -> Result<(Vec<Moved>, Edit), Failure> {
    let locked = lock(store, scope, options).await?;
    let prepared = prepare(&locked.state(), mapping);
    let moved = match prepared {
        Ok(moved) => moved,
        Err(failure) => {
            locked.release().await?;
            return Err(failure.of(scope));
        }
    };
    let mut edit = Edit::default();
    if moved.is_empty() {
        locked.release().await?;
        return Ok((moved, edit));
    }
    let names = names(&moved);
    edit.add(locked, move |state| apply(state, &names));
    Ok((moved, edit))
}

fn prepare(state: &State, mapping: &Mapping<'_>) -> Result<Vec<Moved>, Failure> {
    let all = resources(state)?;
    let teams = teams(&all);
    let moved: Vec<Moved> = all
        .iter()
        .filter_map(|FoundResource { address, .. }| {
            let to = mapping(address, &teams).filter(|to| to != address)?;
            Some(Moved { from: address.clone(), to })
        })
        .collect();
    let leaving: BTreeSet<&Address> = moved.iter().map(|one| &one.from).collect();
    let staying = all.iter().map(|one| &one.address).filter(|address| !leaving.contains(address));
    let taken: BTreeSet<&Address> = staying.collect();
    match moved.iter().find(|one| taken.contains(&one.to)) {
        Some(Moved { from, to }) => Err(occupied(from, to)),
        None => Ok(moved),
    }
}

fn teams(all: &[FoundResource]) -> BTreeSet<String> {
    let teams = all.iter().filter(|one| registry::key(one.address.type_name()) == Some(KeyShape::Team));
    teams.map(|one| one.address.key().to_owned()).collect()
}

fn occupied(from: &Address, to: &Address) -> Failure {
    Failure::new(format!("cannot move `{from}` to `{to}`: another object in the state has this address")).help(format!(
        "to keep that object, remove it from the state with `koctl state rm {to}`; to destroy it, run \
         `koctl destroy --target {to}` first"
    ))
}

fn names(moved: &[Moved]) -> BTreeMap<String, String> {
    moved.iter().map(|one| (one.from.to_string(), one.to.to_string())).collect()
}

fn apply(state: &mut State, names: &BTreeMap<String, String>) {
    let resources = std::mem::take(&mut state.resources);
    state.resources = resources.into_iter().map(|(address, resource)| renamed(address, resource, names)).collect();
}

fn renamed(address: String, mut resource: ResourceState, names: &BTreeMap<String, String>) -> (String, ResourceState) {
    let name = |address: String| names.get(&address).cloned().unwrap_or(address);
    resource.dependencies = resource.dependencies.into_iter().map(name).collect();
    (name(address), resource)
}

/// The moves from one scope to another: first into the new state, then out of the old one. A kill in between leaves
/// the resources in both, and the same command once more ends it.
async fn between(store: &Store, from: &str, to: &str, options: &LockOptions) -> Result<Moves, Failure> {
    let source = lock(store, from, options).await?;
    let target = match lock(store, to, options).await {
        Ok(target) => target,
        Err(failure) => {
            source.release().await?;
            return Err(failure);
        }
    };
    match prepare_between(&source, &target, from, to) {
        Ok((moved, arriving)) => {
            let owner = source.state().owner.clone();
            let mut edit = Edit::default();
            edit.add(target, move |state| {
                state.resources.extend(arriving);
                state.owner = owner.or_else(|| state.owner.take());
            });
            edit.add(source, |state| {
                state.resources.clear();
                state.owner = None;
            });
            Ok(Moves { moved, edit })
        }
        Err(failure) => {
            target.release().await?;
            source.release().await?;
            Err(failure)
        }
    }
}

fn prepare_between(
    source: &LockedState,
    target: &LockedState,
    from: &str,
    to: &str,
) -> Result<(Vec<Moved>, BTreeMap<String, ResourceState>), Failure> {
    let rename = Rename::Organization { from: from.to_owned(), to: to.to_owned() };
    let (state, there) = (source.state(), target.state());
    if let (Some(is), Some(other)) = (&state.owner, &there.owner)
        && !is.is(other)
    {
        let message = format!(
            "cannot move `{from}` to `{to}`: the state of `{from}` is about the Konnect organization {is}, and that of \
             `{to}` about {other}"
        );
        return Err(Failure::new(message).help("move it to a name that has no state yet"));
    }
    let moved = prepare(&state, &|address, teams| rename.address(address, teams))?;
    let names = names(&moved);
    let mut arriving = BTreeMap::new();
    for one in &moved {
        let resource = state.resources[one.from.as_str()].clone();
        let (address, resource) = renamed(one.from.to_string(), resource, &names);
        // With the same id, it is what an interrupted move brought there, perhaps changed by an apply since.
        match there.resources.get(&address) {
            Some(there) if there.id != resource.id => return Err(occupied(&one.from, &one.to)),
            Some(_) => {}
            None => drop(arriving.insert(address, resource)),
        }
    }
    Ok((moved, arriving))
}
