//! What the real GitHub has no API for: the accounts and apps themselves, and tokens of people without a browser.
//!
//! Only the sandbox's own user may use these operations. A page of the web cannot: it cannot send a credential.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use super::answer::{Answer, bytes, no_content};
use super::apps::pem;
use super::errors::ApiError;
use super::identity::caller::Caller;
use super::identity::directory::Directory;
use super::identity::scopes::Scopes;
use super::identity::tokens::Grant;
use super::request::ApiRequest;
use super::store::Store;

/// `GET /_sandbox/accounts`: all of them, in the form in which they can be put back.
pub(super) fn accounts(_: &Store, request: &ApiRequest) -> Answer {
    require_operator(request)?;
    Ok(Json(&*request.visit.directory).into_response())
}

/// `PUT /_sandbox/accounts`: these in place of those that there are.
pub(super) fn replace_accounts(_: &Store, request: &ApiRequest) -> Answer {
    require_operator(request)?;
    let directory: Directory = request.json()?;
    let saved = request.github.directory.save(directory)?;
    saved.map_err(|reason| ApiError::unprocessable(format!("The accounts are not valid: {reason}.")))?;
    let directory = request.github.directory.load()?;
    Ok(Json(&*directory).into_response())
}

/// `POST /_sandbox/people/{login}/tokens`: a personal access token with the `scopes` of the body.
pub(super) fn create_token(_: &Store, request: &ApiRequest) -> Answer {
    require_operator(request)?;
    let person = request.visit.directory.person(request.param("owner")).ok_or_else(ApiError::not_found)?;
    let fields = request.fields("Token")?;
    let scopes = Scopes::parse(fields.text("scopes")?.unwrap_or_default());
    let listed = scopes.with_commas();
    let (token, _) = request.github.tokens.issue(Grant::Personal { login: person.login.clone(), scopes }, None)?;
    Ok((StatusCode::CREATED, Json(json!({"token": token, "scopes": listed}))).into_response())
}

/// `GET /_sandbox/apps/private-key`: the key with which GitHub Apps sign, as PEM.
pub(super) fn private_key(_: &Store, request: &ApiRequest) -> Answer {
    require_operator(request)?;
    bytes("application/x-pem-file", pem().as_bytes().to_vec())
}

/// `DELETE /_sandbox/people/{login}/authorizations/{client_id}`: the person takes an app's access back, as in the settings
/// of their account.
pub(super) fn revoke(_: &Store, request: &ApiRequest) -> Answer {
    require_operator(request)?;
    let person = request.visit.directory.person(request.param("owner")).ok_or_else(ApiError::not_found)?;
    let app = request.visit.directory.app(request.param("client_id")).ok_or_else(ApiError::not_found)?;
    request.github.tokens.revoke_grant(&app.client_id, &person.login)?;
    no_content()
}

fn require_operator(request: &ApiRequest) -> Result<(), ApiError> {
    match *request.visit.caller {
        Caller::Operator => Ok(()),
        Caller::Anonymous => Err(ApiError::requires_authentication()),
        _ => Err(ApiError::not_found()),
    }
}
