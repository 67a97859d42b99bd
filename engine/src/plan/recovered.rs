//! The result of something that an unfinished apply was about to do (R10).

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::state::IntentAction;

/// The result of something that an unfinished apply was about to do (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovered {
    /// The resource.
    pub address: Address,
    /// What was to be done to it.
    pub action: IntentAction,
    /// What was found.
    pub fate: Fate,
}

/// What was found of something that an apply was about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fate {
    /// The object was created, and belongs to the state from now on.
    Made {
        /// Its id.
        id: String,
    },
    /// The object was updated or deleted.
    Done,
    /// Nothing was done.
    NotDone,
}
