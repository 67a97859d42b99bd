//! The log of exchanges: what was asked and answered, for tests that count requests and for recordings.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

/// One request and its answer. Headers, and so tokens, are no part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exchange {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path and the query, as they were sent: `/konnect/us/v3/apis?page[size]=100`.
    pub path: String,
    /// The status of the answer; `None` where the client got none.
    pub status: Option<u16>,
    /// The body of the request: JSON, or `None` where there was none or it was no JSON.
    pub request_body: Option<Value>,
    /// The body of the answer, likewise.
    pub response_body: Option<Value>,
}

/// All exchanges so far, in the order in which they were completed; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Log {
    pub(super) fn push(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    pub(super) fn all(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads a body where its headers declare it as JSON, and gives it back whole; others pass unread, because git
/// sends packs of any size.
///
/// A body that breaks off while it is read is refused with the status that it then deserves.
pub(super) async fn read_json(headers: &HeaderMap, body: Body) -> Result<(Body, Option<Value>), StatusCode> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !(kind == "application/json" || kind.ends_with("+json")) {
        return Ok((body, None));
    }
    let bytes: Bytes = to_bytes(body, usize::MAX).await.map_err(|_| StatusCode::BAD_REQUEST)?;
    let value = serde_json::from_slice(&bytes).ok();
    Ok((Body::from(bytes), value))
}
