//! The time of the store: the `Date` of every answer.
//!
//! How old a lock is must not depend on the clock of the machine that asks. Both times come from the store: when the
//! lock was written (`Last-Modified`), and when the answer was given.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};

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
        let mut response = self.0.execute(request).await?;
        let date = response.headers().get("date").and_then(|date| date.to_str().ok()).and_then(parse);
        if let Some(date) = date {
            response.extensions_mut().insert(ServerDate(date));
        }
        Ok(response)
    }
}

/// Reads a date as HTTP has it (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn parse(date: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some("1994-11-06T08:49:37Z".parse().unwrap()));
        assert_eq!(parse("yesterday"), None);
    }
}
