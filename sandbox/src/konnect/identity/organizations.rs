//! `/organizations/me`, and the contents of a new organization.

use serde_json::json;
use uuid::Uuid;

use super::{authentication, lookups, teams, users};
use crate::konnect::framework::collection::{create, fields, pick, text};
use crate::konnect::framework::{Answer, Call, Document, Konnect, Problem, Route};
use crate::konnect::kinds::ORGANIZATIONS;
use crate::store::{Batch, Body, GLOBAL, Partition, Unsaved, World};

pub(super) static ROUTES: &[Route] = &[Route::get(Document::Identity, "/v3/organizations/me", me)];

/// The days that an inactive organization is kept, of the document's example.
const RETENTION_DAYS: u32 = 90;

/// Creates an organization with its owner and the predefined teams, unless it exists.
///
/// The owner is an active user and a member of the team “Organization Admin”, like a person who signs up.
pub(in crate::konnect) fn create_organization(
    world: &World,
    batch: &mut Batch,
    organization: &str,
) -> Result<(), Unsaved> {
    let partition = Partition { organization: organization.to_owned(), region: GLOBAL.to_owned() };
    if lookups::organization(world, &partition).is_some() {
        return Ok(());
    }
    let owner: Uuid = users::create_owner(world, batch, &partition)?;
    let body = json!({ "name": organization, "owner_id": owner, "state": "active" });
    create(world, batch, &partition, &ORGANIZATIONS, fields(body))?;
    teams::create_predefined(world, batch, &partition, owner)
}

/// The names of all organizations.
pub(in crate::konnect) fn organization_names(world: &World) -> Vec<String> {
    let none = Partition { organization: String::new(), region: GLOBAL.to_owned() };
    let all = world.of_others(&none, &ORGANIZATIONS);
    all.filter_map(|record| Some(record.body.get("name")?.as_str()?.to_owned())).collect()
}

fn me(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let mut shown = shown_organization(&world, &call.partition)?;
    shown.insert("login_path".to_owned(), json!(login_path(&world, call)?));
    Ok(Answer::ok(shown))
}

/// The organization of a global partition as callers see it, without its login path.
pub(in crate::konnect) fn shown_organization(world: &World, partition: &Partition) -> Result<Body, Problem> {
    let organization = lookups::organization(world, partition)
        .ok_or_else(|| Problem::not_found("organization", &partition.organization))?;
    let mut shown = pick(organization, &["id", "name", "owner_id", "state", "created_at", "updated_at"]);
    shown.insert("retention_period_days".to_owned(), json!(RETENTION_DAYS));
    Ok(shown)
}

/// The login path of the provider in use, empty if there is none.
fn login_path<'a>(world: &'a World, call: &Call) -> Result<&'a str, Problem> {
    for kind in ["oidc", "saml"] {
        let provider = lookups::provider_of_type(world, &call.partition, kind);
        if let (Some(provider), true) = (provider, authentication::uses(world, call, kind)?) {
            return Ok(text(&provider.body, "login_path"));
        }
    }
    Ok("")
}
