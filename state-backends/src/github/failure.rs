//! The meaning of GitHub's errors for this backend.

use github_api::{Error as GitHubError, Refusal};
use http::StatusCode;

use crate::{Attempt, Error, Kind};

/// True if GitHub refused to create or move a reference, perhaps because it is no longer where it was. The document has
/// 422 for a reference that exists and for a move that is not forward, and 409 for a conflict.
pub(super) fn may_be_contention(error: &GitHubError) -> bool {
    matches!(error.status(), Some(StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT))
}

/// True if GitHub says that the reference is not where it was. The document has no code for it; these are its words.
pub(super) fn is_contention(error: &GitHubError) -> bool {
    ["fast forward", "fast-forward", "already exists"].iter().any(|words| error.message().contains(words))
}

/// The error for a person. `has_token` is whether a token was sent.
pub(super) fn failed(attempt: &Attempt, error: &GitHubError, has_token: bool) -> Error {
    let kind = kind(error);
    let hint = error.status().and_then(|status| hint(status, has_token)).unwrap_or_default();
    attempt.failed_by(kind, format!("{error}{hint}"))
}

fn kind(error: &GitHubError) -> Kind {
    match error {
        GitHubError::NoAnswer(_) => Kind::Unavailable,
        GitHubError::Truncated | GitHubError::Unexpected(_) => Kind::Misconfigured,
        GitHubError::Refused(refusal) => kind_of(refusal),
    }
}

fn kind_of(refusal: &Refusal) -> Kind {
    match refusal.status {
        // GitHub's 403 for too many requests says so; there is no code for it.
        StatusCode::FORBIDDEN if refusal.message.to_lowercase().contains("rate limit") => Kind::Unavailable,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::PermissionDenied,
        StatusCode::TOO_MANY_REQUESTS => Kind::Unavailable,
        status if status.is_server_error() => Kind::Unavailable,
        _ => Kind::Misconfigured,
    }
}

fn hint(status: StatusCode, has_token: bool) -> Option<&'static str> {
    match status {
        StatusCode::NOT_FOUND if has_token => {
            Some("; either it does not exist, or the token in GITHUB_TOKEN may not do that")
        }
        _ if !has_token => Some("; the variable GITHUB_TOKEN is not set"),
        StatusCode::UNAUTHORIZED => Some("; the token in GITHUB_TOKEN may have expired"),
        StatusCode::FORBIDDEN => Some("; the token in GITHUB_TOKEN needs write access to contents"),
        _ => None,
    }
}
