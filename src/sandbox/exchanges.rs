//! The record of exchanges: what was asked and answered, for tests that count requests and for contract checkers.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

use super::SandboxError;
use super::wire::Record;

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

/// Where exchanges go; clones share it.
#[derive(Debug, Clone)]
pub(super) enum Log {
    Nowhere,
    Memory(Arc<Mutex<Vec<Exchange>>>),
    File(Arc<Recording>),
}

/// A file that grows by a line with each exchange.
#[derive(Debug)]
pub(super) struct Recording {
    path: PathBuf,
    address: SocketAddr,
    file: Mutex<File>,
}

impl Log {
    /// A log as it was asked for, of the server at `address`.
    pub(super) fn open(record: Record, address: SocketAddr) -> Result<Log, SandboxError> {
        match record {
            Record::Nothing => Ok(Log::Nowhere),
            Record::InMemory => Ok(Log::Memory(Arc::default())),
            Record::File(path) => Ok(Log::File(Arc::new(Recording::open(path, address)?))),
        }
    }

    pub(super) fn push(&self, exchange: Exchange) {
        match self {
            Log::Nowhere => {}
            Log::Memory(exchanges) => exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange),
            Log::File(recording) => recording.add(exchange),
        }
    }

    pub(super) fn all(&self) -> Vec<Exchange> {
        match self {
            Log::Memory(exchanges) => exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Log::Nowhere | Log::File(_) => Vec::new(),
        }
    }
}

impl Recording {
    fn open(path: PathBuf, address: SocketAddr) -> Result<Recording, SandboxError> {
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(|source| SandboxError::Record { path: path.clone(), source })?;
        Ok(Recording { path, address, file: Mutex::new(file) })
    }

    fn add(&self, exchange: Exchange) {
        let Exchange { method, path, status, mut request_body, mut response_body } = exchange;
        request_body.iter_mut().chain(response_body.iter_mut()).for_each(leave_secrets_out);
        let url = format!("http://{}{path}", self.address);
        let line = json!({
            "method": method,
            "url": url,
            "request_body": request_body,
            "status": status,
            "response_body": response_body,
        });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write a line: whoever reads the file meanwhile, or after a kill, finds whole lines.
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            tracing::error!(%error, "{} lacks the exchange {method} {path}", self.path.display());
        }
    }
}

/// Fields of the API documents that hold a secret, by the end of their names: `client_secret`, `token`,
/// `encrypted_value`, …
const SECRETS: [&str; 4] = ["secret", "token", "password", "encrypted_value"];

fn leave_secrets_out(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(leave_secrets_out),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if SECRETS.iter().any(|secret| name.ends_with(secret)) => {
                        "(left out)".clone_into(text);
                    }
                    other => leave_secrets_out(other),
                }
            }
        }
        _ => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_without_secrets_are_recorded_as_they_are() {
        let mut body = json!({ "name": "flights", "labels": { "team": "a" }, "has_token": true, "tokens": [1] });
        let before = body.clone();
        leave_secrets_out(&mut body);
        assert_eq!(body, before);
    }

    #[test]
    fn secrets_in_bodies_are_left_out_wherever_they_are() {
        let mut body = json!({ "config": [{ "client_secret": "s3cret" }], "token": "spat_1", "encrypted_value": "x" });
        leave_secrets_out(&mut body);
        let out = "(left out)";
        assert_eq!(body, json!({ "config": [{ "client_secret": out }], "token": out, "encrypted_value": out }));
    }
}
