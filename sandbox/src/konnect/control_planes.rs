//! Konnect Control Planes, `/v2` of a region.

use serde_json::{Value, json};
use uuid::Uuid;

use super::framework::collection::{Listing, amend, create, fields, find, list, pick};
use super::framework::schema::Kind as Is;
use super::framework::{Answer, Call, Document, Field, Filter, Initial, Konnect, Problem, Route, Schema, Unknown};
use super::gateway_kinds::GATEWAY_KINDS;
use super::kinds::{CONTROL_PLANES, GROUP_MEMBERS, IMPLEMENTATIONS};
use crate::store::{Body, Partition, Record, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::ControlPlanes, "/v2/control-planes", list_control_planes),
    Route::post(Document::ControlPlanes, "/v2/control-planes", create_control_plane),
    Route::get(Document::ControlPlanes, "/v2/control-planes/{controlPlaneId}", get_control_plane),
    Route::patch(Document::ControlPlanes, "/v2/control-planes/{controlPlaneId}", update_control_plane),
    Route::delete(Document::ControlPlanes, "/v2/control-planes/{controlPlaneId}", delete_control_plane),
];

const CLUSTER_TYPES: &[&str] = &[
    "CLUSTER_TYPE_CONTROL_PLANE",
    "CLUSTER_TYPE_K8S_INGRESS_CONTROLLER",
    "CLUSTER_TYPE_CONTROL_PLANE_GROUP",
    "CLUSTER_TYPE_SERVERLESS",
    "CLUSTER_TYPE_KAFKA_NATIVE_EVENT_PROXY",
    "CLUSTER_TYPE_SERVERLESS_V1",
];

const AUTH_TYPES: &[&str] = &["pinned_client_certs", "pki_client_certs"];

static PROXY_URL: Schema = Schema {
    fields: &[
        Field::new("host", Is::Text(1, 120)).required(),
        Field::new("port", Is::Integer(1, i64::MAX)).required(),
        Field::new("protocol", Is::Text(1, 32)).required(),
    ],
    unknown: Unknown::Refused,
};

const PROXY_URLS: Is = Is::List(0, 5, &Is::Object(&PROXY_URL));

/// The document sets no limit on the number of labels.
const LABELS: Is = Is::Labels(usize::MAX);

static CREATE: Schema = Schema {
    fields: &[
        Field::new("name", Is::Text(2, 256)).required(),
        Field::new("description", Is::Text(0, 2048)).or(Initial::Text("")),
        Field::new("cluster_type", Is::Choice(CLUSTER_TYPES)).or(Initial::Text("CLUSTER_TYPE_CONTROL_PLANE")),
        Field::new("auth_type", Is::Choice(AUTH_TYPES)).or(Initial::Text("pinned_client_certs")),
        Field::new("cloud_gateway", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("proxy_urls", PROXY_URLS).or(Initial::List),
        Field::new("labels", LABELS).or(Initial::Object),
    ],
    unknown: Unknown::Refused,
};

/// The cluster type of a control plane cannot be changed. A change replaces all labels: they cannot hold null, so no
/// label could be removed otherwise.
static UPDATE: Schema = Schema {
    fields: &[
        Field::new("name", Is::Text(2, 256)),
        Field::new("description", Is::Text(0, 2048)),
        Field::new("auth_type", Is::Choice(AUTH_TYPES)),
        Field::new("proxy_urls", PROXY_URLS),
        Field::new("labels", LABELS),
    ],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing::new(
    &[
        Filter::new("id", &["eq", "oeq"]),
        Filter::new("name", &["eq", "contains", "neq"]),
        Filter::new("cluster_type", &["eq", "oeq", "neq"]),
        Filter::flag("cloud_gateway"),
    ],
    &["created_at"],
);

/// The control plane with this id.
pub(super) fn of_id<'a>(world: &'a World, partition: &Partition, id: Uuid) -> Result<&'a Record, Problem> {
    find(world, partition, &CONTROL_PLANES, "control plane", id)
}

/// Stored flat, shown with the cluster's settings in `config`.
pub(super) fn view(_: &World, _: &Partition, stored: &Body) -> Value {
    let mut shown = pick(stored, &["id", "name", "description", "labels", "created_at", "updated_at"]);
    let config =
        ["control_plane_endpoint", "telemetry_endpoint", "cluster_type", "auth_type", "cloud_gateway", "proxy_urls"];
    shown.insert("config".to_owned(), Value::Object(pick(stored, &config)));
    Value::Object(shown)
}

/// The `labels` parameter: `key:value` pairs and bare keys, all of which must match.
fn has_labels(wanted: &str, stored: &Body) -> bool {
    let label = |key: &str| stored.get("labels").and_then(|labels| labels.get(key));
    wanted.split(',').map(str::trim).filter(|part| !part.is_empty()).all(|part| match part.split_once(':') {
        Some((key, value)) => label(key).is_some_and(|label| label == value),
        None => label(part).is_some(),
    })
}

/// Lists the control planes of a region.
pub(super) fn list_control_planes(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let all = world.all(&call.partition, &CONTROL_PLANES);
    match call.query.get("labels") {
        None => list(call, &world, all, &LISTING, view),
        Some(wanted) => {
            let labelled: Vec<&Record> = all.filter(|record| has_labels(wanted, &record.body)).collect();
            list(call, &world, labelled.into_iter(), &LISTING, view)
        }
    }
}

fn create_control_plane(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut body = CREATE.create(call.body()?)?;
    // Endpoints have a host of their own, as in the document's examples.
    let host = &Uuid::new_v4().simple().to_string()[..10];
    let region = &call.partition.region;
    body.extend(fields(json!({
        "control_plane_endpoint": format!("https://{host}.{region}.cp.konghq.com"),
        "telemetry_endpoint": format!("https://{host}.{region}.tp.konghq.com"),
    })));
    konnect.store.write(|world, batch| {
        let created = create(world, batch, &call.partition, &CONTROL_PLANES, body)?;
        Ok(Answer::created(view(world, &call.partition, &created)))
    })
}

fn get_control_plane(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let found = of_id(&world, &call.partition, call.id("controlPlaneId")?)?;
    Ok(Answer::ok(view(&world, &call.partition, &found.body)))
}

fn update_control_plane(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let found = of_id(world, &call.partition, call.id("controlPlaneId")?)?;
        let mut body = Body::clone(&found.body);
        body.extend(UPDATE.change(call.body()?)?);
        let changed = amend(world, batch, &call.partition, &CONTROL_PLANES, found, body)?;
        Ok(Answer::ok(view(world, &call.partition, &changed)))
    })
}

fn delete_control_plane(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let found = of_id(world, &call.partition, call.id("controlPlaneId")?)?;
        batch.remove(&call.partition, &CONTROL_PLANES, found);
        for kind in GATEWAY_KINDS.iter().copied().chain([&IMPLEMENTATIONS]) {
            batch.remove_referring(world, &call.partition, kind, "control_plane_id", found.id);
        }
        for side in GROUP_MEMBERS.references {
            batch.remove_referring(world, &call.partition, &GROUP_MEMBERS, side, found.id);
        }
        Ok(Answer::no_content())
    })
}
