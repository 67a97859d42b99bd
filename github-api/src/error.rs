//! Why an operation has no result.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use transport::{EndlessList, TransportError, excerpt};

/// The pause after a refusal because of a secondary limit that does not say how long: GitHub asks for a minute at least.
const SECONDARY_PAUSE: Duration = Duration::from_secs(60);

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
    /// The pages of a list have no end.
    #[error("the list cannot be read to its end: {0}")]
    Endless(#[from] EndlessList),
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

/// The number of texts of `errors` that are shown.
const MOST_DETAILS: usize = 20;

/// Why GitHub refuses a request that is valid, as far as it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The requests of an hour are used up until then.
    UsedUp(Timestamp),
    /// Too many requests at the same time, or too many writes: a secondary limit.
    TooFast,
    /// The repository is archived.
    Archived,
    /// The token must be authorized for the organization's single sign-on, at this address if GitHub names it.
    SingleSignOn(Option<String>),
    /// The organization accepts requests from listed addresses only.
    Address,
    /// The organization does not accept this kind of token or application.
    TokenKind,
    /// The token of a workflow may not open pull requests here.
    Workflow,
    /// A rule of the repository protects the branch.
    Protected,
    /// The token lacks this: `the permission secrets=write`, `the scope repo`.
    Lacks(String),
}

