//! GitHub's errors, told in its own words: `message` and `errors` (the error bodies of its published document).

use http::StatusCode;

use super::client::Access;
use crate::engine::{Error, ErrorKind};
use crate::http::TransportError;

/// The error of the engine for an error of octocrab.
pub(super) fn explain(attempted: &str, access: &Access, error: octocrab::Error) -> Error {
    match error {
        octocrab::Error::GitHub { source, .. } => answer(attempted, access, &source),
        octocrab::Error::Service { source, .. } => lost(attempted, source.as_ref()),
        other => Error::new(ErrorKind::Unexpected, attempted, chain(&other)),
    }
}

fn answer(attempted: &str, access: &Access, error: &octocrab::GitHubError) -> Error {
    let status = error.status_code;
    let mut cause = format!("GitHub answered {status}: {}", error.message);
    for detail in error.errors.iter().flatten() {
        let words = detail["message"].as_str().map_or_else(|| detail.to_string(), str::to_owned);
        cause.push_str(": ");
        cause.push_str(&words);
    }
    let source = &access.token_source;
    let (kind, help) = match status {
        StatusCode::UNAUTHORIZED => {
            (ErrorKind::Unauthorized, format!("the GitHub token from {source} was refused: it may have expired"))
        }
        StatusCode::FORBIDDEN => (
            ErrorKind::Unauthorized,
            format!(
                "the GitHub token from {source} may not do that: it needs write access to contents and pull requests"
            ),
        ),
        StatusCode::NOT_FOUND => (
            ErrorKind::NotFound,
            format!("check the name, and that the GitHub token from {source} may read the repository"),
        ),
        StatusCode::CONFLICT => (ErrorKind::Conflict, "the repository changed meanwhile: plan again".to_owned()),
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            (ErrorKind::Unavailable, "try again later".to_owned())
        }
        _ => (ErrorKind::Refused, "plan again; the repository may have changed meanwhile".to_owned()),
    };
    Error::new(kind, attempted, cause).help(help)
}

fn lost(attempted: &str, error: &(dyn std::error::Error + 'static)) -> Error {
    let mut source = Some(error);
    while let Some(cause) = source {
        if let Some(lost) = cause.downcast_ref::<TransportError>() {
            let kind = match lost {
                TransportError::FateUnknown { .. } => ErrorKind::FateUnknown,
                TransportError::Unreachable { .. } => ErrorKind::Unavailable,
                TransportError::Invalid(_) => ErrorKind::Refused,
            };
            let help = "check the network, a proxy, and KOCTL_GITHUB_URL where it is set";
            return Error::new(kind, attempted, lost.to_string()).help(help);
        }
        source = cause.source();
    }
    Error::new(ErrorKind::Unavailable, attempted, error.to_string())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
