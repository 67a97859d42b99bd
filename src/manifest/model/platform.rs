//! The keys under `platform`: the platform repository, the state and drift.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{Author, GitAuth, GitHub};
use crate::manifest::secret::Secret;

/// The scope of the platform repository, which no organization can be named after.
pub(in crate::manifest) const PLATFORM_SCOPE: &str = "@platform";

/// The platform team's own settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Platform {
    /// The platform repository, in which koctl stages specifications through pull requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<PlatformGit>,
    /// Where koctl stores its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// What `koctl drift` reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// The service of `koctl run`, in which application teams add their services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<Portal>,
}

/// The service of `koctl run`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Portal {
    /// Its address for browsers, for example `https://portal.example.com`. Without it, `http://localhost` with its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The GitHub organizations and teams whose members may sign in, for example `acme` or `acme/developers`. The variable
    /// `KOCTL_PORTAL_SIGN_IN` overrides it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_in: Vec<String>,
    /// The branch that its pull requests go to. Without it, the default branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// The labels of its pull requests; the first tells them from others. Without it, `new-service`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// People, and teams as `organization/team`, who are asked to review its pull requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviewers: Vec<String>,
}

/// What `koctl drift` reports. Plans are not affected.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drift {
    /// Globs over addresses whose drift is only counted, for example `Acme/portal/**`. An object that is not managed is
    /// named by its organization, its type and its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
}

/// The platform repository, and how koctl accesses it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlatformGit {
    /// The address of the repository. Without it, koctl uses the environment variable `GITHUB_REPO_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The author of koctl's commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// Access to GitHub's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<GitHub>,
    /// Access to the repository, and to the repositories of services that configure no access of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<GitAuth>,
}

/// Where koctl stores its state.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct State {
    /// The address of the store, for example `file:.koctl/state` or `github://owner/repository/branch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The keys that encrypt states. Without them, states are stored in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
}

/// The keys that encrypt states in age's format, and the keys that decrypt them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Encryption {
    /// A passphrase. The environment variable `KOCTL_STATE_PASSPHRASE` overrides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<Secret>,
    /// Former passphrases. They decrypt states that are not encrypted with the current one yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_passphrases: Vec<Secret>,
    /// Public keys as `age-keygen` prints them, `age1…`. The identity of any of them decrypts the states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// Identities as `age-keygen` writes them. They decrypt states that are encrypted to their public keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Secret>,
}
