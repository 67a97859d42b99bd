//! Whoever is signed in, as pages need it.

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;

use super::layout::Page;
use crate::server::app::App;
use crate::server::session::Session;

/// Whoever is signed in, for pages that need someone. For everybody else, the answer is a page that says how to sign in.
pub(super) struct Visitor(pub(super) Session);

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let session = <Session as FromRequestParts<App>>::from_request_parts(parts, app).await;
        let refused = |error| Page { app, session: None, path: "", title: "You are not signed in" }.failed(error);
        session.map(Self).map_err(refused)
    }
}
