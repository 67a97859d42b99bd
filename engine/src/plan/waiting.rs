//! What waits for others, as plans and reports contain it.

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// A resource that is as it should be once others have agreed: its pull request waits to be merged, for example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// The resource.
    pub address: Address,
    /// What it waits for, in words.
    pub reason: String,
}
