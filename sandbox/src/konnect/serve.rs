//! From an HTTP request to a handler and back: routes, tokens, regions, and the answer to what is not served.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri, header};

use super::call::{Answer, Call};
use super::document::Document;
use super::problem::{Invalid, Problem, Rule, Source};
use super::query::Query;
use super::{Konnect, identity, unserved};
use crate::store::Place;

/// What an operation does. Handlers are synchronous, because a change waits for the disk.
pub(super) type Handler = fn(&Konnect, &Call) -> Result<Answer, Problem>;

/// The largest request body that is read: specifications are the largest that are sent.
const GREATEST_BODY: usize = 64 * 1024 * 1024;

/// An operation of a document that the sandbox offers.
#[derive(Debug)]
pub(super) struct Route {
    document: Document,
    method: MethodFilter,
    /// The path below the region, its parameters in braces, as the document writes it.
    path: &'static str,
    handler: Handler,
    json_only: bool,
}

impl Route {
    const fn new(document: Document, method: MethodFilter, path: &'static str, handler: Handler) -> Route {
        Route { document, method, path, handler, json_only: false }
    }

    /// An operation that reads.
    pub(super) const fn get(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::GET, path, handler)
    }

    /// An operation that creates.
    pub(super) const fn post(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::POST, path, handler)
    }

    /// An operation that creates or replaces.
    pub(super) const fn put(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::PUT, path, handler)
    }

    /// An operation that changes.
    pub(super) const fn patch(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::PATCH, path, handler)
    }

    /// An operation that deletes.
    pub(super) const fn delete(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::DELETE, path, handler)
    }

    /// The same, for an operation that documents 415: for a body that is not declared as JSON.
    pub(super) const fn json_only(self) -> Route {
        Route { json_only: true, ..self }
    }

    /// What it offers: a document's method and path template.
    #[cfg(test)]
    pub(super) fn operation(&self) -> (Document, MethodFilter, &'static str) {
        (self.document, self.method, self.path)
    }

    fn endpoint(&'static self) -> MethodRouter<Arc<Konnect>> {
        on(self.method, async move |State(konnect), request| self.serve(konnect, request).await)
    }

    async fn serve(&'static self, konnect: Arc<Konnect>, request: Request) -> Response {
        match self.call(&konnect, request).await {
            Ok(call) => match tokio::task::spawn_blocking(move || (self.handler)(&konnect, &call)).await {
                Ok(Ok(answer)) => answer.render(),
                Ok(Err(problem)) => problem.render(self.document),
                Err(panicked) => {
                    let detail = format!("The sandbox itself failed on [{}]: {panicked}.", self.path);
                    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).render(self.document)
                }
            },
            Err(problem) => problem.render(self.document),
        }
    }

    async fn call(&self, konnect: &Konnect, request: Request) -> Result<Call, Problem> {
        let (mut parts, body) = request.into_parts();
        let organization = konnect.organization(&parts.headers)?;
        let mut path = path_parameters(&mut parts).await?;
        let region = path.remove(0).1;
        self.document.check_region(&region)?;
        let bytes = to_bytes(body, GREATEST_BODY).await.map_err(|error| {
            let detail = format!("The body could not be read, or exceeds {GREATEST_BODY} bytes: {error}.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
        })?;
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        Ok(Call {
            document: self.document,
            place: Place { organization, region },
            address: below_version(parts.uri.path()),
            path,
            query: Query::parse(parts.uri.query().unwrap_or_default()),
            content_type: content_type.and_then(|value| value.to_str().ok()).map(str::to_owned),
            json_only: self.json_only,
            bytes,
        })
    }
}

/// What follows `/{region}/{version}` in a path.
fn below_version(path: &str) -> String {
    path.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default()
}

/// The parameters of the path, percent-decoded; the first is the region.
async fn path_parameters(parts: &mut Parts) -> Result<Vec<(String, String)>, Problem> {
    let parameters = RawPathParams::from_request_parts(parts, &()).await.map_err(|rejection| {
        Problem::from(Invalid::at(Source::Path, "path", Rule::Named("invalid"), rejection.to_string()))
    })?;
    Ok(parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

impl Konnect {
    /// The organization that the bearer token of a request opens: one that the sandbox was started with, or
    /// one that was created in it since.
    fn organization(&self, headers: &HeaderMap) -> Result<String, Problem> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token =
            value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let organization = token.map(|(_, token)| token.trim()).and_then(|token| {
            self.tokens.get(token).cloned().or_else(|| identity::opened_by(&self.store.read(), token))
        });
        organization.ok_or_else(Problem::unauthenticated)
    }
}

/// The routes of Konnect, to be nested below `/konnect`; the first segment of each is the region.
///
/// Operations that are not offered have routes as well, so that `/v3/portals/email-domains` is not taken for
/// a portal.
pub(super) fn router(konnect: Arc<Konnect>, routes: impl Iterator<Item = &'static Route>) -> Router {
    let offered = routes.map(|route| (route.path, route.endpoint()));
    let refused = unserved::operations().map(|(document, method, path)| (path, not_offered(document, method, path)));
    offered
        .chain(refused)
        .fold(Router::new(), |router, (path, endpoint)| router.route(&format!("/{{region}}{path}"), endpoint))
        .fallback(undescribed)
        .method_not_allowed_fallback(undescribed)
        .with_state(konnect)
}

/// The endpoint of an operation that a document describes and the sandbox does not offer.
fn not_offered(document: Document, filter: MethodFilter, path: &'static str) -> MethodRouter<Arc<Konnect>> {
    on(filter, async move |State(konnect): State<Arc<Konnect>>, method: Method, headers: HeaderMap| {
        let problem = konnect.organization(&headers).err();
        problem.unwrap_or_else(|| Problem::not_offered(method.as_str(), path)).render(document)
    })
}

/// Answers a request that no document describes.
async fn undescribed(method: Method, uri: Uri) -> Response {
    let detail = format!("No Konnect document describes [{method} {}].", uri.path());
    Problem::new(StatusCode::NOT_FOUND, detail).render(Document::Identity)
}
