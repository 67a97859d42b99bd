//! How people sign in to an organization, and which teams the groups of its identity provider are in. Without
//! `authorization` there are none of these resources, and of its blocks, only the given ones count.

use serde_json::{Value, json};

use super::scope::{Output, Scope};
use crate::konnect::resources::authentication_settings::{self as settings, AuthenticationSettings};
use crate::konnect::resources::identity_provider::{self as providers, IdentityProvider};
use crate::konnect::resources::konnect_team;
use crate::konnect::resources::team::Team;
use crate::konnect::resources::team_group_mapping::{self as group_mappings, TeamGroupMapping};
use crate::manifest::model::{Authorization, ClaimMappings, IdpMappings, Oidc, Organization, Saml};
use engine::{Desired, Expr, Lookup};

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    let Some(authorization) = &scope.organization.authorization else { return };
    let oidc = authorization.oidc.as_ref().and_then(|oidc| self::oidc(scope, oidc, out));
    let saml = authorization.saml.as_ref().and_then(|saml| self::saml(scope, saml));
    let idp = authorization.team_mappings.as_ref().and_then(|mappings| mappings.idp.as_ref());
    // The mappings belong to the provider that people sign in with, or else to the only one.
    let saml_is_on = authorization.saml.as_ref().is_some_and(|saml| saml.enabled);
    let provider = if saml_is_on { saml.as_ref() } else { oidc.as_ref().or(saml.as_ref()) };
    if let (Some(idp), Some(provider)) = (idp, provider) {
        out.extend(mappings(scope, idp, provider));
    }
    out.push(self::settings(scope, authorization, oidc.as_ref(), saml.as_ref()));
    out.extend(oidc);
    out.extend(saml);
}

/// The switches of a sign-in, each of which is left as it is if the configuration does not say.
pub(super) struct Switches {
    pub(super) built_in: Option<bool>,
    pub(super) oidc: Option<bool>,
    pub(super) saml: Option<bool>,
    pub(super) idp_mappings: Option<bool>,
    pub(super) own_mappings: Option<bool>,
}

impl Switches {
    pub(super) fn of(authorization: &Authorization) -> Self {
        let is_on = |own: Option<bool>, other: Option<bool>| match (own, other) {
            // Only one can be active: to have one on is to have the other off.
            (None, Some(true)) => Some(false),
            (own, _) => own,
        };
        let oidc = authorization.oidc.as_ref().map(|oidc| oidc.enabled);
        let saml = authorization.saml.as_ref().map(|saml| saml.enabled);
        let mappings = authorization.team_mappings.as_ref();
        Self {
            built_in: authorization.built_in.as_ref().map(|built_in| built_in.enabled),
            oidc: is_on(oidc, saml),
            saml: is_on(saml, oidc),
            idp_mappings: mappings.and_then(|all| all.idp.as_ref()).map(|idp| idp.enabled),
            own_mappings: mappings.and_then(|all| all.built_in.as_ref()).map(|own| own.enabled),
        }
    }
}

/// The switches. They refer to the providers, so that these exist before people are sent to them.
fn settings(
    scope: &Scope<'_>,
    authorization: &Authorization,
    oidc: Option<&Desired<IdentityProvider>>,
    saml: Option<&Desired<IdentityProvider>>,
) -> Desired<AuthenticationSettings> {
    let switches = Switches::of(authorization);
    Desired::of(scope.name, "organization")
        .with_some(settings::BASIC_AUTH_ENABLED, switches.built_in)
        .with_some(settings::OIDC_AUTH_ENABLED, switches.oidc)
        .with_some(settings::SAML_AUTH_ENABLED, switches.saml)
        .with_some(settings::IDP_MAPPING_ENABLED, switches.idp_mappings)
        .with_some(settings::KONNECT_MAPPING_ENABLED, switches.own_mappings)
        .with_some(settings::OIDC_PROVIDER_ID, oidc.map(Desired::id))
        .with_some(settings::SAML_PROVIDER_ID, saml.map(Desired::id))
}

fn provider(scope: &Scope<'_>, kind: &str, login_path: Option<&str>) -> Desired<IdentityProvider> {
    Desired::of(scope.name, kind)
        .with(providers::KIND, kind)
        .with_some(providers::LOGIN_PATH, login_path)
        .protect(scope.organization.protect)
}

/// Konnect requires a complete provider. A block that only disables it needs none.
fn oidc(scope: &Scope<'_>, oidc: &Oidc, out: &mut Output) -> Option<Desired<IdentityProvider>> {
    let (issuer, client) = (oidc.issuer.as_deref()?, oidc.client_id.as_deref()?);
    let path = Organization::client_secret(scope.name);
    let secret = oidc.client_secret.as_ref().and_then(|_| scope.input.secret(&path, out));
    let provider = provider(scope, "oidc", oidc.login_path.as_deref())
        .with(providers::ISSUER_URL, issuer)
        .with(providers::CLIENT_ID, client)
        .with_some(providers::CLIENT_SECRET, secret)
        .with_some(providers::SCOPES, oidc.scopes.clone())
        .with_some(providers::CLAIM_MAPPINGS, oidc.claim_mappings.as_ref().map(claim_mappings));
    Some(provider)
}

/// Claims that are not named have the names that Konnect would give them (`OIDCIdentityProviderClaimMappings` of
/// `identity-v3`).
pub(super) fn claim_mappings(claims: &ClaimMappings) -> Value {
    json!({
        "name": claims.name.as_deref().unwrap_or("name"),
        "email": claims.email.as_deref().unwrap_or("email"),
        "groups": claims.groups.as_deref().unwrap_or("groups"),
    })
}

fn saml(scope: &Scope<'_>, saml: &Saml) -> Option<Desired<IdentityProvider>> {
    let metadata = saml.idp_metadata_url.as_deref()?;
    Some(provider(scope, "saml", saml.login_path.as_deref()).with(providers::IDP_METADATA_URL, metadata))
}

fn mappings(
    scope: &Scope<'_>,
    idp: &IdpMappings,
    provider: &Desired<IdentityProvider>,
) -> Vec<Desired<TeamGroupMapping>> {
    let mapping = |(team, group): (&String, &String)| {
        Desired::of(scope.name, &format!("{team}/{group}"))
            .with(group_mappings::IDENTITY_PROVIDER_ID, provider.id())
            .with(group_mappings::TEAM_ID, team_id(scope, team))
            .with(group_mappings::GROUP, group.as_str())
    };
    let pairs = idp.mappings.iter().flat_map(|(team, groups)| groups.iter().map(move |group| (team, group)));
    pairs.map(mapping).collect()
}

/// A team of the configuration, or else one that Konnect has.
fn team_id(scope: &Scope<'_>, team: &str) -> Expr {
    if scope.input.manifest.teams.contains_key(team) {
        return Desired::<Team>::of(scope.name, team).id();
    }
    let absent = format!("there is no team `{team}`, neither in the configuration nor in Konnect");
    Lookup::of(konnect_team::NAMES, team.to_owned(), absent).must_exist().into()
}
