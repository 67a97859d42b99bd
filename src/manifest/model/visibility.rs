//! Who sees something in a developer portal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who sees something in a developer portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everyone.
    Public,
    /// Developers who signed in.
    Private,
}

impl Visibility {
    /// The visibility as in the manifest and in Konnect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}
