//! How developers sign in to the portals of environments, where that is not as in a new portal: the portal's own sign-in,
//! and no mapping of groups.

use std::collections::BTreeMap;

use super::identity::{claim_mappings, scopes, some};
use crate::generate::draft::{Draft, DraftEnvironment};
use crate::generate::inventory::{Inventory, is_on, text};
use crate::konnect::resources::portal_authentication_settings::{
    self as settings, BASIC_AUTH_ENABLED, IDP_MAPPING_ENABLED, KONNECT_MAPPING_ENABLED, OIDC_AUTH_ENABLED,
    SAML_AUTH_ENABLED,
};
use crate::konnect::resources::portal_identity_provider::{
    self as providers, CLAIM_MAPPINGS, CLIENT_ID, IDP_METADATA_URL, ISSUER_URL, KIND, SCOPES,
};
use crate::konnect::resources::{portal_team, portal_team_group_mapping as group_mappings};
use crate::manifest::is_web_address;
use crate::manifest::model::{
    BuiltIn, PortalAuthorization, PortalIdpMappings, PortalOidc, PortalSaml, PortalTeamMappings,
};
use crate::manifest::secret::Secret;
use engine::Remote;

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let mut found = Vec::new();
    let of_portals = inventory.by(settings::SCHEMA.type_name, settings::PORTAL_ID.text());
    for (name, environment) in &draft.environments {
        let Some([settings]) = of_portals.get(environment.portal.as_str()).map(Vec::as_slice) else { continue };
        let secret = draft.options.portal_client_secret_variable(name);
        found.push((name.clone(), authorization(inventory, environment, settings, secret)));
    }
    for (name, authorization) in found {
        match authorization {
            Ok(authorization) => {
                if let Some(environment) = draft.environments.get_mut(&name) {
                    environment.overrides.authorization = authorization;
                }
            }
            Err(given_up) => given_up.into_iter().for_each(|(id, reason)| {
                draft.give_up(providers::SCHEMA.type_name, &id, reason);
            }),
        }
    }
}

/// The sign-in to a portal. `None` if it is that of a new portal.
///
/// # Errors
/// The identity providers that cannot be described, with reasons: then nothing of the sign-in is.
fn authorization(
    inventory: &Inventory,
    environment: &DraftEnvironment,
    settings: &Remote,
    secret: String,
) -> Result<Option<PortalAuthorization>, Vec<(String, &'static str)>> {
    let (mut oidc, mut saml, mut unfit) = (None, None, Vec::new());
    let all = inventory.by(providers::SCHEMA.type_name, providers::PORTAL_ID.text());
    let here: Vec<&Remote> = all.get(environment.portal.as_str()).into_iter().flatten().copied().collect();
    for provider in &here {
        match text(provider, KIND.text()) {
            "oidc" => oidc = self::oidc(provider, settings, &secret),
            "saml" => saml = self::saml(provider, settings),
            _ => {}
        }
    }
    let is_described = |kind: &str| if kind == "oidc" { oidc.is_some() } else { saml.is_some() };
    for provider in here.iter().filter(|provider| !is_described(text(provider, KIND.text()))) {
        unfit.push((provider.id.clone(), "it has no web address of an issuer or of metadata, or no client id"));
    }
    let is_lost = |switch: &str, is_there: bool| is_on(settings, switch) && !is_there;
    if is_lost(OIDC_AUTH_ENABLED.text(), oidc.is_some()) || is_lost(SAML_AUTH_ENABLED.text(), saml.is_some()) {
        let others = here.iter().map(|one| (one.id.clone(), "how developers sign in cannot be described as a whole"));
        return Err(unfit.into_iter().chain(others).collect());
    }
    let team_mappings = team_mappings(inventory, environment, settings, oidc.as_ref(), saml.as_ref(), &here);
    let by_password = is_on(settings, BASIC_AUTH_ENABLED.text());
    let is_new = oidc.is_none() && saml.is_none() && team_mappings.is_none() && by_password;
    let built_in = Some(BuiltIn { enabled: by_password });
    Ok((!is_new).then_some(PortalAuthorization { built_in, oidc, saml, team_mappings }))
}

fn oidc(provider: &Remote, settings: &Remote, secret: &str) -> Option<PortalOidc> {
    Some(PortalOidc {
        enabled: is_on(settings, OIDC_AUTH_ENABLED.text()),
        issuer: Some(some(provider, ISSUER_URL.text()).filter(|address| is_web_address(address))?),
        client_id: Some(some(provider, CLIENT_ID.text())?),
        client_secret: Some(Secret::Env(secret.to_owned())),
        claim_mappings: provider.attributes.get(CLAIM_MAPPINGS.text()).and_then(claim_mappings),
        scopes: provider.attributes.get(SCOPES.text()).and_then(scopes),
    })
}

fn saml(provider: &Remote, settings: &Remote) -> Option<PortalSaml> {
    let metadata = some(provider, IDP_METADATA_URL.text()).filter(|address| is_web_address(address))?;
    Some(PortalSaml { enabled: is_on(settings, SAML_AUTH_ENABLED.text()), idp_metadata_url: Some(metadata) })
}

fn team_mappings(
    inventory: &Inventory,
    environment: &DraftEnvironment,
    settings: &Remote,
    oidc: Option<&PortalOidc>,
    saml: Option<&PortalSaml>,
    here: &[&Remote],
) -> Option<PortalTeamMappings> {
    // As the compiler chooses it.
    let saml_is_on = saml.is_some_and(|saml| saml.enabled);
    let of_type = if saml_is_on || oidc.is_none() { "saml" } else { "oidc" };
    let provider = here.iter().find(|provider| text(provider, KIND.text()) == of_type);
    let mappings = provider.map(|provider| mappings(inventory, environment, provider)).unwrap_or_default();
    let enabled = is_on(settings, IDP_MAPPING_ENABLED.text());
    let idp = (enabled || !mappings.is_empty()).then_some(PortalIdpMappings { enabled, mappings });
    let by_hand = is_on(settings, KONNECT_MAPPING_ENABLED.text());
    let built_in = (!by_hand).then_some(BuiltIn { enabled: false });
    (idp.is_some() || built_in.is_some()).then_some(PortalTeamMappings { built_in, idp })
}

/// The groups of each team of developers that the configuration has.
fn mappings(inventory: &Inventory, environment: &DraftEnvironment, provider: &Remote) -> BTreeMap<String, Vec<String>> {
    let all = inventory.by(group_mappings::SCHEMA.type_name, group_mappings::IDENTITY_PROVIDER_ID.text());
    let mut mappings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mapping in all.get(provider.id.as_str()).into_iter().flatten() {
        let team = inventory.get(portal_team::SCHEMA.type_name, text(mapping, group_mappings::TEAM_ID.text()));
        let name = team.map(|team| text(team, portal_team::NAME.text())).unwrap_or_default();
        if environment.overrides.teams.contains_key(name) {
            mappings.entry(name.to_owned()).or_default().push(text(mapping, group_mappings::GROUP.text()).to_owned());
        }
    }
    mappings.values_mut().for_each(|groups| groups.sort());
    mappings
}
