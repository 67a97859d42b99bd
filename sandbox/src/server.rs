//! The HTTP server: one loopback port for Konnect and GitHub, with faults and the log of exchanges before both.
//!
//! hyper serves the connections directly, because a fault must be able to close one without an answer, which
//! `axum::serve` cannot do.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use futures::stream::{self, StreamExt};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use super::exchanges::{Exchange, Log, Unrecorded, header_text, read_json};
use super::faults::{Fault, Faults};
use super::wire::Limiter;

/// The time that a stop waits for requests in flight.
const GRACE: Duration = Duration::from_secs(5);

/// The largest JSON of a request: a file of 100 MiB in Base64, the maximum of GitHub.
const LARGEST_REQUEST: usize = 140 * 1024 * 1024;

/// The pause after a connection could not be accepted.
const RESPITE: Duration = Duration::from_millis(100);

/// Closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault of the sandbox withholds the answer")]
struct NoAnswer;

/// The data to serve a connection.
#[derive(Debug, Clone)]
pub(super) struct Served {
    /// Konnect and GitHub.
    pub(super) router: Router,
    /// The time that a request waits.
    pub(super) latency: Duration,
    /// The limit on requests; `None` for no limit.
    pub(super) limiter: Option<Arc<Limiter>>,
    /// The faults that are set.
    pub(super) faults: Faults,
    /// The log of exchanges.
    pub(super) log: Log,
}

/// Serves connections until `stop` is sent or dropped, and then finishes the requests in flight.
pub(super) async fn run(listener: TcpListener, served: Served, mut stop: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => spawn_connection(stream, served.clone(), &graceful),
                Err(error) => {
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    // If the process has no file descriptors left, accepting again at once would fail at once.
                    tokio::time::sleep(RESPITE).await;
                }
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still in flight {} seconds after the sandbox was stopped", GRACE.as_secs());
    }
}

fn spawn_connection(stream: TcpStream, served: Served, graceful: &GracefulShutdown) {
    let service = service_fn(move |request: Request<Incoming>| {
        let served = served.clone();
        async move { served.answer(request.map(Body::new)).await }
    });
    let connection = graceful.watch(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the sandbox ended early");
        }
    });
}

impl Served {
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, NoAnswer> {
        tokio::time::sleep(self.latency).await;
        let (parts, body) = request.into_parts();
        if let Some(host) = foreign_host(&parts) {
            let detail = format!(
                "The sandbox is for this machine alone: ask for it by 127.0.0.1 or localhost, not by `{host}`."
            );
            return Ok(refused(StatusCode::MISDIRECTED_REQUEST, parts.uri.path(), &detail));
        }
        let (body, request_body) = match read_json(&parts.headers, body, LARGEST_REQUEST).await {
            Ok(read) => read,
            Err(status) => {
                let detail = format!("The body broke off, or has more than {LARGEST_REQUEST} bytes.");
                return Ok(refused(status, parts.uri.path(), &detail));
            }
        };
        let fault = self.fault(&parts.method, parts.uri.path());
        let exchange = Exchange { fault: fault.as_ref().and_then(Fault::deciding), ..asked(&parts, request_body) };
        let Some(response) = self.respond(Request::from_parts(parts, body), fault.as_ref()).await else {
            return self.log.push(exchange).map_or_else(|missing| Ok(unrecorded(&missing)), |()| Err(NoAnswer));
        };
        let (parts, body) = response.into_parts();
        let (body, response_body) = match read_json(&parts.headers, body, usize::MAX).await {
            Ok(read) => read,
            Err(_) => return Ok(bare(StatusCode::INTERNAL_SERVER_ERROR)),
        };
        let response_type = header_text(&parts.headers, header::CONTENT_TYPE);
        let exchange = Exchange { status: Some(parts.status.as_u16()), response_type, response_body, ..exchange };
        if let Err(missing) = self.log.push(exchange) {
            return Ok(unrecorded(&missing));
        }
        let body = match fault {
            Some(Fault::SlowBody(pause)) => halting(body, pause).await,
            _ => body,
        };
        Ok(Response::from_parts(parts, body))
    }

