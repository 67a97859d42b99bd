//! The meaning of GitHub's errors for this backend.

use github_api::{Error as GitHubError, Reason, Refusal};
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
    let hint = match error {
        GitHubError::Refused(refusal) => hint(refusal, has_token),
        _ => String::new(),
    };
    attempt.failed_by(kind, format!("{error}{hint}"))
}

fn kind(error: &GitHubError) -> Kind {
    match error {
        GitHubError::NoAnswer(_) => Kind::Unavailable,
        GitHubError::Truncated | GitHubError::Endless(_) | GitHubError::Unexpected(_) => Kind::Misconfigured,
        GitHubError::Refused(refusal) => kind_of(refusal),
    }
}

fn kind_of(refusal: &Refusal) -> Kind {
    if matches!(refusal.reason(), Some(Reason::UsedUp(_) | Reason::TooFast)) {
        return Kind::Unavailable;
    }
    match refusal.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::PermissionDenied,
        status if status.is_server_error() => Kind::Unavailable,
        _ => Kind::Misconfigured,
    }
}

/// What helps, as the end of a sentence.
fn hint(refusal: &Refusal, has_token: bool) -> String {
    let hint = match (refusal.reason(), refusal.status) {
        (_, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) if !has_token => {
            "the variable GITHUB_TOKEN is not set".to_owned()
        }
        (Some(reason), _) => reason.remedy("the token in GITHUB_TOKEN"),
        (None, StatusCode::NOT_FOUND) => {
            "either it does not exist, or the token in GITHUB_TOKEN may not do that".to_owned()
        }
        (None, StatusCode::UNAUTHORIZED) => "the token in GITHUB_TOKEN may have expired".to_owned(),
        (None, StatusCode::FORBIDDEN) => "the token in GITHUB_TOKEN needs write access to contents".to_owned(),
        (None, status) if status.is_redirection() => {
            "the repository has another name now: correct the address of the state".to_owned()
        }
        (None, _) => return String::new(),
    };
    format!("; {hint}")
}
