//! `/portals/{portalId}/identity-providers`: one for OpenID Connect and one for SAML, of which one can be enabled at a
//! time, and the groups whose members join a team of developers.
//!
//! As for those of organizations, the document lists a 409 without its causes. It says that only one provider can be
//! active, so a second provider of a type and a second enabled one are refused. A client secret is accepted and not
//! stored.

use serde_json::{Value, json};

use super::portal::of_path;
use crate::konnect::framework::collection::{Listing, Paging, pick, reference, text};
use crate::konnect::framework::resource::{self, Owner, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Filter, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::identity::{OIDC, check_enabled, complete_config};
use crate::konnect::kinds::{PORTAL_GROUP_MAPPINGS, PORTAL_IDENTITY_PROVIDERS, PORTAL_TEAMS};
use crate::store::{Body, Kind, Partition, Record, Taken, World};

const COLLECTION: &str = "/v3/portals/{portalId}/identity-providers";
const ITEM: &str = "/v3/portals/{portalId}/identity-providers/{id}";
const MAPPINGS: &str = "/v3/portals/{portalId}/identity-providers/{id}/team-group-mappings";
const MAPPING: &str = "/v3/portals/{portalId}/identity-providers/{id}/team-group-mappings/{mappingId}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, COLLECTION, list_providers),
    Route::post(Document::Portals, COLLECTION, resource::create::<Provider>),
    Route::get(Document::Portals, ITEM, resource::get::<Provider>),
    Route::patch(Document::Portals, ITEM, resource::update::<Provider>),
    Route::delete(Document::Portals, ITEM, resource::delete::<Provider>),
    Route::get(Document::Portals, MAPPINGS, resource::list::<Mapping>),
    Route::post(Document::Portals, MAPPINGS, resource::create::<Mapping>),
    Route::get(Document::Portals, MAPPING, resource::get::<Mapping>),
    Route::delete(Document::Portals, MAPPING, resource::delete::<Mapping>),
];

static SAML: Schema = Schema {
    fields: &[
        Field::new("idp_metadata_url", Is::Uri),
        Field::new("idp_metadata_xml", Is::ANY_TEXT),
        Field::read_only("sp_metadata_url"),
        Field::read_only("sp_entity_id"),
        Field::read_only("callback_url"),
    ],
    unknown: Unknown::Refused,
};

const ENABLED: Field = Field::new("enabled", Is::Boolean).or(Initial::Boolean(false));

/// The document requires no field, but a provider without a type or a configuration makes no sense.
const TYPE: Field = Field::new("type", Is::Choice(&["oidc", "saml"])).required();

static CREATE_OIDC: Schema =
    Schema { fields: &[TYPE, ENABLED, Field::new("config", Is::Object(&OIDC)).required()], unknown: Unknown::Ignored };

static CREATE_SAML: Schema =
    Schema { fields: &[TYPE, ENABLED, Field::new("config", Is::Object(&SAML)).required()], unknown: Unknown::Ignored };

/// The type of a provider cannot be changed: a change has no such field.
static CHANGE_OIDC: Schema =
    Schema { fields: &[ENABLED, Field::new("config", Is::Object(&OIDC))], unknown: Unknown::Ignored };

static CHANGE_SAML: Schema =
    Schema { fields: &[ENABLED, Field::new("config", Is::Object(&SAML))], unknown: Unknown::Ignored };

static CREATE_MAPPING: Schema = Schema {
    fields: &[Field::new("team_id", Is::Uuid).required(), Field::new("group", Is::ANY_TEXT).required()],
    unknown: Unknown::Ignored,
};

/// The providers of the portal that the path names.
pub(super) fn of_portal<'a>(
    world: &'a World,
    call: &Call,
) -> Result<impl Iterator<Item = &'a Record> + use<'a>, Problem> {
    let portal = of_path(world, call)?;
    Ok(world.referring(&call.partition, &PORTAL_IDENTITY_PROVIDERS, "portal_id", portal.id))
}

pub(super) struct Provider;

impl Resource for Provider {
    const KIND: &'static Kind = &PORTAL_IDENTITY_PROVIDERS;
    const NOUN: &'static str = "identity provider of this portal";
    const ID: &'static str = "id";
    const LISTING: &'static Listing = &Listing::new(&[Filter::new("type", &["eq"])], &[]);
    const SHOWN: &'static [&'static str] = &["id", "type", "enabled", "config", "created_at", "updated_at"];
    const OWNS: &'static [(&'static Kind, &'static str)] = &[(&PORTAL_GROUP_MAPPINGS, "identity_provider_id")];

    fn creation(sent: &Body) -> &'static Schema {
        if text(sent, "type") == "saml" { &CREATE_SAML } else { &CREATE_OIDC }
    }

    fn change(record: &Body) -> &'static Schema {
        if text(record, "type") == "saml" { &CHANGE_SAML } else { &CHANGE_OIDC }
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }

    fn complete(world: &World, call: &Call, fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
        complete_config(fields, old)?;
        check_enabled(of_portal(world, call)?, fields)
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("The portal already has an identity provider of this type.")
    }

    /// For SAML, the service provider's addresses are added, as the examples of the document show them.
    fn view(_: &World, _: &Partition, provider: &Body) -> Value {
        let mut shown = pick(provider, Self::SHOWN);
        if text(provider, "type") == "saml" {
            let config = shown.entry("config").or_insert_with(|| json!({}));
            config["sp_entity_id"] = json!(format!("https://cloud.konghq.com/sp/{}", text(provider, "portal_id")));
            config["sp_metadata_url"] = json!("/api/v2/developer/authenticate/saml/metadata");
            config["callback_url"] = json!("/api/v2/developer/authenticate/saml/acs");
        }
        Value::Object(shown)
    }
}

/// The list is a bare array: the document describes no pages.
fn list_providers(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let providers = Provider::LISTING.select_all(call, &world, of_portal(&world, call)?)?;
    let view = |provider: &Record| Provider::view(&world, &call.partition, &provider.body);
    Ok(Answer::ok(providers.into_iter().map(view).collect::<Value>()))
}

struct Mapping;

impl Resource for Mapping {
    const KIND: &'static Kind = &PORTAL_GROUP_MAPPINGS;
    const NOUN: &'static str = "team group mapping";
    const ID: &'static str = "mappingId";
    const LISTING: &'static Listing =
        &Listing::new(&[Filter::new("team_id", &["eq"]), Filter::new("group", &["eq"])], &[]).paged(Paging::Cursor);
    const SHOWN: &'static [&'static str] = &["id", "team_id", "group", "created_at", "updated_at"];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE_MAPPING
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        let provider = resource::of_path::<Provider>(world, call)?;
        Ok(Some(("identity_provider_id", provider.id.to_string())))
    }

    fn complete(world: &World, call: &Call, fields: &mut Body, _: Option<&Body>) -> Result<(), Problem> {
        team(world, call, "team_id", reference(fields, "team_id")).map(drop)
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("This group is already mapped to this team.")
    }
}

/// A team of developers of the portal that the path names, given in a field of the body.
pub(super) fn team<'a>(
    world: &'a World,
    call: &Call,
    field: &str,
    id: Option<uuid::Uuid>,
) -> Result<&'a Record, Problem> {
    let portal = of_path(world, call)?.id.to_string();
    let found = id.and_then(|id| world.get(&call.partition, &PORTAL_TEAMS, id));
    found
        .filter(|team| text(&team.body, "portal_id") == portal)
        .ok_or_else(|| Invalid::body(field, Rule::Named("missing_reference"), "Team not found").into())
}
