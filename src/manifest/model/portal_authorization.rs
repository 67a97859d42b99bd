//! The keys under `authorization` of a portal: sign-in of developers, and their teams.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authorization::{Authorization, BuiltIn, ClaimMappings, IdpMappings, Oidc, Saml, TeamMappings};
use crate::manifest::secret::Secret;

/// How developers sign in to a portal, and how they join its teams.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PortalAuthorization {
    /// The portal's own sign-in with email and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<BuiltIn>,
    /// Single sign-on with OpenID Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<PortalOidc>,
    /// Single sign-on with SAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<PortalSaml>,
    /// How developers join teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_mappings: Option<PortalTeamMappings>,
}

impl PortalAuthorization {
    /// The same of an organization, which has a few keys more: the rules are the same.
    #[must_use]
    pub fn of_organization(&self) -> Authorization {
        let oidc = self.oidc.clone().map(|oidc| Oidc {
            enabled: oidc.enabled,
            login_path: None,
            issuer: oidc.issuer,
            client_id: oidc.client_id,
            client_secret: oidc.client_secret,
            claim_mappings: oidc.claim_mappings,
            scopes: oidc.scopes,
        });
        let saml = self.saml.clone();
        let saml =
            saml.map(|saml| Saml { enabled: saml.enabled, login_path: None, idp_metadata_url: saml.idp_metadata_url });
        let team_mappings = self.team_mappings.clone().map(|mappings| TeamMappings {
            built_in: mappings.built_in,
            idp: mappings.idp.map(|idp| IdpMappings { enabled: idp.enabled, mappings: idp.mappings }),
        });
        Authorization { built_in: self.built_in.clone(), oidc, saml, team_mappings }
    }
}

/// Single sign-on of developers with OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PortalOidc {
    /// Let developers sign in with OIDC. Only one of OIDC and SAML can be enabled.
    #[serde(default)]
    pub enabled: bool,
    /// The address of the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The portal's client ID at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The portal's client secret at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// The claims that describe a developer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_mappings: Option<ClaimMappings>,
    /// The scopes that the portal requests. Without it, Konnect's defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

/// Single sign-on of developers with SAML.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PortalSaml {
    /// Let developers sign in with SAML. Only one of OIDC and SAML can be enabled.
    #[serde(default)]
    pub enabled: bool,
    /// The address of the identity provider's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp_metadata_url: Option<String>,
}

/// How developers join teams.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PortalTeamMappings {
    /// An administrator assigns teams in Konnect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<BuiltIn>,
    /// The groups of the identity provider determine the teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<PortalIdpMappings>,
}

/// Teams of developers for the groups of the identity provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PortalIdpMappings {
    /// Apply the mappings.
    #[serde(default)]
    pub enabled: bool,
    /// The groups of each team, by the name of a team under `teams` of the portal. Names of groups are case-sensitive.
    #[serde(default)]
    pub mappings: BTreeMap<String, Vec<String>>,
}
