//! Roles assigned to teams, users and system accounts: `/teams/{teamId}/assigned-roles` and similar paths.

use serde_json::{Value, json};
use uuid::Uuid;

use super::system_accounts::SystemAccount;
use super::{teams, users};
use crate::konnect::framework::collection::{self, Listing, Paging, create, pick, reference};
use crate::konnect::framework::resource;
use crate::konnect::framework::schema::{self, Kind as Is, Shape};
use crate::konnect::framework::{Answer, Call, Document, Field, Filter, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::{ASSIGNED_ROLES, SUBJECT};
use crate::store::{Body, Partition, Record, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, "/v3/teams/{teamId}/assigned-roles", list_of_team),
    Route::post(Document::Identity, "/v3/teams/{teamId}/assigned-roles", assign_to_team),
    Route::get(Document::Identity, "/v3/teams/{teamId}/assigned-roles/{roleId}", get_of_team),
    Route::delete(Document::Identity, "/v3/teams/{teamId}/assigned-roles/{roleId}", remove_from_team),
    Route::get(Document::Identity, "/v3/system-accounts/{accountId}/assigned-roles", list_of_account),
    Route::post(Document::Identity, "/v3/system-accounts/{accountId}/assigned-roles", assign_to_account),
    Route::get(Document::Identity, "/v3/system-accounts/{accountId}/assigned-roles/{roleId}", get_of_account),
    Route::delete(Document::Identity, "/v3/system-accounts/{accountId}/assigned-roles/{roleId}", remove_from_account),
    Route::get(Document::Identity, "/v3/users/{userId}/assigned-roles", list_of_user),
    Route::post(Document::Identity, "/v3/users/{userId}/assigned-roles", assign_to_user),
    Route::get(Document::Identity, "/v3/users/{userId}/assigned-roles/{roleId}", get_of_user),
    Route::delete(Document::Identity, "/v3/users/{userId}/assigned-roles/{roleId}", remove_from_user),
];

const ROLES: &[&str] = &[
    "Admin",
    "Appearance Maintainer",
    "Application Registration",
    "Certificate Admin",
    "Cloud Gateway Cluster Admin",
    "Cloud Gateway Cluster Viewer",
    "Consumer Admin",
    "Connector",
    "Creator",
    "Debug Session Creator",
    "Deployer",
    "Discovery Admin",
    "Discovery Viewer",
    "Editor",
    "Gateway Service Admin",
    "Integration Admin",
    "Integration Viewer",
    "Key Admin",
    "Maintainer",
    "Network Admin",
    "Network Creator",
    "Network Viewer",
    "Plugin Admin",
    "Plugins Admin",
    "Product Publisher",
    "Publisher",
    "Route Admin",
    "SNI Admin",
    "Scorecard Admin",
    "Scorecard Viewer",
    "Service Admin",
    "Service Creator",
    "Service Viewer",
    "Upstream Admin",
    "Vault Admin",
    "Viewer",
    "Registration Approver",
    "Content Editor",
    "Add On Admin",
    "Add On Viewer",
];

const ENTITY_TYPES: &[&str] = &[
    "Add Ons",
    "APIs",
    "API Products",
    "Application Auth Strategies",
    "Audit Logs",
    "Control Planes",
    "Dashboards",
    "DCR Providers",
    "Mesh Control Planes",
    "Networks",
    "Portals",
    "Reports",
    "Service Hub",
    "Auth Servers",
];

const ENTITY_REGIONS: &[&str] = &["us", "eu", "au", "me", "in", "sg", "*"];

/// The document knows ids only. Konnect also takes `*`, for all entities of the type.
const ENTITY_ID: Shape =
    Shape { pattern: "^(\\*|[0-9a-f-]{36})$", matches: |text| text == "*" || schema::is_uuid(text) };

