//! HTTP of the stores: the `Date` of every answer, a limit for its size, and no secrets in errors.
//!
//! How old a lock is must not depend on the clock of the machine that asks. Both times come from the store: when the
//! lock was written (`Last-Modified`), and when the answer was given.

use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
    ReqwestConnector,
};

use transport::Mask;

use crate::settings::LARGEST_DOCUMENT;

/// The `Date` of an answer, as an extension of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerDate(pub(super) Timestamp);

/// Makes HTTP clients whose answers have their [`ServerDate`] as an extension.
#[derive(Debug)]
pub(super) struct Dated;

#[derive(Debug)]
struct DatedService(HttpClient);

impl HttpConnector for Dated {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(DatedService(ReqwestConnector::default().connect(options)?)))
    }
}

#[async_trait]
impl HttpService for DatedService {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let secrets = secrets(&request);
        let mut response = self.0.execute(request).await?;
        let date = response.headers().get("date").and_then(|date| date.to_str().ok()).and_then(parse);
        if let Some(date) = date {
            response.extensions_mut().insert(ServerDate(date));
        }
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        let limit = if is_error { LARGEST_ERROR } else { LARGEST_DOCUMENT };
        let response = response.map(|body| HttpResponseBody::new(Limited { body, left: limit, limit }));
        if !is_error {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // The body of an error that is too large is no message for a person.
        let body = body.bytes().await.unwrap_or_default();
        let mask = Mask::new(secrets.iter().map(String::as_bytes));
        Ok(HttpResponse::from_parts(parts, mask.bytes(&body).into_owned().into()))
    }
}

/// The body of an answer, which ends with an error if it is larger than any document.
struct Limited {
    body: HttpResponseBody,
    /// The number of bytes that may still come.
    left: usize,
    /// The largest number of bytes.
    limit: usize,
}

/// The largest body of an error that is read.
const LARGEST_ERROR: usize = 32 * 1024;

/// The secrets that a request carries as they are, and that its server may repeat. A signature that is made with a key
/// does not give the key away.
fn secrets(request: &HttpRequest) -> Vec<String> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let query = request.uri().query().unwrap_or_default().split('&');
    let signatures = query.filter_map(|pair| pair.strip_prefix("sig="));
    [bearer, header("x-amz-security-token")].into_iter().flatten().chain(signatures).map(str::to_owned).collect()
}

/// The body of an answer is larger than any document.
#[derive(Debug)]
struct TooLarge(usize);

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the answer is larger than {} MiB, the limit for an answer", self.0 / (1024 * 1024))
    }
}

impl std::error::Error for TooLarge {}

impl Body for Limited {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match self.left.checked_sub(length) {
                Some(left) => self.left = left,
                None => return Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Decode, TooLarge(self.limit))))),
            }
        }
        polled
    }
}

/// Reads a date as HTTP has it (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn parse(date: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn r13_an_answer_is_read_up_to_its_limit() {
        let limited = |limit| {
            let body = HttpResponseBody::from(b"0123456789".to_vec());
            HttpResponseBody::new(Limited { body, left: limit, limit })
        };
        assert_eq!(limited(10).bytes().await.unwrap(), "0123456789");
        let error = limited(9).bytes().await.unwrap_err();
        assert!(transport::causes(&error).contains("the limit for an answer"), "{error}");
    }

    #[test]
    fn r11_the_secrets_of_a_request_are_those_that_it_carries_as_they_are() {
        let request = |name: &str, value: &str| {
            let request = http::Request::get("https://host/a?sv=1&sig=hush").header(name, value);
            secrets(&request.body(Bytes::new().into()).unwrap())
        };
        assert_eq!(request("authorization", "Bearer sesame"), ["sesame", "hush"]);
        assert_eq!(request("x-amz-security-token", "session"), ["session", "hush"]);
        assert_eq!(request("authorization", "AWS4-HMAC-SHA256 Credential=id/1, Signature=2"), ["hush"]);
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some("1994-11-06T08:49:37Z".parse().unwrap()));
        assert_eq!(parse("yesterday"), None);
    }
}
