//! ETags, and answers to clients that have the present version already.

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::errors::ApiError;

/// Adds an ETag to an answer to a `GET` that has a body of the API, and answers 304 without a body if the client knows
/// it.
pub(super) async fn answer(method: &Method, headers: &HeaderMap, response: Response) -> Response {
    if *method != Method::GET || response.status() != StatusCode::OK || !is_api(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body is in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "The answer broke off.").into_response();
    };
    // As on GitHub, the tag of an answer that may be compressed is weak.
    let tag = format!("W/\"{}\"", hex::encode(Sha256::digest(&bytes)));
    let known = headers.get_all(IF_NONE_MATCH).iter().any(|value| is_known(value, &tag));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, tag);
    }
    if known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn is_api(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.starts_with("application/json") || media_type.starts_with("application/vnd.github")
}

fn is_known(value: &HeaderValue, tag: &str) -> bool {
    let strong = tag.trim_start_matches("W/");
    let tags = value.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.into_iter().any(|known| known == "*" || known.trim_start_matches("W/") == strong)
}
