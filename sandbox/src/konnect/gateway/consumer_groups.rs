//! Consumer groups, and the consumers in them. A membership is written from both sides.

use serde_json::{Value, json};
use uuid::Uuid;

use super::consumers::{CONSUMER, CONSUMER_GROUP, ConsumerGroups};
use super::entity::{Anywhere, Entity, TEXT};
use super::operations::{Place, at, collection, page};
use crate::konnect::framework::collection::{create, fields, reference, text};
use crate::konnect::framework::{Answer, Call, Document, Field, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::GROUP_CONSUMERS;
use crate::store::{Partition, Record, World};

const D: Document = Document::GatewayConfiguration;
const GROUP: &str = at!("/consumer_groups/{ConsumerGroupId}");
const CONSUMERS: &str = at!("/consumer_groups/{ConsumerGroupId}/consumers");
const GROUPS: &str = at!("/consumers/{ConsumerId}/consumer_groups");

static OPERATIONS: [Route; 5] = {
    let [list, create, _, upsert, delete] = collection::<ConsumerGroups, Anywhere>(at!("/consumer_groups"), GROUP);
    [list, create, Route::get(D, GROUP, get), upsert, delete]
};

static MEMBERSHIPS: [Route; 8] = [
    Route::get(D, CONSUMERS, |konnect, call| list(konnect, call, &OF_GROUP)),
    Route::post(D, CONSUMERS, |konnect, call| add(konnect, call, &OF_GROUP)),
    Route::delete(D, CONSUMERS, |konnect, call| remove_all(konnect, call, &OF_GROUP)),
    Route::delete(D, at!("/consumer_groups/{ConsumerGroupId}/consumers/{ConsumerId}"), remove),
    Route::get(D, GROUPS, |konnect, call| list(konnect, call, &OF_CONSUMER)),
    Route::post(D, GROUPS, |konnect, call| add(konnect, call, &OF_CONSUMER)),
    Route::delete(D, GROUPS, |konnect, call| remove_all(konnect, call, &OF_CONSUMER)),
    Route::delete(D, at!("/consumers/{ConsumerId}/consumer_groups/{ConsumerGroupId}"), remove),
];

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter().chain(&MEMBERSHIPS)
}

/// The memberships of a record, seen from it.
#[derive(Debug)]
struct Side {
    /// The entity whose memberships they are, its parameter of the path, and the index of it.
    own: (&'static Entity, &'static str, &'static str),
    /// The other entity, and the index of it.
    other: (&'static Entity, &'static str),
    /// The field of a body that names one of the others, by id or by name.
    names: &'static str,
    /// The fields of an answer with the record and with the others.
    answers: (&'static str, &'static str),
    schema: &'static Schema,
}

static OF_GROUP: Side = Side {
    own: (&CONSUMER_GROUP, "ConsumerGroupId", "@consumer_group"),
    other: (&CONSUMER, "@consumer"),
    names: "consumer",
    answers: ("consumer_group", "consumers"),
    schema: &Schema { fields: &[Field::new("consumer", TEXT).required()], unknown: Unknown::Ignored },
};

static OF_CONSUMER: Side = Side {
    own: (&CONSUMER, "ConsumerId", "@consumer"),
    other: (&CONSUMER_GROUP, "@consumer_group"),
    names: "group",
    answers: ("consumer", "consumer_groups"),
    schema: &Schema { fields: &[Field::new("group", TEXT).required()], unknown: Unknown::Ignored },
};

impl Side {
    /// The record that the path names.
    fn of_path<'a>(&self, place: Place<'a>, call: &Call) -> Result<&'a Record, Problem> {
        place.named(self.own.0, call.parameter(self.own.1))
    }

    /// The others, each with the position of its membership.
    fn others<'a>(
        &self,
        world: &'a World,
        partition: &Partition,
        own: Uuid,
    ) -> impl Iterator<Item = (u64, &'a Record)> {
        let memberships = world.referring(partition, &GROUP_CONSUMERS, self.own.2, own);
        memberships.filter_map(move |membership| {
            let other = reference(&membership.body, self.other.1)?;
            Some((membership.sequence(), world.get(partition, self.other.0.kind, other)?))
        })
    }
}

/// Shows a group, in an object of its own. With `list_consumers=true`, its consumers are beside it.
fn get(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let place = Place::of_path(&world, call, None)?;
    let group = OF_GROUP.of_path(place, call)?;
    let mut body = json!({ "consumer_group": place.view(&CONSUMER_GROUP, &group.body) });
    if call.query.flag("list_consumers")? {
        let consumers = OF_GROUP.others(&world, &call.partition, group.id);
        body["consumers"] = consumers.map(|(_, consumer)| place.view(&CONSUMER, &consumer.body)).collect();
    }
    Ok(Answer::ok(body))
}

fn list(konnect: &Konnect, call: &Call, side: &Side) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let place = Place::of_path(&world, call, None)?;
    let own = side.of_path(place, call)?;
    let others = side.others(&world, &call.partition, own.id);
    Ok(Answer::ok(page(call, side.other.0, others, |other| place.view(side.other.0, &other.body))?))
}

/// Adds the membership of the path's record and the one that the body names.
fn add(konnect: &Konnect, call: &Call, side: &Side) -> Result<Answer, Problem> {
    let sent = side.schema.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let place = Place::of_path(world, call, None)?;
        let own = side.of_path(place, call)?;
        let other = place.named(side.other.0, text(&sent, side.names))?;
        let membership = json!({
            (side.own.2): own.id,
            (side.other.1): other.id,
            "control_plane_id": place.control_plane,
        });
        create(world, batch, &call.partition, &GROUP_CONSUMERS, fields(membership)).map_err(|_| {
            let (consumer, group) = (side.own.0.noun, side.other.0.noun);
            Problem::conflict(format!("This {consumer} and this {group} belong together already."))
        })?;
        let shown = |entity: &Entity, record: &Record| place.view(entity, &record.body);
        let others = side.others(world, &call.partition, own.id).map(|(_, other)| other).chain([other]);
        let others: Vec<Value> = others.map(|other| shown(side.other.0, other)).collect();
        Ok(Answer::created(json!({ (side.answers.0): shown(side.own.0, own), (side.answers.1): others })))
    })
}

fn remove_all(konnect: &Konnect, call: &Call, side: &Side) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let own = side.of_path(Place::of_path(world, call, None)?, call)?;
        batch.remove_referring(world, &call.partition, &GROUP_CONSUMERS, side.own.2, own.id);
        Ok(Answer::no_content())
    })
}

/// Removes the membership of the path's group and consumer, if there is one.
fn remove(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let place = Place::of_path(world, call, None)?;
        let (group, consumer) = (OF_GROUP.of_path(place, call)?, OF_CONSUMER.of_path(place, call)?);
        let key = fields(json!({ "@consumer": consumer.id, "@consumer_group": group.id }));
        if let Some(found) = world.holding(&call.partition, &GROUP_CONSUMERS, GROUP_CONSUMERS.unique[0], &key) {
            batch.remove(&call.partition, &GROUP_CONSUMERS, found);
        }
        Ok(Answer::no_content())
    })
}
