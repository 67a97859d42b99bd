//! Implementations: `/apis/{apiId}/implementations`, and the list of all.
//!
//! An API is implemented by one gateway service, which implements no other, or by a control plane.

use serde_json::{Value, json};
use uuid::Uuid;

use super::path;
use crate::konnect::framework::collection::{Listing, create, fields, list, pick, reference};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Filter, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{CONTROL_PLANES, IMPLEMENTATIONS, SERVICES};
use crate::store::{Body, Partition, Record, World};

pub(super) static ROUTES: &[Route] = &[
    Route::post(Document::ApiCatalog, "/v3/apis/{apiId}/implementations", create_implementation),
    Route::get(Document::ApiCatalog, "/v3/apis/{apiId}/implementations/{implementationId}", get_implementation),
    Route::delete(Document::ApiCatalog, "/v3/apis/{apiId}/implementations/{implementationId}", delete_implementation),
    Route::get(Document::ApiCatalog, "/v3/api-implementations", list_implementations),
];

static SERVICE: Schema = Schema {
    fields: &[
        Field::read_only("auth_strategy_sync_error"),
        Field::new("control_plane_id", Is::Uuid).required(),
        Field::new("id", Is::Uuid).required(),
    ],
    unknown: Unknown::Refused,
};

static CONTROL_PLANE: Schema = Schema {
    fields: &[
        Field::read_only("access_control_enforcement_enabled"),
        Field::new("control_plane_id", Is::Uuid).required(),
    ],
    unknown: Unknown::Refused,
};

/// The document gives two shapes, one with each of the last two fields.
static IMPLEMENTATION: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("service", Is::Object(&SERVICE)),
        Field::new("control_plane", Is::Object(&CONTROL_PLANE)),
    ],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing::new(
    &[
        Filter::id("id"),
        Filter::id("api_id"),
        Filter::id("service_id"),
        Filter::id("control_plane_id"),
        Filter::time("created_at"),
        Filter::time("updated_at"),
    ],
    &["id", "api_id", "control_plane_id", "service_id", "created_at", "updated_at"],
);

/// The way in which an API is implemented, in the document's words; `None` if it is not.
pub(super) fn mode(world: &World, partition: &Partition, api: Uuid) -> Option<&'static str> {
    let implementation = world.referring(partition, &IMPLEMENTATIONS, "api_id", api).next()?;
    Some(match reference(&implementation.body, "service_id") {
        Some(_) => "gateway_entity_binding",
        None => "access_control_enforcement",
    })
}

/// Stored flat, shown in the document's shape for a service or a control plane.
fn view(implementation: &Body) -> Value {
    let mut shown = pick(implementation, &["id", "created_at", "updated_at"]);
    let control_plane = &implementation["control_plane_id"];
    match implementation.get("service_id") {
        Some(service) => {
            shown.insert("service".to_owned(), json!({ "control_plane_id": control_plane, "id": service }));
        }
        None => {
            // The sandbox's gateways do not have the plugin that enforces access.
            let shape = json!({ "control_plane_id": control_plane, "access_control_enforcement_enabled": false });
            shown.insert("control_plane".to_owned(), shape);
        }
    }
    Value::Object(shown)
}

fn listed(_: &World, _: &Partition, implementation: &Body) -> Value {
    let mut shown = view(implementation);
    shown["api_id"] = implementation["api_id"].clone();
    shown
}

fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let api = path::api(world, call)?.id;
    let id = call.id("implementationId")?;
    world
        .get(&call.partition, &IMPLEMENTATIONS, id)
        .filter(|implementation| reference(&implementation.body, "api_id") == Some(api))
        .ok_or_else(|| Problem::not_found("implementation of this API", &id.to_string()))
}

fn missing(field: &str, what: &str) -> Problem {
    Invalid::body(field, Rule::Named("missing_reference"), format!("{what} not found")).into()
}

/// The ids of the control plane and, if there is one, the service that a request links to, checked to exist.
fn target(world: &World, partition: &Partition, sent: &Body) -> Result<Body, Problem> {
    let (field, object) = match (sent.get("service"), sent.get("control_plane")) {
        (Some(service), None) => ("service", service),
        (None, Some(control_plane)) => ("control_plane", control_plane),
        _ => {
            let reason = "must be given unless control_plane is, and not with it";
            return Err(Invalid::body("service", Rule::Named("required"), reason).into());
        }
    };
    let id = |name: &str| -> Uuid {
        let id = object[name].as_str().and_then(|id| id.parse().ok());
        id.expect("the schema requires these fields, and that they are UUIDs")
    };
    let control_plane = id("control_plane_id");
    world
        .get(partition, &CONTROL_PLANES, control_plane)
        .ok_or_else(|| missing(&format!("{field}.control_plane_id"), "Control plane"))?;
    let mut target = fields(json!({ "control_plane_id": control_plane }));
    if field == "service" {
        let service = world
            .get(partition, &SERVICES, id("id"))
            .filter(|service| reference(&service.body, "control_plane_id") == Some(control_plane))
            .ok_or_else(|| missing("service.id", "Service"))?;
        target.insert("service_id".to_owned(), json!(service.id));
    }
    Ok(target)
}

fn create_implementation(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = IMPLEMENTATION.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let api = path::api(world, call)?;
        let mut body = target(world, &call.partition, &sent)?;
        body.insert("api_id".to_owned(), json!(api.id));
        let implementation =
            create(world, batch, &call.partition, &IMPLEMENTATIONS, body).map_err(|taken| match taken.fields {
                ["service_id"] => Problem::conflict("This gateway service already implements another API."),
                _ => Problem::conflict("This API already has an implementation."),
            })?;
        Ok(Answer::created(view(&implementation)))
    })
}

fn get_implementation(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(view(&of_path(&world, call)?.body)))
}

fn delete_implementation(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        batch.remove(&call.partition, &IMPLEMENTATIONS, of_path(world, call)?);
        Ok(Answer::no_content())
    })
}

fn list_implementations(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.partition, &IMPLEMENTATIONS), &LISTING, listed)
}
