//! The signed-in user: their profile, e-mail addresses and organizations.

use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts::{EMAIL, LOGIN, NAME, simple_user};
use super::answer::{Answer, extend, ok};
use super::errors::ApiError;
use super::ids::{node_id, stable_id};
use super::links::Links;
use super::request::ApiRequest;
use super::store::Store;

/// `GET /user` (users/get-authenticated).
pub(super) fn get(store: &Store, request: &ApiRequest) -> Answer {
    request.require_user()?;
    let repositories = store.list(Some(LOGIN))?;
    let mut private = 0_usize;
    for name in &repositories {
        let repo = store.open(name)?;
        private += usize::from(repo.is_some_and(|repo| repo.metadata.settings.private));
    }
    let mut user = simple_user(&request.links, LOGIN);
    let more = json!({
        "name": NAME,
        "company": null,
        "blog": null,
        "location": null,
        "email": EMAIL,
        "notification_email": EMAIL,
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "public_repos": repositories.len() - private,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        // The account has no sign-up to date it by.
        "created_at": Timestamp::UNIX_EPOCH,
        "updated_at": Timestamp::UNIX_EPOCH,
        "private_gists": 0,
        "total_private_repos": private,
        "owned_private_repos": private,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": false,
        // Distinguishes the schema `private-user` from `public-user`.
        "user_view_type": "private",
    });
    extend(&mut user, more);
    ok(user)
}

/// `GET /user/emails` (users/list-emails-for-authenticated-user).
pub(super) fn emails(_: &Store, request: &ApiRequest) -> Answer {
    request.require_user()?;
    let email = json!({"email": EMAIL, "primary": true, "verified": true, "visibility": "public"});
    request.page(vec![email]).respond(Ok)
}

/// `GET /user/orgs` (orgs/list-for-authenticated-user): the sandbox's user belongs to every organization.
pub(super) fn organizations(store: &Store, request: &ApiRequest) -> Result<Response, ApiError> {
    request.require_user()?;
    let mut owners = store.owners()?;
    owners.retain(|owner| owner != LOGIN);
    request.page(owners).respond(|owner| Ok(organization(&request.links, &owner)))
}

/// The schema `organization-simple`.
fn organization(links: &Links, login: &str) -> Value {
    let api = |rest: &str| links.api(&format!("/orgs/{login}{rest}"));
    json!({
        "login": login,
        "id": stable_id(login),
        "node_id": node_id("Organization", stable_id(login)),
        "url": api(""),
        "repos_url": api("/repos"),
        "events_url": api("/events"),
        "hooks_url": api("/hooks"),
        "issues_url": api("/issues"),
        "members_url": api("/members{/member}"),
        "public_members_url": api("/public_members{/member}"),
        "avatar_url": links.api(&format!("/{login}.png")),
        "description": null,
    })
}
