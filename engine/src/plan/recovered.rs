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
    /// The action of the intent.
    pub action: IntentAction,
    /// The outcome that the live systems show.
    pub fate: Fate,
}

/// The outcome of an intent, as the live systems show it.
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
