//! GitHub's errors, told in its own words: `message` and `errors` (the error bodies of its published document).

use http::{HeaderMap, StatusCode};

use super::client::Access;
use engine::{Error, ErrorKind};
use transport::{TransportError, used_up_until};

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
    let used_up = error.headers.as_ref().and_then(used_up_until);
    let (kind, help) = match status {
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS if let Some(until) = used_up => {
            let until = until.strftime("%H:%M UTC");
            let help = format!("the GitHub token from {source} has no requests left before {until}: run it again then");
            (ErrorKind::Unavailable, help)
        }
        StatusCode::UNAUTHORIZED => {
            (ErrorKind::Unauthorized, format!("the GitHub token from {source} was refused: it may have expired"))
        }
        StatusCode::FORBIDDEN => (ErrorKind::Unauthorized, forbidden(source, error.headers.as_ref())),
        StatusCode::NOT_FOUND => (ErrorKind::NotFound, not_found(source, error.headers.as_ref())),
        StatusCode::CONFLICT => (ErrorKind::Conflict, "the repository changed meanwhile: plan again".to_owned()),
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            (ErrorKind::Unavailable, "try again later".to_owned())
        }
        _ => (ErrorKind::Refused, "plan again; the repository may have changed meanwhile".to_owned()),
    };
    Error::new(kind, attempted, cause).help(help)
}

fn forbidden(source: &str, headers: Option<&HeaderMap>) -> String {
    match headers.and_then(lacking) {
        Some(lacking) => format!("the GitHub token from {source} lacks {lacking}: give it that, or use another token"),
        None => format!(
            "the GitHub token from {source} may not do that: it needs write access to contents and pull requests"
        ),
    }
}

/// GitHub hides what a token may not see: where a scope is missing, that is the likelier reason.
fn not_found(source: &str, headers: Option<&HeaderMap>) -> String {
    match headers.and_then(missing_scope) {
        Some(lacking) => format!("the GitHub token from {source} lacks {lacking}: give it that, or use another token"),
        None => format!("check the name, and that the GitHub token from {source} may read the repository"),
    }
}

/// What a token would need for a request that was forbidden, as GitHub's headers tell.
fn lacking(headers: &HeaderMap) -> Option<String> {
    let permission = text(headers, "x-accepted-github-permissions").filter(|text| !text.is_empty());
    let permission = permission.map(|permission| format!("the permission {}", permission.replace("; ", " or ")));
    permission.or_else(|| missing_scope(headers))
}

/// The scopes of which a classic token would need one, where it has none of them. Both headers are told to classic
/// tokens with every answer.
fn missing_scope(headers: &HeaderMap) -> Option<String> {
    let list = |name| {
        let text = text(headers, name)?;
        Some(text.split(',').map(str::trim).filter(|scope| !scope.is_empty()).collect::<Vec<_>>())
    };
    let (has, accepted) = (list("x-oauth-scopes")?, list("x-accepted-oauth-scopes")?);
    let lacks = !accepted.is_empty() && !accepted.iter().any(|scope| has.contains(scope));
    lacks.then(|| format!("the scope {}", accepted.join(" or ")))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(named: &[(&'static str, &'static str)]) -> HeaderMap {
        named.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_with_an_accepted_scope_lacks_nothing() {
        let enough = headers(&[("x-oauth-scopes", "gist, repo"), ("x-accepted-oauth-scopes", "public_repo, repo")]);
        assert_eq!(missing_scope(&enough), None);
        let any = headers(&[("x-oauth-scopes", "gist"), ("x-accepted-oauth-scopes", "")]);
        assert_eq!(missing_scope(&any), None);
        assert_eq!(missing_scope(&headers(&[])), None);
    }

    #[test]
    fn a_token_without_the_scope_is_told_which_one_would_do() {
        let classic = headers(&[("x-oauth-scopes", "gist"), ("x-accepted-oauth-scopes", "repo")]);
        assert_eq!(missing_scope(&classic).as_deref(), Some("the scope repo"));
        let none = headers(&[("x-oauth-scopes", ""), ("x-accepted-oauth-scopes", "public_repo, repo")]);
        assert_eq!(missing_scope(&none).as_deref(), Some("the scope public_repo or repo"));
        let fine_grained = headers(&[("x-accepted-github-permissions", "secrets=write")]);
        assert_eq!(lacking(&fine_grained).as_deref(), Some("the permission secrets=write"));
    }
}
