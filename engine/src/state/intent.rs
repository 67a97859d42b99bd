//! The intent of an apply to do something (R10).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(doc)]
use super::resource::ResourceState;

/// The intent of an apply to do something to one resource. It is stored before the first request of the apply leaves, and
/// removed by the write that records the outcome. After a kill it says which object may exist without a record, and how
/// to find it without the configuration (R10).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The address of the resource.
    pub address: String,
    /// The action.
    pub action: IntentAction,
    /// The time at which the apply began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since: Timestamp,
    /// The time at which its request went unanswered. It may still arrive after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub unanswered: Option<Timestamp>,
    /// The id of the object that is updated, replaced or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The attributes that are set, in the form of [`ResourceState`]: all of them if the object is created, those that
    /// change if it is updated. No secrets (R11).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// The attributes whose values the same apply finds out, as `address#attribute`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, String>,
    /// As in [`ResourceState`], when it is done.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<String>,
    /// As in [`ResourceState`], when it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
}

/// The action of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IntentAction {
    /// Create the object.
    Create,
    /// Update the object.
    Update,
    /// Take the object over, which the state had under another address or not at all, and update it.
    Import,
    /// Delete the object and create another in its place.
    Replace,
    /// Delete the object.
    Delete,
}
