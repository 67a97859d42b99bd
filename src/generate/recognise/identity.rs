//! How people sign in, if that is not as in a new organization: Konnect's own sign-in, and no mapping of groups.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::generate::draft::Draft;
use crate::generate::inventory::{Inventory, is_on, text};
use crate::konnect::resources::{authentication_settings, identity_provider, konnect_team, team_group_mapping};
use crate::manifest::is_web_address;
use crate::manifest::model::{Authorization, BuiltIn, ClaimMappings, IdpMappings, Oidc, Saml, TeamMappings};
use crate::manifest::secret::Secret;
use engine::Remote;

/// Konnect's default (`OIDCIdentityProviderScopes` of `identity-v3`).
const SCOPES: [&str; 3] = ["email", "openid", "profile"];

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let Some(settings) = inventory.of(authentication_settings::SCHEMA.type_name).first() else { return };
    let oidc = provider(inventory, "oidc", draft).and_then(|provider| oidc(provider, settings, draft));
    let saml = provider(inventory, "saml", draft).and_then(|provider| saml(provider, settings, draft));
    let is_lost = |switch: &str, is_there: bool| is_on(settings, switch) && !is_there;
    if is_lost("oidc_auth_enabled", oidc.is_some()) || is_lost("saml_auth_enabled", saml.is_some()) {
        let reason = "people sign in with an identity provider that cannot be described";
        draft.give_up(authentication_settings::SCHEMA.type_name, &settings.id, reason);
        return inventory.of(identity_provider::SCHEMA.type_name).iter().for_each(|provider| {
            draft.give_up(
                identity_provider::SCHEMA.type_name,
                &provider.id,
                "how people sign in cannot be described as a whole",
            );
        });
    }
    let authorization = Authorization {
        built_in: Some(BuiltIn { enabled: is_on(settings, "basic_auth_enabled") }),
        team_mappings: team_mappings(inventory, settings, oidc.as_ref(), saml.as_ref(), draft),
        oidc,
        saml,
    };
    let is_new = authorization.oidc.is_none()
        && authorization.saml.is_none()
        && authorization.team_mappings.is_none()
        && is_on(settings, "basic_auth_enabled");
    if !is_new {
        draft.authorization = Some(authorization);
    }
}

/// The provider of a type, if there is exactly one.
fn provider<'i>(inventory: &'i Inventory, r#type: &str, draft: &mut Draft) -> Option<&'i Remote> {
    let mut of_type =
        inventory.of(identity_provider::SCHEMA.type_name).iter().filter(|provider| text(provider, "type") == r#type);
    let first = of_type.next()?;
    let others: Vec<&Remote> = of_type.collect();
    if others.is_empty() {
        return Some(first);
    }
    for provider in others.into_iter().chain([first]) {
        draft.give_up(
            identity_provider::SCHEMA.type_name,
            &provider.id,
            format!("there are several of its type `{}`", r#type),
        );
    }
    None
}

/// The text of an attribute. `None` if it is empty.
pub(super) fn some(object: &Remote, attribute: &str) -> Option<String> {
    Some(text(object, attribute)).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn oidc(provider: &Remote, settings: &Remote, draft: &mut Draft) -> Option<Oidc> {
    let (issuer, client_id) = (some(provider, "issuer_url"), some(provider, "client_id"));
    if client_id.is_none() || !issuer.as_deref().is_some_and(is_web_address) {
        draft.give_up(
            identity_provider::SCHEMA.type_name,
            &provider.id,
            "it has no issuer with a web address, or no client id",
        );
        return None;
    }
    Some(Oidc {
        enabled: is_on(settings, "oidc_auth_enabled"),
        login_path: some(provider, "login_path"),
        issuer,
        client_id,
        client_secret: Some(Secret::Env(draft.options.client_secret_variable.clone())),
        claim_mappings: provider.attributes.get("claim_mappings").and_then(claim_mappings),
        scopes: provider.attributes.get("scopes").and_then(scopes),
    })
}

/// The names that are not Konnect's own; those of the latter are left out.
pub(super) fn claim_mappings(claims: &Value) -> Option<ClaimMappings> {
    let own = |name: &str| Some(claims[name].as_str()?.to_owned()).filter(|claim| claim != name);
    let mappings = ClaimMappings { name: own("name"), email: own("email"), groups: own("groups") };
    let is_default = mappings.name.is_none() && mappings.email.is_none() && mappings.groups.is_none();
    if is_default { None } else { Some(mappings) }
}

pub(super) fn scopes(scopes: &Value) -> Option<Vec<String>> {
    let is_default = *scopes == json!(SCOPES);
    let names = || scopes.as_array()?.iter().map(|scope| scope.as_str().map(str::to_owned)).collect();
    if is_default { None } else { names() }
}

fn saml(provider: &Remote, settings: &Remote, draft: &mut Draft) -> Option<Saml> {
    let metadata = some(provider, "idp_metadata_url").filter(|address| is_web_address(address));
    if metadata.is_none() {
        draft.give_up(identity_provider::SCHEMA.type_name, &provider.id, "its metadata is not at a web address");
        return None;
    }
    Some(Saml {
        enabled: is_on(settings, "saml_auth_enabled"),
        login_path: some(provider, "login_path"),
        idp_metadata_url: metadata,
    })
}

fn team_mappings(
    inventory: &Inventory,
    settings: &Remote,
    oidc: Option<&Oidc>,
    saml: Option<&Saml>,
    draft: &Draft,
) -> Option<TeamMappings> {
    // As the compiler chooses it.
    let saml_is_on = saml.is_some_and(|saml| saml.enabled);
    let of_type = if saml_is_on || oidc.is_none() { "saml" } else { "oidc" };
    let mut providers = inventory.of(identity_provider::SCHEMA.type_name).iter();
    let provider = providers.find(|provider| text(provider, "type") == of_type);
    let mappings = provider.map(|provider| mappings(inventory, provider, draft)).unwrap_or_default();
    let enabled = is_on(settings, "idp_mapping_enabled");
    let idp = (enabled || !mappings.is_empty()).then_some(IdpMappings { enabled, mappings });
    let by_hand = is_on(settings, "konnect_mapping_enabled");
    let built_in = (!by_hand).then_some(BuiltIn { enabled: false });
    (idp.is_some() || built_in.is_some()).then_some(TeamMappings { built_in, idp })
}

/// The groups of each team, by the name that the configuration calls it.
fn mappings(inventory: &Inventory, provider: &Remote, draft: &Draft) -> BTreeMap<String, Vec<String>> {
    let mut mappings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mapping in inventory.of(team_group_mapping::SCHEMA.type_name) {
        let (team, group) = (text(mapping, "team_id"), text(mapping, "group"));
        if text(mapping, "identity_provider_id") != provider.id || group.is_empty() {
            continue;
        }
        if let Some(name) = team_name(inventory, team, draft) {
            mappings.entry(name).or_default().push(group.to_owned());
        }
    }
    mappings.values_mut().for_each(|groups| {
        groups.sort_unstable();
        groups.dedup();
    });
    mappings
}

/// The name by which the configuration calls a team: of Konnect's own, the title-cased one.
fn team_name(inventory: &Inventory, id: &str, draft: &Draft) -> Option<String> {
    let drafted = draft.teams.iter().find(|(_, team)| team.id == id).map(|(name, _)| name.clone());
    let known = || {
        let names = inventory.get(konnect_team::SCHEMA.type_name, id)?.attributes.get("names")?.as_array()?;
        names.last()?.as_str().map(str::to_owned)
    };
    drafted.or_else(known)
}
