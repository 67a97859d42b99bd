//! The record of one resource.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The record of one resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceState {
    /// The resource type: `portal`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The id of the object in the remote system.
    pub id: String,
    /// The attributes that koctl set, as the remote system returned them, and those that it computes. No secrets
    /// (R11).
    pub attributes: BTreeMap<String, Value>,
    /// The requested values of attributes of which the remote system stored another value. As long as both stay the
    /// same, there is no difference to show (R6).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub normalised: BTreeMap<String, Value>,
    /// The addresses of the resources that it refers to. They must be deleted after it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<String>,
    /// True if it must not be destroyed, even after it left the configuration (R12).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
}
