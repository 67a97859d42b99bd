//! The services of the platform, the requests to add one, and the way to ask for it.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use github_api::LabelledPull;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::app::App;
use super::audit::Event;
use super::error::{Answer, ApiError};
use super::session::Session;
use super::sign_in::check_again;
use super::signed::ClientAddress;
use super::submission::{self, Asked};
use crate::manifest::model::{EnvironmentType, Manifest, Service};

/// `GET /api/platform/service`: the services, by team and key.
pub(super) async fn list(State(app): State<App>, _: Session) -> Answer {
    let configuration = app.platform.configuration().await?;
    Ok(Json(json!({ "services": views(configuration.manifest()) })).into_response())
}

fn views(manifest: &Manifest) -> Vec<Value> {
    let services = manifest
        .teams
        .iter()
        .flat_map(|(team, configured)| configured.services.iter().map(move |(key, service)| view(team, key, service)));
    services.collect()
}

fn view(team: &str, key: &str, service: &Service) -> Value {
    let mut view = json!({
        "name": service.name,
        "specPath": service.spec_file(),
        "prodBranch": service.branch(EnvironmentType::Prod),
        "devBranch": service.branch(EnvironmentType::Dev),
        "git": { "repo": repository(&service.git.remote).unwrap_or(key) },
        "team": team,
    });
    if let Some(description) = service.description.as_deref().filter(|text| !text.is_empty()) {
        view["description"] = description.into();
    }
    view
}

/// `owner/name` in an address on GitHub. `None` for others.
pub(super) fn repository(remote: &str) -> Option<&str> {
    let (_, rest) = remote.split_once("github.com/")?;
    let rest = rest.split("github.com/").next().unwrap_or(rest);
    Some(rest.strip_suffix(".git").unwrap_or(rest))
}

/// `GET /api/platform/pulls`: the requests to add a service, newest first.
pub(super) async fn pulls(
    State(app): State<App>,
    _: Session,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Answer {
    let state = parameters.get("state").map_or("open", String::as_str);
    if !matches!(state, "open" | "closed" | "all") {
        return Err(ApiError::bad_request("`state` is not one of open, closed, all"));
    }
    let all = app.platform.requests(app.settings.label()).await?;
    let shown: Vec<Value> = all.iter().filter(|pull| state == "all" || pull.state == state).map(pull).collect();
    Ok(Json(json!({ "pull_requests": shown })).into_response())
}

fn pull(found: &LabelledPull) -> Value {
    let user = found.user.as_ref();
    json!({
        "id": found.id,
        "number": found.number,
        "title": found.title,
        "state": found.state,
        "user": {
            "id": user.map_or(0, |user| user.id),
            "login": user.map_or("", |user| &user.login),
            "avatar_url": user.map_or("", |user| &user.avatar_url),
            "html_url": user.map_or("", |user| &user.html_url),
        },
        "body": found.body.as_deref().unwrap_or_default(),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "closed_at": found.closed_at,
        "merged_at": found.pull_request.as_ref().and_then(|pull| pull.merged_at),
        "html_url": found.html_url,
    })
}

/// `POST /api/platform/service`: asks for a service to be added. The answer has the pull request.
pub(super) async fn add(
    State(app): State<App>,
    Extension(ClientAddress(from)): Extension<ClientAddress>,
    session: Session,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut event = Event { who: Some(session.login.clone()), ..Event::new("add-service") };
    let answer = added(&app, &session, &headers, &body, &mut event).await;
    event.refused = answer.as_ref().err().map(|error| error.message.clone());
    app.record(from, event);
    answer.map_or_else(IntoResponse::into_response, |body| Json(body).into_response())
}

async fn added(app: &App, session: &Session, headers: &HeaderMap, body: &Bytes, event: &mut Event) -> Answer<Value> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::new(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "Invalid repository data: send JSON"));
    }
    let asked: Asked = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("Invalid repository data: {error}")))?;
    event.target = Some(format!("{}/{}", asked.owner.login, asked.name));
    check_again(app, session).await?;
    let (found, proposed) = submission::submit(app, session, &asked).await?;
    event.pull_request = proposed.url.clone();
    for warning in &proposed.warnings {
        tracing::warn!(warning, "a part of a request could not be done");
    }
    app.platform.forget().await;
    Ok(json!({
        "message": "Repository registered successfully",
        "repo": {
            "id": found.id,
            "name": found.name,
            "full_name": found.full_name,
            "owner": found.owner,
            "url": found.clone_url.as_deref().unwrap_or_default(),
            "is_private": found.private,
            "default_branch": found.default_branch.as_deref().unwrap_or_default(),
        },
        "pull_request": { "number": proposed.number, "html_url": proposed.url },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_on_github_is_named_by_owner_and_name() {
        for (remote, named) in [
            ("https://github.com/acme/orders.git", Some("acme/orders")),
            ("https://github.com/acme/orders", Some("acme/orders")),
            ("git@github.com:acme/orders.git", None),
            ("https://git.example.org/acme/orders.git", None),
        ] {
            assert_eq!(repository(remote), named, "{remote}");
        }
    }
}
