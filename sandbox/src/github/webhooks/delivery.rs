//! The queue that sends events, and the record of what was sent.
//!
//! Each delivery is a task of its own, so that a receiver that is slow or gone delays nobody. Events go to addresses of
//! this machine only: no request of a sandbox leaves it.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use ring::hmac;
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use url::{Host, Url, form_urlencoded};
use uuid::Uuid;

use super::hook::Target;
use crate::github::clock::now;

/// The time that a receiver has to answer, as on GitHub.
const PATIENCE: Duration = Duration::from_secs(10);
/// The deliveries that are under way at once.
const AT_ONCE: usize = 16;
/// The deliveries that are remembered.
const REMEMBERED: usize = 500;
/// The longest answer of a receiver that is remembered.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The webhook that an event is sent by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Repository { hook: u64 },
    App { app: u64 },
}

/// An event on its way.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) source: Source,
    pub(super) target: Target,
    pub(super) event: String,
    pub(super) action: Option<String>,
    pub(super) installation: Option<u64>,
    pub(super) repository: u64,
    pub(super) payload: Value,
}

/// A delivery that ended.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) id: u64,
    pub(super) guid: Uuid,
    pub(super) outgoing: Outgoing,
    pub(super) is_redelivery: bool,
    pub(super) delivered_at: Timestamp,
    pub(super) seconds: f64,
    pub(super) request_headers: Value,
    /// The answer; the error if there was none.
    pub(super) answer: Result<Received, String>,
}

/// The answer of a receiver.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: Value,
    pub(super) body: String,
}

/// All deliveries of a sandbox; clones share them. They do not outlive it.
#[derive(Clone, Debug)]
pub(in crate::github) struct Deliveries {
    ended: Arc<Mutex<VecDeque<Delivery>>>,
    last_id: Arc<AtomicU64>,
    permits: Arc<Semaphore>,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { ended: Arc::default(), last_id: Arc::default(), permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Deliveries {
    /// Sends an event. It returns at once, and may be called from a thread that blocks.
    pub(super) fn send(&self, outgoing: Outgoing) {
        self.spawn(outgoing, Uuid::new_v4(), false);
    }

    /// Sends an event again, under the same GUID.
    pub(super) fn send_again(&self, delivery: &Delivery) {
        self.spawn(delivery.outgoing.clone(), delivery.guid, true);
    }

    /// The deliveries of a webhook, youngest first.
    pub(super) fn of(&self, source: Source) -> Vec<Delivery> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.iter().filter(|delivery| delivery.outgoing.source == source).cloned().collect()
    }

    fn spawn(&self, outgoing: Outgoing, guid: Uuid, is_redelivery: bool) {
        let all = self.clone();
        tokio::spawn(async move {
            // The semaphore is never closed.
            let _permit = all.permits.acquire().await;
            let delivery = deliver(outgoing, guid, is_redelivery).await;
            all.remember(delivery);
        });
    }

    fn remember(&self, delivery: Delivery) {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.push_front(Delivery { id, ..delivery });
        ended.truncate(REMEMBERED);
    }
}

async fn deliver(outgoing: Outgoing, guid: Uuid, is_redelivery: bool) -> Delivery {
    let began = Instant::now();
    let delivered_at = now();
    let body = body(&outgoing);
    let headers = headers(&outgoing, guid, &body);
    let sent = tokio::time::timeout(PATIENCE, post(&outgoing.target.url, headers.clone(), body)).await;
    let answer = sent.unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs())));
    Delivery {
        id: 0,
        guid,
        outgoing,
        is_redelivery,
        delivered_at,
        seconds: began.elapsed().as_secs_f64(),
        request_headers: headers_json(&headers),
        answer,
    }
}

fn body(outgoing: &Outgoing) -> String {
    let payload = outgoing.payload.to_string();
    if outgoing.target.as_json {
        return payload;
    }
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish()
}

