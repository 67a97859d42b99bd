//! The style of all pages, at an address that changes with it, so that browsers may keep it for ever.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

const STYLE: &str = include_str!("style.css");

/// Its address. The version is that of the program: no other has this style.
pub(super) const PATH: &str = concat!("/style-", env!("CARGO_PKG_VERSION"), ".css");

/// `GET /style-….css`
pub(super) async fn show() -> Response {
    // A build between two versions may have another style: a browser asks again after an hour.
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], STYLE).into_response()
}
