//! What was done, by whom, from where: one event for each thing.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

/// A thing that was done, or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// What: `sign-in`, `sign-out`, `add-service`, `change-service`, `move-service`, `remove-service`, `withdraw`, and in the sandbox `apply`.
    pub action: &'static str,
    /// The GitHub login of who did it. `None` if nobody was signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The address that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// What it was done to: the key of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The page of the pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<String>,
    /// Why it was refused. `None` if it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Event {
    /// An event of now.
    pub(super) fn new(action: &'static str) -> Self {
        Self { time: Timestamp::now(), action, who: None, from: None, target: None, pull_request: None, refused: None }
    }
}

/// Where events go.
pub type Recorder = Arc<dyn Fn(&Event) + Send + Sync>;
