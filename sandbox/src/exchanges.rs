//! The record of exchanges, for tests that count requests and for contract checkers.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

use super::error::SandboxError;
use super::wire::Record;

/// One request and its answer. It holds no headers, and so no tokens, except those that name the type of what was sent
/// and the client's program.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Exchange {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path and the query, as they were sent: `/konnect/us/v3/apis?page[size]=100`.
    pub path: String,
    /// The client's name for itself: its `User-Agent`.
    pub user_agent: Option<String>,
    /// The status of the answer; `None` if the client got no answer.
    pub status: Option<u16>,
    /// The `Content-Type` of the request.
    pub request_type: Option<String>,
    /// The body of the request, `None` if it had none or the body is not JSON.
    pub request_body: Option<Value>,
    /// The `Content-Type` of the answer.
    pub response_type: Option<String>,
    /// The body of the answer, `None` if it had none or the body is not JSON.
    pub response_body: Option<Value>,
    /// The fault that made the answer instead of Konnect or GitHub, or withheld it: `status`, `answer`, `drop` or
    /// `lose-answer`.
    pub fault: Option<&'static str>,
}

/// The destination of exchanges; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    memory: Option<Arc<Mutex<Vec<Exchange>>>>,
    recordings: Vec<Arc<Recording>>,
}

/// An exchange is missing in a recording.
#[derive(Debug, thiserror::Error)]
#[error("the request was served, but the exchange could not be recorded in {}: {source}", path.display())]
pub(super) struct Unrecorded {
    path: PathBuf,
    source: std::io::Error,
}

/// A file that gets a line with each exchange.
#[derive(Debug)]
pub(super) struct Recording {
    path: PathBuf,
    address: SocketAddr,
    file: Mutex<File>,
}

impl Log {
    /// Opens the log of the server at `address`. If `directory` is given, the exchanges are also written to a new file
    /// in it.
    pub(super) fn open(record: Record, directory: Option<&Path>, address: SocketAddr) -> Result<Log, SandboxError> {
        let mut log = Log::default();
        match record {
            Record::Nothing => {}
            Record::InMemory => log.memory = Some(Arc::default()),
            Record::File(path) => log.recordings.push(Arc::new(Recording::open(path, address)?)),
        }
        if let Some(directory) = directory {
            log.recordings.push(Arc::new(Recording::open_in(directory, address)?));
        }
        Ok(log)
    }

    pub(super) fn push(&self, exchange: Exchange) -> Result<(), Unrecorded> {
        for recording in &self.recordings {
            recording.add(&exchange)?;
        }
        if let Some(memory) = &self.memory {
            memory.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        }
        Ok(())
    }

    pub(super) fn all(&self) -> Vec<Exchange> {
        let memory = self.memory.as_deref().map(|exchanges| exchanges.lock().unwrap_or_else(PoisonError::into_inner));
        memory.map(|exchanges| exchanges.clone()).unwrap_or_default()
    }
}

impl Recording {
    fn open(path: PathBuf, address: SocketAddr) -> Result<Recording, SandboxError> {
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(|source| SandboxError::Record { path: path.clone(), source })?;
        Ok(Recording { path, address, file: Mutex::new(file) })
    }

    /// A file in the directory that no other running sandbox writes to.
    fn open_in(directory: &Path, address: SocketAddr) -> Result<Recording, SandboxError> {
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let failed = |source| SandboxError::Record { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(failed)?;
        Recording::open(directory.join(format!("{}-{number}.jsonl", std::process::id())), address)
    }

    fn add(&self, exchange: &Exchange) -> Result<(), Unrecorded> {
        let (mut request_body, mut response_body) = (exchange.request_body.clone(), exchange.response_body.clone());
        request_body.iter_mut().chain(response_body.iter_mut()).for_each(leave_secrets_out);
        let line = json!({
            "method": exchange.method,
            "url": format!("http://{}{}", self.address, exchange.path),
            "user_agent": exchange.user_agent,
            "request_type": exchange.request_type,
            "request_body": request_body,
            "status": exchange.status,
            "response_type": exchange.response_type,
            "response_body": response_body,
            "fault": exchange.fault,
        });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write a line, so that a reader of the file finds only whole lines.
        let written = file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|source| Unrecorded { path: self.path.clone(), source })
    }
}

/// The ends of the names of fields that hold a secret in the API documents: `client_secret`, `token`,
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

/// Reads a body whose headers declare it as JSON, and returns it whole. Other bodies pass unread, because git sends
/// packs of any size.
///
/// A body that breaks off, or has more than `most` bytes, is refused with the status that is returned.
pub(super) async fn read_json(
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<(Body, Option<Value>), StatusCode> {
    let kind = header_text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // GitHub's media type for a file or folder as one object does not end in `+json`.
    if !(kind == "application/json" || kind.ends_with("+json") || kind == "application/vnd.github.object") {
        return Ok((body, None));
    }
    let bytes: Bytes = to_bytes(body, most).await.map_err(|error| {
        // axum says which of the two happened by the error's cause only.
        let is_too_large = error.source().is_some_and(|cause| cause.to_string().contains("limit"));
        if is_too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST }
    })?;
    let value = serde_json::from_slice(&bytes).ok();
    Ok((Body::from(bytes), value))
}

/// The value of a header, `None` if it is absent or not text.
pub(super) fn header_text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
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