    /// The answer to a request, `None` if a fault withholds it.
    async fn respond(&self, request: Request<Body>, fault: Option<&Fault>) -> Option<Response<Body>> {
        match fault {
            Some(Fault::Drop) => None,
            Some(Fault::LoseAnswer) => {
                self.route(request).await;
                None
            }
            Some(Fault::Answer { status, headers, body }) => Some(injected(*status, headers, body)),
            Some(Fault::Status { status, headers }) => {
                Some(injected(*status, headers, &bare_body(*status, request.uri().path())))
            }
            Some(Fault::HaltBefore(halt)) => {
                halt.wait().await;
                Some(self.route(request).await)
            }
            Some(Fault::HaltAfter(halt)) => {
                let response = self.route(request).await;
                halt.wait().await;
                Some(response)
            }
            Some(Fault::SlowBody(_)) | None => Some(self.route(request).await),
        }
    }

    /// The fault that strikes this request. A request over the rate limit counts for no other fault.
    fn fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let turned_away = self.limiter.as_ref().is_some_and(|limiter| !limiter.admits());
        if turned_away { Some(Fault::rate_limited(1)) } else { self.faults.strike(method, path) }
    }

    async fn route(&self, request: Request<Body>) -> Response<Body> {
        let answered: Result<_, Infallible> = self.router.clone().oneshot(request).await;
        let Ok(response) = answered;
        response
    }
}

/// The exchange of a request whose answer is not known yet.
fn asked(parts: &Parts, request_body: Option<Value>) -> Exchange {
    Exchange {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string),
        user_agent: header_text(&parts.headers, header::USER_AGENT),
        request_type: header_text(&parts.headers, header::CONTENT_TYPE),
        request_body,
        ..Exchange::default()
    }
}

/// A recording with gaps would mislead its reader, so the request fails.
fn unrecorded(missing: &Unrecorded) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{missing}\n")));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A minimal body for a status, in the format of the system that was asked: GitHub's `basic-error`, or a problem
/// document of Konnect.
fn bare_body(status: StatusCode, path: &str) -> Value {
    let title = status.canonical_reason().unwrap_or("Fault");
    if path.starts_with("/github/") {
        json!({ "message": title, "documentation_url": "https://docs.github.com/rest", "status": status.as_str() })
    } else {
        json!({
            "status": status.as_u16(),
            "title": title,
            "instance": "kong:trace:0",
            "detail": "A fault of the sandbox gives this answer.",
        })
    }
}

/// A body that pauses halfway. It is read whole first, to find the middle.
async fn halting(body: Body, pause: Duration) -> Body {
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        // A body that cannot be read cannot be slowed down: the client sees it break off.
        Err(error) => return Body::from_stream(stream::iter([Err::<Bytes, _>(error)])),
    };
    let (first, rest) = (bytes.slice(..bytes.len() / 2), bytes.slice(bytes.len() / 2..));
    let rest = async move {
        tokio::time::sleep(pause).await;
        rest
    };
    Body::from_stream(stream::iter([first]).chain(stream::once(rest)).map(Ok::<_, Infallible>))
}

/// The name by which a request calls the sandbox, if that is not a name of this machine. A page of the web whose name
/// leads to this machine could read and change everything here.
fn foreign_host(parts: &Parts) -> Option<String> {
    let named = header_text(&parts.headers, header::HOST).into_iter();
    let mut hosts = named.chain(parts.uri.authority().map(ToString::to_string));
    hosts.find(|host| !is_loopback(host))
}

/// True if `host`, which may have a port, is a name or an address of this machine.
fn is_loopback(host: &str) -> bool {
    let Ok(host) = host.parse::<Authority>() else { return false };
    let name = host.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let is_address = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || name == "localhost" || name.ends_with(".localhost")
}

/// A request that is not served, for the reason `detail`.
fn refused(status: StatusCode, path: &str, detail: &str) -> Response<Body> {
    let mut body = bare_body(status, path);
    let field = if path.starts_with("/github/") { "message" } else { "detail" };
    body[field] = detail.into();
    injected(status, &[], &body)
}

/// The answer of a fault. Headers that HTTP does not allow are left out.
fn injected(status: StatusCode, headers: &[(String, String)], body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let map = response.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            map.insert(name, value);
        }
    }
    response
}
