//! Plain collections: what they share is here once, and each of them is a [`Resource`], most of which is tables.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Konnect;
use super::call::{Answer, Call};
use super::collection::{self, Listing, merge, pick, text};
use super::problem::Problem;
use super::schema::Schema;
use crate::store::{Batch, Body, Kind, Place, Record, Taken, World};

/// What a record belongs to: the field in which it holds the other's id, and that id.
pub(super) type Owner = (&'static str, String);

/// A collection whose records are created, read, changed and deleted one by one, each under its id.
pub(super) trait Resource {
    /// How the records are stored.
    const KIND: &'static Kind;
    /// What a record is called in refusals: `dashboard`.
    const NOUN: &'static str;
    /// The parameter of the path that names a record.
    const ID: &'static str;
    /// How the collection is listed.
    const LISTING: &'static Listing;
    /// The fields that callers see, where [`view`](Resource::view) does not say otherwise.
    const SHOWN: &'static [&'static str];
    /// Those of them that a list leaves out.
    const UNLISTED: &'static [&'static str] = &[];
    /// The kinds of record that go with a deleted one, and the field in which they hold its id.
    const OWNS: &'static [(&'static Kind, &'static str)] = &[];

    /// The table of a body that creates or replaces a record.
    fn creation(sent: &Body) -> &'static Schema;

    /// The table of a body that changes a record.
    fn change(record: &Body) -> &'static Schema {
        Self::creation(record)
    }

    /// Puts the fields of a change into those of a record.
    fn merge(fields: &mut Body, changes: Body) {
        merge(fields, changes);
    }

    /// What the collection belongs to, for one that is below another in the path. The field must be one of
    /// the kind's references.
    fn owner(_: &World, _: &Call) -> Result<Option<Owner>, Problem> {
        Ok(None)
    }

    /// Holds the fields of a new or changed record against the rules that no table can hold, and adds what
    /// the server sets by itself. `old` is the record before a change.
    fn complete(_: &World, _: &Call, _fields: &mut Body, _old: Option<&Body>) -> Result<(), Problem> {
        Ok(())
    }

    /// Holds a deletion against the rules that no table can hold, and adds what else it does.
    fn remove(_: &World, _: &mut Batch, _: &Call, _: &Record) -> Result<(), Problem> {
        Ok(())
    }

    /// The refusal of what is unique to another record.
    fn taken(taken: Taken) -> Problem {
        taken.into()
    }

    /// A record as callers see it.
    fn view(_: &World, _: &Place, record: &Body) -> Value {
        Value::Object(pick(record, Self::SHOWN))
    }
}

/// The record that the path names.
pub(super) fn of_path<'a, R: Resource>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let owner = R::owner(world, call)?;
    let id = call.id(R::ID)?;
    world
        .get(&call.place, R::KIND, id)
        .filter(|record| owner.is_none_or(|(field, owner)| text(&record.body, field) == owner))
        .ok_or_else(|| Problem::not_found(R::NOUN, &id.to_string()))
}

/// Lists the collection.
pub(super) fn list<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let view = |world: &World, place: &Place, record: &Body| {
        let mut shown = R::view(world, place, record);
        if let Some(shown) = shown.as_object_mut() {
            shown.retain(|name, _| !R::UNLISTED.contains(&name.as_str()));
        }
        shown
    };
    match R::owner(&world, call)? {
        None => collection::list(call, &world, world.all(&call.place, R::KIND), R::LISTING, view),
        Some((field, owner)) => {
            let records = world.referring(&call.place, R::KIND, field, owner);
            collection::list(call, &world, records, R::LISTING, view)
        }
    }
}

/// Creates a record.
pub(super) fn create<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = call.body()?;
    let fields = R::creation(&sent).create(sent)?;
    konnect.store.write(|world, batch| {
        let created = add::<R>(world, batch, call, fields)?;
        Ok(Answer::created(R::view(world, &call.place, &created)))
    })
}

/// Adds a record with these fields, which have been held against its table, and gives it back as it is stored.
pub(super) fn add<R: Resource>(world: &World, batch: &mut Batch, call: &Call, fields: Body) -> Result<Body, Problem> {
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
    // Labels may be sent with null values even here, where there is nothing to take away.
    if let Some(labels) = fields.remove("labels") {
        merge(&mut fields, Body::from_iter([("labels".to_owned(), labels)]));
    }
    R::complete(world, call, &mut fields, None)?;
    collection::create_as(world, batch, &call.place, R::KIND, id, fields).map_err(R::taken)
}

/// Reads a record.
pub(super) fn get<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let record = of_path::<R>(&world, call)?;
    Ok(Answer::ok(R::view(&world, &call.place, &record.body)))
}

