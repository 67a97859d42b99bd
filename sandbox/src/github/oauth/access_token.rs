//! `POST /login/oauth/access_token`: a code, or a refresh token, for an access token.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::codes::BadCode;
use super::form::Form;
use super::redirect::resolve;
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::identity::apps::App;
use crate::github::identity::scopes::Scopes;
use crate::github::identity::tokens::Grant;
use crate::github::request::Visit;
use crate::github::state::GitHub;

/// The lifetime of a person's token for a GitHub App: eight hours.
const ACCESS: SignedDuration = SignedDuration::from_hours(8);
/// The lifetime of its refresh token: six months, as GitHub counts them.
const REFRESH: SignedDuration = SignedDuration::from_secs(15_897_600);

/// An error of the exchange: its name, its description, and the page and heading that explain it.
struct Problem(&'static str, &'static str, &'static str);

const INCORRECT_CLIENT: Problem = Problem(
    "incorrect_client_credentials",
    "The client_id and/or client_secret passed are incorrect.",
    "troubleshooting-oauth-app-access-token-request-errors/#incorrect-client-credentials",
);
const REDIRECT_MISMATCH: Problem = Problem(
    "redirect_uri_mismatch",
    "The redirect_uri MUST match the registered callback URL for this application.",
    "troubleshooting-authorization-request-errors/#redirect-uri-mismatch2",
);
const BAD_CODE: Problem = Problem(
    "bad_verification_code",
    "The code passed is incorrect or expired.",
    "troubleshooting-oauth-app-access-token-request-errors/#bad-verification-code",
);
const BAD_REFRESH: Problem = Problem(
    "bad_refresh_token",
    "The refresh token passed is incorrect or expired.",
    "troubleshooting-oauth-app-access-token-request-errors/#bad-verification-code",
);
const BAD_GRANT: Problem = Problem(
    "unsupported_grant_type",
    "The grant_type must be authorization_code or refresh_token; the sandbox does not offer the device flow.",
    "troubleshooting-oauth-app-access-token-request-errors/",
);

/// A result of the exchange: the fields of the answer, or the error.
type Exchanged = Result<Vec<(&'static str, Value)>, Problem>;

/// The handler. Its answer is a form, or JSON or XML if the client accepts that; errors are 200, too.
pub(in crate::github) async fn exchange(
    State(github): State<Arc<GitHub>>,
    Extension(visit): Extension<Visit>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let form = Form::of_body(query.as_deref(), &headers, &body);
    let fields = match token(&github, &visit, &form)? {
        Ok(fields) => fields,
        Err(Problem(error, description, page)) => vec![
            ("error", error.into()),
            ("error_description", description.into()),
            ("error_uri", format!("/apps/managing-oauth-apps/{page}").into()),
        ],
    };
    let mut response = answer(&headers, &fields);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn token(github: &GitHub, visit: &Visit, form: &Form) -> Result<Exchanged, ApiError> {
    let app = form.get("client_id").and_then(|client_id| visit.directory.app(client_id));
    let app = app.filter(|app| form.get("client_secret") == Some(&app.client_secret) && !app.suspended);
    let Some(app) = app else { return Ok(Err(INCORRECT_CLIENT)) };
    match form.get("grant_type") {
        None | Some("authorization_code") => by_code(github, app, form),
        Some("refresh_token") => by_refresh(github, app, form),
        Some(_) => Ok(Err(BAD_GRANT)),
    }
}

fn by_code(github: &GitHub, app: &App, form: &Form) -> Result<Exchanged, ApiError> {
    let redirect_uri = form.get("redirect_uri");
    if redirect_uri.is_some() && resolve(app, redirect_uri).is_none() {
        return Ok(Err(REDIRECT_MISMATCH));
    }
    let text = form.get("code").unwrap_or_default();
    let verifier = form.get("code_verifier");
    match github.codes.take(text, &app.client_id, redirect_uri, verifier, now()) {
        Ok(code) => issue(github, app, code.login, code.scopes).map(Ok),
        Err(BadCode::Code) => Ok(Err(BAD_CODE)),
        Err(BadCode::RedirectUri) => Ok(Err(REDIRECT_MISMATCH)),
    }
}

fn by_refresh(github: &GitHub, app: &App, form: &Form) -> Result<Exchanged, ApiError> {
    let refresh = github.tokens.find(form.get("refresh_token").unwrap_or_default())?;
    let found = refresh.as_ref().and_then(|issued| match &issued.grant {
        Grant::Refresh { login, client_id } if *client_id == app.client_id => Some((issued, login)),
        _ => None,
    });
    let Some((issued, login)) = found else { return Ok(Err(BAD_REFRESH)) };
    // Both the old access token and the old refresh token end.
    github.tokens.revoke(issued)?;
    issue(github, app, login.clone(), Scopes::default()).map(Ok)
}

fn issue(github: &GitHub, app: &App, login: String, scopes: Scopes) -> Result<Vec<(&'static str, Value)>, ApiError> {
    let client_id = app.client_id.clone();
    let mut fields = Vec::new();
    match &app.github_app {
        None => {
            let list = scopes.with_commas();
            let (token, _) = github.tokens.issue(Grant::OAuthApp { login, client_id, scopes }, None)?;
            fields.extend([("access_token", json!(token)), ("scope", json!(list))]);
        }
        Some(github_app) if github_app.expiring_user_tokens => {
            let access = Grant::GitHubApp { login: login.clone(), client_id: client_id.clone() };
            let refresh = Grant::Refresh { login, client_id };
            let (access, refresh) = github.tokens.issue_pair((access, ACCESS), (refresh, REFRESH))?;
            fields.extend([
                ("access_token", json!(access)),
                ("expires_in", json!(ACCESS.as_secs())),
                ("refresh_token", json!(refresh)),
                ("refresh_token_expires_in", json!(REFRESH.as_secs())),
                ("scope", json!("")),
            ]);
        }
        Some(_) => {
            let (token, _) = github.tokens.issue(Grant::GitHubApp { login, client_id }, None)?;
            fields.extend([("access_token", json!(token)), ("scope", json!(""))]);
        }
    }
    fields.push(("token_type", json!("bearer")));
    Ok(fields)
}

fn answer(headers: &HeaderMap, fields: &[(&'static str, Value)]) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if accept.contains("json") {
        let object: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        return Json(object).into_response();
    }
    if accept.contains("xml") {
        let element =
            |(name, value): &(&str, Value)| format!("<{name}>{}</{name}>", crate::github::page::escape(&text(value)));
        let body = format!("<OAuth>{}</OAuth>", fields.iter().map(element).collect::<String>());
        return ([(CONTENT_TYPE, "application/xml; charset=utf-8")], body).into_response();
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields.iter().map(|(name, value)| (*name, text(value))));
    ([(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], form.finish()).into_response()
}
