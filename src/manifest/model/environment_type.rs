//! The types of environments, and what they choose.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

    /// The name of the API of a service: with the environment, except in production.
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