/// Changes the fields that are sent.
pub(super) fn update<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = call.body()?;
    konnect.store.write(|world, batch| {
        let record = of_path::<R>(world, call)?;
        let mut fields = Body::clone(&record.body);
        R::merge(&mut fields, R::change(&record.body).change(sent)?);
        Ok(Answer::ok(amend::<R>(world, batch, call, record, fields)?))
    })
}

/// Replaces all fields that a caller may set; those that are left out get their defaults.
pub(super) fn replace<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = call.body()?;
    konnect.store.write(|world, batch| {
        let record = of_path::<R>(world, call)?;
        Ok(Answer::ok(put_in_place::<R>(world, batch, call, record, sent)?))
    })
}

/// The same, but creates a record that is not there, under the id in the path. Both are answered with 201.
pub(super) fn upsert<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let (id, sent) = (call.id_to_create(R::ID)?, call.body()?);
    konnect.store.write(|world, batch| {
        let shown = match world.get(&call.place, R::KIND, id) {
            Some(record) => put_in_place::<R>(world, batch, call, record, sent)?,
            None => {
                let fields = R::creation(&sent).create(sent)?;
                R::view(world, &call.place, &add_as::<R>(world, batch, call, id, fields)?)
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
    let changed = collection::amend(world, batch, &call.place, R::KIND, record, fields).map_err(R::taken)?;
    Ok(R::view(world, &call.place, &changed))
}

/// Deletes a record and what it owns.
pub(super) fn delete<R: Resource>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let record = of_path::<R>(world, call)?;
        R::remove(world, batch, call, record)?;
        batch.remove(&call.place, R::KIND, record);
        for (kind, field) in R::OWNS {
            batch.remove_referring(world, &call.place, kind, field, record.id);
        }
        Ok(Answer::no_content())
    })
}

/// Settings of which there is one set for the organization, or for each record of another kind. They are
/// there from the start: they are stored when they are first changed.
pub(super) trait Settings {
    /// How they are stored, if they ever were.
    const KIND: &'static Kind;
    /// The table of a body that changes them.
    const SCHEMA: &'static Schema;

    /// Whose settings the path names; `None` for those of the organization. The field must be one of the
    /// kind's references.
    fn owner(_: &World, _: &Call) -> Result<Option<Owner>, Problem> {
        Ok(None)
    }

    /// What holds before anything was changed.
    fn initial(world: &World, call: &Call) -> Body;

    /// Puts changes into the settings.
    fn merge(settings: &mut Body, changes: Body) {
        merge(settings, changes);
    }

    /// Holds changed settings against the rules that no table can hold.
    fn check(_: &World, _: &Call, _: &Body) -> Result<(), Problem> {
        Ok(())
    }

    /// The settings as callers see them.
    fn view(settings: &Body) -> Value {
        let shown = settings.iter().filter(|(name, _)| Self::SCHEMA.names(name));
        Value::Object(shown.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// The stored settings that the path names, if there are any, and whose they are.
type Stored<'a> = (Option<&'a Record>, Option<Owner>);

fn stored<'a, S: Settings>(world: &'a World, call: &Call) -> Result<Stored<'a>, Problem> {
    let owner = S::owner(world, call)?;
    let record = match &owner {
        None => world.all(&call.place, S::KIND).next(),
        Some((field, owner)) => world.referring(&call.place, S::KIND, field, owner).next(),
    };
    Ok((record, owner))
}

/// The settings that the path names, as they hold now.
pub(super) fn settings<S: Settings>(world: &World, call: &Call) -> Result<Body, Problem> {
    let (record, _) = stored::<S>(world, call)?;
    Ok(record.map_or_else(|| S::initial(world, call), |record| Body::clone(&record.body)))
}

/// Reads settings.
pub(super) fn show_settings<S: Settings>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(S::view(&settings::<S>(&world, call)?)))
}

/// Changes the settings that are sent.
pub(super) fn change_settings<S: Settings>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let changes = S::SCHEMA.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let mut fields = settings::<S>(world, call)?;
        S::merge(&mut fields, changes);
        put_settings::<S>(world, batch, call, fields)
    })
}

/// Replaces all settings; those that are left out get their initial values.
pub(super) fn replace_settings<S: Settings>(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
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

/// Stores settings, which must be those of the path.
pub(super) fn put_settings<S: Settings>(
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
        Some(record) => collection::amend(world, batch, &call.place, S::KIND, record, fields)?,
        None => collection::create(world, batch, &call.place, S::KIND, fields)?,
    };
    Ok(Answer::ok(S::view(&fields)))
}
