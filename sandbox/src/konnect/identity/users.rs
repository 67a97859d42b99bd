//! `/users`, `/users/me` and `/invites`.
//!
//! A user is created by invitation and listed with `active: false` from then on: the sandbox sends no mail, so no
//! invitation is ever accepted.

use serde_json::{Value, json};
use uuid::Uuid;

use super::lookups;
use crate::konnect::framework::collection::{
    Listing, amend, create, fields, find, id, list, merge, pick, reference, text,
};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{Answer, Call, Document, Field, Filter, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::{ASSIGNED_ROLES, PERSONAL_TOKENS, SUBJECT, TEAM_USERS, USERS};
use crate::store::{Batch, Body, Partition, Record, Unsaved, World};

pub(super) static ROUTES: &[Route] = &[
    Route::post(Document::Identity, "/v3/invites", invite),
    Route::get(Document::Identity, "/v3/users", list_users),
    Route::get(Document::Identity, "/v3/users/me", me),
    Route::get(Document::Identity, "/v3/users/{userId}", get_user),
    Route::patch(Document::Identity, "/v3/users/{userId}", update_user),
    Route::delete(Document::Identity, "/v3/users/{userId}", delete_user),
];

static INVITE: Schema = Schema { fields: &[Field::new("email", Is::Email(250)).required()], unknown: Unknown::Ignored };

static UPDATE: Schema = Schema {
    fields: &[
        Field::new("full_name", Is::Shaped(1, 250, Shape::ANYTHING)),
        Field::new("preferred_name", Is::Text(0, 250)),
    ],
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
pub(super) fn create_owner(world: &World, batch: &mut Batch, partition: &Partition) -> Result<Uuid, Unsaved> {
    let body = json!({ "email": "owner@sandbox.invalid", "full_name": "Sandbox Owner", "active": true });
    let owner = create(world, batch, partition, &USERS, fields(body))?;
    Ok(id(&owner))
}

/// The user that the path names.
pub(super) fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    find(world, &call.partition, &USERS, "user", call.id("userId")?)
}

/// A user as callers see it; names that were never set are left out.
pub(super) fn view(_: &World, _: &Partition, user: &Body) -> Value {
    let shown = ["id", "email", "full_name", "preferred_name", "active", "created_at", "updated_at"];
    Value::Object(pick(user, &shown))
}

fn invite(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut body = INVITE.create(call.body()?)?;
    body.insert("active".to_owned(), json!(false));
    konnect.store.write(|world, batch| {
        let email = text(&body, "email").to_owned();
        create(world, batch, &call.partition, &USERS, body)
            .map_err(|_| Problem::conflict(format!("[{email}] is already a user of this organization, or invited.")))?;
        Ok(Answer::created_silently())
    })
}

fn list_users(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.partition, &USERS), &LISTING, view)
}

/// Every token of the sandbox belongs to the owner.
fn me(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let owner = lookups::organization(&world, &call.partition).and_then(|found| reference(found, "owner_id"));
    let user = owner.and_then(|id| world.get(&call.partition, &USERS, id)).ok_or_else(Problem::unauthenticated)?;
    Ok(Answer::ok(view(&world, &call.partition, &user.body)))
}

fn get_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let user = of_path(&world, call)?;
    Ok(Answer::ok(view(&world, &call.partition, &user.body)))
}

fn update_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let user = of_path(world, call)?;
        let mut body = Body::clone(&user.body);
        merge(&mut body, UPDATE.change(call.body()?)?);
        let user = amend(world, batch, &call.partition, &USERS, user, body)?;
        Ok(Answer::ok(view(world, &call.partition, &user)))
    })
}

fn delete_user(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let user = of_path(world, call)?;
        batch.remove(&call.partition, &USERS, user);
        batch.remove_referring(world, &call.partition, &TEAM_USERS, "user_id", user.id);
        batch.remove_referring(world, &call.partition, &ASSIGNED_ROLES, SUBJECT, user.id);
        batch.remove_referring(world, &call.partition, &PERSONAL_TOKENS, "user_id", user.id);
        Ok(Answer::no_content())
    })
}
