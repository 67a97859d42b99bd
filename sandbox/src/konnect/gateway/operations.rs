//! The five operations of the gateway's collections, for any entity and wherever it is below.

use serde_json::{Value, json};
use uuid::Uuid;

use super::entity::{Below, CONTROL_PLANE, Entity, Of, Owner, complete, given_id};
use super::references;
use crate::konnect::control_planes;
use crate::konnect::framework::collection::reference;
use crate::konnect::framework::problem::Source;
use crate::konnect::framework::query::encode_cursor;
use crate::konnect::framework::{Answer, Call, Document, Invalid, Konnect, Problem, Route, Rule, schema};
use crate::store::{Body, Partition, Record, World};

/// The greatest size of a page, and that of a request that names none.
const GREATEST_SIZE: usize = 1000;
const SIZE: usize = 100;

/// The routes of a collection that is read and written: its own path, and that of one entity of it.
pub(super) const fn collection<E: Of, B: Below>(path: &'static str, item: &'static str) -> [Route; 5] {
    let document = Document::GatewayConfiguration;
    [
        Route::get(document, path, list::<E, B>),
        Route::post(document, path, create::<E, B>),
        Route::get(document, item, get::<E, B>),
        Route::put(document, item, upsert::<E, B>),
        Route::delete(document, item, delete::<E, B>),
    ]
}

/// The routes of a collection that is only read.
pub(super) const fn readable<E: Of, B: Below>(path: &'static str, item: &'static str) -> [Route; 2] {
    let document = Document::GatewayConfiguration;
    [Route::get(document, path, list::<E, B>), Route::get(document, item, get::<E, B>)]
}

/// A path below the entities of a control plane.
macro_rules! at {
    ($($rest:tt)*) => {
        concat!("/v2/control-planes/{controlPlaneId}/core-entities", $($rest)*)
    };
}
pub(super) use at;

/// Where a request looks for entities: in a control plane, and below one of its entities.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The documents.
    pub(super) world: &'a World,
    /// The organization and the region.
    pub(super) partition: &'a Partition,
    /// The control plane.
    pub(super) control_plane: Uuid,
    /// What the entities are below: the field and the index that refer to it, and its id.
    owner: Option<(&'static str, &'static str, Uuid)>,
}

impl<'a> Place<'a> {
    /// The place that the path names.
    pub(super) fn of_path(world: &'a World, call: &'a Call, owner: Option<&Owner>) -> Result<Place<'a>, Problem> {
        let control_plane = control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)?.id;
        let place = Place { world, partition: &call.partition, control_plane, owner: None };
        let owner = owner
            .map(|owner| {
                let found = place.named(owner.entity, call.parameter(owner.parameter))?;
                Ok::<_, Problem>((owner.field, owner.index, found.id))
            })
            .transpose()?;
        Ok(Place { owner, ..place })
    }

    /// The entities, in order of creation.
    fn all(self, entity: &Entity) -> impl Iterator<Item = &'a Record> + use<'a> {
        let (index, id) = self.owner.map_or((CONTROL_PLANE, self.control_plane), |(_, index, id)| (index, id));
        self.world.referring(self.partition, entity.kind, index, id)
    }

    /// The entity with this id or this name.
    pub(super) fn find(self, entity: &Entity, named: &str) -> Option<&'a Record> {
        let id = Some(named).filter(|named| schema::is_uuid(named)).and_then(|named| named.parse().ok());
        let by_id = id.and_then(|id| self.world.get(self.partition, entity.kind, id));
        by_id.or_else(|| self.by_key(entity, named)).filter(|found| self.holds(&found.body))
    }

    /// The same, or 404.
    pub(super) fn named(self, entity: &Entity, named: &str) -> Result<&'a Record, Problem> {
        self.find(entity, named).ok_or_else(|| Problem::not_found(entity.noun, named))
    }

    fn by_key(self, entity: &Entity, named: &str) -> Option<&'a Record> {
        let key = entity.key?;
        let group = entity.kind.unique.iter().find(|group| group[0] == key)?;
        let mut values =
            Body::from_iter([(key.to_owned(), json!(named)), (CONTROL_PLANE.to_owned(), json!(self.control_plane))]);
        if let Some((_, index, id)) = self.owner {
            values.insert(index.to_owned(), json!(id));
        }
        self.world.holding(self.partition, entity.kind, group, &values)
    }

    /// True if an entity is in this place.
    fn holds(self, body: &Body) -> bool {
        let owner = self.owner.is_none_or(|(_, index, id)| reference(body, index) == Some(id));
        owner && reference(body, CONTROL_PLANE) == Some(self.control_plane)
    }

    /// Puts an entity into this place: its owner, its other references, and the fields that only the gateway sets.
    fn settle(self, entity: &Entity, fields: &mut Body, id: Uuid) -> Result<(), Problem> {
        if let Some((field, _, owner)) = self.owner {
            fields.insert(field.to_owned(), json!({ "id": owner }));
        }
        complete(entity, fields, id, self.control_plane);
        references::resolve(entity, self.world, self.partition, self.control_plane, fields)
    }

    /// An entity as callers see it.
    pub(super) fn view(self, entity: &Entity, stored: &Body) -> Value {
        Value::Object((entity.view)(self.world, self.partition, stored))
    }
}

