//! Konnect's errors in its own words: `title`, `detail`, `invalid_parameters` (the problem bodies of its published
//! documents).

use http::{Method, StatusCode};
use serde::Deserialize;

use super::account::Account;
use engine::{Error, ErrorKind};
use transport::{TransportError, excerpt};

/// The number of invalid parameters that are shown.
const MOST_PARAMETERS: usize = 20;

/// The body of an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: Option<String>,
    detail: Option<String>,
    /// The text of some gateways in front of the API.
    message: Option<String>,
    invalid_parameters: Vec<InvalidParameter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InvalidParameter {
    field: Option<String>,
    reason: Option<String>,
}

impl Problem {
    fn words(&self) -> Vec<String> {
        let whole = [&self.title, &self.detail, &self.message].into_iter().flatten();
        let mut words: Vec<String> = whole.map(|text| excerpt(text.trim_end_matches('.'))).collect();
        words.dedup();
        words.extend(self.invalid_parameters.iter().take(MOST_PARAMETERS).map(|parameter| {
            let field = parameter.field.as_deref().unwrap_or("?");
            let reason = parameter.reason.as_deref().unwrap_or("is not valid");
            excerpt(&format!("`{field}` {reason}"))
        }));
        let more = self.invalid_parameters.len().saturating_sub(MOST_PARAMETERS);
        words.extend((more > 0).then(|| format!("and {more} more")));
        words
    }
}

/// The verb of a method in a sentence.
pub(super) fn verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "read",
        Method::POST => "create at",
        Method::PUT | Method::PATCH => "update",
        Method::DELETE => "delete",
        _ => "send a request to",
    }
}

/// The error for an unsuccessful answer.
pub(super) fn answer(attempted: &str, account: &Account, status: StatusCode, body: &[u8]) -> Error {
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    let mut cause = vec![format!("Konnect answered {status}")];
    cause.extend(problem.words());
    let Account { organization, token_source, .. } = account;
    let (kind, help) = match status {
        StatusCode::UNAUTHORIZED => (
            ErrorKind::Unauthorized,
            format!(
                "the token of organization `{organization}`, from {token_source}, was refused: it may have expired; \
                 create a new one in Konnect"
            ),
        ),
        StatusCode::FORBIDDEN => (
            ErrorKind::Unauthorized,
            format!(
                "the token of organization `{organization}`, from {token_source}, is not allowed to do that: it needs the \
                 role of an organization admin"
            ),
        ),
        StatusCode::NOT_FOUND => (ErrorKind::NotFound, "it may have been deleted since: plan again".to_owned()),
        StatusCode::CONFLICT => (
            ErrorKind::Conflict,
            "an object of that name may have been created since, or other objects may need this one: plan again"
                .to_owned(),
        ),
        status if status.is_redirection() => {
            (ErrorKind::Refused, "the address has moved: correct KOCTL_KONNECT_URL".to_owned())
        }
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            (ErrorKind::Unavailable, "try again later".to_owned())
        }
        _ => (ErrorKind::Refused, "correct the value in the configuration, and plan again".to_owned()),
    };
    Error::new(kind, attempted, cause.join(": ")).help(help)
}

/// The error for no answer.
pub(super) fn transport(attempted: &str, error: &TransportError) -> Error {
    let (kind, help) = match error {
        TransportError::Unreachable { .. } => {
            (ErrorKind::Unavailable, "check the network, a proxy, and KOCTL_KONNECT_URL if it is set")
        }
        TransportError::FateUnknown { .. } => (ErrorKind::FateUnknown, "plan again to see what was done"),
        TransportError::TooLarge { .. } => {
            (ErrorKind::FateUnknown, "check KOCTL_KONNECT_URL if it is set, and what answers there")
        }
        TransportError::Invalid(_) => (ErrorKind::Refused, "check KOCTL_KONNECT_URL"),
    };
    Error::new(kind, attempted, error.to_string()).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            organization: "Acme".into(),
            token: "kpat_secret".to_owned().into(),
            token_source: "the variable ACME_TOKEN".into(),
            url: String::new(),
        }
    }

    #[test]
    fn r13_an_error_carries_the_servers_own_words_and_the_fields_name() {
        let body = br#"{"status":400,"title":"Bad Request","detail":"Invalid parameters.",
            "invalid_parameters":[{"field":"name","reason":"must not be empty"}]}"#;
        let error = answer("create at https://x/v3/teams", &account(), StatusCode::BAD_REQUEST, body);
        assert_eq!(
            error.to_string(),
            "could not create at https://x/v3/teams: Konnect answered 400 Bad Request: Bad Request: \
             Invalid parameters: `name` must not be empty"
        );
        assert_eq!(error.kind, ErrorKind::Refused);
    }

    #[test]
    fn an_expired_token_names_the_organization_and_the_variable_and_never_the_token() {
        let error = answer("read https://x", &account(), StatusCode::UNAUTHORIZED, b"<html>");
        let all = format!("{error} {:?}", error.help);
        assert!(all.contains("`Acme`") && all.contains("ACME_TOKEN") && !all.contains("kpat"), "{all}");
    }
}
