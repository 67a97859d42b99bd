//! The meaning of a store's errors, and their text without secrets.

use crate::{Attempt, Error, Kind};

/// Kinds of errors that their variant does not say, by the words of the stores: S3's and Google's error codes, Azure's
/// error codes, and the status. The first that is found counts.
const SAID: &[(&str, Kind)] = &[
    ("NotImplemented", Kind::Unsupported),
    ("501 Not Implemented", Kind::Unsupported),
    ("NoSuchBucket", Kind::Misconfigured),
    ("ContainerNotFound", Kind::Misconfigured),
    ("InvalidBucketName", Kind::Misconfigured),
    ("redirect", Kind::Misconfigured),
    ("ExpiredToken", Kind::PermissionDenied),
    ("InvalidToken", Kind::PermissionDenied),
    ("status code: 401", Kind::PermissionDenied),
    ("status code: 403", Kind::PermissionDenied),
    ("QuotaExceeded", Kind::NoSpace),
    ("status code: 507", Kind::NoSpace),
    ("status code: 400", Kind::Misconfigured),
];

/// The servers of a cloud's machines for credentials. If they cannot be reached, there are no credentials in the
/// variables.
const METADATA_SERVERS: &[&str] = &["169.254.169.254", "metadata.google.internal"];

/// The failure of `attempt` because of what a store said.
pub(super) fn failed(attempt: &Attempt, error: &object_store::Error) -> Error {
    let said = transport::causes(error);
    if METADATA_SERVERS.iter().any(|server| said.contains(server)) {
        let cause = "no credentials are set in the variables, and this machine has none of its own";
        return attempt.failed_by(Kind::PermissionDenied, cause);
    }
    attempt.failed_by(kind(error, &said), without_body(&said))
}

fn kind(error: &object_store::Error, said: &str) -> Kind {
    use object_store::Error as Store;
    let told = SAID.iter().find(|(words, _)| said.contains(words)).map(|(_, kind)| kind.clone());
    match error {
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => Kind::PermissionDenied,
        Store::NotSupported { .. } | Store::NotImplemented { .. } => Kind::Unsupported,
        Store::NotFound { .. } => told.unwrap_or(Kind::Misconfigured),
        _ => told.unwrap_or(Kind::Unavailable),
    }
}

/// The text without the body of an answer, except for the code and the message in it: a server may repeat the request
/// there, and S3 does so with the session token.
fn without_body(said: &str) -> String {
    const STATUS: &str = "Server returned non-2xx status code: ";
    let Some((request, answer)) = said.split_once(STATUS) else { return said.to_owned() };
    let (status, body) = answer.split_once(": ").unwrap_or((answer, ""));
    let parts = ["Code", "Message"].iter().filter_map(|name| element(body, name));
    let told: String = parts.map(|part| format!(": {}", part.lines().next().unwrap_or_default())).collect();
    format!("{request}the server answered {}{told}", status.trim_end_matches([':', ' ']))
}

/// The text of the first XML element of that name.
fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn generic(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.to_owned().into() }
    }

    fn told(text: &str) -> Error {
        failed(&Attempt::new("write the document `a`", "the store `s3://b`"), &generic(text))
    }

    #[test]
    fn what_a_server_repeats_of_its_request_is_not_told() {
        let error = told(
            "Error performing PUT http://s3/b/a in 1ms - Server returned non-2xx status code: 400 Bad Request: \
             <Error><Code>InvalidToken</Code><Message>The provided token is malformed</Message>\
             <Token-0>sesame</Token-0></Error>",
        );
        assert_eq!(error.kind(), &Kind::PermissionDenied);
        let cause = error.source().unwrap().to_string();
        assert!(cause.ends_with("the server answered 400 Bad Request: InvalidToken: The provided token is malformed"));
        assert!(!format!("{error:?} {cause}").contains("sesame"));
    }

    #[test]
    fn what_a_server_says_is_sorted_by_what_a_caller_can_do() {
        for (text, kind) in [
            ("Server returned non-2xx status code: 501 Not Implemented: ", Kind::Unsupported),
            ("Server returned non-2xx status code: 404 Not Found: <Code>NoSuchBucket</Code>", Kind::Misconfigured),
            ("Received redirect without LOCATION", Kind::Misconfigured),
            ("Server returned non-2xx status code: 503 Service Unavailable: ", Kind::Unavailable),
            ("error sending request", Kind::Unavailable),
            ("Error performing PUT http://169.254.169.254/latest/api/token in 1s", Kind::PermissionDenied),
        ] {
            assert_eq!(told(text).kind(), &kind, "{text}");
        }
    }
}
