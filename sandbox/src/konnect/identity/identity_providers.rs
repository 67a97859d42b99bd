//! `/identity-providers`: OpenID Connect and SAML, one of each, of which one can be enabled at a time.
//!
//! The document names neither the provider of a second type nor the second enabled one as the cause of its
//! 409, but says that only one can be active, and nothing else could conflict. A client secret is accepted
//! and never kept: nobody could read it back.

use serde_json::{Value, json};

use super::team_group_mappings::TEAM_GROUP_MAPPINGS;
use super::{authentication, organizations};
use crate::konnect::collection::{Listing, now, pick, text};
use crate::konnect::resource::{self, Resource};
use crate::konnect::schema::Kind as Is;
use crate::konnect::{
    Answer, Call, Document, Field, Filter, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::store::{Batch, Body, Kind, Place, Record, Taken, World};

/// Identity providers of an organization, one of each type.
pub(in crate::konnect) static IDENTITY_PROVIDERS: Kind =
    Kind { name: "identity_providers", unique: &[&["type"]], references: &[] };

const COLLECTION: &str = "/v3/identity-providers";
const ITEM: &str = "/v3/identity-providers/{id}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, COLLECTION, list_providers),
    Route::post(Document::Identity, COLLECTION, resource::create::<IdentityProvider>),
    Route::get(Document::Identity, ITEM, resource::get::<IdentityProvider>),
    Route::patch(Document::Identity, ITEM, resource::update::<IdentityProvider>),
    Route::delete(Document::Identity, ITEM, resource::delete::<IdentityProvider>),
];

const ANY_TEXT: Is = Is::Text(0, usize::MAX);

pub(super) static CLAIM_MAPPINGS: Schema = Schema {
    fields: &[
        Field::new("name", ANY_TEXT).or(Initial::Text("name")),
        Field::new("email", ANY_TEXT).or(Initial::Text("email")),
        Field::new("groups", ANY_TEXT).or(Initial::Text("groups")),
    ],
    unknown: Unknown::Ignored,
};

pub(super) const SCOPES: Initial = Initial::Texts(&["email", "openid", "profile"]);

static OIDC: Schema = Schema {
    fields: &[
        Field::new("issuer_url", Is::Uri).required(),
        Field::new("client_id", ANY_TEXT).required(),
        Field::new("client_secret", ANY_TEXT),
        Field::new("scopes", Is::List(0, usize::MAX, &ANY_TEXT)).or(SCOPES),
        Field::new("claim_mappings", Is::Object(&CLAIM_MAPPINGS)).or(Initial::Object),
    ],
    unknown: Unknown::Refused,
};

static SAML: Schema = Schema {
    fields: &[
        Field::new("idp_metadata_url", Is::Uri),
        Field::new("idp_metadata_xml", ANY_TEXT),
        Field::read_only("sp_metadata_url"),
        Field::read_only("sp_entity_id"),
        Field::read_only("login_url"),
        Field::read_only("callback_url"),
    ],
    unknown: Unknown::Refused,
};

const ENABLED: Field = Field::new("enabled", Is::Boolean).or(Initial::Boolean(false));
const LOGIN_PATH: Field = Field::new("login_path", ANY_TEXT).or(Initial::Text(""));

/// The document requires nothing, but a provider without a type or a configuration would mean nothing.
const TYPE: Field = Field::new("type", Is::Choice(&["oidc", "saml"])).required();

static CREATE_OIDC: Schema = Schema {
    fields: &[TYPE, ENABLED, LOGIN_PATH, Field::new("config", Is::Object(&OIDC)).required()],
    unknown: Unknown::Ignored,
};

static CREATE_SAML: Schema = Schema {
    fields: &[TYPE, ENABLED, LOGIN_PATH, Field::new("config", Is::Object(&SAML)).required()],
    unknown: Unknown::Ignored,
};

/// The type of a provider cannot be changed: it is no field of a change.
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
        check_enabled(world, &call.place, fields)?;
        check_login_path(world, &call.place, fields)
    }

    fn remove(world: &World, batch: &mut Batch, call: &Call, provider: &Record) -> Result<(), Problem> {
        authentication::switch_off(world, batch, call, text(&provider.body, "type"))
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("The organization already has an identity provider of this type.")
    }

    /// With what its service provider is called, for SAML: the addresses follow from the login path.
    fn view(world: &World, place: &Place, provider: &Body) -> Value {
        let mut shown = pick(provider, Self::SHOWN);
        if text(provider, "type") == "saml" {
            let organization = organizations::current(world, place).map(|found| text(found, "id")).unwrap_or_default();
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

/// The provider of a type, where the organization has one.
pub(super) fn of_type<'a>(world: &'a World, place: &Place, kind: &str) -> Option<&'a Record> {
    let key = Body::from_iter([("type".to_owned(), json!(kind))]);
    world.holding(place, &IDENTITY_PROVIDERS, IDENTITY_PROVIDERS.unique[0], &key)
}

/// The provider that is enabled, if any is.
pub(super) fn enabled<'a>(world: &'a World, place: &Place) -> Option<&'a Record> {
    world.all(place, &IDENTITY_PROVIDERS).find(|provider| provider.body["enabled"] == json!(true))
}

/// Takes the secret out of a configuration, noting when it came, and keeps what a change does not name.
fn complete_config(fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
    let is_saml = text(fields, "type") == "saml";
    let Some(Value::Object(config)) = fields.get_mut("config") else {
        return Ok(());
    };
    let secret = config.remove("client_secret");
    let old = old.and_then(|old| old.get("config")).and_then(Value::as_object);
    // The metadata comes as a URL or as XML: who sends one of them does not keep the other.
    let exclusive = ["idp_metadata_url", "idp_metadata_xml"];
    let names_metadata = exclusive.iter().any(|name| config.contains_key(*name));
    for (name, value) in old.into_iter().flatten() {
        if !(names_metadata && exclusive.contains(&name.as_str())) {
            config.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    if is_saml && !exclusive.iter().any(|name| config.contains_key(*name)) {
        let reason = "must be given, or idp_metadata_xml";
        return Err(Invalid::body("config.idp_metadata_url", Rule::Named("required"), reason).into());
    }
    if secret.is_some() {
        fields.insert("secret_set_at".to_owned(), json!(now()));
    }
    Ok(())
}

fn check_enabled(world: &World, place: &Place, provider: &Body) -> Result<(), Problem> {
    let other = enabled(world, place).filter(|other| other.body.get("type") != provider.get("type"));
    match other {
        Some(other) if provider["enabled"] == json!(true) => {
            let kind = text(&other.body, "type");
            Err(Problem::conflict(format!("The identity provider of type [{kind}] is enabled. Only one can be.")))
        }
        _ => Ok(()),
    }
}

/// A login path leads to one organization. Its own providers may share one.
fn check_login_path(world: &World, place: &Place, provider: &Body) -> Result<(), Problem> {
    let path = text(provider, "login_path");
    let is_taken = world.of_others(place, &IDENTITY_PROVIDERS).any(|other| text(&other.body, "login_path") == path);
    match is_taken && !path.is_empty() {
        true => Err(Problem::conflict(format!("The login path [{path}] is already in use."))),
        false => Ok(()),
    }
}

/// The list is a bare array: the document describes neither pages nor what is around it.
fn list_providers(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let all = world.all(&call.place, &IDENTITY_PROVIDERS);
    let providers = IdentityProvider::LISTING.select_all(call, &world, all)?;
    let view = |provider: &Record| IdentityProvider::view(&world, &call.place, &provider.body);
    Ok(Answer::ok(providers.into_iter().map(view).collect::<Value>()))
}
