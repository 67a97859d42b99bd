//! GitHub's errors, with what helps.

use github_api::Refusal;
use http::StatusCode;

use super::access::Access;
use engine::{Error, ErrorKind};
use transport::TransportError;

/// The error of the engine for an error of GitHub's.
pub(super) fn explain(attempted: &str, access: &Access, error: &github_api::Error) -> Error {
    match error {
        github_api::Error::Refused(refusal) => {
            let (kind, help) = judge(refusal, &access.token_source);
            Error::new(kind, attempted, refusal.to_string()).help(help)
        }
        github_api::Error::NoAnswer(lost) => {
            let kind = match lost {
                TransportError::FateUnknown { .. } => ErrorKind::FateUnknown,
                TransportError::Unreachable { .. } => ErrorKind::Unavailable,
                TransportError::Invalid(_) => ErrorKind::Refused,
            };
            let help = "check the network, a proxy, and KOCTL_GITHUB_URL if it is set";
            Error::new(kind, attempted, lost.to_string()).help(help)
        }
        github_api::Error::Truncated => Error::new(ErrorKind::Unexpected, attempted, error.to_string())
            .help("use a repository of its own as the platform repository"),
        github_api::Error::Unexpected(_) => Error::new(ErrorKind::Unexpected, attempted, error.to_string()),
    }
}

fn judge(refusal: &Refusal, source: &str) -> (ErrorKind, String) {
    if let Some(until) = refusal.rate_limit_reset() {
        let until = until.strftime("%H:%M UTC");
        let help = format!("the GitHub token from {source} has no requests left before {until}: run it again then");
        return (ErrorKind::Unavailable, help);
    }
    match refusal.status {
        StatusCode::UNAUTHORIZED => {
            (ErrorKind::Unauthorized, format!("the GitHub token from {source} was refused: it may have expired"))
        }
        StatusCode::FORBIDDEN => (ErrorKind::Unauthorized, forbidden(refusal, source)),
        StatusCode::NOT_FOUND => (ErrorKind::NotFound, not_found(refusal, source)),
        StatusCode::CONFLICT => (ErrorKind::Conflict, "the repository changed meanwhile: plan again".to_owned()),
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            (ErrorKind::Unavailable, "try again later".to_owned())
        }
        _ => (ErrorKind::Refused, "plan again; the repository may have changed meanwhile".to_owned()),
    }
}

fn forbidden(refusal: &Refusal, source: &str) -> String {
    match refusal.missing_permission() {
        Some(missing) => lacks(source, &missing),
        None => format!(
            "the GitHub token from {source} may not do that: it needs write access to contents and pull requests"
        ),
    }
}

/// GitHub hides what a token may not see: a missing scope is the likelier reason.
fn not_found(refusal: &Refusal, source: &str) -> String {
    match refusal.missing_scope() {
        Some(missing) => lacks(source, &missing),
        None => format!("check the name, and that the GitHub token from {source} may read the repository"),
    }
}

fn lacks(source: &str, missing: &str) -> String {
    format!("the GitHub token from {source} lacks {missing}: add it, or use another token")
}