/// True if an entity has the tags of an expression: `a,b` for both, `a/b` for either.
fn has_tags(wanted: &str, stored: &Body) -> bool {
    let tags = stored.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let has = |tag: &str| tags.iter().any(|own| own == tag);
    match wanted {
        "" => true,
        either if either.contains('/') => either.split('/').any(has),
        both => both.split(',').all(has),
    }
}

/// The tags that a list is filtered by. The document describes `,` for all of them and `/` for any, but not both.
fn wanted_tags(call: &Call) -> Result<&str, Problem> {
    let tags = call.query.get("tags").unwrap_or_default();
    if tags.contains(',') && tags.contains('/') {
        let reason = "must not have both [,] and [/]";
        return Err(Invalid::at(Source::Query, "tags", Rule::Named("invalid"), reason).into());
    }
    Ok(tags)
}

/// One page of entities, which come with the positions that their list is ordered by.
pub(super) fn page<'a>(
    call: &Call,
    entity: &Entity,
    found: impl Iterator<Item = (u64, &'a Record)>,
    view: impl Fn(&Record) -> Value,
) -> Result<Value, Problem> {
    let size = call.query.number("size", 1, GREATEST_SIZE, SIZE)?;
    let after = call.query.cursor("offset")?;
    let conditions = call.query.conditions(entity.filters)?;
    let tags = wanted_tags(call)?;
    let exact: Vec<(&str, &str)> =
        entity.exact.iter().filter_map(|name| Some((*name, call.query.get(name)?))).collect();
    let mut found = found
        .filter(|(position, _)| after.is_none_or(|after| *position > after))
        .filter(|(_, record)| has_tags(tags, &record.body))
        .filter(|(_, record)| conditions.iter().all(|condition| condition.holds(&record.body)))
        .filter(|(_, record)| {
            exact.iter().all(|(name, wanted)| record.body.get(*name).is_some_and(|own| own == wanted))
        });
    let shown: Vec<(u64, &Record)> = found.by_ref().take(size).collect();
    let mut body = json!({ "data": shown.iter().map(|(_, record)| view(record)).collect::<Vec<_>>() });
    if let (Some((last, _)), Some(_)) = (shown.last(), found.next()) {
        let offset = encode_cursor(*last);
        body["next"] = json!(format!("/v2{}", call.link("offset", &offset)));
        body["offset"] = json!(offset);
    }
    Ok(body)
}

/// Lists the entities of the path's place.
pub(super) fn list<E: Of, B: Below>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let place = Place::of_path(&world, call, B::OWNER.as_ref())?;
    let all = place.all(E::ENTITY).map(|record| (record.sequence(), record));
    Ok(Answer::ok(page(call, E::ENTITY, all, |record| place.view(E::ENTITY, &record.body))?))
}

/// Shows the entity that the path names.
pub(super) fn get<E: Of, B: Below>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let place = Place::of_path(&world, call, B::OWNER.as_ref())?;
    let found = place.named(E::ENTITY, call.parameter(E::ID))?;
    Ok(Answer::ok(place.view(E::ENTITY, &found.body)))
}

