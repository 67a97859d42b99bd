//! Building answers: bodies, status codes, the Link and Location headers, lists in pages.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, HeaderName, LINK, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::errors::ApiError;

/// The result of an operation.
pub(super) type Answer = Result<Response, ApiError>;

/// 200 with a body.
pub(super) fn ok(body: Value) -> Answer {
    Ok(Json(body).into_response())
}

/// 201 with a body, and its `url` as the Location.
pub(super) fn created(body: Value) -> Answer {
    let location = body["url"].as_str().map(str::to_owned);
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Some(location) = location {
        insert(&mut response, LOCATION, &location);
    }
    Ok(response)
}

/// 204.
pub(super) fn no_content() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// 200 with bytes as they are.
pub(super) fn bytes(media_type: &'static str, content: Vec<u8>) -> Answer {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(media_type))];
    Ok((headers, content).into_response())
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    // Every URL is percent-encoded, so that a header can carry it; one that cannot be carried is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// One page of a list, and the links to the others.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// The value of the Link header, `None` if there is only one page.
    pub(super) link: Option<String>,
}

impl<T> Page<T> {
    /// 200 with the items of the page, rendered.
    pub(super) fn respond(self, render: impl FnMut(T) -> Result<Value, ApiError>) -> Answer {
        let items = self.items.into_iter().map(render).collect::<Result<Vec<_>, _>>()?;
        Ok(with_link(Json(items).into_response(), self.link))
    }
}

/// Adds the fields of one object to another. Both are objects by construction; anything else is left unchanged.
pub(super) fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// Adds a Link header to an answer that is an object rather than a list.
pub(super) fn with_link(mut response: Response, link: Option<String>) -> Response {
    if let Some(link) = &link {
        insert(&mut response, LINK, link);
    }
    response
}
