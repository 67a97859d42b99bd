//! A gateway's entities, as tables: how the body of one is read, what it refers to, and what refers to it.
//!
//! They follow the gateway's conventions, not Konnect's: times in seconds, paging by `size` and `offset`, an id or a
//! name in the path, an id that the caller may choose, and deletion of what is missing succeeds.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::konnect::framework::collection::{pick, reference, text};
use crate::konnect::framework::schema::{self, Kind as Is};
use crate::konnect::framework::{Field, Filter, Initial, Invalid, Problem, Rule};
use crate::store::{Batch, Body, Kind, Partition, World};

/// The field with the id of an entity's control plane, which is not shown.
pub(super) const CONTROL_PLANE: &str = "control_plane_id";

/// An entity of the gateway.
#[derive(Debug)]
pub(super) struct Entity {
    /// The kind of its records. Its references are the control plane, and the index of each foreign field.
    pub(super) kind: &'static Kind,
    /// Its name, `route`.
    pub(super) noun: &'static str,
    /// The gateway's name of the collection, `routes`.
    pub(super) collection: &'static str,
    /// The unique field whose value may stand in the path instead of the id. It must come first in a unique group.
    pub(super) key: Option<&'static str>,
    /// The times that it has.
    pub(super) times: Times,
    /// The filters of its list.
    pub(super) filters: &'static [Filter],
    /// Query parameters of its list that are compared with the field of the same name.
    pub(super) exact: &'static [&'static str],
    /// The entities that it refers to.
    pub(super) foreign: &'static [Foreign],
    /// The entities that refer to it.
    pub(super) held_by: &'static [Holder],
    /// Checks a request body, and completes it with the defaults.
    pub(super) read: fn(Body) -> Result<Body, Problem>,
    /// Fields of a request that are not stored, but are what other entities are made of.
    pub(super) transient: &'static [&'static str],
    /// What is stored with it.
    pub(super) also: fn(&World, &mut Batch, &Partition, &Body) -> Result<(), Problem>,
    /// The entity as callers see it.
    pub(super) view: fn(&World, &Partition, &Body) -> Body,
}

impl Entity {
    /// An entity with an id and both times that refers to nothing.
    pub(super) const fn new(
        kind: &'static Kind,
        noun: &'static str,
        collection: &'static str,
        read: fn(Body) -> Result<Body, Problem>,
    ) -> Entity {
        Entity {
            kind,
            noun,
            collection,
            key: None,
            times: Times::Both,
            filters: &[],
            exact: &[],
            foreign: &[],
            held_by: &[],
            read,
            transient: &[],
            also: |_, _, _, _| Ok(()),
            view: |_, _, stored| shown(stored),
        }
    }
}

/// The times of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// `created_at` and `updated_at`, in seconds.
    Both,
    /// The same with milliseconds behind the point.
    Precise,
    /// `created_at`, in seconds.
    Created,
}

impl Times {
    fn fields(self) -> &'static [&'static str] {
        match self {
            Times::Both | Times::Precise => &["created_at", "updated_at"],
            Times::Created => &["created_at"],
        }
    }

    fn now(self) -> Value {
        let now = Timestamp::now();
        match self {
            Times::Precise => {
                json!(std::time::Duration::from_millis(now.as_millisecond().unsigned_abs()).as_secs_f64())
            }
            Times::Both | Times::Created => json!(now.as_second()),
        }
    }
}

/// A field that refers to entities: an object with an `id`, a list of such objects, or a list of ids.
#[derive(Debug)]
pub(super) struct Foreign {
    /// The field, `service`.
    pub(super) field: &'static str,
    /// The field with the bare ids, `@service`.
    pub(super) index: &'static str,
    /// The kind of the entities.
    pub(super) kind: &'static Kind,
    /// The gateway's name of their collection, `services`.
    pub(super) collection: &'static str,
    /// True if it must not be absent.
    pub(super) required: bool,
}

impl Foreign {
    /// A field that may be absent.
    pub(super) const fn new(
        field: &'static str,
        index: &'static str,
        kind: &'static Kind,
        collection: &'static str,
    ) -> Foreign {
        Foreign { field, index, kind, collection, required: false }
    }

    /// The same field, which must not be absent.
    pub(super) const fn required(self) -> Foreign {
        Foreign { required: true, ..self }
    }
}

/// Entities that refer to another.
#[derive(Debug)]
pub(super) struct Holder {
    /// Their kind.
    pub(super) kind: &'static Kind,
    /// The index by which they refer to it.
    pub(super) index: &'static str,
    /// What happens to them when it is deleted.
    pub(super) fate: Fate,
}

