//! The keys under `authorization`: sign-in and team mappings.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::secret::Secret;

/// How users sign in to an organization, and how they join its teams.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Authorization {
    /// Konnect's own sign-in with email and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<BuiltIn>,
    /// Single sign-on with OpenID Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<Oidc>,
    /// Single sign-on with SAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<Saml>,
    /// How users join teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_mappings: Option<TeamMappings>,
}

/// A feature that is built into Konnect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BuiltIn {
    /// Enable it.
    pub enabled: bool,
}

/// Single sign-on with OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Oidc {
    /// Let users sign in with OIDC. Only one of OIDC and SAML can be enabled.
    #[serde(default)]
    pub enabled: bool,
    /// The last segment of the sign-in address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_path: Option<String>,
    /// The address of the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Konnect's client ID at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Konnect's client secret at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// The claims that describe a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_mappings: Option<ClaimMappings>,
    /// The scopes that Konnect requests. Without it, Konnect's defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

impl Oidc {
    /// True if it is complete enough for an identity provider, enabled or not (schema `OIDCIdentityProviderConfig` of
    /// `identity-v3`).
    pub fn is_whole(&self) -> bool {
        self.issuer.is_some() && self.client_id.is_some()
    }
}

/// Names of OpenID Connect claims. For a claim that is left out, Konnect uses its default.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClaimMappings {
    /// The claim with the user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The claim with the user's email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The claim with the user's groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
}

/// Single sign-on with SAML.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Saml {
    /// Let users sign in with SAML. Only one of OIDC and SAML can be enabled.
    #[serde(default)]
    pub enabled: bool,
    /// The last segment of the sign-in address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_path: Option<String>,
    /// The address of the identity provider's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp_metadata_url: Option<String>,
}

impl Saml {
    /// True if it is complete enough for an identity provider, enabled or not.
    pub fn is_whole(&self) -> bool {
        self.idp_metadata_url.is_some()
    }
}

/// How users join teams.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TeamMappings {
    /// An administrator assigns teams in Konnect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<BuiltIn>,
    /// The groups of the identity provider determine the teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<IdpMappings>,
}

/// Teams for the groups of the identity provider.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IdpMappings {
    /// Apply the mappings.
    #[serde(default)]
    pub enabled: bool,
    /// The groups of each team, by the team's name in Konnect. A predefined team has its title-cased name, for example
    /// `Organization Admin`. Names of groups are case-sensitive.
    #[serde(default)]
    pub mappings: BTreeMap<String, Vec<String>>,
}
