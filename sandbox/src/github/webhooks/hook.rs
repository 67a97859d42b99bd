//! A webhook of a repository, as the file beside the repository keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::github) struct Hook {
    pub(super) id: u64,
    pub(super) active: bool,
    /// The names of events; `*` for all.
    pub(super) events: Vec<String>,
    pub(super) target: Target,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// Where events go, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) url: String,
    /// True for JSON, false for a form with the field `payload`.
    pub(super) as_json: bool,
    pub(super) secret: Option<String>,
}
