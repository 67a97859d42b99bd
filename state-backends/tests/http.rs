//! The HTTP backend, on two servers: one as Terraform documents the protocol, and one as GitLab implements it.

#![allow(clippy::unwrap_used, reason = "this whole program is tests, their helpers included")]

use std::collections::HashMap;
use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ::conformance::{Fixture, NetworkFixture};
use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use state_backends::{Backend, Expected, Http, Kind, LockId, LockInfo};

const PASSWORD: &str = "sesame";

/// A server on a port of its own, which ends with the test's runtime.
struct Server {
    address: SocketAddr,
    kept: Kept,
}

/// The data of a server, by the name of the state.
type Kept = Arc<Mutex<HashMap<String, Entry>>>;

#[derive(Default)]
struct Entry {
    document: Option<Bytes>,
    lock: Option<Value>,
    serials: Vec<u64>,
}

impl Entry {
    fn is_locked_by(&self, id: Option<&String>) -> bool {
        self.lock.as_ref().and_then(|lock| lock["ID"].as_str()) == id.map(String::as_str)
    }
}

impl Server {
    /// The backend, with this password.
    fn backend(&self, path: &str, password: &str) -> Http {
        open(&format!("http://{}{path}", self.address), password)
    }

    /// The document of a state as the server has it.
    fn document(&self, name: &str) -> Option<Bytes> {
        self.kept.lock().unwrap().get(name).and_then(|entry| entry.document.clone())
    }
}

fn open(url: &str, password: &str) -> Http {
    let variables = |name: &str| match name {
        "TF_HTTP_USERNAME" => Some("ada".to_owned()),
        "TF_HTTP_PASSWORD" => Some(password.to_owned()),
        _ => None,
    };
    Http::open(url, &variables).unwrap()
}

async fn start() -> Server {
    let kept = Kept::default();
    let router = Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&kept));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server { address, kept }
}

const GITLAB: &str = "/api/v4/projects/42/terraform/state/";
const TERRAFORM: &str = "/states/";

