//! `/apis/{apiId}/versions`: the specification of an API, of which there is one.

use serde_json::{Value, json};
use uuid::Uuid;

use super::path;
use super::specification::Facts;
use crate::konnect::framework::collection::{Listing, amend, create, fields, list, pick, reference, text};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Filter, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::VERSIONS;
use crate::store::{Body, Partition, Record, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::ApiCatalog, "/v3/apis/{apiId}/versions", list_versions),
    Route::post(Document::ApiCatalog, "/v3/apis/{apiId}/versions", create_version).json_only(),
    Route::get(Document::ApiCatalog, "/v3/apis/{apiId}/versions/{versionId}", get_version),
    Route::patch(Document::ApiCatalog, "/v3/apis/{apiId}/versions/{versionId}", update_version).json_only(),
    Route::delete(Document::ApiCatalog, "/v3/apis/{apiId}/versions/{versionId}", delete_version),
];

static SPEC: Schema = Schema { fields: &[Field::new("content", Is::Text(1, usize::MAX))], unknown: Unknown::Refused };

static VERSION: Schema = Schema {
    fields: &[Field::new("version", Is::ANY_TEXT), Field::new("spec", Is::Object(&SPEC)).required()],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing::new(&[Filter::text("type"), Filter::text("version")], &["created_at"]);

/// The fields of a version with this content. Its name is `version`, or the content's `info.version`.
pub(super) fn contents(content: &str, version: Option<&str>) -> Result<Body, Problem> {
    let facts = Facts::read(content);
    let version = version.map(str::to_owned).or(facts.version).ok_or_else(version_missing)?;
    let messages: Vec<Value> = facts.messages.iter().map(|message| json!({ "message": message })).collect();
    Ok(fields(json!({
        "version": version,
        "content": content,
        "type": facts.kind,
        "validation_messages": messages,
    })))
}

fn version_missing() -> Problem {
    let reason = "is required, because the specification has no info.version";
    Invalid::body("version", Rule::Named("missing_reference"), reason).into()
}

/// The version in an API's own fields: null if it has none.
pub(super) fn summary(world: &World, partition: &Partition, api: Uuid) -> Value {
    let version = world.referring(partition, &VERSIONS, "api_id", api).next();
    version.map_or(Value::Null, |version| listed(&version.body))
}

/// A version in a list, without its content.
fn listed(version: &Body) -> Value {
    let mut shown = pick(version, &["id", "version", "created_at", "updated_at"]);
    shown.insert("spec".to_owned(), spec(version, &["type"]));
    Value::Object(shown)
}

fn view(version: &Body) -> Value {
    let mut shown = pick(version, &["id", "version", "created_at", "updated_at"]);
    shown.insert("spec".to_owned(), spec(version, &["content", "type", "validation_messages"]));
    Value::Object(shown)
}

/// The fields of `spec`. An unknown type is left out, because the document does not allow null.
fn spec(version: &Body, shown: &[&str]) -> Value {
    let mut spec = pick(version, shown);
    spec.retain(|_, value| !value.is_null());
    Value::Object(spec)
}

/// The version that the path names, which must be the API's.
fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let api = path::api(world, call)?.id;
    let id = call.id("versionId")?;
    world
        .get(&call.partition, &VERSIONS, id)
        .filter(|version| reference(&version.body, "api_id") == Some(api))
        .ok_or_else(|| Problem::not_found("version of this API", &id.to_string()))
}

fn list_versions(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let api = path::api(&world, call)?.id;
    list(call, &world, world.referring(&call.partition, &VERSIONS, "api_id", api), &LISTING, |_, _, version| {
        listed(version)
    })
}

fn create_version(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = VERSION.create(call.body()?)?;
    let content = sent["spec"]["content"]
        .as_str()
        .ok_or_else(|| Problem::from(Invalid::body("spec.content", Rule::Named("required"), "is a required field")))?;
    let mut version = contents(content, sent.get("version").and_then(Value::as_str))?;
    konnect.store.write(|world, batch| {
        let api = path::api(world, call)?;
        version.insert("api_id".to_owned(), json!(api.id));
        let version = create(world, batch, &call.partition, &VERSIONS, version)
            .map_err(|_| Problem::conflict(format!("The API [{}] already has a version.", api.id)))?;
        Ok(Answer::created(view(&version)))
    })
}

fn get_version(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(view(&of_path(&world, call)?.body)))
}

/// If a change of the content names no version, the version is taken from the new content, or else kept. `force` has no
/// effect: nothing in the sandbox enforces access by operation.
fn update_version(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    call.query.flag("force")?;
    let sent = VERSION.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let version = of_path(world, call)?;
        let named = sent.get("version").and_then(Value::as_str);
        let mut body = Body::clone(&version.body);
        if let Some(content) = sent.get("spec").and_then(|spec| spec["content"].as_str()) {
            let given = named.map(str::to_owned).or(Facts::read(content).version);
            let given = given.unwrap_or_else(|| text(&version.body, "version").to_owned());
            body.extend(contents(content, Some(&given))?);
        } else if let Some(named) = named {
            body.insert("version".to_owned(), json!(named));
        }
        let version = amend(world, batch, &call.partition, &VERSIONS, version, body)?;
        Ok(Answer::ok(view(&version)))
    })
}

fn delete_version(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        batch.remove(&call.partition, &VERSIONS, of_path(world, call)?);
        Ok(Answer::no_content())
    })
}
