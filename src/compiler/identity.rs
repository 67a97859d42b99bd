//! How people sign in to an organization, and which teams the groups of its identity provider are in. Without
//! `authorization` nothing of this is asked for, and of its blocks, only what is written.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Output, Scope};
use crate::manifest::model::{Authorization, ClaimMappings, IdpMappings, Oidc, Saml};
use engine::{Address, Desired, Error, ErrorKind, Expr, Lookup, Reference};

/// The OpenID Connect client secret of each organization that has one, or why it could not be had.
pub type ClientSecrets = BTreeMap<String, Result<SecretString, Error>>;

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    let Some(authorization) = &scope.organization.authorization else { return };
    let oidc = authorization.oidc.as_ref().and_then(|oidc| self::oidc(scope, oidc, out));
    let saml = authorization.saml.as_ref().and_then(|saml| self::saml(scope, saml));
    let idp = authorization.team_mappings.as_ref().and_then(|mappings| mappings.idp.as_ref());
    // The mappings belong to the provider that people sign in with; before anybody does, to the one there is.
    let saml_is_on = authorization.saml.as_ref().is_some_and(|saml| saml.enabled);
    let provider = if saml_is_on { saml.as_ref() } else { oidc.as_ref().or(saml.as_ref()) };
    if let (Some(idp), Some(provider)) = (idp, provider) {
        out.desired.extend(mappings(scope, idp, provider));
    }
    out.desired.push(settings(scope, authorization, oidc.as_ref(), saml.as_ref()));
    out.desired.extend(oidc);
    out.desired.extend(saml);
}

/// The switches, which refer to the providers: those are there before anybody is sent to them.
fn settings(
    scope: &Scope<'_>,
    authorization: &Authorization,
    oidc: Option<&Desired>,
    saml: Option<&Desired>,
) -> Desired {
    let is_on = |own: Option<bool>, other: Option<bool>| match (own, other) {
        // Only one can be active: to have one on is to have the other off.
        (None, Some(true)) => Some(false),
        (own, _) => own,
    };
    let oidc_enabled = authorization.oidc.as_ref().map(|oidc| oidc.enabled);
    let saml_enabled = authorization.saml.as_ref().map(|saml| saml.enabled);
    let mappings = authorization.team_mappings.as_ref();
    Desired::new(scope.name, "authentication_settings", "organization")
        .with_some("basic_auth_enabled", authorization.built_in.as_ref().map(|built_in| built_in.enabled))
        .with_some("oidc_auth_enabled", is_on(oidc_enabled, saml_enabled))
        .with_some("saml_auth_enabled", is_on(saml_enabled, oidc_enabled))
        .with_some("idp_mapping_enabled", mappings.and_then(|all| all.idp.as_ref()).map(|idp| idp.enabled))
        .with_some("konnect_mapping_enabled", mappings.and_then(|all| all.built_in.as_ref()).map(|own| own.enabled))
        .with_some("oidc_provider_id", oidc.map(Desired::id))
        .with_some("saml_provider_id", saml.map(Desired::id))
}

fn provider(scope: &Scope<'_>, kind: &str, login_path: Option<&str>) -> Desired {
    Desired::new(scope.name, "identity_provider", kind)
        .with("type", kind)
        .with_some("login_path", login_path)
        .protect(scope.organization.protect)
}

/// Konnect takes a provider only whole; a block that does no more than disable it needs none.
fn oidc(scope: &Scope<'_>, oidc: &Oidc, out: &mut Output) -> Option<Desired> {
    let (issuer, client) = (oidc.issuer.as_deref()?, oidc.client_id.as_deref()?);
    let secret = oidc.client_secret.as_ref().and_then(|_| client_secret(scope, out));
    let provider = provider(scope, "oidc", oidc.login_path.as_deref())
        .with("issuer_url", issuer)
        .with("client_id", client)
        .with_some("client_secret", secret)
        .with_some("scopes", oidc.scopes.clone())
        .with_some("claim_mappings", oidc.claim_mappings.as_ref().map(claim_mappings));
    Some(provider)
}

fn client_secret(scope: &Scope<'_>, out: &mut Output) -> Option<Expr> {
    let error = match scope.input.client_secrets.get(scope.name) {
        Some(Ok(secret)) => return Some(Expr::Secret(secret.clone())),
        Some(Err(error)) => error.clone(),
        None => {
            let attempted = format!("get the OIDC client secret of `{}`", scope.name);
            Error::new(ErrorKind::NotFound, attempted, "it was not asked for")
        }
    };
    out.errors.push(error);
    None
}

/// Claims that are not named have the names that Konnect would give them (`OIDCIdentityProviderClaimMappings` of
/// `identity-v3`).
fn claim_mappings(claims: &ClaimMappings) -> Value {
    json!({
        "name": claims.name.as_deref().unwrap_or("name"),
        "email": claims.email.as_deref().unwrap_or("email"),
        "groups": claims.groups.as_deref().unwrap_or("groups"),
    })
}

fn saml(scope: &Scope<'_>, saml: &Saml) -> Option<Desired> {
    let metadata = saml.idp_metadata_url.as_deref()?;
    Some(provider(scope, "saml", saml.login_path.as_deref()).with("idp_metadata_url", metadata))
}

fn mappings(scope: &Scope<'_>, idp: &IdpMappings, provider: &Desired) -> Vec<Desired> {
    let mapping = |(team, group): (&String, &String)| {
        Desired::new(scope.name, "team_group_mapping", &format!("{team}/{group}"))
            .with("identity_provider_id", provider.id())
            .with("team_id", team_id(scope, team))
            .with("group", group.as_str())
    };
    let pairs = idp.mappings.iter().flat_map(|(team, groups)| groups.iter().map(move |group| (team, group)));
    pairs.map(mapping).collect()
}

/// A team of the configuration, or else one that Konnect has.
fn team_id(scope: &Scope<'_>, team: &str) -> Expr {
    if scope.input.manifest.teams.contains_key(team) {
        return Expr::Reference(Reference::new(&Address::new(scope.name, "team", team), "id"));
    }
    Expr::Lookup(Lookup {
        type_name: "konnect_team",
        within: BTreeMap::new(),
        list: "names",
        needle: team.to_owned(),
        absent: format!("there is no team `{team}`, neither in the configuration nor in Konnect"),
        must_exist: true,
    })
}
