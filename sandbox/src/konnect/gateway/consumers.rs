//! Consumers: who sends requests through a gateway.

use super::entity::{Anywhere, Below, CREATED, Entity, Holder, ID, Of, Owner, TAGS, TEXT, UPDATED, optional};
use super::operations::{at, collection};
use crate::konnect::framework::collection::text;
use crate::konnect::framework::{Field, Filter, Invalid, Problem, Route, Rule, Schema, Unknown};
use crate::konnect::gateway_kinds::{
    ACLS, BASIC_AUTHS, CONSUMER_GROUPS, CONSUMERS, GROUP_CONSUMERS, HMAC_AUTHS, JWTS, KEY_AUTHS, MTLS_AUTHS, PLUGINS,
};
use crate::store::Body;

/// Consumers.
pub(super) struct Consumers;

impl Of for Consumers {
    const ENTITY: &'static Entity = &CONSUMER;
    const ID: &'static str = "ConsumerId";
}

/// Groups of consumers.
pub(super) struct ConsumerGroups;

impl Of for ConsumerGroups {
    const ENTITY: &'static Entity = &CONSUMER_GROUP;
    const ID: &'static str = "ConsumerGroupId";
}

/// What is below a consumer.
pub(super) struct OfConsumer;

impl Below for OfConsumer {
    const OWNER: Option<Owner> = Some(Owner {
        entity: &CONSUMER,
        parameter: "ConsumerIdForNestedEntities",
        field: "consumer",
        index: "@consumer",
    });
}

/// What is below a group of consumers.
pub(super) struct OfConsumerGroup;

impl Below for OfConsumerGroup {
    const OWNER: Option<Owner> = Some(Owner {
        entity: &CONSUMER_GROUP,
        parameter: "ConsumerGroupId",
        field: "consumer_group",
        index: "@consumer_group",
    });
}

static OPERATIONS: [Route; 5] = collection::<Consumers, Anywhere>(at!("/consumers"), at!("/consumers/{ConsumerId}"));

/// The operations on consumers.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter()
}

/// The entity of consumers.
pub(super) static CONSUMER: Entity = Entity {
    key: Some("username"),
    filters: &[Filter::new("name", &["contains", "eq"]).of("username")],
    exact: &["custom_id"],
    held_by: &[
        Holder::deleted(&ACLS, "@consumer"),
        Holder::deleted(&BASIC_AUTHS, "@consumer"),
        Holder::deleted(&HMAC_AUTHS, "@consumer"),
        Holder::deleted(&JWTS, "@consumer"),
        Holder::deleted(&KEY_AUTHS, "@consumer"),
        Holder::deleted(&MTLS_AUTHS, "@consumer"),
        Holder::deleted(&PLUGINS, "@consumer"),
        Holder::deleted(&GROUP_CONSUMERS, "@consumer"),
    ],
    ..Entity::new(&CONSUMERS, "consumer", "consumers", read_consumer)
};

/// The entity of groups.
pub(super) static CONSUMER_GROUP: Entity = Entity {
    key: Some("name"),
    held_by: &[Holder::deleted(&PLUGINS, "@consumer_group"), Holder::deleted(&GROUP_CONSUMERS, "@consumer_group")],
    ..Entity::new(&CONSUMER_GROUPS, "consumer group", "consumer_groups", |body| GROUP_SCHEMA.create(body))
};

static SCHEMA: Schema = Schema {
    fields: &[ID, optional("username", TEXT), optional("custom_id", TEXT), TAGS, CREATED, UPDATED],
    unknown: Unknown::Refused,
};

static GROUP_SCHEMA: Schema =
    Schema { fields: &[ID, Field::new("name", TEXT).required(), TAGS, CREATED, UPDATED], unknown: Unknown::Refused };

/// The fields of a consumer, which needs one of its two names.
fn read_consumer(body: Body) -> Result<Body, Problem> {
    let fields = SCHEMA.create(body)?;
    if ["username", "custom_id"].iter().all(|name| text(&fields, name).is_empty()) {
        let reason = "username or custom_id must be set";
        return Err(Invalid::body("username", Rule::Dependents(vec!["custom_id"]), reason).into());
    }
    Ok(fields)
}
