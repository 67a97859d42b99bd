//! A resource that gets another address (R15).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// A resource of the state that gets another address, since the configuration says that it was renamed (R15).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Its address in the state.
    pub from: Address,
    /// Its address in the configuration.
    pub to: Address,
}

/// The new addresses by the old ones, as texts.
#[must_use]
pub fn new_names(moved: &[Moved]) -> BTreeMap<String, String> {
    moved.iter().map(|one| (one.from.to_string(), one.to.to_string())).collect()
}

/// The state of another scope, out of which resources move. It is empty afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The scope, under its old name.
    pub scope: String,
    /// The lineage of its state.
    pub lineage: String,
    /// The serial of its state.
    pub serial: u64,
}
