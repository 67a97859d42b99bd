//! Access to repositories and to GitHub's API, wherever the configuration describes a repository.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::secret::Secret;

/// The author of commits.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Author {
    /// The author's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The author's email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Access to GitHub's API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GitHub {
    /// A token for GitHub's API. The environment variable `GITHUB_TOKEN` overrides the platform's.
    pub token: Secret,
}

/// Access to a git repository.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GitAuth {
    /// The kind of access.
    pub r#type: GitAuthType,
    /// The SSH key, for the type `ssh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh: Option<Ssh>,
    /// The token, for the type `token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// A kind of access to a git repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GitAuthType {
    /// SSH, with a private key.
    Ssh,
    /// HTTPS, with a token.
    Token,
}

/// Access by SSH.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ssh {
    /// The private key.
    pub key: Secret,
}
