//! Config stores: secrets that Konnect keeps for the gateways of a control plane. A secret's value cannot be read, so
//! the sandbox does not keep it.

use serde_json::{Value, json};

use super::entity::CONTROL_PLANE;
use crate::konnect::control_planes;
use crate::konnect::framework::collection::{Listing, Paging, amend, create, list, pick, reference};
use crate::konnect::framework::problem::Source;
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::gateway_kinds::{CONFIG_STORE_SECRETS, CONFIG_STORES};
use crate::store::{Body, Record, World};

const D: Document = Document::GatewayConfiguration;
const STORES: &str = "/v2/control-planes/{controlPlaneId}/config-stores";
const STORE: &str = "/v2/control-planes/{controlPlaneId}/config-stores/{configStoreId}";
const SECRETS: &str = "/v2/control-planes/{controlPlaneId}/config-stores/{configStoreId}/secrets";
const SECRET: &str = "/v2/control-planes/{controlPlaneId}/config-stores/{configStoreId}/secrets/{key}";

static ROUTES: [Route; 10] = [
    Route::get(D, STORES, list_stores).with_problems(),
    Route::post(D, STORES, create_store).with_problems().json_only(),
    Route::get(D, STORE, get_store).with_problems(),
    Route::put(D, STORE, update_store).with_problems().json_only(),
    Route::delete(D, STORE, delete_store).with_problems(),
    Route::get(D, SECRETS, list_secrets).with_problems(),
    Route::post(D, SECRETS, create_secret).with_problems().json_only(),
    Route::get(D, SECRET, get_secret).with_problems(),
    Route::put(D, SECRET, put_secret).with_problems().json_only(),
    Route::delete(D, SECRET, delete_secret).with_problems(),
];

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter()
}

/// The field of a secret with the id of its store.
const OF_STORE: &str = "config_store_id";

static LISTING: Listing = Listing::new(&[], &[]).paged(Paging::Cursor);

static STORE_SCHEMA: Schema = Schema { fields: &[Field::new("name", Is::Text(1, 100))], unknown: Unknown::Refused };

static VALUE: Field = Field::new("value", Is::Text(1, 5120)).required();

static SECRET_SCHEMA: Schema =
    Schema { fields: &[Field::new("key", Is::Text(1, 512)).required(), VALUE], unknown: Unknown::Ignored };

static VALUE_SCHEMA: Schema = Schema { fields: &[VALUE], unknown: Unknown::Ignored };

fn store_of<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let control_plane = control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)?.id;
    let named = call.parameter("configStoreId");
    let found = named.parse().ok().and_then(|id| world.get(&call.partition, &CONFIG_STORES, id));
    found
        .filter(|found| reference(&found.body, CONTROL_PLANE) == Some(control_plane))
        .ok_or_else(|| Problem::not_found("config store", named))
}

fn secret_of<'a>(world: &'a World, call: &Call, store: &Record) -> Option<&'a Record> {
    let key =
        Body::from_iter([("key".to_owned(), json!(call.parameter("key"))), (OF_STORE.to_owned(), json!(store.id))]);
    world.holding(&call.partition, &CONFIG_STORE_SECRETS, CONFIG_STORE_SECRETS.unique[0], &key)
}

fn missing_secret(call: &Call) -> Problem {
    Problem::not_found("secret", call.parameter("key"))
}

fn view_store(stored: &Body) -> Value {
    Value::Object(pick(stored, &["id", "name", "created_at", "updated_at"]))
}

fn view_secret(stored: &Body) -> Value {
    Value::Object(pick(stored, &["key", "created_at", "updated_at"]))
}

fn list_stores(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let control_plane = control_planes::of_id(&world, &call.partition, call.id("controlPlaneId")?)?.id;
    let stores = world.referring(&call.partition, &CONFIG_STORES, CONTROL_PLANE, control_plane);
    list(call, &world, stores, &LISTING, |_, _, stored| view_store(stored))
}