/// Refuses an id that an entity of any control plane has.
fn check_free(world: &World, partition: &Partition, entity: &Entity, id: Uuid) -> Result<(), Problem> {
    world.get(partition, entity.kind, id).map_or(Ok(()), |_| Err(references::id_taken(id)))
}

/// Creates an entity in the path's place.
pub(super) fn create<E: Of, B: Below>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let entity = E::ENTITY;
    let mut fields = (entity.read)(owned::<B>(call.body()?))?;
    let id = given_id(&fields)?.unwrap_or_else(Uuid::new_v4);
    konnect.store.write(|world, batch| {
        let place = Place::of_path(world, call, B::OWNER.as_ref())?;
        place.settle(entity, &mut fields, id)?;
        check_free(world, &call.partition, entity, id)?;
        batch
            .create(world, &call.partition, entity.kind, id, stored(entity, &fields))
            .map_err(|taken| references::taken(&fields, &taken))?;
        (entity.also)(world, batch, &call.partition, &fields)?;
        Ok(Answer::created(place.view(entity, &fields)))
    })
}

/// Creates or replaces the entity that the path names.
pub(super) fn upsert<E: Of, B: Below>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let entity = E::ENTITY;
    let named = call.parameter(E::ID);
    let mut fields = (entity.read)(owned::<B>(call.body()?))?;
    konnect.store.write(|world, batch| {
        let place = Place::of_path(world, call, B::OWNER.as_ref())?;
        let existing = place.find(entity, named);
        let id = id_to_write::<E>(existing, named, given_id(&fields)?)?;
        if let Some(key) = entity.key.filter(|_| !schema::is_uuid(named)) {
            let value = fields.entry(key).or_insert(Value::Null);
            if value.is_null() {
                *value = json!(named);
            }
        }
        let created = existing.and_then(|found| found.body.get("created_at"));
        if let (Some(created), true) = (created, fields.get("created_at").is_none_or(Value::is_null)) {
            fields.insert("created_at".to_owned(), created.clone());
        }
        place.settle(entity, &mut fields, id)?;
        let written = match existing {
            Some(found) => batch.update(world, &call.partition, entity.kind, found, stored(entity, &fields)),
            None => {
                check_free(world, &call.partition, entity, id)?;
                batch.create(world, &call.partition, entity.kind, id, stored(entity, &fields))
            }
        };
        written.map_err(|taken| references::taken(&fields, &taken))?;
        (entity.also)(world, batch, &call.partition, &fields)?;
        Ok(Answer::ok(place.view(entity, &fields)))
    })
}

/// The id of the entity that a request writes: that of the one that exists, the one in the path, or the one in the body.
fn id_to_write<E: Of>(existing: Option<&Record>, named: &str, given: Option<Uuid>) -> Result<Uuid, Problem> {
    let in_path = Some(named).filter(|named| schema::is_uuid(named)).and_then(|named| named.parse().ok());
    if existing.is_none() && in_path.is_none() && E::ENTITY.key.is_none() {
        return Err(Invalid::at(Source::Path, E::ID, Rule::Named("is_uuid"), "must be a UUID").into());
    }
    match (existing.map(|found| found.id).or(in_path), given) {
        (Some(id), Some(given)) if id != given => {
            Err(Invalid::body("id", Rule::Named("invalid"), "differs from the id in the path").into())
        }
        (id, given) => Ok(id.or(given).unwrap_or_else(Uuid::new_v4)),
    }
}

/// The fields of an entity that are stored.
fn stored(entity: &Entity, fields: &Body) -> Body {
    let mut stored = fields.clone();
    stored.retain(|name, _| !entity.transient.contains(&name.as_str()));
    stored
}

/// A body without the field that the path decides.
fn owned<B: Below>(mut body: Body) -> Body {
    if let Some(owner) = B::OWNER {
        body.remove(owner.field);
    }
    body
}

/// Deletes the entity that the path names, and what goes with it.
pub(super) fn delete<E: Of, B: Below>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let place = Place::of_path(world, call, B::OWNER.as_ref())?;
        if let Some(found) = place.find(E::ENTITY, call.parameter(E::ID)) {
            references::release(E::ENTITY, world, batch, &call.partition, found)?;
            batch.remove(&call.partition, E::ENTITY.kind, found);
        }
        Ok(Answer::no_content())
    })
}
