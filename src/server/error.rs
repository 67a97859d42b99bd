//! Errors as the API answers them: JSON with a text under `error`, and nothing else.

use axum::Json;
use axum::response::{IntoResponse, Response};
use github_api::{Error as GitHubError, Reason};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::clock::now;
use crate::manifest::{Diagnostic, Diagnostics};
use crate::operations::{Failure, Failures};
use engine::ErrorKind;

/// The pause that a client is asked for where GitHub names none, in seconds.
const PAUSE: i64 = 60;

/// An error of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// What is wrong one by one, if that is known. The message has the same in one text.
    pub(super) problems: Vec<Problem>,
    /// The seconds after which to ask again.
    retry_after: Option<i64>,
    /// True if the session is over: its cookie is taken away.
    ends_session: bool,
}

/// A thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) text: String,
    pub(super) help: Option<String>,
}

/// The result of a handler.
pub(super) type Answer<T = Response> = Result<T, ApiError>;

impl ApiError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), problems: Vec::new(), retry_after: None, ends_session: false }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn not_authenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Not authenticated")
    }

    pub(super) fn session_over() -> Self {
        Self { ends_session: true, ..Self::new(StatusCode::UNAUTHORIZED, "Invalid or expired token") }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// A person who may not sign in, or not any more.
    pub(super) fn shut_out(message: impl Into<String>) -> Self {
        Self { ends_session: true, ..Self::forbidden(message) }
    }

    /// A request that cannot be carried out as it is, and that is no matter of signing in.
    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// A request of which several things are wrong.
    pub(super) fn wrong(problems: Vec<Problem>) -> Self {
        let text = problems.iter().map(|problem| problem.text.as_str()).collect::<Vec<_>>().join("; ");
        Self { problems, ..Self::unprocessable(text) }
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// The same, with what was tried before it.
    pub(super) fn about(self, attempted: &str) -> Self {
        Self { message: format!("Failed to {attempted}: {}", self.message), ..self }
    }

    pub(super) fn too_many(message: impl Into<String>, seconds: i64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// The error for one of GitHub's, which keeps its meaning. `attempted` is what was tried: `get repositories`.
    pub(super) fn of_github(attempted: &str, error: &GitHubError) -> Self {
        let failed = format!("Failed to {attempted}");
        let GitHubError::Refused(refusal) = error else {
            return Self::new(StatusCode::BAD_GATEWAY, format!("{failed}: {error}"));
        };
        match (refusal.status, refusal.reason()) {
            (StatusCode::UNAUTHORIZED, _) => Self::session_over(),
            (_, Some(Reason::UsedUp(until))) => {
                let text =
                    format!("{failed}: your requests to GitHub are used up until {}", until.strftime("%H:%M UTC"));
                Self::too_many(text, until.as_second() - now())
            }
            (_, Some(Reason::TooFast)) => {
                Self::too_many(format!("{failed}: GitHub was asked too often in a short time"), PAUSE)
            }
            (_, Some(reason)) => Self::forbidden(format!("{failed}: {}", reason.remedy("your sign-in with GitHub"))),
            (StatusCode::NOT_FOUND, None) => {
                Self::new(StatusCode::NOT_FOUND, format!("{failed}: GitHub shows you no such thing"))
            }
            (status, None) => {
                let status = if status == StatusCode::FORBIDDEN { status } else { StatusCode::BAD_GATEWAY };
                Self::new(status, format!("{failed}: GitHub answered {}: {}", refusal.status, refusal.message))
            }
        }
    }

    /// The error for failures of an operation on the platform repository, which are no matter of the person's own access.
    pub(super) fn of_platform(failures: &Failures) -> Self {
        let texts = failures.iter().map(|failure| match &failure.help {
            Some(help) => format!("{failure} ({help})"),
            None => failure.to_string(),
        });
        let text = texts.collect::<Vec<_>>().join("; ");
        let kind = failures.iter().find_map(|failure| failure.source_as::<engine::Error>()).map(|error| error.kind);
        let status = match kind {
            Some(ErrorKind::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            Some(ErrorKind::Unauthorized | ErrorKind::Unexpected) => StatusCode::BAD_GATEWAY,
            Some(ErrorKind::Conflict) => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(PAUSE);
        Self { retry_after, problems: failures.iter().flat_map(problems).collect(), ..Self::new(status, text) }
    }
}

/// The problems of a failure: errors of the configuration are one each.
fn problems(failure: &Failure) -> Vec<Problem> {
    if let Some(errors) = failure.source_as::<Diagnostics>() {
        let problem = |error: &Diagnostic| Problem { text: error.to_string(), help: error.help().map(str::to_owned) };
        return errors.iter().map(problem).collect();
    }
    vec![Problem { text: failure.to_string(), help: failure.help.clone() }]
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.message }))).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.ends_session {
            response.extensions_mut().insert(SessionOver);
        }
        response
    }
}

/// An extension of a response: the session is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionOver;
