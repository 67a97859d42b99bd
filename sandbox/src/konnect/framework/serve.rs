//! From an HTTP request to a handler and back: routes, tokens, regions, and the answer to paths that are not served.

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
use super::problem::{Form, Invalid, Problem, Rule, Source};
use super::query::Query;
use super::state::Konnect;
use crate::store::Partition;

/// The handler of an operation. Handlers are synchronous, because a change waits for the disk.
pub(in crate::konnect) type Handler = fn(&Konnect, &Call) -> Result<Answer, Problem>;

/// The largest request body; specifications are the largest in practice.
const GREATEST_BODY: usize = 64 * 1024 * 1024;

/// An operation as a document describes it: its method, and its path template below the region.
pub(in crate::konnect) type Operation = (Document, MethodFilter, &'static str);

/// An operation of a document that the sandbox offers.
#[derive(Debug)]
pub(in crate::konnect) struct Route {
    document: Document,
    method: MethodFilter,
    /// The path below the region, its parameters in braces, as the document writes it.
    path: &'static str,
    handler: Handler,
    json_only: bool,
    /// True if its errors are problem documents, whatever those of its document are.
    has_problems: bool,
}

impl Route {
    const fn new(document: Document, method: MethodFilter, path: &'static str, handler: Handler) -> Route {
        Route { document, method, path, handler, json_only: false, has_problems: false }
    }

    /// An operation that reads.
    pub(in crate::konnect) const fn get(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::GET, path, handler)
    }

    /// An operation that creates.
    pub(in crate::konnect) const fn post(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::POST, path, handler)
    }

    /// An operation that creates or replaces.
    pub(in crate::konnect) const fn put(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::PUT, path, handler)
    }

    /// An operation that changes.
    pub(in crate::konnect) const fn patch(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::PATCH, path, handler)
    }

    /// An operation that deletes.
    pub(in crate::konnect) const fn delete(document: Document, path: &'static str, handler: Handler) -> Route {
        Route::new(document, MethodFilter::DELETE, path, handler)
    }

    /// The same for an operation that documents 415 for a body that is not declared as JSON.
    pub(in crate::konnect) const fn json_only(self) -> Route {
        Route { json_only: true, ..self }
    }

    /// The same for an operation whose errors are problem documents in a document of other errors.
    pub(in crate::konnect) const fn with_problems(self) -> Route {
        Route { has_problems: true, ..self }
    }

    fn errors(&self) -> Form {
        if self.has_problems { Form::Problem } else { self.document.errors() }
    }

    /// The operation that it offers.
    #[cfg(test)]
    pub(in crate::konnect) fn operation(&self) -> Operation {
        (self.document, self.method, self.path)
    }

    fn endpoint(&'static self) -> MethodRouter<Arc<Konnect>> {
        on(self.method, async move |State(konnect), request| self.serve(konnect, request).await)
    }

    async fn serve(&'static self, konnect: Arc<Konnect>, request: Request) -> Response {
        match self.call(&konnect, request).await {
            Ok(call) => match tokio::task::spawn_blocking(move || self.handle(&konnect, &call)).await {
                Ok(Ok(answer)) => answer.render(),
                Ok(Err(problem)) => problem.render(self.errors()),
                Err(panicked) => {
                    let detail = format!("The sandbox failed on [{}]: {panicked}.", self.path);
                    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).render(self.errors())
                }
            },
            Err(problem) => problem.render(self.errors()),
        }
    }

    /// Calls the handler, and the observer of the changes that it made.
    fn handle(&self, konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
        let answer = (self.handler)(konnect, call)?;
        if self.method != MethodFilter::GET {
            (konnect.observer)(konnect, call, &answer);
        }
        Ok(answer)
    }

    async fn call(&self, konnect: &Konnect, request: Request) -> Result<Call, Problem> {
        let (mut parts, body) = request.into_parts();
        let organization = konnect.organization(&parts.headers)?;
        let principal = (self.method != MethodFilter::GET).then(|| konnect.principal(&parts.headers)).flatten();
        let user_agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (user_agent, method) = (user_agent.to_owned(), parts.method.to_string());
        let mut path = path_parameters(&mut parts).await?;
        let region = path.remove(0).1;
        check_region(self.document, &region)?;
        let bytes = to_bytes(body, GREATEST_BODY).await.map_err(|error| {
            let detail = format!("The body could not be read, or exceeds {GREATEST_BODY} bytes: {error}.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
        })?;
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        Ok(Call {
            document: self.document,
            partition: Partition { organization, region },
            sent: (method, below_region(parts.uri.path())),
            user_agent,
            principal,
            address: below_version(parts.uri.path()),
            path,
            query: Query::parse(parts.uri.query().unwrap_or_default()),
            content_type: content_type.and_then(|value| value.to_str().ok()).map(str::to_owned),
            json_only: self.json_only,
            bytes,
        })
    }
}

fn check_region(document: Document, region: &str) -> Result<(), Problem> {
    if document.serves(region) {
        return Ok(());
    }
    let served = document.regions().join(", ");
    let detail = format!("This API is served in the region [{served}], not in [{region}].");
    Err(Problem::new(StatusCode::NOT_FOUND, detail))
}

/// The part of a path after `/{region}`.
fn below_region(path: &str) -> String {
    path.splitn(3, '/').nth(2).map(|rest| format!("/{rest}")).unwrap_or_default()
}

/// The part of a path after `/{region}/{version}`.
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

/// The routes of Konnect, to be nested below `/konnect`; the first segment of each is the region.
///
/// Operations that are not offered have routes as well; otherwise `/v3/portals/email-domains` would name a portal.
pub(in crate::konnect) fn router(
    konnect: Arc<Konnect>,
    routes: impl Iterator<Item = &'static Route>,
    unserved: impl Iterator<Item = Operation>,
) -> Router {
    let offered = routes.map(|route| (route.path, route.endpoint()));
    let refused = unserved.map(|(document, method, path)| (path, not_offered(document, method, path)));
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
        problem.unwrap_or_else(|| Problem::not_offered(method.as_str(), path)).render(document.errors())
    })
}

/// Answers a request that no document describes. Below the entities of a gateway, the answer has the gateway's form.
async fn undescribed(method: Method, uri: Uri) -> Response {
    let detail = format!("No Konnect document describes [{method} {}].", uri.path());
    let form = if uri.path().contains("/core-entities/") { Form::Gateway } else { Form::Problem };
    Problem::new(StatusCode::NOT_FOUND, detail).render(form)
}
