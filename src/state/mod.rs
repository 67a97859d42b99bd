//! The state: what koctl made, scope by scope. (Temporary: the real one is merged from its branch.)
#![allow(missing_docs)]
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub lineage: String,
    pub serial: u64,
    pub scope: String,
    pub resources: BTreeMap<String, ResourceState>,
}
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceState {
    #[serde(rename = "type")]
    pub type_name: String,
    pub id: String,
    pub attributes: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub normalised: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub dependencies: BTreeSet<String>,
    #[serde(default)]
    pub protect: bool,
}
