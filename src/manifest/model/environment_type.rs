//! The types of environments, and what they choose.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control_plane::ClusterType;
use super::visibility::Visibility;

/// The purpose of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum EnvironmentType {
    /// Development: serverless gateways, a private portal.
    Dev,
    /// Production: hybrid gateways, a public portal.
    Prod,
}

impl EnvironmentType {
    /// The type as written in the manifest and in the label `env-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "DEV",
            Self::Prod => "PROD",
        }
    }

    /// The usual cluster type of control planes.
    #[must_use]
    pub fn cluster_type(self) -> ClusterType {
        match self {
            Self::Dev => ClusterType::Serverless,
            Self::Prod => ClusterType::Hybrid,
        }
    }

    /// Who usually sees a portal's APIs and pages.
    #[must_use]
    pub fn visibility(self) -> Visibility {
        match self {
            Self::Dev => Visibility::Private,
            Self::Prod => Visibility::Public,
        }
    }

    /// True if developers usually sign in to a portal.
    #[must_use]
    pub fn signs_in(self) -> bool {
        self == Self::Dev
    }

    /// The usual name of the API of a service: with the environment, except in production. Gateway services are tagged
    /// with it, whatever name the configuration gives the API: a new name is no reason to link it anew.
    #[must_use]
    pub fn api_name(self, service: &str, environment: &str) -> String {
        match self {
            Self::Dev => format!("{service}-{environment}"),
            Self::Prod => service.to_owned(),
        }
    }
}

impl fmt::Display for EnvironmentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
