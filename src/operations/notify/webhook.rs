//! A webhook that is notified of drift.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::operations::failure::Failure;
use crate::operations::session::Session;
use transport::{Confidential, Repeat, TransportError};

/// Where to send what was found. Its address is a secret, as whoever knows it can write there: only its host is shown.
#[derive(Debug)]
pub struct Webhook {
    host: String,
    /// Without user and password.
    address: SecretString,
    /// The user and the password of the address, as a header.
    authorization: Option<HeaderValue>,
}

impl Webhook {
    /// The webhook at `address`.
    ///
    /// # Errors
    /// If it is not the address of a web server. The message never shows the address.
    pub fn new(address: &SecretString) -> Result<Self, Failure> {
        let refused = |cause: &str| {
            Failure::new(format!("the address of the webhook cannot be used: {cause}"))
                .help("write it like https://hooks.example.com/path")
        };
        let mut url = Url::parse(address.expose_secret().trim()).map_err(|error| refused(&error.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(refused("it does not begin with https://"));
        }
        let host = url.host_str().ok_or_else(|| refused("it has no host"))?.to_owned();
        let authorization = authorization(&url).map_err(|_| refused("its user or password cannot be sent"))?;
        let without = url.set_username("").and_then(|()| url.set_password(None));
        without.map_err(|()| refused("its user or password cannot be sent"))?;
        url.set_fragment(None);
        Ok(Self { host, address: String::from(url).into(), authorization })
    }

    fn request(&self, document: &Value) -> Result<Request<Bytes>, http::Error> {
        let mut request = Request::post(self.address.expose_secret()).header(header::CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let body = Bytes::from(document.to_string());
        // Notified twice is better than not at all.
        request.extension(Repeat::Harmless).extension(Confidential).body(body)
    }

    fn failed(&self, cause: &str) -> Failure {
        Failure::new(format!("could not notify the webhook at {}: {cause}", self.host))
            .help("check its address, and that the service still accepts it")
    }
}

/// HTTP's basic authentication with the user and the password of an address.
fn authorization(url: &Url) -> Result<Option<HeaderValue>, header::InvalidHeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = format!("{}:{}", decode(url.username()), decode(url.password().unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(pair)))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Sends `document` to a webhook. Temporary errors are retried, as with every other request (R13).
///
/// # Errors
/// If it did not arrive, or was refused.
pub async fn send(session: &Session, webhook: &Webhook, document: &Value) -> Result<(), Failure> {
    // The cause could show the address.
    let request = webhook.request(document).map_err(|_| webhook.failed("its address is not valid"))?;
    let answer = session.systems.transport.send(request).await.map_err(|error| match error {
        TransportError::Unreachable { cause, .. } => webhook.failed(&format!("there is no connection: {cause}")),
        TransportError::FateUnknown { cause, .. } => webhook.failed(&format!("its answer was lost: {cause}")),
        TransportError::TooLarge { .. } => webhook.failed("its answer has no end"),
        TransportError::Invalid(_) => webhook.failed("its address is not valid"),
    })?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(webhook.failed(&format!("it answered {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(address: &str) -> Result<Webhook, Failure> {
        Webhook::new(&address.to_owned().into())
    }

    #[test]
    fn the_address_is_never_shown_whole() {
        let webhook = webhook("https://ada:sesame@hooks.example.com/services/T0/secret?key=1#x").unwrap();
        let shown = format!("{webhook:?} {:?}", webhook.failed("it answered 404"));
        for secret in ["sesame", "secret", "key=1", "T0"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("hooks.example.com"));
    }

    #[test]
    fn a_user_and_a_password_are_sent_as_such() {
        let webhook = webhook("https://ada:ses%20ame@hooks.example.com/x").unwrap();
        let request = webhook.request(&Value::Null).unwrap();
        assert_eq!(request.uri(), "https://hooks.example.com/x");
        assert_eq!(request.headers()["authorization"], "Basic YWRhOnNlcyBhbWU=");
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_shown() {
        for address in ["", "hooks.example.com/secret", "file:///secret", "https://:secret"] {
            let failure = webhook(address).unwrap_err();
            assert!(failure.message.starts_with("the address of the webhook cannot be used: "), "{failure:?}");
            assert!(!format!("{failure:?}").contains("secret"), "{failure:?}");
        }
    }
}
