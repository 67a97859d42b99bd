//! What `moved` of the configuration does to the states (R15).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::failure::Failure;
use super::former::{Former, former};
use super::locks::Locks;
use super::relocation::{self, Immovable, Mapping};
use super::session::Session;
use super::stored::stored;
use crate::compiler::moves::moves;
use crate::compiler::rename::Rename;
use crate::manifest::path::KeyPath;
use crate::manifest::{Diagnostic, Diagnostics};
use engine::plan::{Moved, Origin, new_names};
use engine::state::State;
use engine::{Address, Desired};

/// The state of a scope with the addresses that the configuration gives it.
#[derive(Debug, Default)]
pub(super) struct Relocated {
    /// The state. `None` if there is none, under no name.
    pub(super) state: Option<Arc<State>>,
    /// The resources that it has under other addresses than the stored state.
    pub(super) moved: Vec<Moved>,
    /// The state of the organization under its former name, if it is stored there.
    pub(super) origin: Option<Origin>,
}

impl Relocated {
    /// A state as it is stored.
    pub(super) fn as_stored(state: Option<Arc<State>>) -> Self {
        Self { state, ..Self::default() }
    }
}

/// The state of a scope as `moved` changes it. `state` is the stored one.
///
/// # Errors
/// If an entry of `moved` gives a resource the address of another one, and if a state cannot be read.
pub(super) async fn relocated(
    session: &Session,
    scope: &str,
    state: Option<Arc<State>>,
    locks: Option<&Locks>,
) -> Result<Relocated, Failure> {
    if session.workspace.loaded.manifest.moved.is_empty() {
        return Ok(Relocated::as_stored(state));
    }
    let there = match &state {
        Some(state) => Moving::new(session, State::clone(state)).within(scope)?,
        None => Moving::new(session, State::new(scope)),
    };
    let read = async |name: &str| stored(session, name, locks.and_then(|locks| locks.get(name))).await;
    let Some(Former { names, state: source }) = former(session, scope, read).await? else {
        if there.moved.is_empty() {
            return Ok(Relocated::as_stored(state));
        }
        let Moving { state, moved, .. } = there;
        return Ok(Relocated { state: Some(Arc::new(state)), moved: listed(moved), origin: None });
    };
    let origin =
        Origin { scope: source.scope().to_owned(), lineage: source.lineage().to_owned(), serial: source.serial() };
    let mut arriving = Moving::new(session, State::clone(&source)).within(source.scope())?;
    // The nearest name is the first, and the name of the state the last.
    for (position, (entry, former)) in names.iter().enumerate().rev() {
        let name = position.checked_sub(1).and_then(|nearer| names.get(nearer)).map_or(scope, |(_, name)| name);
        let target = if name == scope { there.state.clone() } else { State::new(name) };
        arriving = arriving.to(*entry, former, &target)?.within(name)?;
    }
    let Moving { mut state, mut moved, .. } = there;
    moved.extend(arriving.moved);
    state.absorb(arriving.state);
    Ok(Relocated { state: Some(Arc::new(state)), moved: listed(moved), origin: Some(origin) })
}

/// Checks that nothing that is configured has an address that `moved` gives up.
///
/// # Errors
/// Every entry of `moved` about a resource that is still configured.
pub(super) fn check_given_up(session: &Session, desired: &[Desired]) -> Result<(), Failure> {
    let loaded = &session.workspace.loaded;
    let moves = moves(&loaded.manifest);
    let given_up: BTreeMap<&Address, usize> =
        moves.iter().filter_map(|one| Some((one.resource()?, one.position))).collect();
    let errors = desired.iter().filter_map(|one| {
        let position = given_up.get(&one.address)?;
        let message = format!("`{}` is moved away, but it is still configured", one.address);
        let help = "rename it in the configuration, or remove this entry";
        Some(entry(session, *position, "from", message).with_help(help))
    });
    Diagnostics::new(errors.collect()).map_or(Ok(()), |errors| Err(errors.into()))
}

/// A state on the way to its new addresses.
struct Moving<'a> {
    session: &'a Session,
    state: State,
    /// The addresses so far, by those that are stored.
    moved: BTreeMap<Address, Address>,
}

impl<'a> Moving<'a> {
    fn new(session: &'a Session, state: State) -> Self {
        Self { session, state, moved: BTreeMap::new() }
    }

    /// After all moves of resources that stay in the scope.
    fn within(mut self, scope: &str) -> Result<Self, Failure> {
        for one in moves(&self.session.workspace.loaded.manifest) {
            let mapping: &Mapping<'_> = &|address: &Address, teams: &BTreeSet<String>| {
                one.address(address, teams).filter(|to| address.scope() == scope && to.scope() == scope)
            };
            let moved = relocation::moved(&self.state, mapping)
                .map_err(|immovable| refused(self.session, one.position, immovable))?;
            self.state.relocate(&new_names(&moved));
            self.note(moved);
        }
        Ok(self)
    }

    /// After the renaming of its organization, whose entry has this position.
    fn to(mut self, position: usize, from: &str, target: &State) -> Result<Self, Failure> {
        let rename = Rename::Organization { from: from.to_owned(), to: target.scope().to_owned() };
        let (moved, state) = relocation::arriving(&self.state, target, &rename)
            .map_err(|immovable| refused(self.session, position, immovable))?;
        self.state = state;
        self.note(moved);
        Ok(self)
    }

    fn note(&mut self, moved: Vec<Moved>) {
        let mut next: BTreeMap<Address, Address> = moved.into_iter().map(|one| (one.from, one.to)).collect();
        for to in self.moved.values_mut() {
            if let Some(further) = next.remove(to) {
                *to = further;
            }
        }
        self.moved.extend(next);
    }
}

fn listed(moved: BTreeMap<Address, Address>) -> Vec<Moved> {
    moved.into_iter().map(|(from, to)| Moved { from, to }).collect()
}

fn refused(session: &Session, position: usize, immovable: Immovable) -> Failure {
    match immovable {
        Immovable::Unfit(failure) => failure,
        Immovable::Occupied(Moved { from, to }) => {
            let message = format!("cannot move `{from}` to `{to}`: another object in the state has this address");
            let help = format!(
                "if both are in use, remove this entry; to keep the first object alone, remove the other one from the \
                 state with `koctl state rm {to}`"
            );
            Diagnostics::from(entry(session, position, "to", message).with_help(help)).into()
        }
    }
}

/// An error in an entry of `moved`.
fn entry(session: &Session, position: usize, key: &str, message: String) -> Diagnostic {
    let path = KeyPath::from(["moved"]).index(position).key(key);
    session.workspace.loaded.diagnostic(&path, "koctl::plan::moved", message)
}
