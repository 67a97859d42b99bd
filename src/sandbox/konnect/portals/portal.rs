//! `/portals`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{PAGES, SNIPPETS};
use crate::sandbox::konnect::apis::PUBLICATIONS;
use crate::sandbox::konnect::collection::{Listing, amend, create, find, list, merge};
use crate::sandbox::konnect::schema::Kind as Is;
use crate::sandbox::konnect::{
    Answer, Call, Document, Field, Filter, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::sandbox::store::{Body, Kind, Place, Record, World};

/// Portals of a region. Names are unique in it.
pub(in crate::sandbox::konnect) static PORTALS: Kind = Kind { name: "portals", unique: &[&["name"]], references: &[] };

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, "/v3/portals", list_portals),
    Route::post(Document::Portals, "/v3/portals", create_portal),
    Route::get(Document::Portals, "/v3/portals/{portalId}", get_portal),
    Route::patch(Document::Portals, "/v3/portals/{portalId}", update_portal),
    Route::delete(Document::Portals, "/v3/portals/{portalId}", delete_portal),
];

const VISIBILITIES: Is = Is::Choice(&["public", "private"]);

/// Creation and change allow the same fields. The document names no default for the two visibilities; the
/// sandbox takes `private`, as its examples show.
static PORTAL: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::read_only("default_domain"),
        Field::read_only("canonical_domain"),
        Field::new("name", Is::Text(1, 255)).required(),
        Field::new("display_name", Is::Text(1, 255)),
        Field::new("description", Is::Text(0, 512)).nullable().or(Initial::Null),
        Field::new("authentication_enabled", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("rbac_enabled", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("sipr_enabled", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("default_api_visibility", VISIBILITIES).or(Initial::Text("private")),
        Field::new("default_page_visibility", VISIBILITIES).or(Initial::Text("private")),
        Field::new("default_application_auth_strategy_id", Is::Uuid).nullable().or(Initial::Null),
        Field::new("auto_approve_developers", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("auto_approve_applications", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("notifications_developer_pii_visibility_enabled", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("labels", Is::LabelChanges(50)).nullable().or(Initial::Object),
    ],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing::new(
    &[
        Filter::id("id"),
        Filter::text("name"),
        Filter::text("description"),
        Filter::flag("authentication_enabled"),
        Filter::flag("rbac_enabled"),
        Filter::text("default_api_visibility"),
        Filter::text("default_page_visibility"),
        Filter::id("default_application_auth_strategy_id"),
        Filter::flag("auto_approve_developers"),
        Filter::flag("auto_approve_applications"),
        Filter::text("default_domain"),
        Filter::text("canonical_domain"),
    ],
    &[
        "name",
        "description",
        "authentication_enabled",
        "rbac_enabled",
        "auto_approve_applications",
        "auto_approve_developers",
        "default_domain",
        "canonical_domain",
        "created_at",
        "updated_at",
    ],
);

/// The portal that the path names.
pub(in crate::sandbox::konnect) fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    find(world, &call.place, &PORTALS, "portal", call.id("portalId")?)
}

fn view(_: &World, _: &Place, portal: &Body) -> Value {
    Value::Object(portal.clone())
}

/// Role based access control needs authentication, says the description of the former.
fn check_authentication(portal: &Body) -> Result<(), Problem> {
    let enabled = |name: &str| portal.get(name) == Some(&Value::Bool(true));
    if enabled("rbac_enabled") && !enabled("authentication_enabled") {
        let reason = "can be enabled only where authentication is";
        let rule = Rule::Dependents(vec!["authentication_enabled"]);
        return Err(Invalid::body("rbac_enabled", rule, reason).into());
    }
    Ok(())
}

fn list_portals(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.place, &PORTALS), &LISTING, view)
}

fn create_portal(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut sent = PORTAL.create(call.body()?)?;
    // Labels may be sent with null values even here, where there is nothing to take away.
    let labels = sent.remove("labels").unwrap_or_default();
    merge(&mut sent, Body::from_iter([("labels".to_owned(), labels)]));
    check_authentication(&sent)?;
    let name = sent["name"].clone();
    sent.entry("display_name").or_insert(name);
    let host = &Uuid::new_v4().simple().to_string()[..12];
    let domain = json!(format!("{host}.{}.portal.konghq.com", call.place.region));
    sent.insert("default_domain".to_owned(), domain.clone());
    sent.insert("canonical_domain".to_owned(), domain);
    konnect.store.write(|world, batch| {
        let portal = create(world, batch, &call.place, &PORTALS, sent)?;
        Ok(Answer::created(view(world, &call.place, &portal)))
    })
}

fn get_portal(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let portal = of_path(&world, call)?;
    Ok(Answer::ok(view(&world, &call.place, &portal.body)))
}

fn update_portal(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let portal = of_path(world, call)?;
        let mut body = Body::clone(&portal.body);
        merge(&mut body, PORTAL.change(call.body()?)?);
        check_authentication(&body)?;
        let portal = amend(world, batch, &call.place, &PORTALS, portal, body)?;
        Ok(Answer::ok(view(world, &call.place, &portal)))
    })
}

/// Without `force` only a portal to which nothing is published is deleted.
fn delete_portal(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let force = call.query.flag("force")?;
    konnect.store.write(|world, batch| {
        let portal = of_path(world, call)?;
        let published = world.referring(&call.place, &PUBLICATIONS, "portal_id", portal.id).len();
        if published > 0 && !force {
            let detail =
                format!("The portal has {published} published APIs. Unpublish them first, or use [force=true].");
            return Err(Problem::conflict(detail));
        }
        batch.remove(&call.place, &PORTALS, portal);
        for kind in [&PUBLICATIONS, &PAGES, &SNIPPETS] {
            batch.remove_referring(world, &call.place, kind, "portal_id", portal.id);
        }
        Ok(Answer::no_content())
    })
}