/// The document requires no field, but an assignment needs all of them to make sense.
static ASSIGN: Schema = Schema {
    fields: &[
        Field::new("role_name", Is::Choice(ROLES)).required(),
        Field::new("entity_id", Is::Shaped(1, 36, ENTITY_ID)).required(),
        Field::new("entity_type_name", Is::Choice(ENTITY_TYPES)).required(),
        Field::new("entity_region", Is::Choice(ENTITY_REGIONS)).required(),
    ],
    unknown: Unknown::Ignored,
};

static LISTING_OF_TEAM: Listing =
    Listing::new(&[Filter::new("role_name", &["eq"]), Filter::new("entity_type_name", &["eq"])], &[])
        .paged(Paging::Whole);

/// Of users, and of system accounts.
static LISTING_OF_USER: Listing = Listing::new(
    &[Filter::new("entity_id", &["eq"]), Filter::new("role_name", &["eq"]), Filter::new("entity_type_name", &["eq"])],
    &[],
)
.paged(Paging::Whole);

fn view(_: &World, _: &Partition, role: &Body) -> Value {
    let shown = ["id", "role_name", "entity_id", "entity_type_name", "entity_region"];
    Value::Object(pick(role, &shown))
}

/// Finds the team, user or system account that the path names.
type Subject = for<'a> fn(&'a World, &Call) -> Result<&'a Record, Problem>;

fn assign(konnect: &Konnect, call: &Call, subject: Subject) -> Result<Answer, Problem> {
    let mut body = ASSIGN.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        body.insert(SUBJECT.to_owned(), json!(subject(world, call)?.id));
        let role = create(world, batch, &call.partition, &ASSIGNED_ROLES, body)
            .map_err(|_| Problem::conflict("This role is already assigned."))?;
        Ok(Answer::created(view(world, &call.partition, &role)))
    })
}

fn list(konnect: &Konnect, call: &Call, subject: Subject, listing: &Listing) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let subject = subject(&world, call)?.id;
    collection::list(call, &world, world.referring(&call.partition, &ASSIGNED_ROLES, SUBJECT, subject), listing, view)
}

fn get(konnect: &Konnect, call: &Call, subject: Subject) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let subject = subject(&world, call)?.id;
    let role = assigned(&world, call, subject)?;
    Ok(Answer::ok(view(&world, &call.partition, &role.body)))
}

fn remove(konnect: &Konnect, call: &Call, subject: Subject) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let subject = subject(world, call)?.id;
        batch.remove(&call.partition, &ASSIGNED_ROLES, assigned(world, call, subject)?);
        Ok(Answer::no_content())
    })
}

/// The assigned role that the path names, which must be assigned to `subject`.
fn assigned<'a>(world: &'a World, call: &Call, subject: Uuid) -> Result<&'a Record, Problem> {
    let id = call.id("roleId")?;
    world
        .get(&call.partition, &ASSIGNED_ROLES, id)
        .filter(|role| reference(&role.body, SUBJECT) == Some(subject))
        .ok_or_else(|| Problem::not_found("assigned role", &id.to_string()))
}

fn list_of_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    list(konnect, call, teams::of_path, &LISTING_OF_TEAM)
}

fn assign_to_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    assign(konnect, call, teams::changeable)
}

fn get_of_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    get(konnect, call, teams::of_path)
}

fn remove_from_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    remove(konnect, call, teams::changeable)
}

fn list_of_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    list(konnect, call, users::of_path, &LISTING_OF_USER)
}

fn assign_to_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    assign(konnect, call, users::of_path)
}

fn get_of_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    get(konnect, call, users::of_path)
}

fn remove_from_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    remove(konnect, call, users::of_path)
}

fn list_of_account(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    list(konnect, call, resource::of_path::<SystemAccount>, &LISTING_OF_USER)
}

fn assign_to_account(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    assign(konnect, call, resource::of_path::<SystemAccount>)
}

fn get_of_account(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    get(konnect, call, resource::of_path::<SystemAccount>)
}

fn remove_from_account(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    remove(konnect, call, resource::of_path::<SystemAccount>)
}
