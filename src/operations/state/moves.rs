//! Moves resources to other addresses, so that a renamed team, service, environment or organization keeps its objects.

use std::collections::BTreeSet;

use super::edit::{Edit, lock};
use crate::compiler::rename::Rename;
use crate::operations::failure::Failure;
use crate::operations::relocation::{self, Immovable, Mapping};
use crate::registry;
use crate::resource_type::KeyShape;
use engine::Address;
use engine::plan::{Moved, new_names};
use engine::state::{LockOptions, State, Store};

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
    within(store, from.scope(), options, &|_| BTreeSet::new(), &|address, _| (address == from).then(|| to.clone()))
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
                let kept = |state: &State| planes_of_others(state, rename);
                let renamed = |address: &Address, teams: &BTreeSet<String>| rename.address(address, teams);
                let (moved, edit) = within(store, scope, options, &kept, &renamed).await?;
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

/// The control planes that stay when a team is renamed although they are named after it: another team has a role on them,
/// so the configuration names them, and goes on naming them so.
fn planes_of_others(state: &State, rename: &Rename) -> BTreeSet<Address> {
    let Rename::Team { from, .. } = rename else { return BTreeSet::new() };
    let shape = |address: &Address| registry::key(address.type_name());
    let mut planes = BTreeSet::new();
    for (address, resource) in &state.resources {
        let Ok(address) = address.parse::<Address>() else { continue };
        let is_of_other = address.key().rsplit('/').next() != Some(from);
        if shape(&address) == Some(KeyShape::EnvironmentAndTeam) && is_of_other {
            let needed = resource.dependencies.iter().filter_map(|one| one.parse::<Address>().ok());
            planes.extend(needed.filter(|one| shape(one) == Some(KeyShape::EnvironmentAndControlPlane)));
        }
    }
    planes
}

/// The moves within one scope, except for the addresses of the state that are `kept`.
async fn within(
    store: &Store,
    scope: &str,
    options: &LockOptions,
    kept: &(dyn Fn(&State) -> BTreeSet<Address> + Sync),
    mapping: &Mapping<'_>,
) -> Result<(Vec<Moved>, Edit), Failure> {
    let locked = lock(store, scope, options).await?;
    let kept = kept(&locked.state());
    let moving = |address: &Address, teams: &BTreeSet<String>| {
        if kept.contains(address) { None } else { mapping(address, teams) }
    };
    let prepared = relocation::moved(&locked.state(), &moving).map_err(refused);
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
    let names = new_names(&moved);
    edit.add(locked, move |state| state.relocate(&names));
    Ok((moved, edit))
}

fn refused(immovable: Immovable) -> Failure {
    match immovable {
        Immovable::Unfit(failure) => failure,
        Immovable::Occupied(Moved { from, to }) => Failure::new(format!(
            "cannot move `{from}` to `{to}`: another object in the state has this address"
        ))
        .help(format!(
            "to keep that object, remove it from the state with `koctl state rm {to}`; to destroy it, run \
                     `koctl destroy --target {to}` first"
        )),
    }
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
    let rename = Rename::Organization { from: from.to_owned(), to: to.to_owned() };
    match relocation::arriving(&source.state(), &target.state(), &rename).map_err(refused) {
        Ok((moved, arriving)) => {
            let mut edit = Edit::default();
            edit.add(target, |state| state.absorb(arriving));
            edit.add(source, State::vacate);
            Ok(Moves { moved, edit })
        }
        Err(failure) => {
            target.release().await?;
            source.release().await?;
            Err(failure)
        }
    }
}
