//! From a URL and variables to a bucket: the common part of all clouds.

use std::time::Duration;

use http::HeaderValue;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use transport::{Settings, suspect};
use url::Url;

use super::bucket::Bucket;
use crate::{AddressError, Attempt, Error, Kind};

/// The first pause between two tries.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The time after which a request is not tried again.
const LONGEST_RETRIES: Duration = Duration::from_secs(60);

/// An opened store, and its name for messages.
pub(super) struct Opened {
    pub(super) bucket: Bucket,
    pub(super) description: String,
}

/// A bucket and a prefix: `scheme://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: &'static str,
    pub(super) bucket: String,
    pub(super) prefix: Path,
}

impl Address {
    /// The bucket without the prefix, as a URL.
    pub(super) fn bucket_url(&self) -> String {
        format!("{}://{}", self.scheme, self.bucket)
    }

    /// The store in words, with its server if that is not the cloud's own.
    pub(super) fn description(&self, endpoint: Option<&str>) -> String {
        let slash = if self.prefix.is_root() { "" } else { "/" };
        let server = endpoint.map(|endpoint| format!(" at `{endpoint}`")).unwrap_or_default();
        format!("the store `{}{slash}{}`{server}", self.bucket_url(), self.prefix)
    }
}

pub(super) fn parse(url: &str) -> Result<Address, AddressError> {
    let refused = |reason: &str| AddressError::new(url, reason);
    let (scheme, rest) = url.split_once("://").ok_or_else(|| refused("after the scheme comes `://`"))?;
    let scheme = ["s3", "gs", "az"].into_iter().find(|known| *known == scheme);
    let scheme = scheme.ok_or_else(|| refused("it is not the URL of an object store"))?;
    if rest.contains(['?', '#', '@']) {
        return Err(refused("it has more than a bucket and a prefix; credentials, region and endpoint are variables"));
    }
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if bucket.is_empty() || !bucket.chars().all(is_letter) {
        return Err(refused("it does not name a bucket"));
    }
    let prefix = Path::parse(prefix.trim_end_matches('/'));
    let prefix =
        prefix.map_err(|_| refused("its prefix has a part that is empty, `.` or `..`, or a control character"))?;
    Ok(Address { scheme, bucket: bucket.to_owned(), prefix })
}

/// A store cannot be opened with these variables.
pub(super) fn misconfigured(description: &str, error: &object_store::Error) -> Error {
    Attempt::new("keep documents", description).failed_by(Kind::Misconfigured, suspect::without(&error.to_string()))
}

/// The settings of the clients of all stores. A server on another machine must be reached with encryption, unless
/// `allow_http` is set.
pub(super) fn client_options(settings: &Settings, endpoint: Option<&str>, allow_http: bool) -> ClientOptions {
    transport::tls::install();
    let options = ClientOptions::new()
        .with_allow_http(allow_http || endpoint.is_some_and(is_on_this_machine))
        .with_connect_timeout(settings.connect_timeout)
        .with_timeout(settings.request_timeout);
    match HeaderValue::try_from(&settings.user_agent) {
        Ok(user_agent) => options.with_user_agent(user_agent),
        Err(_) => options,
    }
}

/// `object_store` retries by itself, with the same settings as every other request.
pub(super) fn retries(settings: &Settings) -> RetryConfig {
    let max_backoff = settings.longest_pause;
    let backoff = BackoffConfig { init_backoff: FIRST_PAUSE.min(max_backoff), max_backoff, base: 2.0 };
    RetryConfig { backoff, max_retries: settings.retries, retry_timeout: LONGEST_RETRIES }
}

fn is_on_this_machine(endpoint: &str) -> bool {
    Url::parse(endpoint).is_ok_and(|url| url.host_str().is_some_and(transport::is_local))
}

/// An error if an endpoint is not a URL, or is on another machine without encryption although that is not allowed.
pub(super) fn check_endpoint(
    url: &str,
    variable: &str,
    endpoint: Option<&str>,
    allow_http: bool,
) -> Result<(), AddressError> {
    let Some(endpoint) = endpoint else { return Ok(()) };
    let parsed = Url::parse(endpoint).ok().filter(|parsed| ["http", "https"].contains(&parsed.scheme()));
    match parsed {
        None => Err(AddressError::new(url, format!("the variable `{variable}` is not an HTTP address"))),
        Some(parsed) if parsed.password().is_some() || !parsed.username().is_empty() => {
            Err(AddressError::new(url, format!("the address in the variable `{variable}` has a user or a password")))
        }
        Some(parsed) if parsed.query().is_some() || parsed.fragment().is_some() => {
            let reason =
                format!("the address in the variable `{variable}` has a `?` or a `#`; credentials are variables");
            Err(AddressError::new(url, reason))
        }
        Some(parsed) if parsed.scheme() == "http" && !allow_http && !is_on_this_machine(endpoint) => {
            let reason = format!("the address in the variable `{variable}` is not encrypted; write `https://`");
            Err(AddressError::new(url, reason))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_bucket_and_a_prefix() {
        for (url, bucket, prefix) in [
            ("s3://states", "s3://states", ""),
            ("gs://states/", "gs://states", ""),
            ("az://states/platform/a b/", "az://states", "platform/a b"),
        ] {
            let address = parse(url).unwrap();
            assert_eq!((address.bucket_url().as_str(), address.prefix.as_ref()), (bucket, prefix));
        }
        let address = parse("s3://states/platform").unwrap();
        assert_eq!(address.description(None), "the store `s3://states/platform`");
        assert_eq!(address.description(Some("http://[::1]:9")), "the store `s3://states/platform` at `http://[::1]:9`");
    }

    #[test]
    fn a_url_that_names_no_bucket_is_refused() {
        for (url, reason) in [
            ("s3:states", "comes `://`"),
            ("s3://", "does not name a bucket"),
            ("s3:///states", "does not name a bucket"),
            ("gs://käse", "does not name a bucket"),
            ("az://key:sesame@states", "credentials, region and endpoint are variables"),
            ("s3://states?region=eu", "credentials, region and endpoint are variables"),
            ("s3://states/a//b", "its prefix has a part that is empty"),
            ("s3://states/../b", "its prefix has a part"),
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.reason().contains(reason), "{url}: {error}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
    }

    #[test]
    fn only_a_server_on_this_machine_is_spoken_to_without_encryption() {
        let refused =
            |endpoint, allow_http| check_endpoint("s3://states", "AWS_ENDPOINT_URL", Some(endpoint), allow_http);
        for endpoint in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:1", "https://s3.example"] {
            assert_eq!(refused(endpoint, false), Ok(()), "{endpoint}");
        }
        assert!(
            refused("http://s3.example", false).unwrap_err().reason().contains("`AWS_ENDPOINT_URL` is not encrypted")
        );
        assert_eq!(refused("http://s3.example", true), Ok(()));
        assert!(refused("s3.example", true).unwrap_err().reason().contains("not an HTTP address"));
        for endpoint in ["https://ada:sesame@s3.example", "https://sesame@s3.example", "https://s3.example/?sig=sesame"]
        {
            let error = refused(endpoint, true).unwrap_err();
            assert!(error.reason().contains("the address in the variable `AWS_ENDPOINT_URL` has a"), "{error}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
    }
}
