//! Why an operation has no result.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use transport::TransportError;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// GitHub did not answer.
    #[error(transparent)]
    NoAnswer(#[from] TransportError),
    /// GitHub answered with an error.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// GitHub lists only a part of the files of a tree.
    #[error("there are more files than GitHub lists in one answer")]
    Truncated,
    /// The answer is not as GitHub's document says.
    #[error("GitHub's answer is not as its API document says: {0}")]
    Unexpected(String),
}

/// An error of GitHub: an answer with the status of an error.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// The `message` in its body; empty if there is none.
    pub message: String,
    /// The texts of `errors` in its body.
    pub details: Vec<String>,
    headers: HeaderMap,
}

/// The body of an error, as the published document describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    message: String,
    errors: Vec<Value>,
}

impl Error {
    /// The status, if GitHub answered with an error.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.refusal().map(|refusal| refusal.status)
    }

    /// GitHub's words; empty if there are none.
    #[must_use]
    pub fn message(&self) -> &str {
        self.refusal().map_or("", |refusal| &refusal.message)
    }

    /// True if the operation may have been carried out nevertheless.
    #[must_use]
    pub fn is_fate_unknown(&self) -> bool {
        matches!(self, Error::NoAnswer(TransportError::FateUnknown { .. }))
    }

    /// True if the object does not exist, or is hidden from this token. A repository without a commit has no git
    /// objects either, which GitHub says by 409.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self.status(), Some(StatusCode::NOT_FOUND | StatusCode::CONFLICT))
    }

    fn refusal(&self) -> Option<&Refusal> {
        if let Error::Refused(refusal) = self { Some(refusal) } else { None }
    }
}

/// `None` for what does not exist, or is hidden from this token.
///
/// # Errors
/// All others.
pub fn absent_as_none<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if error.is_absent() => Ok(None),
        other => other.map(Some),
    }
}

pub(crate) fn refusal(answer: Response<Bytes>) -> Error {
    let (parts, bytes) = answer.into_parts();
    let Body { message, errors } = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |detail: &Value| detail["message"].as_str().map_or_else(|| detail.to_string(), str::to_owned);
    let details = errors.iter().map(text).collect();
    Error::Refused(Box::new(Refusal { status: parts.status, message, details, headers: parts.headers }))
}

impl Refusal {
    /// The time from which GitHub accepts requests again, if an hour's requests are used up.
    #[must_use]
    pub fn rate_limit_reset(&self) -> Option<Timestamp> {
        let is_limit = matches!(self.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
        transport::used_up_until(&self.headers).filter(|_| is_limit)
    }

    /// The permission that the request needs: `the permission secrets=write`, `the scope repo`. `None` if GitHub's
    /// headers do not name it.
    #[must_use]
    pub fn missing_permission(&self) -> Option<String> {
        let permission = self.header("x-accepted-github-permissions").filter(|text| !text.is_empty());
        let permission = permission.map(|permission| format!("the permission {}", permission.replace("; ", " or ")));
        permission.or_else(|| self.missing_scope())
    }

    /// The scopes of which a classic token needs one, if it has none of them: `the scope repo`. GitHub sends both
    /// headers to classic tokens with every answer.
    #[must_use]
    pub fn missing_scope(&self) -> Option<String> {
        let list = |name| {
            let text = self.header(name)?;
            Some(text.split(',').map(str::trim).filter(|scope| !scope.is_empty()).collect::<Vec<_>>())
        };
        let (has, accepted) = (list("x-oauth-scopes")?, list("x-accepted-oauth-scopes")?);
        let is_missing = !accepted.is_empty() && !accepted.iter().any(|scope| has.contains(scope));
        is_missing.then(|| format!("the scope {}", accepted.join(" or ")))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitHub answered {}", self.status)?;
        let message = Some(&self.message).filter(|message| Some(message.as_str()) != self.status.canonical_reason());
        message
            .into_iter()
            .chain(&self.details)
            .filter(|text| !text.is_empty())
            .try_for_each(|text| write!(f, ": {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        match refusal(answer.body(Bytes::from(body.to_owned())).unwrap()) {
            Error::Refused(refusal) => *refusal,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn an_error_is_shown_in_githubs_words() {
        for (status, body, text) in [
            (404, r#"{"message": "Not Found"}"#, "GitHub answered 404 Not Found"),
            (401, r#"{"message": "Bad credentials"}"#, "GitHub answered 401 Unauthorized: Bad credentials"),
            (500, "<html>", "GitHub answered 500 Internal Server Error"),
            (
                422,
                r#"{"message": "Validation Failed", "errors": [{"message": "No commits"}, {"code": "invalid"}]}"#,
                r#"GitHub answered 422 Unprocessable Entity: Validation Failed: No commits: {"code":"invalid"}"#,
            ),
        ] {
            assert_eq!(refused(status, &[], body).to_string(), text);
        }
    }

    #[test]
    fn what_is_absent_is_none_and_all_else_an_error() {
        let result = |status| absent_as_none::<()>(Err(Error::Refused(Box::new(refused(status, &[], "")))));
        assert!(matches!(result(404), Ok(None)) && matches!(result(409), Ok(None)));
        assert!(result(403).is_err());
    }

    #[test]
    fn a_used_up_limit_says_until_when() {
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "90")];
        assert_eq!(refused(403, &headers, "").rate_limit_reset(), Timestamp::from_second(90).ok());
        assert_eq!(refused(404, &headers, "").rate_limit_reset(), None);
        assert_eq!(refused(403, &headers[1..], "").rate_limit_reset(), None);
    }

    #[test]
    fn a_token_with_an_accepted_scope_lacks_nothing() {
        let scope = |headers: &[_]| refused(404, headers, "").missing_scope();
        assert_eq!(scope(&[("x-oauth-scopes", "gist, repo"), ("x-accepted-oauth-scopes", "public_repo, repo")]), None);
        assert_eq!(scope(&[("x-oauth-scopes", "gist"), ("x-accepted-oauth-scopes", "")]), None);
        assert_eq!(scope(&[]), None);
    }

    #[test]
    fn a_token_without_the_scope_is_told_which_one_would_do() {
        let scope = |has: &str, accepted: &str| {
            refused(404, &[("x-oauth-scopes", has), ("x-accepted-oauth-scopes", accepted)], "").missing_scope()
        };
        assert_eq!(scope("gist", "repo").as_deref(), Some("the scope repo"));
        assert_eq!(scope("", "public_repo, repo").as_deref(), Some("the scope public_repo or repo"));
        let fine_grained = refused(403, &[("x-accepted-github-permissions", "secrets=write")], "");
        assert_eq!(fine_grained.missing_permission().as_deref(), Some("the permission secrets=write"));
    }
}
