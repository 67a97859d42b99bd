//! Plugins: of a whole control plane, or bound to services, routes, consumers and consumer groups.

use serde_json::Value;

use super::consumers::{OfConsumer, OfConsumerGroup};
use super::entity::{
    Anywhere, Below, CREATED, Entity, Foreign, Of, PROTOCOL_LIST, REFERENCE, TAGS, TEXT, TEXTS, UPDATED, optional,
};
use super::operations::{Place, at, collection};
use super::partials;
use super::services::{BY_NAME, OfService, SERVICE_REFERENCE};
use super::traffic::OfRoute;
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Answer, Call, Document, Field, Initial, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::{CONSUMER_GROUPS, CONSUMERS, PARTIALS, PLUGINS, ROUTES};

/// Plugins.
pub(super) struct Plugins;

impl Of for Plugins {
    const ENTITY: &'static Entity = &PLUGIN;
    const ID: &'static str = "PluginId";
}

/// The operations of a place of plugins. Showing one can expand its partials.
const fn operations<B: Below>(path: &'static str, item: &'static str) -> [Route; 5] {
    let [list, create, _, upsert, delete] = collection::<Plugins, B>(path, item);
    [list, create, Route::get(Document::GatewayConfiguration, item, get::<B>), upsert, delete]
}

static OPERATIONS: [Route; 5] = operations::<Anywhere>(at!("/plugins"), at!("/plugins/{PluginId}"));
static OF_SERVICE: [Route; 5] =
    operations::<OfService>(at!("/services/{ServiceId}/plugins"), at!("/services/{ServiceId}/plugins/{PluginId}"));
static OF_ROUTE: [Route; 5] =
    operations::<OfRoute>(at!("/routes/{RouteId}/plugins"), at!("/routes/{RouteId}/plugins/{PluginId}"));
static OF_CONSUMER: [Route; 5] = operations::<OfConsumer>(
    at!("/consumers/{ConsumerIdForNestedEntities}/plugins"),
    at!("/consumers/{ConsumerIdForNestedEntities}/plugins/{PluginId}"),
);
static OF_CONSUMER_GROUP: [Route; 5] = operations::<OfConsumerGroup>(
    at!("/consumer_groups/{ConsumerGroupId}/plugins"),
    at!("/consumer_groups/{ConsumerGroupId}/plugins/{PluginId}"),
);

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter().chain(&OF_SERVICE).chain(&OF_ROUTE).chain(&OF_CONSUMER).chain(&OF_CONSUMER_GROUP)
}

static PLUGIN: Entity = Entity {
    key: Some("instance_name"),
    filters: BY_NAME,
    foreign: &[
        SERVICE_REFERENCE,
        Foreign::new("route", "@route", &ROUTES, "routes"),
        Foreign::new("consumer", "@consumer", &CONSUMERS, "consumers"),
        Foreign::new("consumer_group", "@consumer_group", &CONSUMER_GROUPS, "consumer_groups"),
        Foreign::new("partials", "@partials", &PARTIALS, "partials"),
    ],
    ..Entity::new(&PLUGINS, "plugin", "plugins", |body| SCHEMA.create(body))
};

static PHASES: Schema = Schema { fields: &[Field::new("access", TEXTS)], unknown: Unknown::Ignored };

static ORDERING: Schema = Schema {
    fields: &[Field::new("after", Is::Object(&PHASES)), Field::new("before", Is::Object(&PHASES))],
    unknown: Unknown::Ignored,
};

static USED_PARTIAL: Schema = Schema {
    fields: &[Field::new("id", Is::Text(1, usize::MAX)), Field::new("name", TEXT), Field::new("path", TEXT)],
    unknown: Unknown::Ignored,
};

/// The table of a body. The document leaves the configuration to each plugin.
pub(super) static SCHEMA: Schema = Schema {
    fields: &[
        Field::new("id", Is::Text(1, usize::MAX)).nullable(),
        Field::new("name", Is::Text(1, usize::MAX)).required(),
        optional("instance_name", TEXT),
        Field::new("config", Is::Object(&Schema::FREE)).nullable().or(Initial::Object),
        optional("condition", Is::Text(0, 1024)),
        Field::new("enabled", Is::Boolean).nullable().or(Initial::Boolean(true)),
        Field::new("protocols", PROTOCOL_LIST).nullable().or(Initial::Texts(&["grpc", "grpcs", "http", "https"])),
        optional("service", REFERENCE),
        optional("route", REFERENCE),
        optional("consumer", REFERENCE),
        optional("consumer_group", REFERENCE),
        optional("ordering", Is::Object(&ORDERING)),
        optional("partials", Is::List(0, usize::MAX, &Is::Object(&USED_PARTIAL))),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

/// Shows a plugin. With `expand_partials=true`, its configuration has that of its partials.
fn get<B: Below>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let place = Place::of_path(&world, call, B::OWNER.as_ref())?;
    let found = place.named(&PLUGIN, call.parameter(Plugins::ID))?;
    let mut shown = place.view(&PLUGIN, &found.body);
    if call.query.flag("expand_partials")?
        && let Value::Object(plugin) = &mut shown
    {
        partials::expand(&world, &call.partition, plugin);
    }
    Ok(Answer::ok(shown))
}
