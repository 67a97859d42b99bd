//! The resources of a state with their addresses parsed.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Address, InvalidAddress};
use super::error::{Error, ErrorKind};
use crate::state::{ResourceState, State};

/// The resources of a state with their addresses parsed.
#[derive(Debug, Clone, Default)]
pub struct Remembered(pub BTreeMap<Address, ResourceState>);

impl Remembered {
    /// Parses the addresses of `state`.
    ///
    /// # Errors
    /// An address is not valid: the state was edited by hand.
    pub fn new(state: Option<&State>) -> Result<Self, Error> {
        let resources = state.iter().flat_map(|state| &state.resources);
        resources.map(|(text, resource)| Ok((parsed(text)?, resource.clone()))).collect::<Result<_, _>>().map(Self)
    }
}

/// The addresses of the resources of `state`.
///
/// # Errors
/// As [`Remembered::new`].
pub fn addresses(state: &State) -> Result<BTreeSet<Address>, Error> {
    state.resources.keys().map(|text| parsed(text)).collect()
}

fn parsed(text: &str) -> Result<Address, Error> {
    text.parse().map_err(|error: InvalidAddress| {
        Error::new(ErrorKind::State, "read the state", error.to_string())
            .help("restore the state from a backup: it was changed by hand")
    })
}
