//! The resources of a state with their addresses parsed.

use std::collections::BTreeMap;

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
        let mut resources = BTreeMap::new();
        for (text, resource) in state.iter().flat_map(|state| &state.resources) {
            let address = text.parse().map_err(|error: InvalidAddress| {
                Error::new(ErrorKind::State, "read the state", error.to_string())
                    .help("restore the state from a backup: it was changed by hand")
            })?;
            resources.insert(address, resource.clone());
        }
        Ok(Self(resources))
    }
}
