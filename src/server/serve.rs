//! The routes of the service, and how it starts and stops.

use std::net::SocketAddr;

use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::app::{App, Shared};
use super::audit::Recorder;
use super::settings::Settings;
use super::{guard, pages, people, services, sign_in};
use crate::operations::{Failure, Onboarding};

/// The largest body of a request, in bytes: a submission has some hundred.
const LARGEST_BODY: usize = 64 * 1024;

/// A service that runs.
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Finishes the requests in flight, and stops.
    ///
    /// # Errors
    /// If it had failed before.
    pub async fn stop(self) -> Result<(), Failure> {
        // If the receiver is gone, the service has ended by itself.
        let _ = self.stop.send(());
        match self.serving.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::new(format!("the service ended: {error}"))),
            Err(error) => Err(Failure::new(format!("the service ended: {error}"))),
        }
    }
}

/// The parts of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// The API alone, for a UI elsewhere.
    Api,
    /// The API and the portal.
    ApiAndPortal,
}

/// Serves on `listener`.
///
/// # Errors
/// If the address of the listener is not known.
pub fn start(
    listener: TcpListener,
    parts: Parts,
    settings: Settings,
    onboarding: Onboarding,
    recorder: Recorder,
) -> Result<Server, Failure> {
    let address = listener.local_addr();
    let address = address.map_err(|error| Failure::new(format!("could not listen: {error}")))?;
    let router = router(Shared::new(settings, onboarding, recorder), parts);
    let (stop, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async {
        // A sender that is gone stops it as well.
        let _ = stopped.await;
    });
    Ok(Server { address, stop, serving: tokio::spawn(async { serving.await }) })
}

fn router(app: App, parts: Parts) -> Router {
    let pages = match parts {
        Parts::Api => Router::new(),
        Parts::ApiAndPortal => pages::routes(),
    };
    pages
        .route("/health", get(health))
        .route("/auth/github", get(sign_in::begin))
        .route("/auth/github/callback", get(sign_in::callback))
        .route("/auth/verify", get(sign_in::verify))
        .route("/auth/logout", post(sign_in::logout))
        .route("/auth/refresh", post(sign_in::refresh))
        .route("/api/user", get(people::user))
        .route("/api/orgs", get(people::organizations))
        .route("/api/orgs/{org}/repos", get(people::repositories_of_organization))
        .route("/api/repos", get(people::repositories))
        .route("/api/repos/{owner}/{repo}/branches", get(people::branches))
        .route("/api/repos/{owner}/{repo}/contents/", get(people::root))
        .route("/api/repos/{owner}/{repo}/contents/{*path}", get(people::contents))
        .route("/api/users/{username}/repos", get(people::repositories_of_person))
        .route("/api/platform/pulls", get(services::pulls))
        .route("/api/platform/service", get(services::list).post(services::add))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}

/// `GET /health`: the process runs. It asks nobody else.
async fn health() -> Response {
    let body = json!({
        "serverStatus": "healthy",
        "timestamp": Timestamp::now(),
        "version": env!("CARGO_PKG_VERSION"),
        "commit": "unknown",
        "date": "unknown",
    });
    Json(body).into_response()
}

async fn not_found() -> Response {
    let mut response = (StatusCode::NOT_FOUND, "404 page not found").into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
