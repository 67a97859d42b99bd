//! Changes outside koctl, as a plan contains them (R3).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;

/// The change of one resource outside koctl since the last apply (R3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// The kind of change.
    pub kind: DriftKind,
}

/// The kind of change of a resource outside koctl.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DriftKind {
    /// It was deleted.
    Deleted,
    /// It was deleted and created again.
    Remade {
        /// The new id.
        id: String,
    },
    /// Attributes differ from what the last apply left.
    Changed {
        /// Both values, by name.
        attributes: BTreeMap<String, Drifted>,
    },
}

/// An attribute that changed outside koctl.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drifted {
    /// The value that the last apply left.
    pub was: Value,
    /// The value now.
    pub is: Value,
}