impl Reason {
    /// What helps, in a sentence without a period. `token` names the token of the request: `the token in GITHUB_TOKEN`.
    #[must_use]
    pub fn remedy(&self, token: &str) -> String {
        match self {
            Self::UsedUp(until) => {
                format!("{token} has no requests left before {}: run it again then", until.strftime("%H:%M UTC"))
            }
            Self::TooFast => {
                "GitHub was asked too often in a short time, which says nothing about the token: run it again in some \
                 minutes, with a lower --parallelism"
                    .to_owned()
            }
            Self::Archived => {
                "unarchive the repository in its settings on GitHub, or use another repository".to_owned()
            }
            Self::SingleSignOn(Some(url)) => {
                format!("authorize {token} for the organization's single sign-on at {url}, then run it again")
            }
            Self::SingleSignOn(None) => format!(
                "authorize {token} for the organization's single sign-on: \"Configure SSO\" beside the token in the \
                 settings of its owner"
            ),
            Self::Address => "the organization accepts requests from listed IP addresses only: let its owner add the \
                              address of this machine, or run it on a machine that is listed"
                .to_owned(),
            Self::TokenKind => format!(
                "the organization does not accept the kind of {token}: use one of a kind that it accepts, or let its \
                 owner allow it"
            ),
            Self::Workflow => "allow GitHub Actions to create pull requests, under Settings, Actions, General of the \
                               repository or its organization, or use the token of a GitHub App or a person"
                .to_owned(),
            Self::Protected => format!(
                "a rule of the repository protects this branch: let the owner of {token} bypass it, or limit the rule \
                 to other branches, under Settings, Rules or Branches"
            ),
            Self::Lacks(missing) => format!("{token} lacks {missing}: add it, or use another token"),
        }
    }
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
        matches!(self, Error::NoAnswer(error) if error.is_fate_unknown())
    }

    /// True if the object does not exist, or is hidden from this token. A repository without a commit has no git
    /// objects either, which GitHub says by 409.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self.status(), Some(StatusCode::NOT_FOUND | StatusCode::CONFLICT))
    }

    /// The place that GitHub redirects to, where a repository was renamed or transferred.
    #[must_use]
    pub fn moved_to(&self) -> Option<&str> {
        self.refusal()?.moved_to()
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

/// The pause that a refusal asks for in words only. For [`transport::ComeAgain`].
pub(crate) fn pause_of(answer: &Response<Bytes>) -> Option<Duration> {
    let is_limit = matches!(answer.status(), StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
    let says_when = answer.headers().contains_key(RETRY_AFTER) || transport::used_up_until(answer.headers()).is_some();
    let is_meant = is_limit && !says_when && is_secondary_limit(&body(answer.body()).message);
    is_meant.then_some(SECONDARY_PAUSE)
}

fn is_secondary_limit(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("secondary rate limit") || message.contains("abuse detection")
}

fn body(bytes: &Bytes) -> Body {
    serde_json::from_slice(bytes).unwrap_or_default()
}

pub(crate) fn refusal(answer: Response<Bytes>) -> Error {
    let (parts, bytes) = answer.into_parts();
    let Body { message, errors } = body(&bytes);
    let text = |detail: &Value| detail["message"].as_str().map_or_else(|| detail.to_string(), str::to_owned);
    let details = errors.iter().take(MOST_DETAILS).map(|detail| excerpt(&text(detail))).collect();
    let message = excerpt(&message);
    Error::Refused(Box::new(Refusal { status: parts.status, message, details, headers: parts.headers }))
}

impl Refusal {
    /// The reason, if GitHub names one that is known here: by headers, or else in its words.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        if let Some(until) = self.rate_limit_reset() {
            return Some(Reason::UsedUp(until));
        }
        match self.status {
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => self.forbidden(),
            StatusCode::NOT_FOUND => self.missing_scope().map(Reason::Lacks),
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => self.is_protected().then_some(Reason::Protected),
            _ => None,
        }
    }

    fn forbidden(&self) -> Option<Reason> {
        let says = |text: &str| self.message.to_lowercase().contains(text);
        let sign_on = self.header("x-github-sso");
        if is_secondary_limit(&self.message) || self.status == StatusCode::TOO_MANY_REQUESTS {
            Some(Reason::TooFast)
        } else if sign_on.is_some() || says("saml") {
            let url = sign_on.and_then(|header| header.split_once("url=")).map(|(_, url)| url.trim().to_owned());
            Some(Reason::SingleSignOn(url))
        } else if says("archived") {
            Some(Reason::Archived)
        } else if says("ip allow list") || says("ip address") {
            Some(Reason::Address)
        } else if says("access restrictions") || says("forbids access via") {
            Some(Reason::TokenKind)
        } else if says("github actions is not permitted") {
            Some(Reason::Workflow)
        } else if self.is_protected() {
            Some(Reason::Protected)
        } else {
            self.missing_permission().map(Reason::Lacks)
        }
    }

    /// True if a protected branch or a rule set of the repository stands against a change.
    fn is_protected(&self) -> bool {
        let texts = std::iter::once(&self.message).chain(&self.details);
        texts.map(|text| text.to_lowercase()).any(|text| text.contains("protected") || text.contains("rule violation"))
    }

    /// The place that a redirect names. `None` for every other answer.
    #[must_use]
    pub fn moved_to(&self) -> Option<&str> {
        if self.status.is_redirection() { self.header(LOCATION.as_str()) } else { None }
    }

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
    fn a_refusal_has_the_reason_that_github_names() {
        let reason = |status, headers: &[_], message: &str| {
            refused(status, headers, &serde_json::json!({ "message": message }).to_string()).reason()
        };
        let sso = [("x-github-sso", "required; url=https://github.com/orgs/acme/sso?authorization_request=A1")];
        let url = Some("https://github.com/orgs/acme/sso?authorization_request=A1".to_owned());
        let permission = [("x-accepted-github-permissions", "contents=write")];
        let refused_by_list = "Although you appear to have the correct authorization credentials, the `acme` organization \
                               has an IP allow list enabled, and your IP address is not permitted to access it.";
        for (status, headers, message, expected) in [
            (403, &[][..], "Repository was archived so is read-only.", Some(Reason::Archived)),
            (403, &[], "Resource protected by organization SAML enforcement.", Some(Reason::SingleSignOn(None))),
            (403, &sso, "Resource protected by organization SAML enforcement.", Some(Reason::SingleSignOn(url))),
            (403, &permission, refused_by_list, Some(Reason::Address)),
            (403, &[], "You have exceeded a secondary rate limit. Please wait.", Some(Reason::TooFast)),
            (429, &[], "Too many requests", Some(Reason::TooFast)),
            (403, &[], "`acme` forbids access via a personal access token (classic).", Some(Reason::TokenKind)),
            (403, &[], "GitHub Actions is not permitted to create pull requests.", Some(Reason::Workflow)),
            (
                403,
                &permission,
                "Resource not accessible by integration",
                Some(Reason::Lacks("the permission contents=write".to_owned())),
            ),
            (422, &[], "Repository rule violations found", Some(Reason::Protected)),
            (409, &[], "Cannot update this protected ref.", Some(Reason::Protected)),
            (422, &[], "Update is not a fast forward", None),
            (403, &[], "Forbidden", None),
        ] {
            assert_eq!(reason(status, headers, message), expected, "{message}");
        }
    }

    #[test]
    fn r13_a_secondary_limit_without_a_time_is_a_minute() {
        let answer = |status: u16, headers: &[(&str, &str)], message: &str| {
            let mut answer = Response::builder().status(status);
            for (name, value) in headers {
                answer = answer.header(*name, *value);
            }
            answer.body(Bytes::from(serde_json::json!({ "message": message }).to_string())).unwrap()
        };
        let limit = "You have exceeded a secondary rate limit.";
        assert_eq!(pause_of(&answer(403, &[("x-ratelimit-remaining", "4321")], limit)), Some(SECONDARY_PAUSE));
        assert_eq!(pause_of(&answer(429, &[], limit)), Some(SECONDARY_PAUSE));
        assert_eq!(pause_of(&answer(403, &[("retry-after", "1")], limit)), None);
        assert_eq!(pause_of(&answer(403, &[], "Repository was archived so is read-only.")), None);
        assert_eq!(pause_of(&answer(422, &[], limit)), None);
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
