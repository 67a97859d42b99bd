//! `/users`, `/users/me` and `/invites`.
//!
//! A user comes by invitation, and is listed with `active: false` from then on: the sandbox sends no mail, so
//! nobody ever accepts.

use serde_json::{Value, json};
use uuid::Uuid;

use super::access_tokens::PERSONAL_TOKENS;
use super::organizations;
use super::roles::{self, ASSIGNED_ROLES};
use super::teams::TEAM_USERS;
use crate::konnect::collection::{Listing, amend, create, fields, find, id, list, merge, pick, reference, text};
use crate::konnect::schema::{Kind as Is, Shape};
use crate::konnect::{Answer, Call, Document, Field, Filter, Konnect, Problem, Route, Schema, Unknown};
use crate::store::{Batch, Body, Kind, Place, Record, Unsaved, World};

/// Users of an organization, invited ones among them.
pub(in crate::konnect) static USERS: Kind = Kind { name: "users", unique: &[&["email"]], references: &[] };

pub(super) static ROUTES: &[Route] = &[
    Route::post(Document::Identity, "/v3/invites", invite),
    Route::get(Document::Identity, "/v3/users", list_users),
    Route::get(Document::Identity, "/v3/users/me", me),
    Route::get(Document::Identity, "/v3/users/{userId}", get_user),
    Route::patch(Document::Identity, "/v3/users/{userId}", update_user),
    Route::delete(Document::Identity, "/v3/users/{userId}", delete_user),
];

static INVITE: Schema = Schema { fields: &[Field::new("email", Is::Email(250)).required()], unknown: Unknown::Ignored };

const ANYTHING: Shape = Shape { pattern: "^[\\w \\W]+$", matches: |text| !text.is_empty() };

static UPDATE: Schema = Schema {
    fields: &[Field::new("full_name", Is::Shaped(1, 250, ANYTHING)), Field::new("preferred_name", Is::Text(0, 250))],
    unknown: Unknown::Ignored,
};

pub(super) static LISTING: Listing = Listing::new(
    &[
        Filter::new("id", &["eq"]),
        Filter::new("email", &["eq", "contains"]),
        Filter::new("full_name", &["eq", "contains"]),
        Filter::flag("active"),
    ],
    &[],
);

/// Creates the user who owns a new organization.
pub(super) fn create_owner(world: &World, batch: &mut Batch, place: &Place) -> Result<Uuid, Unsaved> {
    let body = json!({ "email": "owner@sandbox.invalid", "full_name": "Sandbox Owner", "active": true });
    let owner = create(world, batch, place, &USERS, fields(body))?;
    Ok(id(&owner))
}

/// The user that the path names.
pub(super) fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    find(world, &call.place, &USERS, "user", call.id("userId")?)
}

/// A user as callers see it; names that were never given are left out.
pub(super) fn view(_: &World, _: &Place, user: &Body) -> Value {
    let shown = ["id", "email", "full_name", "preferred_name", "active", "created_at", "updated_at"];
    Value::Object(pick(user, &shown))
}

fn invite(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut body = INVITE.create(call.body()?)?;
    body.insert("active".to_owned(), json!(false));
    konnect.store.write(|world, batch| {
        let email = text(&body, "email").to_owned();
        create(world, batch, &call.place, &USERS, body)
            .map_err(|_| Problem::conflict(format!("[{email}] is already a user of this organization, or invited.")))?;
        Ok(Answer::created_silently())
    })
}

fn list_users(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.place, &USERS), &LISTING, view)
}

/// Every token of the sandbox is the owner's.
fn me(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let owner = organizations::current(&world, &call.place).and_then(|found| reference(found, "owner_id"));
    let user = owner.and_then(|id| world.get(&call.place, &USERS, id)).ok_or_else(Problem::unauthenticated)?;
    Ok(Answer::ok(view(&world, &call.place, &user.body)))
}

fn get_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let user = of_path(&world, call)?;
    Ok(Answer::ok(view(&world, &call.place, &user.body)))
}

fn update_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let user = of_path(world, call)?;
        let mut body = Body::clone(&user.body);
        merge(&mut body, UPDATE.change(call.body()?)?);
        let user = amend(world, batch, &call.place, &USERS, user, body)?;
        Ok(Answer::ok(view(world, &call.place, &user)))
    })
}

fn delete_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let user = of_path(world, call)?;
        batch.remove(&call.place, &USERS, user);
        batch.remove_referring(world, &call.place, &TEAM_USERS, "user_id", user.id);
        batch.remove_referring(world, &call.place, &ASSIGNED_ROLES, roles::SUBJECT, user.id);
        batch.remove_referring(world, &call.place, &PERSONAL_TOKENS, "user_id", user.id);
        Ok(Answer::no_content())
    })
}
