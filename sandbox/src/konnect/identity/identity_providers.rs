//! `/identity-providers`: one for OpenID Connect and one for SAML, of which one can be enabled at a time.
//!
//! The document lists a 409 without its causes. It says that only one provider can be active, so a second provider of a
//! type and a second enabled one are refused. A client secret is accepted and not stored: it can never be read back.

use serde_json::{Value, json};

use super::{authentication, lookups};
use crate::konnect::framework::collection::{Listing, now, pick, text};
use crate::konnect::framework::resource::{self, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Filter, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{IDENTITY_PROVIDERS, TEAM_GROUP_MAPPINGS};
use crate::store::{Batch, Body, Kind, Partition, Record, Taken, World};

const COLLECTION: &str = "/v3/identity-providers";
const ITEM: &str = "/v3/identity-providers/{id}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, COLLECTION, list_providers),
    Route::post(Document::Identity, COLLECTION, resource::create::<IdentityProvider>),
    Route::get(Document::Identity, ITEM, resource::get::<IdentityProvider>),
    Route::patch(Document::Identity, ITEM, resource::update::<IdentityProvider>),
    Route::delete(Document::Identity, ITEM, resource::delete::<IdentityProvider>),
];

/// As other documents describe it, too.
pub(in crate::konnect) static CLAIM_MAPPINGS: Schema = Schema {
    fields: &[
        Field::new("name", Is::ANY_TEXT).or(Initial::Text("name")),
        Field::new("email", Is::ANY_TEXT).or(Initial::Text("email")),
        Field::new("groups", Is::ANY_TEXT).or(Initial::Text("groups")),
    ],
    unknown: Unknown::Ignored,
};

pub(super) const SCOPES: Initial = Initial::Texts(&["email", "openid", "profile"]);

/// As other documents describe it, too.
pub(in crate::konnect) static OIDC: Schema = Schema {
    fields: &[
        Field::new("issuer_url", Is::Uri).required(),
        Field::new("client_id", Is::ANY_TEXT).required(),
        Field::new("client_secret", Is::ANY_TEXT),
        Field::new("scopes", Is::List(0, usize::MAX, &Is::ANY_TEXT)).or(SCOPES),
        Field::new("claim_mappings", Is::Object(&CLAIM_MAPPINGS)).or(Initial::Object),
    ],
    unknown: Unknown::Refused,
};

static SAML: Schema = Schema {
    fields: &[
        Field::new("idp_metadata_url", Is::Uri),
        Field::new("idp_metadata_xml", Is::ANY_TEXT),
        Field::read_only("sp_metadata_url"),
        Field::read_only("sp_entity_id"),
        Field::read_only("login_url"),
        Field::read_only("callback_url"),
    ],
    unknown: Unknown::Refused,
};

const ENABLED: Field = Field::new("enabled", Is::Boolean).or(Initial::Boolean(false));
const LOGIN_PATH: Field = Field::new("login_path", Is::ANY_TEXT).or(Initial::Text(""));

/// The document requires no field, but a provider without a type or a configuration makes no sense.
const TYPE: Field = Field::new("type", Is::Choice(&["oidc", "saml"])).required();

static CREATE_OIDC: Schema = Schema {
    fields: &[TYPE, ENABLED, LOGIN_PATH, Field::new("config", Is::Object(&OIDC)).required()],
    unknown: Unknown::Ignored,
};

static CREATE_SAML: Schema = Schema {
    fields: &[TYPE, ENABLED, LOGIN_PATH, Field::new("config", Is::Object(&SAML)).required()],
    unknown: Unknown::Ignored,
};

/// The type of a provider cannot be changed: a change has no such field.
static CHANGE_OIDC: Schema =
    Schema { fields: &[ENABLED, LOGIN_PATH, Field::new("config", Is::Object(&OIDC))], unknown: Unknown::Ignored };

static CHANGE_SAML: Schema =
    Schema { fields: &[ENABLED, LOGIN_PATH, Field::new("config", Is::Object(&SAML))], unknown: Unknown::Ignored };

pub(super) struct IdentityProvider;

