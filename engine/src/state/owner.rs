//! Whose a state is (R14).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a scope is in the remote system: the organization that its token opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Its id, which never changes.
    pub id: String,
    /// Its name there when it was recorded, for messages.
    pub name: String,
}

impl Owner {
    /// True if both are the same one. A name can change.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` ({})", self.name, self.id)
    }
}
