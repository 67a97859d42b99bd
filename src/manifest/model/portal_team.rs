//! The keys under `teams` of a portal: developers who may do the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A team of a portal's developers. Who is in it is decided in Konnect, or by the identity provider of the portal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PortalTeam {
    /// The purpose of the team, in at most 250 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Applications can belong to the team instead of one developer. Without it, `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_own_applications: Option<bool>,
    /// What the team may do with APIs of the environment, where `rbac` of the portal is on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<PortalTeamRole>,
}

/// A role of a team of developers, on APIs of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PortalTeamRole {
    /// The role.
    pub role: PortalRole,
    /// The services whose APIs it is about, by their keys in their teams. Without it and `teams`, all services of the
    /// environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<String>>,
    /// The teams of engineers whose services it is about, beside those of `services`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams: Option<Vec<String>>,
}

impl PortalTeamRole {
    /// True if it is about the API of the service with this key, of this team of engineers.
    #[must_use]
    pub fn covers(&self, team: &str, service: &str) -> bool {
        if self.services.is_none() && self.teams.is_none() {
            return true;
        }
        let names = |list: &Option<Vec<String>>, name: &str| list.iter().flatten().any(|one| one == name);
        names(&self.services, service) || names(&self.teams, team)
    }
}

/// The roles of developers, as Konnect calls them (`list-portal-roles` of `portal-management-v3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum PortalRole {
    /// See the API and its documentation.
    #[serde(rename = "API Viewer")]
    Viewer,
    /// Register applications for the API, and call it.
    #[serde(rename = "API Consumer")]
    Consumer,
}

impl PortalRole {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Viewer, Self::Consumer];

    /// The role as in the manifest and in Konnect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "API Viewer",
            Self::Consumer => "API Consumer",
        }
    }

    /// The same in keys of addresses, which need no quotes in a shell.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "api-viewer",
            Self::Consumer => "api-consumer",
        }
    }
}
