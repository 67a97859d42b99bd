//! Partials: parts of a configuration that plugins share.

use serde_json::{Value, json};

use super::entity::{Anywhere, CREATED, Entity, Holder, ID, Of, TAGS, TEXT, UPDATED, optional};
use super::operations::{Place, at, collection, page};
use super::partial_tables::{EMBEDDINGS, MODEL, REDIS_CE, REDIS_EE, VECTORDB};
use crate::konnect::framework::collection::{merge_deeply, pick, reference, text};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::gateway_kinds::{PARTIALS, PLUGINS};
use crate::store::{Body, Partition, World};

/// Partials.
pub(super) struct Partials;

impl Of for Partials {
    const ENTITY: &'static Entity = &PARTIAL;
    const ID: &'static str = "PartialId";
}

static OPERATIONS: [Route; 5] = collection::<Partials, Anywhere>(at!("/partials"), at!("/partials/{PartialId}"));
static LINKS: [Route; 1] = [Route::get(Document::GatewayConfiguration, at!("/partials/{PartialId}/links"), list_links)];

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter().chain(&LINKS)
}

static PARTIAL: Entity = Entity {
    key: Some("name"),
    held_by: &[Holder::kept(&PLUGINS, "@partials", "plugins")],
    ..Entity::new(&PARTIALS, "partial", "partials", read)
};

/// The types, and the table of the configuration of each.
pub(super) const TYPES: [(&str, &Schema); 5] = [
    ("redis-ce", &REDIS_CE),
    ("redis-ee", &REDIS_EE),
    ("vectordb", &VECTORDB),
    ("embeddings", &EMBEDDINGS),
    ("model", &MODEL),
];

macro_rules! of_type {
    ($name:ident, $config:ident) => {
        static $name: Schema = Schema {
            fields: &[
                ID,
                optional("name", TEXT),
                Field::new("type", TEXT).required(),
                Field::new("config", Is::Object(&$config)).required(),
                TAGS,
                CREATED,
                UPDATED,
            ],
            unknown: Unknown::Refused,
        };
    };
}

of_type!(OF_REDIS_CE, REDIS_CE);
of_type!(OF_REDIS_EE, REDIS_EE);
of_type!(OF_VECTORDB, VECTORDB);
of_type!(OF_EMBEDDINGS, EMBEDDINGS);
of_type!(OF_MODEL, MODEL);

/// The fields of a body, by its type.
fn read(body: Body) -> Result<Body, Problem> {
    match text(&body, "type") {
        "redis-ce" => OF_REDIS_CE.create(body),
        "redis-ee" => OF_REDIS_EE.create(body),
        "vectordb" => OF_VECTORDB.create(body),
        "embeddings" => OF_EMBEDDINGS.create(body),
        "model" => OF_MODEL.create(body),
        _ => Err(unknown_type("type").into()),
    }
}

fn unknown_type(field: &str) -> Invalid {
    let types = TYPES.map(|(name, _)| name.to_owned()).to_vec();
    let reason = format!("must be one of [{}]", types.join(", "));
    Invalid::body(field, Rule::Choices(types), reason)
}

/// Lists the plugins that use the path's partial.
fn list_links(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let partial = Place::of_path(&world, call, None)?.named(&PARTIAL, call.parameter(Partials::ID))?;
    let plugins = world.referring(&call.partition, &PLUGINS, "@partials", partial.id);
    let count = plugins.len();
    let link = |plugin: &Body| {
        let mut link = pick(plugin, &["id", "name", "instance_name"]);
        link.retain(|_, value| !value.is_null());
        Value::Object(link)
    };
    let plugins = plugins.map(|plugin| (plugin.sequence(), plugin));
    let mut body = page(call, &PARTIAL, plugins, |plugin| link(&plugin.body))?;
    body["count"] = json!(count);
    Ok(Answer::ok(body))
}

/// Adds the configuration of a plugin's partials to its own, each at its path: `config.redis`.
pub(super) fn expand(world: &World, partition: &Partition, plugin: &mut Body) {
    let partials = plugin.get("partials").and_then(Value::as_array).cloned().unwrap_or_default();
    for used in &partials {
        let Value::Object(used) = used else { continue };
        let Some(partial) = reference(used, "id").and_then(|id| world.get(partition, &PARTIALS, id)) else { continue };
        let Some(config) = Body::get(&partial.body, "config") else { continue };
        let path = Some(text(used, "path")).filter(|path| !path.is_empty());
        let nested = path.unwrap_or(usual_path(text(&partial.body, "type"))).rsplit('.');
        let nested = nested.fold(config.clone(), |inner, step| json!({ (step): inner }));
        if let Value::Object(nested) = nested {
            merge_deeply(plugin, nested);
        }
    }
}

/// The place of a partial's configuration in that of a plugin which names none.
fn usual_path(kind: &str) -> &'static str {
    match kind {
        "vectordb" => "config.vectordb",
        "embeddings" => "config.embeddings",
        "model" => "config.model",
        _ => "config.redis",
    }
}
