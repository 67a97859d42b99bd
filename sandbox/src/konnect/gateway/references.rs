//! References between the gateway's entities: they must lead to an entity of the same control plane, and hold it.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::entity::{CONTROL_PLANE, Entity, Fate, Foreign};
use crate::konnect::framework::collection::reference;
use crate::konnect::framework::problem::Violation;
use crate::konnect::framework::{Invalid, Problem, Rule};
use crate::store::{Batch, Body, Partition, Record, Taken, World};

/// Fills the indexes of an entity's references, each of which must lead to an entity of its control plane.
pub(super) fn resolve(
    entity: &Entity,
    world: &World,
    partition: &Partition,
    control_plane: Uuid,
    fields: &mut Body,
) -> Result<(), Problem> {
    for foreign in entity.foreign {
        if foreign.required && fields.get(foreign.field).is_none_or(Value::is_null) {
            return Err(Invalid::body(foreign.field, Rule::Named("required"), "is a required field").into());
        }
        let value = fields.get_mut(foreign.field);
        let found = value.map(|value| targets(foreign, world, partition, control_plane, value)).transpose()?;
        fields.insert(foreign.index.to_owned(), found.unwrap_or_default());
    }
    Ok(())
}

/// The ids in a field, in the shape of its index. The field's own ids get their canonical form.
fn targets(
    foreign: &Foreign,
    world: &World,
    partition: &Partition,
    control_plane: Uuid,
    value: &mut Value,
) -> Result<Value, Problem> {
    let find = |value: &mut Value| -> Result<Value, Problem> {
        let id = match value {
            Value::String(id) => id,
            Value::Object(object) => match object.get_mut("id") {
                Some(Value::String(id)) => id,
                _ => {
                    let field = format!("{}.id", foreign.field);
                    return Err(Invalid::body(field, Rule::Named("required"), "is a required field").into());
                }
            },
            _ => return Ok(Value::Null),
        };
        let named = id.parse().ok().and_then(|id| world.get(partition, foreign.kind, id));
        let named = named.filter(|named| reference(&named.body, CONTROL_PLANE) == Some(control_plane));
        let named = named.ok_or_else(|| dangling(foreign, id))?;
        *id = named.id.to_string();
        Ok(json!(named.id))
    };
    match value {
        Value::Array(items) => items.iter_mut().map(find).collect(),
        single => find(single),
    }
}

fn dangling(foreign: &Foreign, id: &str) -> Problem {
    let message =
        format!("the foreign key '{{id=\"{id}\"}}' does not reference an existing '{}' entity.", foreign.collection);
    let fields = json!({ (foreign.field): { "id": id } });
    Problem::violation(StatusCode::BAD_REQUEST, Violation::FOREIGN_KEY, message, fields)
}

/// Removes what refers to an entity that is being deleted, or refuses the deletion.
pub(super) fn release(
    entity: &Entity,
    world: &World,
    batch: &mut Batch,
    partition: &Partition,
    record: &Record,
) -> Result<(), Problem> {
    for holder in entity.held_by {
        let holding = world.referring(partition, holder.kind, holder.index, record.id);
        match holder.fate {
            Fate::Kept(collection) if holding.len() > 0 => {
                let message =
                    format!("an existing '{collection}' entity references this '{}' entity", entity.collection);
                let fields = json!({ "@referenced_by": collection });
                return Err(Problem::violation(StatusCode::BAD_REQUEST, Violation::FOREIGN_KEY, message, fields));
            }
            Fate::Kept(_) => {}
            Fate::Deleted => batch.remove_referring(world, partition, holder.kind, holder.index, record.id),
        }
    }
    Ok(())
}

/// The refusal of a value that another entity has.
pub(super) fn taken(fields: &Body, taken: &Taken) -> Problem {
    let own = taken.fields.iter().filter(|name| **name != CONTROL_PLANE);
    let mut values = Body::new();
    let mut words = Vec::new();
    for name in own {
        let value = fields.get(*name).cloned().unwrap_or_default();
        let (name, value) = match (name.strip_prefix('@'), value) {
            (Some(name), Value::String(id)) => (name, json!({ "id": id })),
            (Some(name), value) => (name, value),
            (None, value) => (*name, value),
        };
        words.push(format!("{name}={value}"));
        values.insert(name.to_owned(), value);
    }
    let message = format!("UNIQUE violation detected on '{{{}}}'", words.join(","));
    Problem::violation(StatusCode::CONFLICT, Violation::UNIQUE, message, Value::Object(values))
}

/// The refusal of an id that another entity has.
pub(super) fn id_taken(id: Uuid) -> Problem {
    let message = format!("primary key violation on key '{{id=\"{id}\"}}'");
    Problem::violation(StatusCode::CONFLICT, Violation::PRIMARY_KEY, message, json!({ "id": id }))
}
