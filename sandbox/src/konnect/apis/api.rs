//! `/apis`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::slug::{SLUG, slug};
use super::{implementations, path, versions};
use crate::konnect::framework::collection::{
    Listing, Paging, amend, create, find, id, list, merge, pick, reference, text,
};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Filter, Initial, Konnect, Problem, Route, Schema, Unknown,
};
use crate::konnect::kinds::{APIS, DOCUMENTS, IMPLEMENTATIONS, PORTALS, PUBLICATIONS, VERSIONS};
use crate::store::{Body, Partition, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::ApiCatalog, "/v3/apis", list_apis),
    Route::post(Document::ApiCatalog, "/v3/apis", create_api).json_only(),
    Route::get(Document::ApiCatalog, "/v3/apis/{apiId}", get_api),
    Route::patch(Document::ApiCatalog, "/v3/apis/{apiId}", update_api).json_only(),
    Route::delete(Document::ApiCatalog, "/v3/apis/{apiId}", delete_api),
];

static CREATE: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("current_version_summary"),
        Field::read_only("api_spec_ids"),
        Field::read_only("portals"),
        Field::read_only("implementation_mode"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("name", Is::Text(1, 255)).required(),
        Field::new("description", Is::ANY_TEXT).nullable().or(Initial::Null),
        Field::new("version", Is::Text(1, 255)).nullable().or(Initial::Null),
        Field::new("slug", SLUG).nullable(),
        Field::new("labels", Is::Labels(50)).or(Initial::Object),
        Field::new("attributes", Is::Attributes).or(Initial::Object),
        Field::new("spec_content", Is::ANY_TEXT),
    ],
    unknown: Unknown::Refused,
};

static UPDATE: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("current_version_summary"),
        Field::read_only("api_spec_ids"),
        Field::read_only("portals"),
        Field::read_only("implementation_mode"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("name", Is::Text(1, 255)),
        Field::new("description", Is::ANY_TEXT).nullable(),
        Field::new("version", Is::Text(1, 255)).nullable(),
        Field::new("slug", SLUG).nullable(),
        Field::new("labels", Is::LabelChanges(50)).nullable(),
        Field::new("attributes", Is::Attributes),
    ],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing {
    filters: &[
        Filter::id("id"),
        Filter::text("name"),
        Filter::text("version"),
        Filter::keys("labels", &["eq", "oeq", "neq", "contains", "ocontains"]),
        Filter::keys("attributes", &["eq", "oeq", "neq", "contains", "ocontains"]),
        Filter::text("implementation_mode"),
        Filter::time("created_at"),
        Filter::time("updated_at"),
    ],
    sorts: &["name", "version", "created_at", "updated_at"],
    joined: &["implementation_mode"],
    join: |world, partition, api| {
        let mode = implementations::mode(world, partition, id(api));
        api.insert("implementation_mode".to_owned(), json!(mode));
    },
    paging: Paging::Numbered,
};

/// An API with the fields that its versions, publications and implementations add.
fn view(world: &World, partition: &Partition, api: &Body) -> Value {
    let mut shown = Body::clone(api);
    let id = id(api);
    shown.insert("current_version_summary".to_owned(), versions::summary(world, partition, id));
    // Specifications are the predecessors of versions; the sandbox keeps none.
    shown.insert("api_spec_ids".to_owned(), json!([]));
    shown.insert("portals".to_owned(), portals(world, partition, id));
    shown.insert("implementation_mode".to_owned(), json!(implementations::mode(world, partition, id)));
    Value::Object(shown)
}

fn portals(world: &World, partition: &Partition, api: Uuid) -> Value {
    world
        .referring(partition, &PUBLICATIONS, "api_id", api)
        .filter_map(|publication| world.get(partition, &PORTALS, reference(&publication.body, "portal_id")?))
        .map(|portal| Value::Object(pick(&portal.body, &["id", "name", "display_name"])))
        .collect()
}

fn list_apis(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.partition, &APIS), &LISTING, view)
}

fn create_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut sent = CREATE.create(call.body()?)?;
    let content = sent.remove("spec_content");
    let default = slug(&[text(&sent, "name"), text(&sent, "version")]);
    sent.entry("slug").or_insert(json!(default));
    let version = match content.as_ref().and_then(Value::as_str) {
        Some(content) => Some(versions::contents(content, sent["version"].as_str())?),
        None => None,
    };
    let id = konnect.store.write(|world, batch| {
        let api = create(world, batch, &call.partition, &APIS, sent)?;
        if let Some(mut version) = version {
            version.insert("api_id".to_owned(), api["id"].clone());
            create(world, batch, &call.partition, &VERSIONS, version)?;
        }
        Ok::<_, Problem>(id(&api))
    })?;
    let world = konnect.store.read();
    let api = find(&world, &call.partition, &APIS, "API", id)?;
    Ok(Answer::created(view(&world, &call.partition, &api.body)))
}

fn get_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let api = path::api(&world, call)?;
    Ok(Answer::ok(view(&world, &call.partition, &api.body)))
}

/// `force` has no effect: nothing in the sandbox enforces access by operation.
fn update_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    call.query.flag("force")?;
    konnect.store.write(|world, batch| {
        let api = path::api(world, call)?;
        let mut body = Body::clone(&api.body);
        merge(&mut body, UPDATE.change(call.body()?)?);
        let api = amend(world, batch, &call.partition, &APIS, api, body)?;
        Ok(Answer::ok(view(world, &call.partition, &api)))
    })
}

fn delete_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let api = path::api(world, call)?;
        batch.remove(&call.partition, &APIS, api);
        for kind in [&DOCUMENTS, &VERSIONS, &PUBLICATIONS, &IMPLEMENTATIONS] {
            batch.remove_referring(world, &call.partition, kind, "api_id", api.id);
        }
        Ok(Answer::no_content())
    })
}
