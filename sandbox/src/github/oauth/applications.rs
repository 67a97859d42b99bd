//! What an app may do with the tokens that people gave it. It signs in with its client id and secret.

use serde_json::{Value, json};

use crate::github::accounts::person;
use crate::github::answer::{Answer, no_content, ok};
use crate::github::errors::ApiError;
use crate::github::identity::apps::App;
use crate::github::identity::caller::Caller;
use crate::github::identity::tokens::{Grant, Issued};
use crate::github::request::ApiRequest;
use crate::github::store::Store;

/// `POST /applications/{client_id}/token` (apps/check-token).
pub(in crate::github) fn check(_: &Store, request: &ApiRequest) -> Answer {
    let (app, token, issued) = find(request)?;
    ok(to_json(request, app, &token, &issued))
}

/// `PATCH /applications/{client_id}/token` (apps/reset-token): a new token in place of the old one.
pub(in crate::github) fn reset(_: &Store, request: &ApiRequest) -> Answer {
    let (app, _, old) = find(request)?;
    let tokens = &request.github.tokens;
    tokens.revoke(&old)?;
    let lifetime = old.expires_at.map(|expires_at| expires_at.duration_since(old.created_at));
    let (token, issued) = tokens.issue(old.grant, lifetime)?;
    ok(to_json(request, app, &token, &issued))
}

/// `DELETE /applications/{client_id}/token` (apps/delete-token).
pub(in crate::github) fn delete_token(_: &Store, request: &ApiRequest) -> Answer {
    let (_, _, issued) = find(request)?;
    request.github.tokens.revoke(&issued)?;
    no_content()
}

/// `DELETE /applications/{client_id}/grant` (apps/delete-authorization): all tokens of the person.
pub(in crate::github) fn delete_grant(_: &Store, request: &ApiRequest) -> Answer {
    let (app, _, issued) = find(request)?;
    if let Some(login) = issued.grant.login() {
        request.github.tokens.revoke_grant(&app.client_id, login)?;
    }
    no_content()
}

/// The app of the path, which must be the caller, and the token in the body, which must be one of the app.
fn find(request: &ApiRequest) -> Result<(&App, String, Issued), ApiError> {
    let client_id = request.param("client_id");
    match &*request.visit.caller {
        Caller::Client(caller) if caller == client_id => {}
        Caller::Client(_) => return Err(ApiError::not_found()),
        _ => return Err(ApiError::requires_authentication()),
    }
    let app = request.visit.directory.app(client_id).ok_or_else(ApiError::not_found)?;
    let token = request.fields("OauthAccess")?.required("access_token")?.to_owned();
    let issued = request.github.tokens.find(&token)?;
    let is_own =
        |issued: &Issued| issued.grant.client_id() == Some(client_id) && !matches!(issued.grant, Grant::Refresh { .. });
    let issued = issued.filter(is_own).ok_or_else(ApiError::not_found)?;
    Ok((app, token, issued))
}

/// The schema `authorization`.
fn to_json(request: &ApiRequest, app: &App, token: &str, issued: &Issued) -> Value {
    let scopes: Vec<&str> = issued.grant.scopes().map(|scopes| scopes.iter().collect()).unwrap_or_default();
    json!({
        "id": issued.id(),
        "url": request.links.api(&format!("/authorizations/{}", issued.id())),
        "scopes": scopes,
        "token": token,
        "token_last_eight": issued.last_eight,
        "hashed_token": issued.hash,
        "app": {"client_id": app.client_id, "name": app.name, "url": app.url},
        "note": null,
        "note_url": null,
        "created_at": issued.created_at,
        "updated_at": issued.created_at,
        "expires_at": issued.expires_at,
        "fingerprint": null,
        "user": issued.grant.login().map(|login| person(&request.links, login)),
    })
}