/// What happens to an entity when another that it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is deleted with it.
    Deleted,
    /// The deletion is refused. The gateway's name of its collection is in the refusal.
    Kept(&'static str),
}

impl Holder {
    /// Entities that are deleted with what they refer to.
    pub(super) const fn deleted(kind: &'static Kind, index: &'static str) -> Holder {
        Holder { kind, index, fate: Fate::Deleted }
    }

    /// Entities that keep what they refer to from being deleted.
    pub(super) const fn kept(kind: &'static Kind, index: &'static str, collection: &'static str) -> Holder {
        Holder { kind, index, fate: Fate::Kept(collection) }
    }
}

/// The marker of an entity, for handlers of it.
pub(super) trait Of {
    /// The entity.
    const ENTITY: &'static Entity;
    /// The parameter of the path that names one.
    const ID: &'static str;
}

/// The marker of what a collection is below.
pub(super) trait Below {
    /// `None` for what is below the control plane only.
    const OWNER: Option<Owner>;
}

/// What a collection is below: the routes of a service, the credentials of a consumer.
#[derive(Debug)]
pub(super) struct Owner {
    /// The entity.
    pub(super) entity: &'static Entity,
    /// The parameter of the path that names one.
    pub(super) parameter: &'static str,
    /// The field of the collection's entities that refers to it.
    pub(super) field: &'static str,
    /// The index of that field.
    pub(super) index: &'static str,
}

/// Entities of a control plane, whatever they belong to.
pub(super) struct Anywhere;

impl Below for Anywhere {
    const OWNER: Option<Owner> = None;
}

/// A text of any length.
pub(super) const TEXT: Is = Is::ANY_TEXT;

/// A list of texts.
pub(super) const TEXTS: Is = Is::List(0, usize::MAX, &TEXT);

/// A whole number without limits.
pub(super) const INTEGER: Is = Is::Integer(i64::MIN, i64::MAX);

/// A reference to an entity.
pub(super) const REFERENCE: Is = Is::Object(&IDENTIFIED);

static IDENTIFIED: schema::Schema =
    schema::Schema { fields: &[Field::new("id", TEXT)], unknown: schema::Unknown::Ignored };

/// The protocols of routes, services and plugins.
pub(super) const PROTOCOLS: &[&str] =
    &["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp", "ws", "wss"];

/// A list of protocols.
pub(super) const PROTOCOL_LIST: Is = Is::List(0, usize::MAX, &Is::Choice(PROTOCOLS));

/// A field that may be null, and is if it is absent.
pub(super) const fn optional(name: &'static str, kind: Is) -> Field {
    Field::new(name, kind).nullable().or(Initial::Null)
}

/// The fields that every entity may have in a request. An entity without `tags` or `updated_at` does not list them.
pub(super) const ID: Field = Field::new("id", TEXT).nullable();
/// When it was created. A caller may say so, for an entity that is moved.
pub(super) const CREATED: Field = Field::new("created_at", INTEGER).nullable();
/// When it was changed last.
pub(super) const UPDATED: Field = Field::new("updated_at", INTEGER).nullable();
/// Its tags.
pub(super) const TAGS: Field = optional("tags", TEXTS);

/// The fields of an entity that are shown.
pub(super) fn shown(stored: &Body) -> Body {
    let names: Vec<&str> =
        stored.keys().map(String::as_str).filter(|name| *name != CONTROL_PLANE && !name.starts_with('@')).collect();
    pick(stored, &names)
}

/// The id that a request gives its entity, `None` if it gives none; it must be a UUID.
pub(super) fn given_id(fields: &Body) -> Result<Option<Uuid>, Problem> {
    match text(fields, "id") {
        "" => Ok(None),
        id if schema::is_uuid(id) => Ok(reference(fields, "id")),
        _ => Err(Invalid::body("id", Rule::Named("is_uuid"), "must be a UUID").into()),
    }
}

/// Completes an entity: its id, its control plane, and the times that were not sent.
pub(super) fn complete(entity: &Entity, fields: &mut Body, id: Uuid, control_plane: Uuid) {
    let now = entity.times.now();
    fields.insert("id".to_owned(), json!(id));
    fields.insert(CONTROL_PLANE.to_owned(), json!(control_plane));
    for time in entity.times.fields() {
        if fields.get(*time).is_none_or(Value::is_null) {
            fields.insert((*time).to_owned(), now.clone());
        }
    }
}
