//! Data planes: the certificates that they connect with, and what Konnect knows of them. None connects to a sandbox.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::entity::{CONTROL_PLANE, TEXT};
use super::pem;
use crate::konnect::control_planes;
use crate::konnect::framework::collection::{pick, reference, text};
use crate::konnect::framework::{Answer, Call, Document, Field, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::{CONFIG_STORE_SECRETS, DATA_PLANE_CERTIFICATES, GATEWAY_KINDS};
use crate::store::{Body, Record, World};

macro_rules! at {
    ($rest:literal) => {
        concat!("/v2/control-planes/{controlPlaneId}", $rest)
    };
}

const D: Document = Document::GatewayConfiguration;

static ROUTES: [Route; 11] = [
    Route::get(D, at!("/expected-config-hash"), expected_hash),
    Route::get(D, at!("/expected-config-version"), expected_version),
    Route::get(D, at!("/dp-client-certificates"), list),
    Route::post(D, at!("/dp-client-certificates"), create),
    Route::get(D, at!("/dp-client-certificates/{certificateId}"), get),
    Route::put(D, at!("/dp-client-certificates/{certificateId}"), update),
    Route::delete(D, at!("/dp-client-certificates/{certificateId}"), delete),
    Route::get(D, at!("/nodes"), list_nodes),
    Route::get(D, at!("/nodes/eol"), list_nodes),
    Route::get(D, at!("/nodes/{nodeId}"), no_node),
    Route::delete(D, at!("/nodes/{nodeId}"), no_node),
];

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter()
}

static CERTIFICATE: Schema =
    Schema { fields: &[Field::new("cert", TEXT).required(), Field::new("title", TEXT)], unknown: Unknown::Ignored };

fn control_plane<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)
}

/// The certificate that the path names.
fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let (control_plane, named) = (control_plane(world, call)?.id, call.parameter("certificateId"));
    let found = named.parse().ok().and_then(|id| world.get(&call.partition, &DATA_PLANE_CERTIFICATES, id));
    found
        .filter(|found| reference(&found.body, CONTROL_PLANE) == Some(control_plane))
        .ok_or_else(|| Problem::not_found("data plane certificate", named))
}

fn view(stored: &Body) -> Value {
    Value::Object(pick(stored, &["id", "cert", "title", "created_at", "updated_at"]))
}

fn read(call: &Call) -> Result<Body, Problem> {
    let fields = CERTIFICATE.create(call.body()?)?;
    pem::certificate("cert", text(&fields, "cert"))?;
    Ok(fields)
}

/// Lists all certificates: the document describes no pages.
fn list(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let control_plane = control_plane(&world, call)?.id;
    let found = world.referring(&call.partition, &DATA_PLANE_CERTIFICATES, CONTROL_PLANE, control_plane);
    let items: Vec<Value> = found.map(|certificate| view(&certificate.body)).collect();
    Ok(Answer::ok(json!({ "page": { "total_count": items.len() }, "items": items })))
}

fn create(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut fields = read(call)?;
    konnect.store.write(|world, batch| {
        let (id, now) = (Uuid::new_v4(), Timestamp::now().as_second());
        fields.insert("id".to_owned(), json!(id));
        fields.insert(CONTROL_PLANE.to_owned(), json!(control_plane(world, call)?.id));
        fields.insert("created_at".to_owned(), json!(now));
        fields.insert("updated_at".to_owned(), json!(now));
        batch.create(world, &call.partition, &DATA_PLANE_CERTIFICATES, id, fields.clone())?;
        Ok(Answer::created(json!({ "item": view(&fields) })))
    })
}

fn get(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(json!({ "item": view(&of_path(&world, call)?.body) })))
}

fn update(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut fields = read(call)?;
    konnect.store.write(|world, batch| {
        let found = of_path(world, call)?;
        fields.extend(pick(&found.body, &["id", CONTROL_PLANE, "created_at"]));
        fields.insert("updated_at".to_owned(), json!(Timestamp::now().as_second()));
        batch.update(world, &call.partition, &DATA_PLANE_CERTIFICATES, found, fields.clone())?;
        Ok(Answer::ok(json!({ "item": view(&fields) })))
    })
}

fn delete(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        batch.remove(&call.partition, &DATA_PLANE_CERTIFICATES, of_path(world, call)?);
        Ok(Answer::no_content())
    })
}

/// The digest of a control plane's configuration, which data planes compare with that of their own.
fn digest(world: &World, call: &Call, control_plane: Uuid) -> String {
    let mut hasher = Sha256::new();
    // Certificates of data planes and secrets of stores are no part of what a gateway gets.
    let is_delivered = |name: &str| name != DATA_PLANE_CERTIFICATES.name && name != CONFIG_STORE_SECRETS.name;
    for kind in GATEWAY_KINDS.iter().filter(|kind| is_delivered(kind.name)) {
        for record in world.referring(&call.partition, kind, CONTROL_PLANE, control_plane) {
            hasher.update(kind.name);
            hasher.update(Value::Object(Body::clone(&record.body)).to_string());
        }
    }
    hex::encode(hasher.finalize())[..32].to_owned()
}

/// A time of a control plane, in seconds.
fn seconds(control_plane: &Body, name: &str) -> i64 {
    text(control_plane, name).parse::<Timestamp>().map(Timestamp::as_second).unwrap_or_default()
}

fn expected_hash(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let found = control_plane(&world, call)?;
    Ok(Answer::ok(json!({
        "expected_hash": digest(&world, call, found.id),
        "created_at": seconds(&found.body, "created_at"),
        "updated_at": seconds(&found.body, "updated_at"),
    })))
}

fn expected_version(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let found = control_plane(&world, call)?;
    Ok(Answer::ok(json!({
        "expected_config_version": digest(&world, call, found.id),
        "created_at": seconds(&found.body, "created_at"),
    })))
}

fn list_nodes(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    control_plane(&konnect.store.read(), call)?;
    call.query.number("page[size]", 1, usize::MAX, 1)?;
    Ok(Answer::ok(json!({ "items": [], "page": { "total_count": 0 } })))
}

fn no_node(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    control_plane(&konnect.store.read(), call)?;
    Err(Problem::not_found("data plane node", call.parameter("nodeId")))
}
