//! GitHub's errors, with what helps.

use github_api::{Reason, Refusal};
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
                TransportError::FateUnknown { .. } | TransportError::TooLarge { .. } => ErrorKind::FateUnknown,
                TransportError::Unreachable { .. } => ErrorKind::Unavailable,
                TransportError::Invalid(_) => ErrorKind::Refused,
            };
            let help = "check the network, a proxy, and KOCTL_GITHUB_URL if it is set";
            Error::new(kind, attempted, lost.to_string()).help(help)
        }
        github_api::Error::Truncated => Error::new(ErrorKind::Unexpected, attempted, error.to_string())
            .help("use a repository of its own as the platform repository"),
        github_api::Error::Endless(_) => Error::new(ErrorKind::Unexpected, attempted, error.to_string())
            .help("check KOCTL_GITHUB_URL and the proxy, if there is one: GitHub's own lists have an end"),
        github_api::Error::Unexpected(_) => Error::new(ErrorKind::Unexpected, attempted, error.to_string()),
    }
}

fn judge(refusal: &Refusal, source: &str) -> (ErrorKind, String) {
    let token = format!("the GitHub token from {source}");
    if let Some(reason) = refusal.reason() {
        return (kind(refusal, &reason), reason.remedy(&token));
    }
    match refusal.status {
        StatusCode::UNAUTHORIZED => (ErrorKind::Unauthorized, format!("{token} was refused: it may have expired")),
        StatusCode::FORBIDDEN => {
            let help = format!(
                "GitHub's message says why; compare it with what {token} may do: koctl reads and writes contents and pull \
                 requests of the platform repository, and reads contents of the services' repositories"
            );
            (ErrorKind::Unauthorized, help)
        }
        StatusCode::NOT_FOUND => {
            (ErrorKind::NotFound, format!("check the name, and that {token} may read the repository"))
        }
        StatusCode::CONFLICT => (ErrorKind::Conflict, "the repository changed meanwhile: plan again".to_owned()),
        StatusCode::UNPROCESSABLE_ENTITY if changed_meanwhile(&refusal.message) => {
            (ErrorKind::Conflict, "the branch changed meanwhile: plan again, which reads it again".to_owned())
        }
        status if status.is_server_error() => (
            ErrorKind::Unavailable,
            "try again later; https://www.githubstatus.com tells if GitHub has a fault".to_owned(),
        ),
        status if status.is_redirection() => (ErrorKind::Refused, MOVED.to_owned()),
        _ => (ErrorKind::Refused, "GitHub's message says why; the same request would be refused again".to_owned()),
    }
}

/// The help if a repository has another name now.
pub(crate) const MOVED: &str = "correct the address of the repository: `platform.git.remote` or GITHUB_REPO_URL for the \
                                platform repository, `git.remote` for the one of a service";

fn kind(refusal: &Refusal, reason: &Reason) -> ErrorKind {
    match reason {
        Reason::UsedUp(_) | Reason::TooFast => ErrorKind::Unavailable,
        Reason::Protected => ErrorKind::Refused,
        // GitHub hides what a token may not see: a missing scope is the likelier reason.
        _ if refusal.status == StatusCode::NOT_FOUND => ErrorKind::NotFound,
        _ => ErrorKind::Unauthorized,
    }
}

/// True for GitHub's words about a reference that is not where it was; the document has no code for them.
fn changed_meanwhile(message: &str) -> bool {
    ["fast forward", "fast-forward", "Reference already exists", "Reference does not exist"]
        .iter()
        .any(|words| message.contains(words))
}
