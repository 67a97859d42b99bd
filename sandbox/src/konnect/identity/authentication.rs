//! `/authentication-settings` and `/organizations/impersonation`: the ways to log in, and the permission to act for
//! users.

use serde_json::{Value, json};

use super::lookups;
use crate::konnect::framework::collection::fields;
use crate::konnect::framework::resource::{Settings, change_settings, put_settings, settings, show_settings};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Call, Document, Field, Invalid, Problem, Route, Rule, Schema, Unknown};
use crate::konnect::kinds::{AUTHENTICATION_SETTINGS, IMPERSONATION_SETTINGS};
use crate::store::{Batch, Body, Kind, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, "/v3/authentication-settings", show_settings::<Authentication>),
    Route::patch(Document::Identity, "/v3/authentication-settings", change_settings::<Authentication>),
    Route::get(Document::Identity, "/v3/organizations/impersonation", show_settings::<Impersonation>),
    Route::patch(Document::Identity, "/v3/organizations/impersonation", change_settings::<Impersonation>),
];

struct Authentication;

impl Settings for Authentication {
    const KIND: &'static Kind = &AUTHENTICATION_SETTINGS;

    const SCHEMA: &'static Schema = &Schema {
        fields: &[
            Field::new("basic_auth_enabled", Is::Boolean),
            Field::new("oidc_auth_enabled", Is::Boolean),
            Field::new("saml_auth_enabled", Is::Boolean),
            Field::new("idp_mapping_enabled", Is::Boolean),
            Field::new("konnect_mapping_enabled", Is::Boolean),
        ],
        unknown: Unknown::Ignored,
    };

    /// The document gives no defaults; a new organization has no identity provider.
    fn initial(_: &World, _: &Call) -> Body {
        fields(json!({
            "basic_auth_enabled": true,
            "oidc_auth_enabled": false,
            "saml_auth_enabled": false,
            "idp_mapping_enabled": false,
            "konnect_mapping_enabled": true,
        }))
    }

    /// At least one method must be enabled. A method that needs an identity provider requires it. OIDC and SAML exclude
    /// each other, because only one provider can be active.
    fn check(world: &World, call: &Call, settings: &Body) -> Result<(), Problem> {
        let enabled = |name: &str| settings.get(name) == Some(&Value::Bool(true));
        let refuse = |name: &str, reason: &str| Invalid::body(name, Rule::Named("invalid"), reason);
        if !METHODS.iter().any(|(name, _)| enabled(name)) {
            let reason = "cannot be disabled if all others are";
            return Err(Problem::invalid(METHODS.iter().map(|(name, _)| refuse(name, reason)).collect()));
        }
        let unconfigured =
            METHODS.iter().filter_map(|(name, provider)| Some((*name, (*provider)?))).filter(|(name, provider)| {
                enabled(name) && lookups::provider_of_type(world, &call.partition, provider).is_none()
            });
        let mut invalid: Vec<Invalid> =
            unconfigured.map(|(name, _)| refuse(name, "cannot be enabled without an identity provider")).collect();
        if enabled("oidc_auth_enabled") && enabled("saml_auth_enabled") {
            invalid.push(refuse("saml_auth_enabled", "cannot be enabled together with OIDC"));
        }
        if invalid.is_empty() { Ok(()) } else { Err(Problem::invalid(invalid)) }
    }
}

/// The ways to log in, and the type of identity provider that each needs.
const METHODS: [(&str, Option<&str>); 3] =
    [("oidc_auth_enabled", Some("oidc")), ("basic_auth_enabled", None), ("saml_auth_enabled", Some("saml"))];

/// True if people log in through the identity provider of this type.
pub(super) fn uses(world: &World, call: &Call, provider: &str) -> Result<bool, Problem> {
    let settings = settings::<Authentication>(world, call)?;
    let mut methods = METHODS.iter().filter(|(_, needed)| *needed == Some(provider));
    Ok(methods.any(|(name, _)| settings.get(*name) == Some(&Value::Bool(true))))
}

/// Disables the method that needs the identity provider of this type, which is being deleted.
///
/// # Errors
///
/// If it is the only enabled method, because no user could log in.
pub(super) fn switch_off(world: &World, batch: &mut Batch, call: &Call, provider: &str) -> Result<(), Problem> {
    if !uses(world, call, provider)? {
        return Ok(());
    }
    let mut settings = settings::<Authentication>(world, call)?;
    for (name, _) in METHODS.iter().filter(|(_, needed)| *needed == Some(provider)) {
        settings.insert((*name).to_owned(), json!(false));
    }
    put_settings::<Authentication>(world, batch, call, settings)?;
    Ok(())
}

struct Impersonation;

impl Settings for Impersonation {
    const KIND: &'static Kind = &IMPERSONATION_SETTINGS;

    const SCHEMA: &'static Schema =
        &Schema { fields: &[Field::new("enabled", Is::Boolean)], unknown: Unknown::Ignored };

    /// The document gives no default; it is not allowed at first.
    fn initial(_: &World, _: &Call) -> Body {
        fields(json!({ "enabled": false }))
    }
}
