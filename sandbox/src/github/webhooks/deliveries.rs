//! The record of a webhook's deliveries: <https://docs.github.com/rest/repos/webhooks>.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::delivery::{Delivery, Source};
use super::hooks::find;
use crate::github::answer::{Answer, extend, ok};
use crate::github::errors::ApiError;
use crate::github::repository::Repo;
use crate::github::request::ApiRequest;

/// `GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries` (repos/list-webhook-deliveries), youngest first.
pub(in crate::github) fn list(repo: &Repo, request: &ApiRequest) -> Answer {
    request.page(all(repo, request)?).respond(|delivery| Ok(item(&delivery)))
}

/// `GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}` (repos/get-webhook-delivery).
pub(in crate::github) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    let delivery = one(repo, request)?;
    let (headers, payload) = match &delivery.answer {
        Ok(received) => (received.headers.clone(), Value::from(received.body.clone())),
        Err(_) => (Value::Null, Value::Null),
    };
    let mut body = item(&delivery);
    let more = json!({
        "url": delivery.outgoing.target.url,
        "request": {"headers": delivery.request_headers, "payload": delivery.outgoing.payload},
        "response": {"headers": headers, "payload": payload},
    });
    extend(&mut body, more);
    ok(body)
}

/// `POST /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts` (repos/redeliver-webhook-delivery).
pub(in crate::github) fn redeliver(repo: &mut Repo, request: &ApiRequest) -> Answer {
    request.github.deliveries.send_again(&one(repo, request)?);
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

fn all(repo: &Repo, request: &ApiRequest) -> Result<Vec<Delivery>, ApiError> {
    Ok(request.github.deliveries.of(Source::Repository { hook: find(repo, request)?.id }))
}

fn one(repo: &Repo, request: &ApiRequest) -> Result<Delivery, ApiError> {
    let id = request.number("delivery")?;
    all(repo, request)?.into_iter().find(|delivery| delivery.id == id).ok_or_else(ApiError::not_found)
}

/// The schema `hook-delivery-item`.
fn item(delivery: &Delivery) -> Value {
    let (code, status) = match &delivery.answer {
        Ok(received) if (200..300).contains(&received.status) => (received.status, "OK".to_owned()),
        Ok(received) => (received.status, format!("Invalid HTTP Response: {}", received.status)),
        Err(reason) => (502, format!("failed to connect to host: {reason}")),
    };
    json!({
        "id": delivery.id,
        "guid": delivery.guid.to_string(),
        "delivered_at": delivery.delivered_at,
        "redelivery": delivery.is_redelivery,
        "duration": delivery.seconds,
        "status": status,
        "status_code": code,
        "event": delivery.outgoing.event,
        "action": delivery.outgoing.action,
        "installation_id": delivery.outgoing.installation,
        "repository_id": delivery.outgoing.repository,
        "throttled_at": null,
    })
}
