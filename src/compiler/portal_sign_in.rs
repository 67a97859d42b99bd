//! How developers sign in to the portal of an environment, and which of its teams the groups of its identity provider are
//! in. Without `authorization` of the portal there are none of these resources, and of its blocks, only the given ones
//! count.

use super::identity::{Switches, claim_mappings};
use super::portal_teams::team;
use super::portals::portal;
use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::portal_authentication_settings::{self as settings, PortalAuthenticationSettings};
use crate::konnect::resources::portal_identity_provider::{self as providers, PortalIdentityProvider};
use crate::konnect::resources::portal_team_group_mapping::{self as group_mappings, PortalTeamGroupMapping};
use crate::manifest::model::{Organization, PortalIdpMappings, PortalOidc, PortalSaml};
use engine::Desired;

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let Some(authorization) = &scope.environment.portal.authorization else { return };
    let oidc = authorization.oidc.as_ref().and_then(|oidc| self::oidc(scope, oidc, out));
    let saml = authorization.saml.as_ref().and_then(|saml| self::saml(scope, saml));
    let idp = authorization.team_mappings.as_ref().and_then(|mappings| mappings.idp.as_ref());
    // The mappings belong to the provider that developers sign in with, or else to the only one.
    let saml_is_on = authorization.saml.as_ref().is_some_and(|saml| saml.enabled);
    let provider = if saml_is_on { saml.as_ref() } else { oidc.as_ref().or(saml.as_ref()) };
    if let (Some(idp), Some(provider)) = (idp, provider) {
        out.extend(mappings(scope, idp, provider));
    }
    let switches = Switches::of(&authorization.of_organization());
    out.push(self::settings(scope, &switches, oidc.as_ref(), saml.as_ref()));
    out.extend(oidc);
    out.extend(saml);
}

/// The switches. They refer to the providers, so that these exist before developers are sent to them.
fn settings(
    scope: &EnvironmentScope<'_>,
    switches: &Switches,
    oidc: Option<&Desired<PortalIdentityProvider>>,
    saml: Option<&Desired<PortalIdentityProvider>>,
) -> Desired<PortalAuthenticationSettings> {
    Desired::of(scope.organization.name, scope.name)
        .with(settings::REGION, scope.region())
        .with(settings::PORTAL_ID, portal(scope).id())
        .with_some(settings::BASIC_AUTH_ENABLED, switches.built_in)
        .with_some(settings::OIDC_AUTH_ENABLED, switches.oidc)
        .with_some(settings::SAML_AUTH_ENABLED, switches.saml)
        .with_some(settings::IDP_MAPPING_ENABLED, switches.idp_mappings)
        .with_some(settings::KONNECT_MAPPING_ENABLED, switches.own_mappings)
        .with_some(settings::OIDC_PROVIDER_ID, oidc.map(Desired::id))
        .with_some(settings::SAML_PROVIDER_ID, saml.map(Desired::id))
}

fn provider(scope: &EnvironmentScope<'_>, kind: &str) -> Desired<PortalIdentityProvider> {
    scope
        .resource(kind)
        .with(providers::REGION, scope.region())
        .with(providers::PORTAL_ID, portal(scope).id())
        .with(providers::KIND, kind)
        .protect(scope.protect())
}

/// Konnect requires a complete provider. A block that only disables it needs none.
fn oidc(scope: &EnvironmentScope<'_>, oidc: &PortalOidc, out: &mut Output) -> Option<Desired<PortalIdentityProvider>> {
    let (issuer, client) = (oidc.issuer.as_deref()?, oidc.client_id.as_deref()?);
    let path = Organization::portal_client_secret(scope.organization.name, scope.name);
    let secret = oidc.client_secret.as_ref().and_then(|_| scope.organization.input.secret(&path, out));
    let provider = provider(scope, "oidc")
        .with(providers::ISSUER_URL, issuer)
        .with(providers::CLIENT_ID, client)
        .with_some(providers::CLIENT_SECRET, secret)
        .with_some(providers::SCOPES, oidc.scopes.clone())
        .with_some(providers::CLAIM_MAPPINGS, oidc.claim_mappings.as_ref().map(claim_mappings));
    Some(provider)
}

fn saml(scope: &EnvironmentScope<'_>, saml: &PortalSaml) -> Option<Desired<PortalIdentityProvider>> {
    let metadata = saml.idp_metadata_url.as_deref()?;
    Some(provider(scope, "saml").with(providers::IDP_METADATA_URL, metadata))
}

fn mappings(
    scope: &EnvironmentScope<'_>,
    idp: &PortalIdpMappings,
    provider: &Desired<PortalIdentityProvider>,
) -> Vec<Desired<PortalTeamGroupMapping>> {
    let mapping = |(name, group): (&String, &String)| {
        scope
            .resource(&format!("{name}/{group}"))
            .with(group_mappings::REGION, scope.region())
            .with(group_mappings::PORTAL_ID, portal(scope).id())
            .with(group_mappings::IDENTITY_PROVIDER_ID, provider.id())
            .with(group_mappings::TEAM_ID, team(scope, name).id())
            .with(group_mappings::GROUP, group.as_str())
    };
    let pairs = idp.mappings.iter().flat_map(|(team, groups)| groups.iter().map(move |group| (team, group)));
    pairs.map(mapping).collect()
}
