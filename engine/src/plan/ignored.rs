//! What is not compared, since the configuration says so.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// An existing object with attributes that differ from the configuration, and that the configuration ignores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// The resource.
    pub address: Address,
    /// The attributes that differ.
    pub attributes: BTreeSet<String>,
}