async fn answer(
    State(kept): State<Kept>,
    method: Method,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let credentials = format!("Basic {}", BASE64.encode(format!("ada:{PASSWORD}")));
    if headers.get(header::AUTHORIZATION).is_none_or(|given| given != credentials.as_str()) {
        return (StatusCode::UNAUTHORIZED, r#"{"message": "401 Unauthorized"}"#).into_response();
    }
    let mut kept = kept.lock().unwrap();
    let decoded = |name: &str| percent_encoding::percent_decode_str(name).decode_utf8().unwrap().into_owned();
    if let Some(rest) = uri.path().strip_prefix(GITLAB) {
        let (name, is_lock) = rest.strip_suffix("/lock").map_or((rest, false), |name| (name, true));
        let entry = kept.entry(decoded(name)).or_default();
        return of_gitlab(entry, &method, is_lock, query.get("ID"), body);
    }
    match uri.path().strip_prefix(TERRAFORM) {
        Some(name) => of_terraform(kept.entry(decoded(name)).or_default(), &method, query.get("ID"), &headers, body),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The protocol as Terraform's documentation of the backend `http` has it.
fn of_terraform(entry: &mut Entry, method: &Method, id: Option<&String>, headers: &HeaderMap, body: Bytes) -> Response {
    let locked =
        |entry: &Entry| (StatusCode::LOCKED, entry.lock.clone().unwrap_or_default().to_string()).into_response();
    match method.as_str() {
        "GET" => {
            entry.document.clone().map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
        }
        "POST" if headers.get("content-md5").is_none_or(|md5| *md5 != BASE64.encode(Md5::digest(&body))) => {
            StatusCode::BAD_REQUEST.into_response()
        }
        "POST" if entry.is_locked_by(id) => {
            entry.document = Some(body);
            StatusCode::OK.into_response()
        }
        "LOCK" if entry.lock.is_none() => {
            entry.lock = Some(serde_json::from_slice(&body).unwrap());
            StatusCode::OK.into_response()
        }
        // A lock that is taken again with its own id is a repeated request, and answered like any other.
        "POST" | "LOCK" => locked(entry),
        "UNLOCK" => {
            let told: Value = serde_json::from_slice(&body).unwrap();
            let named = told["ID"].as_str().map(str::to_owned);
            if named.is_none() || !entry.is_locked_by(named.as_ref()) {
                return (StatusCode::CONFLICT, String::new()).into_response();
            }
            entry.lock = None;
            StatusCode::OK.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// The protocol as GitLab implements it: a lock keeps its ID, its user and the time; a conflict echoes the other fields
/// of the request; a write under another lock is an internal error; every document has a serial of its own.
fn of_gitlab(entry: &mut Entry, method: &Method, is_lock: bool, id: Option<&String>, body: Bytes) -> Response {
    match (method.as_str(), is_lock) {
        ("GET", false) => match entry.document.clone() {
            Some(document) => document.into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        ("POST", false) if body.is_empty() => StatusCode::NO_CONTENT.into_response(),
        ("POST", false) if !entry.is_locked_by(id) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        ("POST", false) => {
            let document: Value = serde_json::from_slice(&body).unwrap_or_default();
            let Some(serial) = document["serial"].as_u64().filter(|serial| !entry.serials.contains(serial)) else {
                let message = r#"{"message": "duplicate key value violates unique constraint"}"#;
                return (StatusCode::UNPROCESSABLE_ENTITY, message).into_response();
            };
            entry.serials.push(serial);
            entry.document = Some(body);
            StatusCode::OK.into_response()
        }
        ("POST", true) => {
            let mut told: Value = serde_json::from_slice(&body).unwrap();
            let required = ["ID", "Operation", "Info", "Who", "Version", "Created", "Path"];
            if required.iter().any(|field| !told[field].is_string()) {
                return StatusCode::BAD_REQUEST.into_response();
            }
            let status = if entry.lock.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
            let lock = entry
                .lock
                .get_or_insert_with(|| json!({"ID": told["ID"], "Who": "root", "Created": "2026-01-02T03:04:05.678Z"}));
            for field in ["ID", "Who", "Created"] {
                told[field] = lock[field].clone();
            }
            (status, told.to_string()).into_response()
        }
        ("DELETE", true) if id.is_none() || entry.is_locked_by(id) => {
            entry.lock = None;
            StatusCode::OK.into_response()
        }
        ("DELETE", true) => StatusCode::CONFLICT.into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

#[async_trait]
impl Fixture for Server {
    async fn create() -> Self {
        start().await
    }

    async fn open(&self) -> Arc<dyn Backend> {
        Self::open_at(&self.address()).await
    }

    fn address(&self) -> String {
        format!("http://{}{TERRAFORM}", self.address)
    }

    async fn open_at(address: &str) -> Arc<dyn Backend> {
        Arc::new(open(address, PASSWORD))
    }
}

#[async_trait]
impl NetworkFixture for Server {
    fn server(&self) -> String {
        self.address.to_string()
    }

    async fn open_by_way_of(&self, proxy: SocketAddr) -> Arc<dyn Backend> {
        Self::open_at(&format!("http://{proxy}{TERRAFORM}")).await
    }

    async fn open_with_secret(&self, secret: &str) -> Arc<dyn Backend> {
        Arc::new(self.backend(TERRAFORM, secret))
    }
}

mod conformance {
    use super::*;

    ::conformance::network_conformance_suite!(Server);
}

fn somebody() -> LockInfo {
    LockInfo::of_this_process("apply", "http tests")
}

fn document(serial: u64) -> Vec<u8> {
    json!({"serial": serial, "lineage": "7d1f"}).to_string().into_bytes()
}

async fn must_lock(backend: &Http) -> LockId {
    let info = somebody();
    backend.lock("Kong Airlines", &info).await.unwrap();
    info.id
}

mod gitlab {
    use super::*;

    #[tokio::test]
    async fn a_state_is_written_under_its_name_and_read_back() {
        let server = start().await;
        let backend = server.backend(GITLAB, PASSWORD);
        assert_eq!(backend.read("Kong Airlines").await.unwrap(), None);
        let lock = must_lock(&backend).await;
        let mut expected = Expected::Absent;
        for serial in 1..=2 {
            let revision = backend.write("Kong Airlines", document(serial), &expected, &lock).await.unwrap();
            assert_eq!(server.document("Kong Airlines").unwrap(), document(serial));
            expected = Expected::Revision(revision);
        }
        backend.unlock("Kong Airlines", &lock).await.unwrap();
        assert_eq!(backend.read("Kong Airlines").await.unwrap().unwrap().bytes, document(2));
    }

    #[tokio::test]
    async fn a_held_lock_is_told_with_what_gitlab_keeps_of_it() {
        let server = start().await;
        let lock = must_lock(&server.backend(GITLAB, PASSWORD)).await;
        let error = server.backend(GITLAB, PASSWORD).lock("Kong Airlines", &somebody()).await.unwrap_err();
        let holder = format!("it is locked by root since 2026-01-02T03:04:05Z, with the lock id {lock}");
        assert!(error.to_string().ends_with(&holder), "{error}");
    }

    #[tokio::test]
    async fn a_lock_forced_open_stops_the_writes_of_who_held_it() {
        let server = start().await;
        let (mine, other) = (server.backend(GITLAB, PASSWORD), server.backend(GITLAB, PASSWORD));
        let lock = must_lock(&mine).await;
        other.force_unlock("Kong Airlines", &lock).await.unwrap();
        let write = || mine.write("Kong Airlines", document(1), &Expected::Absent, &lock);
        assert_eq!(write().await.unwrap_err().kind(), &Kind::NotLocked);
        let theirs = must_lock(&other).await;
        let error = write().await.unwrap_err();
        assert!(matches!(error.kind(), Kind::WrongLockId { holder: Some(holder) } if holder.id == theirs), "{error}");
        assert_eq!(server.document("Kong Airlines"), None);
    }

    #[tokio::test]
    async fn what_gitlab_does_not_take_is_told_in_its_words() {
        let server = start().await;
        let backend = server.backend(GITLAB, PASSWORD);
        let lock = must_lock(&backend).await;
        let no_serial = backend.write("Kong Airlines", b"{}".to_vec(), &Expected::Absent, &lock).await.unwrap_err();
        assert!(no_serial.source().unwrap().to_string().contains("422 Unprocessable Entity: duplicate key"));
    }
}

#[tokio::test]
async fn a_server_without_locks_is_told_with_the_setting() {
    let server = start().await;
    let address = format!("http://{}{TERRAFORM}?lock_method=PUT", server.address);
    let error = open(&address, PASSWORD).lock("kong", &somebody()).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Misconfigured);
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("405 Method Not Allowed") && cause.contains("`lock_address`"), "{cause}");
}

#[tokio::test]
async fn a_server_that_has_moved_is_told_and_gets_no_credentials() {
    let target = start().await;
    let location = format!("http://{}{TERRAFORM}", target.address);
    let moved = move || {
        let location = location.clone();
        async move { (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(moved)).await.unwrap() });
    let error = open(&format!("http://{address}/states"), PASSWORD).read("kong").await.unwrap_err();
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("301 Moved Permanently") && cause.contains(&target.address.to_string()), "{cause}");
}
