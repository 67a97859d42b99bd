//! `/authentication-settings` and `/organizations/impersonation`: how people log in, and who may act for them.

use serde_json::{Value, json};

use super::identity_providers;
use crate::konnect::collection::fields;
use crate::konnect::resource::{Settings, change_settings, put_settings, settings, show_settings};
use crate::konnect::schema::Kind as Is;
use crate::konnect::{Call, Document, Field, Invalid, Problem, Route, Rule, Schema, Unknown};
use crate::store::{Batch, Body, Kind, World};

/// How people log in to an organization: one record each, once it was changed.
pub(in crate::konnect) static AUTHENTICATION_SETTINGS: Kind =
    Kind { name: "authentication_settings", unique: &[], references: &[] };

/// Whether people of Kong may act for users of an organization: one record each, once it was changed.
pub(in crate::konnect) static IMPERSONATION_SETTINGS: Kind =
    Kind { name: "impersonation_settings", unique: &[], references: &[] };

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

    /// The document gives no defaults; who has just signed up has no identity provider yet.
    fn initial(_: &World, _: &Call) -> Body {
        fields(json!({
            "basic_auth_enabled": true,
            "oidc_auth_enabled": false,
            "saml_auth_enabled": false,
            "idp_mapping_enabled": false,
            "konnect_mapping_enabled": true,
        }))
    }

    /// One method must be left, one that needs an identity provider must have it, and the two that do
    /// exclude each other: only one provider can be active at a time.
    fn check(world: &World, call: &Call, settings: &Body) -> Result<(), Problem> {
        let enabled = |name: &str| settings.get(name) == Some(&Value::Bool(true));
        let refuse = |name: &str, reason: &str| Invalid::body(name, Rule::Named("invalid"), reason);
        if !METHODS.iter().any(|(name, _)| enabled(name)) {
            let reason = "cannot be disabled when all others are";
            return Err(Problem::invalid(METHODS.iter().map(|(name, _)| refuse(name, reason)).collect()));
        }
        let unconfigured =
            METHODS.iter().filter_map(|(name, provider)| Some((*name, (*provider)?))).filter(|(name, provider)| {
                enabled(name) && identity_providers::of_type(world, &call.place, provider).is_none()
            });
        let mut invalid: Vec<Invalid> = unconfigured
            .map(|(name, _)| refuse(name, "cannot be set before configuring an identity provider"))
            .collect();
        if enabled("oidc_auth_enabled") && enabled("saml_auth_enabled") {
            invalid.push(refuse("saml_auth_enabled", "cannot be enabled together with OIDC"));
        }
        if invalid.is_empty() { Ok(()) } else { Err(Problem::invalid(invalid)) }
    }
}

/// The ways to log in, and the type of identity provider that each needs.
const METHODS: [(&str, Option<&str>); 3] =
    [("oidc_auth_enabled", Some("oidc")), ("basic_auth_enabled", None), ("saml_auth_enabled", Some("saml"))];

/// Whether people log in through the identity provider of this type.
pub(super) fn uses(world: &World, call: &Call, provider: &str) -> Result<bool, Problem> {
    let settings = settings::<Authentication>(world, call)?;
    let mut methods = METHODS.iter().filter(|(_, needed)| *needed == Some(provider));
    Ok(methods.any(|(name, _)| settings.get(*name) == Some(&Value::Bool(true))))
}

/// Switches off the method that needs the identity provider of this type, which is about to be deleted.
///
/// # Errors
///
/// Where it is the only method: nobody could log in any more.
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

    /// The document gives no default; nobody has allowed it yet.
    fn initial(_: &World, _: &Call) -> Body {
        fields(json!({ "enabled": false }))
    }
}
