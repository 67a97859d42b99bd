//! Other addresses for the resources of a state: which they are, and that none of them is taken.

use std::collections::BTreeSet;

use super::failure::Failure;
use crate::compiler::rename::Rename;
use crate::registry;
use crate::resource_type::KeyShape;
use engine::Address;
use engine::plan::{Moved, new_names};
use engine::refresh::addresses;
use engine::state::State;

/// The new address of a resource; `None` if it stays the same. The second argument has the names of the teams in the
/// state.
pub(super) type Mapping<'a> = dyn Fn(&Address, &BTreeSet<String>) -> Option<Address> + Sync + 'a;

/// Why resources cannot have other addresses.
pub(super) enum Immovable {
    /// The new address belongs to another object.
    Occupied(Moved),
    /// The two states are about different organizations of Konnect, or one has an address that is not valid.
    Unfit(Failure),
}

impl From<Failure> for Immovable {
    fn from(failure: Failure) -> Self {
        Self::Unfit(failure)
    }
}

/// The resources of a state that get another address by `mapping`, those of unfinished applies included.
pub(super) fn moved(state: &State, mapping: &Mapping<'_>) -> Result<Vec<Moved>, Immovable> {
    let mut all = addresses(state).map_err(Failure::from)?;
    all.extend(state.intents.iter().filter_map(|intent| intent.address.parse().ok()));
    let teams = all.iter().filter(|one| registry::key(one.type_name()) == Some(KeyShape::Team));
    let teams: BTreeSet<String> = teams.map(|one| one.key().to_owned()).collect();
    let to = |from: &Address| mapping(from, &teams).filter(|to| to != from);
    let moved: Vec<Moved> = all.iter().filter_map(|from| Some(Moved { from: from.clone(), to: to(from)? })).collect();
    let leaving: BTreeSet<&Address> = moved.iter().map(|one| &one.from).collect();
    match moved.iter().find(|one| all.contains(&one.to) && !leaving.contains(&one.to)) {
        Some(occupied) => Err(Immovable::Occupied(occupied.clone())),
        None => Ok(moved),
    }
}

/// The state of an organization with the addresses that it has after a renaming of the organization. `there` is what the
/// new name has already: after an interrupted move, that is the same objects.
pub(super) fn arriving(source: &State, there: &State, rename: &Rename) -> Result<(Vec<Moved>, State), Immovable> {
    if let (Some(is), Some(other)) = (&source.owner, &there.owner)
        && !is.is(other)
    {
        let (from, to) = (source.scope(), there.scope());
        let message = format!(
            "cannot move `{from}` to `{to}`: the state of `{from}` is about the Konnect organization {is}, and that of \
             `{to}` about {other}"
        );
        return Err(Failure::new(message).help("move it to a name that has no state yet").into());
    }
    let moved = moved(source, &|address, teams| rename.address(address, teams))?;
    let mut arriving = source.clone();
    arriving.relocate(&new_names(&moved));
    let is_other = |one: &&Moved| {
        let (is, there) = (arriving.resources.get(one.to.as_str()), there.resources.get(one.to.as_str()));
        // With the same id, it is what an interrupted move brought there, perhaps changed by an apply since.
        is.zip(there).is_some_and(|(is, there)| is.id != there.id)
    };
    match moved.iter().find(is_other) {
        Some(occupied) => Err(Immovable::Occupied(occupied.clone())),
        None => Ok((moved, arriving)),
    }
}
