//! Publications: `/apis/{apiId}/publications/{portalId}`, the list of all, and the list of a portal's.

use serde_json::{Value, json};

use super::path;
use crate::konnect::auth_strategies;
use crate::konnect::framework::collection::{Listing, Paging, amend, create, fields, list, pick, reference};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Answer, Call, Document, Field, Filter, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::{APIS, PORTALS, PUBLICATIONS};
use crate::konnect::portals;
use crate::store::{Body, Partition, Record, World};

pub(super) static ROUTES: &[Route] = &[
    Route::put(Document::ApiCatalog, "/v3/apis/{apiId}/publications/{portalId}", publish),
    Route::get(Document::ApiCatalog, "/v3/apis/{apiId}/publications/{portalId}", get_publication),
    Route::delete(Document::ApiCatalog, "/v3/apis/{apiId}/publications/{portalId}", unpublish),
    Route::get(Document::ApiCatalog, "/v3/api-publications", list_publications),
    Route::get(Document::ApiCatalog, "/v3/portals/{portalId}/api-publications", list_of_portal),
];

static PUBLICATION: Schema = Schema {
    fields: &[
        Field::read_only("warnings"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("auto_approve_registrations", Is::Boolean),
        Field::new("auth_strategy_ids", Is::List(1, 1, &Is::Uuid)).nullable(),
        Field::new("visibility", Is::Choice(&["public", "private"])),
    ],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing {
    filters: &[
        Filter::id("portal_id"),
        Filter::text("portal_name"),
        Filter::id("api_id"),
        Filter::text("api_name"),
        Filter::id("auth_strategy_id").of("auth_strategy_ids"),
        Filter::text("entity_type"),
    ],
    sorts: &["portal_id", "portal_name", "api_id", "api_name", "created_at", "updated_at"],
    joined: &["api_name", "portal_name"],
    join: add_names,
    paging: Paging::Numbered,
};

static LISTING_OF_PORTAL: Listing = Listing {
    filters: &[
        Filter::id("api_id"),
        Filter::text("api_name"),
        Filter::id("auth_strategy_id").of("auth_strategy_ids"),
        Filter::text("entity_type"),
    ],
    sorts: &["api_id", "api_name", "created_at", "updated_at"],
    joined: &["api_name", "portal_name"],
    join: add_names,
    paging: Paging::Numbered,
};

fn add_names(world: &World, partition: &Partition, publication: &mut Body) {
    for (kind, id, name) in [(&APIS, "api_id", "api_name"), (&PORTALS, "portal_id", "portal_name")] {
        let named = reference(publication, id).and_then(|id| world.get(partition, kind, id));
        if let Some(value) = named.and_then(|record| record.body.get("name")) {
            publication.insert(name.to_owned(), value.clone());
        }
    }
}

fn view(publication: &Body) -> Value {
    let shown = ["auto_approve_registrations", "auth_strategy_ids", "visibility", "created_at", "updated_at"];
    Value::Object(pick(publication, &shown))
}

/// The fields of a publication in both lists, without the portal.
const LISTED: [&str; 7] = [
    "api_id",
    "entity_type",
    "auto_approve_registrations",
    "auth_strategy_ids",
    "visibility",
    "created_at",
    "updated_at",
];

fn listed(_: &World, _: &Partition, publication: &Body) -> Value {
    let mut shown = pick(publication, &LISTED);
    shown.insert("portal_id".to_owned(), publication["portal_id"].clone());
    Value::Object(shown)
}

/// In the list of a portal, the document calls the field `portal_ids`, a list.
fn listed_of_portal(_: &World, _: &Partition, publication: &Body) -> Value {
    let mut shown = pick(publication, &LISTED);
    shown.insert("portal_ids".to_owned(), json!([publication["portal_id"]]));
    Value::Object(shown)
}

/// The API and the portal that the path names, and the publication of the API in the portal, `None` if there is none.
fn of_path<'a>(world: &'a World, call: &Call) -> Result<(&'a Record, &'a Record, Option<&'a Record>), Problem> {
    let api = path::api(world, call)?;
    let portal = portals::of_path(world, call)?;
    let key = fields(json!({ "api_id": api.id, "portal_id": portal.id }));
    Ok((api, portal, world.holding(&call.partition, &PUBLICATIONS, PUBLICATIONS.unique[0], &key)))
}

fn published<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let (api, portal, publication) = of_path(world, call)?;
    publication.ok_or_else(|| {
        Problem::not_found("publication of this API in the portal", &format!("{} in {}", api.id, portal.id))
    })
}

/// Publishes an API, or replaces the settings of its publication. Fields that are left out come from the portal: its
/// default visibility and its default authentication strategy.
fn publish(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = PUBLICATION.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let (api, portal, publication) = of_path(world, call)?;
        let strategies = sent.get("auth_strategy_ids").and_then(Value::as_array);
        for (index, id) in strategies.into_iter().flatten().enumerate() {
            auth_strategies::check_exists(world, &call.partition, &format!("auth_strategy_ids.{index}"), id)?;
        }
        let strategy = portal.body.get("default_application_auth_strategy_id").filter(|id| !id.is_null());
        let mut body = fields(json!({
            "api_id": api.id,
            "portal_id": portal.id,
            "entity_type": "api",
            "visibility": portal.body["default_api_visibility"],
            "auth_strategy_ids": strategy.map(|id| vec![id]),
            "auto_approve_registrations": false,
        }));
        body.extend(sent);
        let publication = match publication {
            Some(publication) => {
                let mut replaced = Body::clone(&publication.body);
                replaced.extend(body);
                amend(world, batch, &call.partition, &PUBLICATIONS, publication, replaced)?
            }
            None => create(world, batch, &call.partition, &PUBLICATIONS, body)?,
        };
        Ok(Answer::ok(view(&publication)))
    })
}

fn get_publication(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(view(&published(&world, call)?.body)))
}

fn unpublish(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        batch.remove(&call.partition, &PUBLICATIONS, published(world, call)?);
        Ok(Answer::no_content())
    })
}

fn list_publications(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.partition, &PUBLICATIONS), &LISTING, listed)
}

fn list_of_portal(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let portal = portals::of_path(&world, call)?.id;
    let publications = world.referring(&call.partition, &PUBLICATIONS, "portal_id", portal);
    list(call, &world, publications, &LISTING_OF_PORTAL, listed_of_portal)
}
