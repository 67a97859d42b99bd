//! Plain collections: their common operations, for a [`Resource`] that consists mostly of tables.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::collection::{self, Listing, merge, pick, text};
use super::problem::Problem;
use super::schema::Schema;
use super::state::Konnect;
use crate::store::{Batch, Body, Kind, Partition, Record, Taken, World};

/// The owner of a record: the field that holds the owner's id, and that id.
pub(in crate::konnect) type Owner = (&'static str, String);

/// A collection whose records are created, read, changed and deleted one by one, by id.
pub(in crate::konnect) trait Resource {
    /// The kind of the records.
    const KIND: &'static Kind;
    /// A record's name in refusals: `dashboard`.
    const NOUN: &'static str;
    /// The parameter of the path that names a record.
    const ID: &'static str;
    /// The listing of the collection.
    const LISTING: &'static Listing;
    /// The fields that callers see, unless [`view`](Resource::view) is overridden.
    const SHOWN: &'static [&'static str];
    /// The fields of those that a list leaves out.
    const UNLISTED: &'static [&'static str] = &[];
    /// The kinds of record that are deleted with a record, and the field that holds its id.
    const OWNS: &'static [(&'static Kind, &'static str)] = &[];

    /// The table of a body that creates or replaces a record.
    fn creation(sent: &Body) -> &'static Schema;

    /// The table of a body that changes a record.
    fn change(record: &Body) -> &'static Schema {
        Self::creation(record)
    }

    /// Merges a change into the fields of a record.
    fn merge(fields: &mut Body, changes: Body) {
        merge(fields, changes);
    }

    /// The owner of the collection, for a collection below another one in the path. The field must be one of the kind's
    /// references.
    fn owner(_: &World, _: &Call) -> Result<Option<Owner>, Problem> {
        Ok(None)
    }

    /// Checks the rules that no table can hold on a new or changed record, and adds the fields that the server sets.
    /// `old` is the record before a change.
    fn complete(_: &World, _: &Call, _fields: &mut Body, _old: Option<&Body>) -> Result<(), Problem> {
        Ok(())
    }

    /// Checks the rules that no table can hold on a deletion, and adds its side effects.
    fn remove(_: &World, _: &mut Batch, _: &Call, _: &Record) -> Result<(), Problem> {
        Ok(())
    }

    /// The refusal of a value that is unique to another record.
    fn taken(taken: Taken) -> Problem {
        taken.into()
    }

    /// A record as callers see it.
    fn view(_: &World, _: &Partition, record: &Body) -> Value {
        Value::Object(pick(record, Self::SHOWN))
    }
}

/// The record that the path names.
pub(in crate::konnect) fn of_path<'a, R: Resource>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let owner = R::owner(world, call)?;
    let id = call.id(R::ID)?;
    world
        .get(&call.partition, R::KIND, id)
        .filter(|record| owner.is_none_or(|(field, owner)| text(&record.body, field) == owner))
        .ok_or_else(|| Problem::not_found(R::NOUN, &id.to_string()))
}

/// Lists the collection.
pub(in crate::konnect) fn list<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let view = |world: &World, partition: &Partition, record: &Body| {
        let mut shown = R::view(world, partition, record);
        if let Some(shown) = shown.as_object_mut() {
            shown.retain(|name, _| !R::UNLISTED.contains(&name.as_str()));
        }
        shown
    };
    match R::owner(&world, call)? {
        None => collection::list(call, &world, world.all(&call.partition, R::KIND), R::LISTING, view),
        Some((field, owner)) => {
            let records = world.referring(&call.partition, R::KIND, field, owner);
            collection::list(call, &world, records, R::LISTING, view)
        }
    }
}

/// Creates a record.
pub(in crate::konnect) fn create<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = call.body()?;
    let fields = R::creation(&sent).create(sent)?;
    konnect.store.write(|world, batch| {
        let created = add::<R>(world, batch, call, fields)?;
        Ok(Answer::created(R::view(world, &call.partition, &created)))
    })
}

/// Adds a record with these fields, which have been checked against its table, and returns it as stored.
pub(in crate::konnect) fn add<R: Resource>(
    world: &World,
    batch: &mut Batch,
    call: &Call,
    fields: Body,
) -> Result<Body, Problem> {
    add_as::<R>(world, batch, call, Uuid::new_v4(), fields)
}

fn add_as<R: Resource>(
    world: &World,
    batch: &mut Batch,
    call: &Call,
    id: Uuid,
    mut fields: Body,
) -> Result<Body, Problem> {
    if let Some((field, owner)) = R::owner(world, call)? {
        fields.insert(field.to_owned(), json!(owner));
    }
    // Labels may contain null even at creation, although there is nothing to remove.
    if let Some(labels) = fields.remove("labels") {
        merge(&mut fields, Body::from_iter([("labels".to_owned(), labels)]));
    }
    R::complete(world, call, &mut fields, None)?;
    collection::create_as(world, batch, &call.partition, R::KIND, id, fields).map_err(R::taken)
}

/// Reads a record.
pub(in crate::konnect) fn get<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let record = of_path::<R>(&world, call)?;
    Ok(Answer::ok(R::view(&world, &call.partition, &record.body)))
}

/// Changes the fields that are sent.
pub(in crate::konnect) fn update<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = call.body()?;
    konnect.store.write(|world, batch| {
        let record = of_path::<R>(world, call)?;
        let mut fields = Body::clone(&record.body);
        R::merge(&mut fields, R::change(&record.body).change(sent)?);
        Ok(Answer::ok(amend::<R>(world, batch, call, record, fields)?))
    })
}

