//! Schemas of entities: whether a body is a valid one, and what the configuration of plugins and partials is made of.

use serde_json::{Value, json};

use super::certificates::{CaCertificates, Certificates, Snis};
use super::consumers::{ConsumerGroups, Consumers};
use super::credentials::{Acls, BasicAuths, HmacAuths, Jwts, KeyAuths, MtlsAuths};
use super::custom_plugins::CustomPlugins;
use super::entity::{Entity, Of};
use super::graphql::{CostDecorations, DegraphqlRoutes};
use super::keys::{KeySets, Keys};
use super::operations::{Place, at};
use super::partials::{Partials, TYPES};
use super::plugins::{self, Plugins};
use super::services::Services;
use super::traffic::Routes;
use super::upstreams::{Targets, Upstreams};
use super::vaults::Vaults;
use crate::konnect::framework::{Answer, Call, Document, Konnect, Problem, Route};

const D: Document = Document::GatewayConfiguration;

static ROUTES: [Route; 3] = [
    Route::post(D, at!("/schemas/{entityName}/validate"), validate),
    Route::get(D, at!("/schemas/partials/{partialType}"), of_partial),
    Route::get(D, at!("/schemas/plugins/{pluginName}"), of_plugin),
];

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter()
}

/// The entities by their names. Those of a gateway's collections are also understood.
const ENTITIES: [(&str, &Entity); 23] = [
    ("service", Services::ENTITY),
    ("route", Routes::ENTITY),
    ("plugin", Plugins::ENTITY),
    ("consumer", Consumers::ENTITY),
    ("consumer-group", ConsumerGroups::ENTITY),
    ("acl", Acls::ENTITY),
    ("basic-auth", BasicAuths::ENTITY),
    ("hmac-auth", HmacAuths::ENTITY),
    ("jwt", Jwts::ENTITY),
    ("key-auth", KeyAuths::ENTITY),
    ("mtls-auth", MtlsAuths::ENTITY),
    ("upstream", Upstreams::ENTITY),
    ("target", Targets::ENTITY),
    ("certificate", Certificates::ENTITY),
    ("sni", Snis::ENTITY),
    ("ca-certificate", CaCertificates::ENTITY),
    ("key", Keys::ENTITY),
    ("key-set", KeySets::ENTITY),
    ("vault", Vaults::ENTITY),
    ("partial", Partials::ENTITY),
    ("custom-plugin", CustomPlugins::ENTITY),
    ("degraphql-route", DegraphqlRoutes::ENTITY),
    ("graphql-ratelimiting-advanced-cost-decoration", CostDecorations::ENTITY),
];

/// Validates a body as the creation of an entity would, but for what it refers to.
fn validate(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Place::of_path(&konnect.store.read(), call, None)?;
    let named = call.parameter("entityName").replace('_', "-");
    let is_named = |(name, entity): &&(&str, &Entity)| named == *name || named == entity.collection.replace('_', "-");
    let (_, entity) = ENTITIES.iter().find(is_named).ok_or_else(|| Problem::not_found("entity", &named))?;
    (entity.read)(call.body()?)?;
    Ok(Answer::ok(json!({ "message": "schema validation successful" })))
}

/// The fields of a partial of a type.
fn of_partial(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Place::of_path(&konnect.store.read(), call, None)?;
    let named = call.parameter("partialType");
    let found = TYPES.iter().find(|(name, _)| *name == named);
    let (_, config) = found.ok_or_else(|| Problem::not_found("type of partials", named))?;
    let config = json!({ "config": { "type": "record", "required": true, "fields": config.described() } });
    Ok(Answer::ok(json!({ "fields": [config] })))
}

/// The fields of a plugin. No document describes what a plugin's configuration is made of.
fn of_plugin(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Place::of_path(&konnect.store.read(), call, None)?;
    let fields: Vec<Value> = plugins::SCHEMA.described();
    let of_gateway = ["protocols", "consumer", "consumer_group", "route", "service"];
    let mut fields: Vec<Value> =
        fields.into_iter().filter(|field| of_gateway.iter().any(|name| field.get(name).is_some())).collect();
    fields.push(json!({ "config": { "type": "record", "required": true, "fields": [] } }));
    Ok(Answer::ok(json!({ "fields": fields })))
}
