//! Organizations and their members.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts::person;
use super::answer::{Answer, extend, no_content, ok};
use super::errors::ApiError;
use super::identity::directory::Directory;
use super::identity::names::same;
use super::ids::{node_id, stable_id};
use super::links::{Links, encode_segment};
use super::request::ApiRequest;
use super::store::Store;

/// True if there is an organization: it has an entry of its own, or repositories.
pub(super) fn exists(store: &Store, directory: &Directory, login: &str) -> Result<bool, ApiError> {
    if directory.is_person(login) {
        return Ok(false);
    }
    let listed = directory.listed_organizations().any(|organization| same(organization, login));
    Ok(listed || !store.list(Some(login))?.is_empty())
}

/// 404 if there is no organization of the path's login.
pub(super) fn require(store: &Store, request: &ApiRequest) -> Result<(), ApiError> {
    let known = exists(store, &request.visit.directory, request.param("owner"))?;
    if known { Ok(()) } else { Err(ApiError::not_found()) }
}

/// The organizations that a person belongs to and the caller's app is installed on, by login.
pub(super) fn joined(store: &Store, request: &ApiRequest, login: &str) -> Result<Vec<String>, ApiError> {
    let directory = &request.visit.directory;
    let mut organizations = store.owners()?;
    organizations.extend(directory.listed_organizations().map(str::to_owned));
    organizations.sort();
    organizations.dedup_by(|one, other| same(one, other));
    let access = request.access();
    let is_app = request.visit.caller.github_app(directory).is_some();
    organizations.retain(|organization| {
        access.role_in(organization, login).is_some()
            && access.is_signed_on(organization)
            && (!is_app || access.installation(organization).is_some())
    });
    Ok(organizations)
}

/// The schema `organization-simple`.
pub(super) fn simple(links: &Links, login: &str, directory: &Directory) -> Value {
    let segment = encode_segment(login);
    let api = |rest: &str| links.api(&format!("/orgs/{segment}{rest}"));
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
        "avatar_url": links.api(&format!("/avatars/{segment}")),
        "description": directory.organization(login).and_then(|organization| organization.description.clone()),
    })
}

/// The schema `team-organization`, whose fields every view of an organization has.
pub(super) fn described(store: &Store, request: &ApiRequest, login: &str) -> Result<Value, ApiError> {
    let mut public = 0_usize;
    for name in store.list(Some(login))? {
        let repo = store.open(&name)?;
        public += usize::from(repo.is_some_and(|repo| !repo.metadata.settings.private));
    }
    let mut body = simple(&request.links, login, &request.visit.directory);
    let more = json!({
        "has_organization_projects": false,
        "has_repository_projects": false,
        "public_repos": public,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": request.links.api(&format!("/{}", encode_segment(login))),
        "type": "Organization",
        // The account has no sign-up to date it by.
        "created_at": Timestamp::UNIX_EPOCH,
        "updated_at": Timestamp::UNIX_EPOCH,
        "archived_at": null,
    });
    extend(&mut body, more);
    Ok(body)
}

/// `GET /orgs/{org}` (orgs/get).
pub(super) fn get(store: &Store, request: &ApiRequest) -> Answer {
    require(store, request)?;
    ok(described(store, request, request.param("owner"))?)
}

/// `GET /orgs/{org}/members/{username}` (orgs/check-membership-for-user): 204 for a member, 404 otherwise. Who is not a
/// member themself is sent to the public members, of which there are none.
pub(super) fn check_member(store: &Store, request: &ApiRequest) -> Answer {
    require(store, request)?;
    let (organization, member) = (request.param("owner"), request.param("username"));
    if !is_insider(request, organization) {
        let path = format!("/orgs/{}/public_members/{}", encode_segment(organization), encode_segment(member));
        let location = [("location", request.links.api(&path))];
        return Ok((StatusCode::FOUND, location).into_response());
    }
    if request.access().role_in(organization, member).is_some() { no_content() } else { Err(ApiError::not_found()) }
}

/// True if the caller sees the members of an organization: a member with the scope, or an app with the permission.
pub(super) fn is_insider(request: &ApiRequest, organization: &str) -> bool {
    let access = request.access();
    let is_installed = || access.installation(organization).is_some() && access.app_may("members", "read");
    match request.visit.caller.login() {
        Some(login) => {
            let may = access.has_scope("read:org") || is_installed();
            access.role_in(organization, login).is_some() && access.is_signed_on(organization) && may
        }
        None => is_installed(),
    }
}

/// `GET /orgs/{org}/memberships/{username}` (orgs/get-membership-for-user).
pub(super) fn membership(store: &Store, request: &ApiRequest) -> Answer {
    require(store, request)?;
    if !is_insider(request, request.param("owner")) {
        return Err(ApiError::forbidden("You must be a member of the organization to see its memberships."));
    }
    membership_json(store, request, request.param("username"))
}

/// The schema `org-membership`; 404 if the person does not belong to the path's organization.
pub(super) fn membership_json(store: &Store, request: &ApiRequest, login: &str) -> Answer {
    require(store, request)?;
    let (organization, directory) = (request.param("owner"), &request.visit.directory);
    let role = request.access().role_in(organization, login).ok_or_else(ApiError::not_found)?;
    if !request.access().is_signed_on(organization) {
        return Err(request.requires_single_sign_on(organization));
    }
    let login = directory.person(login).map_or(login, |person| &person.login);
    let path = format!("/orgs/{}", encode_segment(organization));
    ok(json!({
        "url": request.links.api(&format!("{path}/memberships/{}", encode_segment(login))),
        "state": "active",
        "role": role.as_str(),
        "direct_membership": true,
        "organization_url": request.links.api(&path),
        "organization": simple(&request.links, organization, directory),
        "user": person(&request.links, login),
    }))
}
