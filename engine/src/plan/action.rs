//! The action of a plan on a resource (R4).

use serde::{Deserialize, Serialize};

/// The action of a plan on a resource (R4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A new object is created.
    Create,
    /// The object is updated in place.
    Update,
    /// The object is deleted and created again.
    Replace,
    /// The object is deleted.
    Delete,
    /// An object that is not managed yet is taken over, and updated if it differs (R5).
    Import,
    /// The object is removed from the state only.
    Forget,
    /// Only the record in the state is written again.
    NoOp,
    /// The resource waits for something that does not exist yet (R9).
    Deferred,
}

impl Action {
    /// True if it changes anything, the state included.
    #[must_use]
    pub fn is_change(self) -> bool {
        !matches!(self, Self::NoOp | Self::Deferred)
    }

    /// The number of steps that an apply takes for it.
    #[must_use]
    pub fn steps(self) -> usize {
        match self {
            Self::Deferred => 0,
            Self::Replace => 2,
            Self::Create | Self::Update | Self::Delete | Self::Import | Self::Forget | Self::NoOp => 1,
        }
    }

    /// The verb of a heading: `will be created`.
    #[must_use]
    pub fn future(self) -> &'static str {
        match self {
            Self::Create => "will be created",
            Self::Update => "will be updated in place",
            Self::Replace => "must be replaced",
            Self::Delete => "will be destroyed",
            Self::Import => "will be imported",
            Self::Forget => "will be forgotten",
            Self::NoOp => "is unchanged",
            Self::Deferred => "is deferred",
        }
    }
}