/// Replaces all fields that a caller may set; fields that are left out get their defaults.
pub(in crate::konnect) fn replace<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = call.body()?;
    konnect.store.write(|world, batch| {
        let record = of_path::<R>(world, call)?;
        Ok(Answer::ok(put_in_place::<R>(world, batch, call, record, sent)?))
    })
}

/// The same, but creates a missing record under the id in the path. Both are answered with 201.
pub(in crate::konnect) fn upsert<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let (id, sent) = (call.id_to_create(R::ID)?, call.body()?);
    konnect.store.write(|world, batch| {
        let shown = match world.get(&call.partition, R::KIND, id) {
            Some(record) => put_in_place::<R>(world, batch, call, record, sent)?,
            None => {
                let fields = R::creation(&sent).create(sent)?;
                R::view(world, &call.partition, &add_as::<R>(world, batch, call, id, fields)?)
            }
        };
        Ok(Answer::created(shown))
    })
}

fn put_in_place<R: Resource>(
    world: &World,
    batch: &mut Batch,
    call: &Call,
    record: &Record,
    sent: Body,
) -> Result<Value, Problem> {
    let schema = R::creation(&sent);
    let mut fields = schema.create(sent)?;
    let kept = record.body.iter().filter(|(name, _)| !schema.sets(name));
    fields.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    amend::<R>(world, batch, call, record, fields)
}

fn amend<R: Resource>(
    world: &World,
    batch: &mut Batch,
    call: &Call,
    record: &Record,
    mut fields: Body,
) -> Result<Value, Problem> {
    R::complete(world, call, &mut fields, Some(&record.body))?;
    let changed = collection::amend(world, batch, &call.partition, R::KIND, record, fields).map_err(R::taken)?;
    Ok(R::view(world, &call.partition, &changed))
}

/// Deletes a record and what it owns.
pub(in crate::konnect) fn delete<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let record = of_path::<R>(world, call)?;
        R::remove(world, batch, call, record)?;
        batch.remove(&call.partition, R::KIND, record);
        for (kind, field) in R::OWNS {
            batch.remove_referring(world, &call.partition, kind, field, record.id);
        }
        Ok(Answer::no_content())
    })
}

/// Settings that exist once for the organization, or once for each record of another kind. They exist from the start,
/// and are stored at the first change.
pub(in crate::konnect) trait Settings {
    /// The kind of the stored settings.
    const KIND: &'static Kind;
    /// The table of a body that changes them.
    const SCHEMA: &'static Schema;

    /// The owner of the settings that the path names; `None` for those of the organization. The field must be one of
    /// the kind's references.
    fn owner(_: &World, _: &Call) -> Result<Option<Owner>, Problem> {
        Ok(None)
    }

    /// The settings before any change.
    fn initial(world: &World, call: &Call) -> Body;

    /// Merges changes into the settings.
    fn merge(settings: &mut Body, changes: Body) {
        merge(settings, changes);
    }

    /// Checks the rules that no table can hold on changed settings.
    fn check(_: &World, _: &Call, _: &Body) -> Result<(), Problem> {
        Ok(())
    }

    /// The settings as callers see them.
    fn view(settings: &Body) -> Value {
        let shown = settings.iter().filter(|(name, _)| Self::SCHEMA.names(name));
        Value::Object(shown.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// The stored settings that the path names, `None` before the first change, and their owner.
type Stored<'a> = (Option<&'a Record>, Option<Owner>);

fn stored<'a, S: Settings>(world: &'a World, call: &Call) -> Result<Stored<'a>, Problem> {
    let owner = S::owner(world, call)?;
    let record = match &owner {
        None => world.all(&call.partition, S::KIND).next(),
        Some((field, owner)) => world.referring(&call.partition, S::KIND, field, owner).next(),
    };
    Ok((record, owner))
}

/// The current settings that the path names.
pub(in crate::konnect) fn settings<S: Settings>(world: &World, call: &Call) -> Result<Body, Problem> {
    let (record, _) = stored::<S>(world, call)?;
    Ok(record.map_or_else(|| S::initial(world, call), |record| Body::clone(&record.body)))
}

/// Reads settings.
pub(in crate::konnect) fn show_settings<S: Settings>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(S::view(&settings::<S>(&world, call)?)))
}

/// Changes the settings that are sent.
pub(in crate::konnect) fn change_settings<S: Settings>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let changes = S::SCHEMA.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let mut fields = settings::<S>(world, call)?;
        S::merge(&mut fields, changes);
        put_settings::<S>(world, batch, call, fields)
    })
}

/// Replaces all settings; those that are left out get their initial values.
pub(in crate::konnect) fn replace_settings<S: Settings>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = S::SCHEMA.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let (record, _) = stored::<S>(world, call)?;
        let mut fields = record.map(|record| Body::clone(&record.body)).unwrap_or_default();
        fields.retain(|name, _| !S::SCHEMA.names(name));
        fields.extend(S::initial(world, call));
        fields.extend(sent);
        put_settings::<S>(world, batch, call, fields)
    })
}

/// Stores the settings that the path names.
pub(in crate::konnect) fn put_settings<S: Settings>(
    world: &World,
    batch: &mut Batch,
    call: &Call,
    mut fields: Body,
) -> Result<Answer, Problem> {
    S::check(world, call, &fields)?;
    let (record, owner) = stored::<S>(world, call)?;
    if let Some((field, owner)) = owner {
        fields.insert(field.to_owned(), json!(owner));
    }
    let fields = match record {
        Some(record) => collection::amend(world, batch, &call.partition, S::KIND, record, fields)?,
        None => collection::create(world, batch, &call.partition, S::KIND, fields)?,
    };
    Ok(Answer::ok(S::view(&fields)))
}
