//! What an app learns of itself and its installations, and a person of those that they see.

use axum::Json;
use axum::response::IntoResponse;
use serde_json::json;

use super::view::{app_json, installation_json, installations as all};
use crate::github::answer::{Answer, ok, with_link};
use crate::github::errors::ApiError;
use crate::github::identity::apps::{App, GitHubApp, Installation};
use crate::github::identity::caller::Caller;
use crate::github::repo_lists::list_counted;
use crate::github::repo_name::RepoName;
use crate::github::request::ApiRequest;
use crate::github::store::Store;

/// `GET /app` (apps/get-authenticated).
pub(in crate::github) fn get(store: &Store, request: &ApiRequest) -> Answer {
    let (app, github_app) = require_app(request)?;
    let mut accounts = Vec::new();
    let count = all(store, &request.visit.directory, app, &mut accounts)?.len();
    ok(app_json(request, app, github_app, count))
}

/// `GET /app/installations` (apps/list-installations).
pub(in crate::github) fn installations(store: &Store, request: &ApiRequest) -> Answer {
    let (app, _) = require_app(request)?;
    let mut accounts = Vec::new();
    let found = all(store, &request.visit.directory, app, &mut accounts)?;
    request.page(found).respond(|installation| Ok(installation_json(request, &installation)))
}

/// `GET /app/installations/{installation_id}` (apps/get-installation).
pub(in crate::github) fn installation(store: &Store, request: &ApiRequest) -> Answer {
    let (app, _) = require_app(request)?;
    let id = request.number("number")?;
    let mut accounts = Vec::new();
    let found = all(store, &request.visit.directory, app, &mut accounts)?;
    let found = found.iter().find(|installation| installation.id == id).ok_or_else(ApiError::not_found)?;
    ok(installation_json(request, found))
}

/// `GET /orgs/{org}/installation` (apps/get-org-installation).
pub(in crate::github) fn of_organization(store: &Store, request: &ApiRequest) -> Answer {
    let (app, _) = require_app(request)?;
    let organization = request.param("owner");
    let mut accounts = Vec::new();
    let found = all(store, &request.visit.directory, app, &mut accounts)?;
    let on_it = |installation: &&Installation<'_>| installation.account.eq_ignore_ascii_case(organization);
    ok(installation_json(request, found.iter().find(on_it).ok_or_else(ApiError::not_found)?))
}

/// `GET /repos/{owner}/{repo}/installation` (apps/get-repo-installation).
pub(in crate::github) fn of_repository(store: &Store, request: &ApiRequest) -> Answer {
    let (app, _) = require_app(request)?;
    let name = RepoName::parse(request.param("owner"), request.param("repo")).map_err(|_| ApiError::not_found())?;
    let repo = store.open(&name)?.ok_or_else(ApiError::not_found)?;
    let installation = app.installed_on(repo.name.owner()).filter(|installation| installation.covers(&repo.name));
    ok(installation_json(request, &installation.ok_or_else(ApiError::not_found)?))
}

/// `GET /user/installations` (apps/list-installations-for-authenticated-user): those of the token's app on the
/// organizations that the person belongs to.
pub(in crate::github) fn of_user(store: &Store, request: &ApiRequest) -> Answer {
    let mut accounts = Vec::new();
    let found = seen(store, request, &mut accounts)?;
    let count = found.len();
    let page = request.page(found);
    let items: Vec<_> = page.items.iter().map(|installation| installation_json(request, installation)).collect();
    Ok(with_link(Json(json!({"total_count": count, "installations": items})).into_response(), page.link))
}

/// `GET /user/installations/{installation_id}/repositories`
/// (apps/list-installation-repos-for-authenticated-user).
pub(in crate::github) fn repositories_of_user(store: &Store, request: &ApiRequest) -> Answer {
    let id = request.number("number")?;
    let mut accounts = Vec::new();
    let found = seen(store, request, &mut accounts)?;
    let installation = found.iter().find(|installation| installation.id == id).ok_or_else(ApiError::not_found)?;
    list_counted(store, request, |name| installation.covers(name))
}

fn seen<'a>(
    store: &Store,
    request: &'a ApiRequest,
    accounts: &'a mut Vec<String>,
) -> Result<Vec<Installation<'a>>, ApiError> {
    let login = request.require_user()?;
    let directory = &request.visit.directory;
    let app = request.visit.caller.github_app(directory).ok_or_else(|| {
        let message =
            "You must authenticate with an access token authorized to a GitHub App in order to list installations";
        ApiError::forbidden(message)
    })?;
    let mut found = all(store, directory, app, accounts)?;
    let access = request.access();
    found.retain(|one| one.account.eq_ignore_ascii_case(login) || access.role_in(one.account, login).is_some());
    Ok(found)
}

/// The app that signed the request.
pub(super) fn require_app(request: &ApiRequest) -> Result<(&App, &GitHubApp), ApiError> {
    let Caller::App(id) = &*request.visit.caller else {
        let message = "A JSON web token could not be decoded";
        return Err(ApiError::new(axum::http::StatusCode::UNAUTHORIZED, message));
    };
    let app = request.visit.directory.github_app(*id).ok_or_else(ApiError::not_found)?;
    app.github_app.as_ref().map(|github_app| (app, github_app)).ok_or_else(ApiError::not_found)
}