fn headers(outgoing: &Outgoing, guid: Uuid, body: &str) -> HeaderMap {
    let (kind, hook, target) = match outgoing.source {
        Source::Repository { hook } => ("repository", hook, outgoing.repository),
        Source::App { app } => ("integration", app, app),
    };
    let media_type = if outgoing.target.as_json { "application/json" } else { "application/x-www-form-urlencoded" };
    let mut headers = HeaderMap::new();
    let mut add = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    add("accept", "*/*".to_owned());
    add("content-type", media_type.to_owned());
    add("user-agent", "GitHub-Hookshot/sandbox".to_owned());
    add("x-github-delivery", guid.to_string());
    add("x-github-event", outgoing.event.clone());
    add("x-github-hook-id", hook.to_string());
    add("x-github-hook-installation-target-id", target.to_string());
    add("x-github-hook-installation-target-type", kind.to_owned());
    if let Some(secret) = &outgoing.target.secret {
        let sign = |algorithm| hex::encode(hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), body.as_bytes()));
        add("x-hub-signature", format!("sha1={}", sign(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)));
        add("x-hub-signature-256", format!("sha256={}", sign(hmac::HMAC_SHA256)));
    }
    headers
}

/// Sends a body. As on GitHub, a redirection is not followed.
async fn post(url: &str, headers: HeaderMap, body: String) -> Result<Received, String> {
    let url = Url::parse(url).map_err(|error| format!("the address is not valid: {error}"))?;
    let address = local_address(&url)?;
    let stream = TcpStream::connect(address.as_str()).await.map_err(|error| format!("{address}: {error}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to a webhook's receiver ended early");
        }
    });
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let mut request = Request::builder().method(Method::POST).uri(path).body(Body::from(body));
    if let Ok(request) = &mut request {
        request.headers_mut().extend(headers);
        if let Ok(host) = HeaderValue::from_str(url.authority().rsplit('@').next().unwrap_or_default()) {
            request.headers_mut().insert(header::HOST, host);
        }
    }
    let request = request.map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(Body::new(body), LONGEST_ANSWER).await.map_err(|error| error.to_string())?;
    Ok(Received {
        status: parts.status.as_u16(),
        headers: headers_json(&parts.headers),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// The address of a receiver on this machine.
fn local_address(url: &Url) -> Result<String, String> {
    if url.scheme() != "http" {
        return Err("the sandbox delivers by http only".to_owned());
    }
    let port = url.port_or_known_default().unwrap_or(80);
    match url.host() {
        Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => {
            Ok(format!("localhost:{port}"))
        }
        Some(Host::Ipv4(address)) if address.is_loopback() => Ok(format!("{address}:{port}")),
        Some(Host::Ipv6(address)) if address.is_loopback() => Ok(format!("[{address}]:{port}")),
        _ => {
            Err(format!("the sandbox delivers only to this machine, that is, to {} or localhost", Ipv4Addr::LOCALHOST))
        }
    }
}

fn headers_json(headers: &HeaderMap) -> Value {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let fields = headers.iter().map(|(name, value)| (name.to_string(), Value::String(text(value))));
    Value::Object(fields.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_to_this_machine_only() {
        for (url, expected) in [
            ("http://localhost:8080/hook", Some("localhost:8080")),
            ("http://127.0.0.1/hook", Some("127.0.0.1:80")),
            ("http://[::1]:1/hook", Some("[::1]:1")),
            ("https://localhost/hook", None),
            ("http://example.com/hook", None),
            ("http://localhost.example.com/hook", None),
            ("http://169.254.169.254/hook", None),
        ] {
            assert_eq!(local_address(&Url::parse(url).unwrap()).ok().as_deref(), expected, "{url}");
        }
    }

    /// The example of GitHub's documentation about validating deliveries.
    #[test]
    fn the_signature_is_that_of_the_documentation() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"It's a Secret to Everybody");
        let expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(hex::encode(hmac::sign(&key, b"Hello, World!")), expected);
    }
}
