//! `/organizations/me`, and what a new organization holds.

use serde_json::json;
use uuid::Uuid;

use super::{authentication, identity_providers, teams, users};
use crate::konnect::collection::{create, fields, pick, text};
use crate::konnect::{Answer, Call, Document, Konnect, Problem, Route};
use crate::store::{Batch, Body, GLOBAL, Kind, Place, Unsaved, World};

/// The organization itself: one a place.
pub(in crate::konnect) static ORGANIZATIONS: Kind =
    Kind { name: "organizations", unique: &[&["name"]], references: &[] };

pub(super) static ROUTES: &[Route] = &[Route::get(Document::Identity, "/v3/organizations/me", me)];

/// Creates an organization with its owner and the predefined teams, unless it exists.
///
/// The owner is an active user and a member of the team “Organization Admin”, as whoever signs up is.
pub(in crate::konnect) fn found(world: &World, batch: &mut Batch, organization: &str) -> Result<(), Unsaved> {
    let place = Place { organization: organization.to_owned(), region: GLOBAL.to_owned() };
    if current(world, &place).is_some() {
        return Ok(());
    }
    let owner: Uuid = users::create_owner(world, batch, &place)?;
    let body = json!({ "name": organization, "owner_id": owner, "state": "active" });
    create(world, batch, &place, &ORGANIZATIONS, fields(body))?;
    teams::create_predefined(world, batch, &place, owner)
}

/// The organization of a place.
pub(in crate::konnect) fn current<'a>(world: &'a World, place: &Place) -> Option<&'a Body> {
    world.all(place, &ORGANIZATIONS).next().map(|record| &*record.body)
}

fn me(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let organization =
        current(&world, &call.place).ok_or_else(|| Problem::not_found("organization", &call.place.organization))?;
    let mut shown = pick(organization, &["id", "name", "owner_id", "state", "created_at", "updated_at"]);
    shown.insert("login_path".to_owned(), json!(login_path(&world, call)?));
    Ok(Answer::ok(shown))
}

/// The path of the provider through which people log in, empty where they do not.
fn login_path<'a>(world: &'a World, call: &Call) -> Result<&'a str, Problem> {
    for kind in ["oidc", "saml"] {
        let provider = identity_providers::of_type(world, &call.place, kind);
        if let (Some(provider), true) = (provider, authentication::uses(world, call, kind)?) {
            return Ok(text(&provider.body, "login_path"));
        }
    }
    Ok("")
}
