//! One HTTP stack for every vendor (R13): timeouts, retries, concurrency that adapts to what a host allows.
//!
//! [`Transport`] sends one request until there is an answer worth having. It knows no API: what an answer means
//! is for `konnect` and `github` to say.

mod causes;
pub mod encode;
mod limit;
mod retry;
pub mod tls;
mod variable;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};

pub use causes::causes;
use limit::Limits;
use reqwest::redirect::Policy;
pub use retry::used_up_until;
use retry::{LONGEST_RETRY_AFTER, retry_after};
pub use variable::variable;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request may take, its answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests. Cheap to clone; clones share connections and limits.
#[derive(Debug, Clone)]
pub struct Transport {
    /// For GETs, which may be sent on to where an object has moved.
    following: reqwest::Client,
    /// For everything else: a redirected POST arrives as a GET, and nothing is made.
    staying: reqwest::Client,
    limits: Limits,
    policy: retry::Policy,
}

/// No answer, also after retries.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The request did not leave, or cannot have been carried out.
    #[error("no connection to {host}: {cause}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the network said.
        cause: String,
    },
    /// The request may have been carried out.
    #[error("the answer of {host} was lost: {cause}")]
    FateUnknown {
        /// Host and port.
        host: String,
        /// What the network or the server said.
        cause: String,
    },
    /// The request itself cannot be sent.
    #[error("the request is not valid: {0}")]
    Invalid(String),
}

/// Marks a request that may be sent twice although its method does not say so: the creation of a git object,
/// which has the same id each time.
#[derive(Debug, Clone, Copy)]
pub struct Repeatable;

/// Marks a request whose address is a secret: the log tells no more of it than the host.
#[derive(Debug, Clone, Copy)]
pub struct Confidential;

impl Transport {
    /// The same connections with limits of its own: what one organization is told does not slow another.
    #[must_use]
    pub fn with_own_limits(&self) -> Self {
        Self { limits: Limits::default(), ..self.clone() }
    }

    /// A transport with the program's timeouts.
    ///
    /// # Errors
    /// When the TLS library cannot be set up: no usable root certificates.
    pub fn new() -> Result<Self, TransportError> {
        tls::install();
        let client = |redirect: Policy| {
            reqwest::Client::builder()
                .user_agent(concat!("koctl/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(REQUEST_TIMEOUT)
                .redirect(redirect)
                .build()
                .map_err(|error| TransportError::Invalid(chain(&error)))
        };
        let (following, staying) = (client(Policy::limited(5))?, client(Policy::none())?);
        Ok(Self { following, staying, limits: Limits::default(), policy: retry::Policy::default() })
    }

    /// Sends `request` and returns the answer, whatever its status, unless that is one to be retried.
    ///
    /// 429, 502, 503, 504 and broken connections are retried with jittered exponential backoff, and not before
    /// `Retry-After`. A POST that may have been carried out is not sent again: its fate is for the caller to find
    /// out.
    ///
    /// # Errors
    /// When there is no answer after all retries. An answer such as 503 that persists is returned as it is.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let limit = self.limits.of(&host);
        let repeatable = request.method() != Method::POST || request.extensions().get::<Repeatable>().is_some();
        let attempt = || async {
            let permit = limit.acquire().await;
            let result = self.attempt(&request, &host).await;
            match &result {
                Ok(response) if retry::is_too_much(response) => {
                    permit.slow_down(retry_after(response.headers()).filter(|pause| *pause <= LONGEST_RETRY_AFTER));
                }
                Ok(response) if !response.status().is_server_error() => limit.speed_up(),
                _ => {}
            }
            drop(permit);
            retry::judge(result, repeatable)
        };
        retry::until_answered(self.policy, attempt).await
    }

    async fn attempt(&self, request: &Request<Bytes>, host: &str) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.clone().into_parts();
        let mut plain = Request::new(reqwest::Body::from(body));
        *plain.method_mut() = parts.method;
        *plain.uri_mut() = parts.uri;
        *plain.headers_mut() = parts.headers;
        let plain = reqwest::Request::try_from(plain).map_err(|error| TransportError::Invalid(chain(&error)))?;
        let url = match request.extensions().get::<Confidential>() {
            Some(Confidential) => host.to_owned(),
            None => plain.url().to_string(),
        };
        tracing::debug!(method = %plain.method(), url = %url, "request");
        let lost = |error: &reqwest::Error| {
            let (host, cause) = (host.to_owned(), chain(error));
            if error.is_connect() {
                TransportError::Unreachable { host, cause }
            } else {
                TransportError::FateUnknown { host, cause }
            }
        };
        let client = if plain.method() == Method::GET { &self.following } else { &self.staying };
        let response = client.execute(plain).await.map_err(|error| lost(&error))?;
        tracing::debug!(status = %response.status(), url = %url, "answer");
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        *answer.body_mut() = response.bytes().await.map_err(|error| lost(&error))?;
        Ok(answer)
    }
}

/// An error with its causes, outermost first, without the URL, which may be long and is said elsewhere.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    if error.is_timeout() {
        causes.insert(0, "it took too long".to_owned());
    }
    if causes.is_empty() {
        causes.push(error.to_string());
    }
    causes.dedup();
    causes.join(": ")
}
