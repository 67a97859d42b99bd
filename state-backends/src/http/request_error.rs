//! Requests that did not do what was asked.

use bytes::Bytes;
use http::header::LOCATION;
use http::{Response, StatusCode};
use transport::{TransportError, excerpt};
use url::Url;

use super::address;
use crate::{Attempt, Error, Kind};

/// Why a request did not do what was asked.
pub(super) enum RequestError {
    /// There was no answer.
    NoAnswer(TransportError),
    /// The answer is an error.
    Refused(Box<Response<Bytes>>),
}

impl From<TransportError> for RequestError {
    fn from(error: TransportError) -> Self {
        RequestError::NoAnswer(error)
    }
}

impl RequestError {
    fn status(&self) -> Option<StatusCode> {
        match self {
            RequestError::NoAnswer(_) => None,
            RequestError::Refused(answer) => Some(answer.status()),
        }
    }

    pub(super) fn is_conflict(&self) -> bool {
        self.status().is_some_and(is_conflict)
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    pub(super) fn is_server_error(&self) -> bool {
        self.status() == Some(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// True if the request may have been carried out nevertheless.
    pub(super) fn is_fate_unknown(&self) -> bool {
        matches!(self, RequestError::NoAnswer(error) if error.is_fate_unknown())
    }

    /// The error for a person.
    pub(super) fn failed(&self, attempt: &Attempt) -> Error {
        match self {
            RequestError::NoAnswer(error) => attempt.failed_by(Kind::Unavailable, error.to_string()),
            RequestError::Refused(answer) => attempt.failed_by(kind(answer.status()), cause(answer)),
        }
    }
}

fn kind(status: StatusCode) -> Kind {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::PermissionDenied,
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::INSUFFICIENT_STORAGE => Kind::NoSpace,
        StatusCode::TOO_MANY_REQUESTS => Kind::Unavailable,
        status if status.is_server_error() => Kind::Unavailable,
        _ => Kind::Misconfigured,
    }
}

fn cause(answer: &Response<Bytes>) -> String {
    let mut cause = format!("the server answered {}", answer.status());
    if let Some(words) = words(answer.body()) {
        cause = format!("{cause}: {words}");
    }
    if let Some(location) = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok()) {
        let location = Url::parse(location).map_or_else(|_| location.to_owned(), |url| address::shown(&url));
        cause = format!("{cause}, and that it is at `{location}`");
    }
    if answer.status() == StatusCode::UNAUTHORIZED {
        cause.push_str("; the credentials are TF_HTTP_USERNAME and TF_HTTP_PASSWORD");
    }
    cause
}

/// A server's words about a failure: `message` or `error` of a JSON object, as GitLab sends it.
fn words(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let words = ["message", "error"].into_iter().find_map(|name| body.get(name))?;
    Some(excerpt(&words.as_str().map_or_else(|| words.to_string(), str::to_owned)))
}

/// True for the statuses by which a server says that another lock is in force.
pub(super) fn is_conflict(status: StatusCode) -> bool {
    status == StatusCode::CONFLICT || status == StatusCode::LOCKED
}

/// True for the statuses of an address that has no locks.
pub(super) fn is_no_lock_there(status: StatusCode) -> bool {
    [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED].contains(&status)
}
