//! Custom plugins: those that Konnect delivers to the gateways, and the schemas of those that are installed there.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::entity::{Anywhere, CONTROL_PLANE, CREATED, Entity, ID, Of, TAGS, TEXT, UPDATED};
use super::operations::{at, collection};
use crate::konnect::control_planes;
use crate::konnect::framework::collection::{pick, text};
use crate::konnect::framework::{
    Answer, Call, Document, Field, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::gateway_kinds::{CUSTOM_PLUGINS, PLUGIN_SCHEMAS};
use crate::store::{Body, Record, World};

/// Custom plugins.
pub(super) struct CustomPlugins;

impl Of for CustomPlugins {
    const ENTITY: &'static Entity = &CUSTOM_PLUGIN;
    const ID: &'static str = "CustomPluginId";
}

static OPERATIONS: [Route; 5] =
    collection::<CustomPlugins, Anywhere>(at!("/custom-plugins"), at!("/custom-plugins/{CustomPluginId}"));

const D: Document = Document::GatewayConfiguration;
const SCHEMAS: &str = at!("/plugin-schemas");
const ITEM: &str = at!("/plugin-schemas/{name}");

static SCHEMA_ROUTES: [Route; 5] = [
    Route::get(D, SCHEMAS, list).with_problems(),
    Route::post(D, SCHEMAS, create),
    Route::get(D, ITEM, get),
    Route::put(D, ITEM, upsert),
    Route::delete(D, ITEM, delete),
];

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter().chain(&SCHEMA_ROUTES)
}

static CUSTOM_PLUGIN: Entity = Entity {
    key: Some("name"),
    ..Entity::new(&CUSTOM_PLUGINS, "custom plugin", "custom_plugins", |body| SCHEMA.create(body))
};

static SCHEMA: Schema = Schema {
    fields: &[
        ID,
        Field::new("name", TEXT).required(),
        Field::new("handler", TEXT).required(),
        Field::new("schema", TEXT).required(),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

static LUA: Schema = Schema { fields: &[Field::new("lua_schema", TEXT).required()], unknown: Unknown::Ignored };

/// The value of the first assignment to `name` in a Lua text: a text, or a local variable that is one.
fn assigned<'a>(lua: &'a str, name: &str) -> Option<&'a str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    for (start, _) in lua.match_indices(name) {
        let (before, rest) = (&lua[..start], lua[start + name.len()..].trim_start());
        let Some(value) = rest.strip_prefix('=').filter(|rest| !rest.starts_with('=')) else { continue };
        if before.ends_with(is_word) {
            continue;
        }
        let value = value.trim_start();
        if let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            return value[1..].split(quote).next().filter(|text| !text.is_empty());
        }
        let variable = value.split(|character| !is_word(character)).next().unwrap_or_default();
        if !variable.is_empty() && variable != name {
            return assigned(lua, variable);
        }
    }
    None
}

fn view(stored: &Body) -> Value {
    Value::Object(pick(stored, &["name", "lua_schema", "created_at", "updated_at"]))
}

fn of_path(world: &World, call: &Call) -> Result<(Uuid, Option<Record>), Problem> {
    let control_plane = control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)?.id;
    let key = Body::from_iter([
        ("name".to_owned(), json!(call.parameter("name"))),
        (CONTROL_PLANE.to_owned(), json!(control_plane)),
    ]);
    let found = world.holding(&call.partition, &PLUGIN_SCHEMAS, PLUGIN_SCHEMAS.unique[0], &key);
    Ok((control_plane, found.cloned()))
}

fn missing(call: &Call) -> Problem {
    Problem::not_found("plugin schema", call.parameter("name"))
}

/// Lists all schemas: an answer has no place for where the next page begins.
fn list(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let control_plane = control_planes::of_id(&world, &call.partition, call.id("controlPlaneId")?)?.id;
    call.query.number("page[size]", 1, usize::MAX, 1)?;
    let schemas = world.referring(&call.partition, &PLUGIN_SCHEMAS, CONTROL_PLANE, control_plane);
    let items: Vec<Value> = schemas.map(|schema| view(&schema.body)).collect();
    Ok(Answer::ok(json!({ "page": { "total_count": items.len() }, "items": items })))
}

/// A schema and the name in it.
fn read(call: &Call) -> Result<(String, Body), Problem> {
    let fields = LUA.create(call.body()?)?;
    let name = assigned(text(&fields, "lua_schema"), "name").map(str::to_owned).ok_or_else(|| {
        let reason = "must be a Lua schema with the name of its plugin";
        Problem::from(Invalid::body("lua_schema", Rule::Named("invalid"), reason))
    })?;
    Ok((name, fields))
}

fn completed(name: &str, mut fields: Body, id: Uuid, control_plane: Uuid, created: Option<&Value>) -> Body {
    let now = json!(Timestamp::now().as_second());
    fields.insert("id".to_owned(), json!(id));
    fields.insert("name".to_owned(), json!(name));
    fields.insert(CONTROL_PLANE.to_owned(), json!(control_plane));
    fields.insert("created_at".to_owned(), created.unwrap_or(&now).clone());
    fields.insert("updated_at".to_owned(), now);
    fields
}

fn create(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let (name, fields) = read(call)?;
    konnect.store.write(|world, batch| {
        let control_plane = control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)?.id;
        let id = Uuid::new_v4();
        let fields = completed(&name, fields, id, control_plane, None);
        batch.create(world, &call.partition, &PLUGIN_SCHEMAS, id, fields.clone()).map_err(|_| {
            Problem::new(StatusCode::CONFLICT, format!("There is a schema of the plugin [{name}] already."))
        })?;
        Ok(Answer::created(json!({ "item": view(&fields) })))
    })
}

fn get(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let found = of_path(&konnect.store.read(), call)?.1.ok_or_else(|| missing(call))?;
    Ok(Answer::ok(json!({ "item": view(&found.body) })))
}

fn upsert(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let (name, fields) = read(call)?;
    if name != call.parameter("name") {
        let reason = format!("has the name [{name}], and the path another");
        return Err(Invalid::body("lua_schema", Rule::Named("invalid"), reason).into());
    }
    konnect.store.write(|world, batch| {
        let (control_plane, found) = of_path(world, call)?;
        let id = found.as_ref().map_or_else(Uuid::new_v4, |found| found.id);
        let created = found.as_ref().and_then(|found| found.body.get("created_at"));
        let fields = completed(&name, fields, id, control_plane, created);
        match &found {
            Some(found) => batch.update(world, &call.partition, &PLUGIN_SCHEMAS, found, fields.clone())?,
            None => batch.create(world, &call.partition, &PLUGIN_SCHEMAS, id, fields.clone())?,
        }
        Ok(Answer::ok(json!({ "item": view(&fields) })))
    })
}

fn delete(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let found = of_path(world, call)?.1.ok_or_else(|| missing(call))?;
        batch.remove(&call.partition, &PLUGIN_SCHEMAS, &found);
        Ok(Answer::no_content())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_lua_schema_is_a_text_or_a_variable() {
        for lua in ["", "return {}", "rename = \"x\"", "name == \"x\"", "name = name", "name = \"\""] {
            assert_eq!(assigned(lua, "name"), None, "{lua}");
        }
        let variable = "local PLUGIN = 'mine'\nlocal schema = { name = PLUGIN, fields = {} }\nreturn schema";
        for lua in ["return { name = \"mine\" }", "return {name='mine'}", variable] {
            assert_eq!(assigned(lua, "name"), Some("mine"), "{lua}");
        }
    }
}
