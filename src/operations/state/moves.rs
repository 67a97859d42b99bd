//! Moves resources to other addresses, so that a renamed team, service, environment or organization keeps its objects.

use super::edit::{Edit, lock};
use crate::compiler::rename::Rename;
use crate::operations::failure::Failure;
use crate::operations::relocation::{self, Immovable, Mapping};
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

/// The moves within one scope.
async fn within(
    store: &Store,
    scope: &str,
    options: &LockOptions,
    mapping: &Mapping<'_>,
) -> Result<(Vec<Moved>, Edit), Failure> {
    let locked = lock(store, scope, options).await?;
    let prepared = relocation::moved(&locked.state(), mapping).map_err(refused);
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
