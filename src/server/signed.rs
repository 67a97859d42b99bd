//! Who asks, and from where, as handlers need it.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::app::App;
use super::error::ApiError;
use super::session::Session;

/// Whoever is signed in, for handlers that need someone.
impl FromRequestParts<App> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        match parts.extensions.get::<Signed>() {
            Some(Signed(Ok(Some(session)))) => Ok(session.clone()),
            Some(Signed(Err(error))) => Err(error.clone()),
            _ => Err(ApiError::not_authenticated()),
        }
    }
}

/// Whoever is signed in, for handlers that also answer others.
impl OptionalFromRequestParts<App> for Session {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Self::Rejection> {
        let signed = parts.extensions.get::<Signed>();
        Ok(signed.and_then(|Signed(session)| session.as_ref().ok().cloned().flatten()))
    }
}

/// An extension of a request: the session in it, after it was renewed.
#[derive(Debug, Clone)]
pub(super) struct Signed(pub(super) Result<Option<Session>, ApiError>);

/// An extension of a request: the address that it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);
