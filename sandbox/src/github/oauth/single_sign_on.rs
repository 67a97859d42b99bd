//! `/orgs/{org}/sso`: the page that the header `X-GitHub-SSO` links. One click authorizes the token.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::form::Form;
use crate::github::errors::ApiError;
use crate::github::page::{escape, hidden, page, refuse_foreign};
use crate::github::request::Visit;
use crate::github::state::GitHub;

/// The field and the parameter that name the token, by its hash.
const TOKEN: &str = "authorization_request";

/// The page.
pub(in crate::github) async fn ask(
    Extension(visit): Extension<Visit>,
    Path(organization): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if !visit.directory.organization(&organization).is_some_and(|entry| entry.single_sign_on) {
        let content = "<p>This organization has no single sign-on.</p>";
        return page(StatusCode::NOT_FOUND, "Nothing to sign in to", content, None);
    }
    let form = Form::of_query(query.as_deref());
    let content = format!(
        "<p>An app asks for access to <strong>{}</strong>.</p>\n<form method=\"post\" action=\"sso\">\n{}\
         <button>Authorize the app</button>\n</form>",
        escape(&organization),
        hidden(TOKEN, form.get(TOKEN).unwrap_or_default())
    );
    page(StatusCode::OK, "Single sign-on", &content, None)
}

/// The page's form.
pub(in crate::github) async fn authorize(
    State(github): State<Arc<GitHub>>,
    Path(organization): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    if let Err(refusal) = refuse_foreign(&headers) {
        return Ok(*refusal);
    }
    let form = Form::of_body(None, &headers, &body);
    if !github.tokens.authorize(form.get(TOKEN).unwrap_or_default(), &organization)? {
        let content = "<p>The token is not known any more. Sign in to the app again.</p>";
        return Ok(page(StatusCode::NOT_FOUND, "No such token", content, None));
    }
    let content = "<p>The app may be used with the organization now. Go back to it.</p>";
    Ok(page(StatusCode::OK, "Authorized", content, None))
}