fn create_store(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut fields = STORE_SCHEMA.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let control_plane = control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)?.id;
        fields.insert(CONTROL_PLANE.to_owned(), json!(control_plane));
        Ok(Answer::created(view_store(&create(world, batch, &call.partition, &CONFIG_STORES, fields)?)))
    })
}

fn get_store(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(view_store(&store_of(&world, call)?.body)))
}

fn update_store(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = STORE_SCHEMA.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let found = store_of(world, call)?;
        let mut fields = Body::clone(&found.body);
        fields.extend(sent);
        Ok(Answer::ok(view_store(&amend(world, batch, &call.partition, &CONFIG_STORES, found, fields)?)))
    })
}

/// Deletes a store; one with secrets only with `force=true`.
fn delete_store(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let force = call.query.flag("force")?;
    konnect.store.write(|world, batch| {
        let found = store_of(world, call)?;
        let secrets = world.referring(&call.partition, &CONFIG_STORE_SECRETS, OF_STORE, found.id).len();
        if secrets > 0 && !force {
            let reason = format!("must be true to delete a config store with secrets; this one has {secrets}");
            return Err(Invalid::at(Source::Query, "force", Rule::Named("required"), reason).into());
        }
        batch.remove_referring(world, &call.partition, &CONFIG_STORE_SECRETS, OF_STORE, found.id);
        batch.remove(&call.partition, &CONFIG_STORES, found);
        Ok(Answer::no_content())
    })
}

fn list_secrets(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let store = store_of(&world, call)?;
    let secrets = world.referring(&call.partition, &CONFIG_STORE_SECRETS, OF_STORE, store.id);
    list(call, &world, secrets, &LISTING, |_, _, stored| view_secret(stored))
}

/// The stored fields of a secret: all except its value.
fn secret(key: &str, store: &Record) -> Body {
    let control_plane = store.body.get(CONTROL_PLANE).cloned().unwrap_or_default();
    Body::from_iter([
        ("key".to_owned(), json!(key)),
        (OF_STORE.to_owned(), json!(store.id)),
        (CONTROL_PLANE.to_owned(), control_plane),
    ])
}

fn create_secret(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = SECRET_SCHEMA.create(call.body()?)?;
    let key = sent["key"].as_str().unwrap_or_default();
    konnect.store.write(|world, batch| {
        let fields = secret(key, store_of(world, call)?);
        let made = create(world, batch, &call.partition, &CONFIG_STORE_SECRETS, fields).map_err(|_| {
            Problem::from(Invalid::body("key", Rule::Named("invalid"), "is the key of another secret of this store"))
        })?;
        Ok(Answer::created(view_secret(&made)))
    })
}

fn get_secret(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let found = secret_of(&world, call, store_of(&world, call)?).ok_or_else(|| missing_secret(call))?;
    Ok(Answer::ok(view_secret(&found.body)))
}

/// Replaces a secret's value, or creates the secret.
fn put_secret(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    VALUE_SCHEMA.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let store = store_of(world, call)?;
        let Some(found) = secret_of(world, call, store) else {
            let fields = secret(call.parameter("key"), store);
            let made = create(world, batch, &call.partition, &CONFIG_STORE_SECRETS, fields)?;
            return Ok(Answer::created(view_secret(&made)));
        };
        // The value is not stored, so the number of changes stands for it: each of them is one.
        let mut fields = Body::clone(&found.body);
        let changes = fields.get("changes").and_then(Value::as_u64).unwrap_or_default();
        fields.insert("changes".to_owned(), json!(changes + 1));
        let changed = amend(world, batch, &call.partition, &CONFIG_STORE_SECRETS, found, fields)?;
        Ok(Answer::ok(view_secret(&changed)))
    })
}

fn delete_secret(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let found = secret_of(world, call, store_of(world, call)?).ok_or_else(|| missing_secret(call))?;
        batch.remove(&call.partition, &CONFIG_STORE_SECRETS, found);
        Ok(Answer::no_content())
    })
}