impl Resource for IdentityProvider {
    const KIND: &'static Kind = &IDENTITY_PROVIDERS;
    const NOUN: &'static str = "identity provider";
    const ID: &'static str = "id";
    const LISTING: &'static Listing = &Listing::new(&[Filter::new("type", &["eq"])], &[]);
    const SHOWN: &'static [&'static str] =
        &["id", "type", "enabled", "login_path", "config", "created_at", "updated_at"];
    const OWNS: &'static [(&'static Kind, &'static str)] = &[(&TEAM_GROUP_MAPPINGS, "identity_provider_id")];

    fn creation(sent: &Body) -> &'static Schema {
        if text(sent, "type") == "saml" { &CREATE_SAML } else { &CREATE_OIDC }
    }

    fn change(record: &Body) -> &'static Schema {
        if text(record, "type") == "saml" { &CHANGE_SAML } else { &CHANGE_OIDC }
    }

    fn complete(world: &World, call: &Call, fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
        complete_config(fields, old)?;
        check_enabled(world.all(&call.partition, &IDENTITY_PROVIDERS), fields)?;
        check_login_path(world, &call.partition, fields)
    }

    fn remove(world: &World, batch: &mut Batch, call: &Call, provider: &Record) -> Result<(), Problem> {
        authentication::switch_off(world, batch, call, text(&provider.body, "type"))
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("The organization already has an identity provider of this type.")
    }

    /// For SAML, the service provider's addresses are added, which follow from the login path.
    fn view(world: &World, partition: &Partition, provider: &Body) -> Value {
        let mut shown = pick(provider, Self::SHOWN);
        if text(provider, "type") == "saml" {
            let organization =
                lookups::organization(world, partition).map(|found| text(found, "id")).unwrap_or_default();
            let path = text(provider, "login_path");
            let config = shown.entry("config").or_insert_with(|| json!({}));
            config["sp_entity_id"] = json!(format!("https://cloud.konghq.com/sp/{organization}"));
            config["sp_metadata_url"] = json!(format!("https://cloud.konghq.com/v2/authenticate/{path}/saml/metadata"));
            config["login_url"] = json!(format!("https://cloud.konghq.com/login/{path}"));
            config["callback_url"] = json!(format!("https://cloud.konghq.com/v2/authenticate/{path}/saml/acs"));
        }
        Value::Object(shown)
    }
}

/// Removes the secret from a configuration, records the time, and keeps the fields that a change does not name.
pub(in crate::konnect) fn complete_config(fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
    let is_saml = text(fields, "type") == "saml";
    let Some(Value::Object(config)) = fields.get_mut("config") else {
        return Ok(());
    };
    let secret = config.remove("client_secret");
    let old = old.and_then(|old| old.get("config")).and_then(Value::as_object);
    // The metadata is a URL or XML: sending one replaces the other.
    let exclusive = ["idp_metadata_url", "idp_metadata_xml"];
    let names_metadata = exclusive.iter().any(|name| config.contains_key(*name));
    for (name, value) in old.into_iter().flatten() {
        if !(names_metadata && exclusive.contains(&name.as_str())) {
            config.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    if is_saml && !exclusive.iter().any(|name| config.contains_key(*name)) {
        let reason = "is required unless idp_metadata_xml is given";
        return Err(Invalid::body("config.idp_metadata_url", Rule::Named("required"), reason).into());
    }
    if secret.is_some() {
        fields.insert("secret_set_at".to_owned(), json!(now()));
    }
    Ok(())
}

/// Refuses a second enabled provider. `all` are those that are stored, perhaps with this one as it was.
pub(in crate::konnect) fn check_enabled<'a>(
    all: impl Iterator<Item = &'a Record>,
    provider: &Body,
) -> Result<(), Problem> {
    let mut others = all.filter(|other| other.body.get("type") != provider.get("type"));
    match others.find(|other| other.body["enabled"] == json!(true)) {
        Some(other) if provider["enabled"] == json!(true) => {
            let kind = text(&other.body, "type");
            Err(Problem::conflict(format!(
                "The identity provider of type [{kind}] is enabled. Only one can be enabled."
            )))
        }
        _ => Ok(()),
    }
}

/// A login path leads to one organization, whose own providers may share it.
fn check_login_path(world: &World, partition: &Partition, provider: &Body) -> Result<(), Problem> {
    let path = text(provider, "login_path");
    let is_taken = world.of_others(partition, &IDENTITY_PROVIDERS).any(|other| text(&other.body, "login_path") == path);
    match is_taken && !path.is_empty() {
        true => Err(Problem::conflict(format!("The login path [{path}] is already in use."))),
        false => Ok(()),
    }
}

/// The list is a bare array: the document describes no pages.
fn list_providers(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let all = world.all(&call.partition, &IDENTITY_PROVIDERS);
    let providers = IdentityProvider::LISTING.select_all(call, &world, all)?;
    let view = |provider: &Record| IdentityProvider::view(&world, &call.partition, &provider.body);
    Ok(Answer::ok(providers.into_iter().map(view).collect::<Value>()))
}
