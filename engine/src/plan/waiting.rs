//! What waits for others, as plans and reports contain it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::address::Address;

/// A resource that is as it should be once others have agreed: its pull request waits to be merged, for example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// The resource.
    pub address: Address,
    /// What it waits for, in words.
    pub reason: String,
    /// The page where others can agree. No part of a plan's document, since it says nothing about what is done.
    #[serde(skip)]
    pub link: Option<String>,
    /// True if no one else has to agree: the next apply does what is needed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_apply: bool,
}

/// What an object waits for, as its reader or writer says it in an attribute of the kind
/// [`notice`](crate::Attribute::notice).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// In words.
    pub reason: String,
    /// The page where others can agree.
    pub link: Option<String>,
    /// True if the next apply does what is needed.
    #[serde(default)]
    pub by_apply: bool,
}

impl Notice {
    /// The notice as the value of an attribute.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({ "reason": self.reason, "link": self.link, "by_apply": self.by_apply })
    }

    /// The notice of a resource.
    #[must_use]
    pub(crate) fn of(self, address: &Address) -> Waiting {
        Waiting { address: address.clone(), reason: self.reason, link: self.link, by_apply: self.by_apply }
    }
}
