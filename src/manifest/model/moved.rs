//! The entries under `moved`: what was renamed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that was renamed in the configuration. The next plan gives its resources their new addresses in the state,
/// so that their objects are renamed in place instead of destroyed and created again. An entry may stay for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Moved {
    /// What was renamed. The resources that are named after it move along.
    #[serde(default)]
    pub r#type: MovedType,
    /// The old name. For an environment, `ORGANIZATION/NAME`; for a resource, its address.
    pub from: String,
    /// The new name, written like the old one.
    pub to: String,
}

/// The type of what was renamed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MovedType {
    /// A team, in every organization.
    Team,
    /// A service: its `name`, in every organization.
    Service,
    /// An environment of an organization.
    Environment,
    /// An organization.
    Organization,
    /// A single resource.
    #[default]
    Resource,
}

impl MovedType {
    /// The type with an article.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Team => "a team",
            Self::Service => "a service",
            Self::Environment => "an environment",
            Self::Organization => "an organization",
            Self::Resource => "a resource",
        }
    }
}

impl Moved {
    /// True if the entry may be about resources of an organization.
    #[must_use]
    pub fn concerns(&self, organization: &str) -> bool {
        let is_in = |name: &str| name.split('/').next() == Some(organization);
        match self.r#type {
            MovedType::Team | MovedType::Service | MovedType::Organization => true,
            MovedType::Environment | MovedType::Resource => is_in(&self.from),
        }
    }
}
