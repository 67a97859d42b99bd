//! Sending a request until there is an answer worth having.

use std::error::Error;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method, Request, Response, Uri};
use reqwest::redirect::{Attempt, Policy};

use crate::error::TransportError;
use crate::limit::Limits;
use crate::marks::{ComeAgain, Confidential, NoRedirects, Repeat};
use crate::retry::{self, LONGEST_RETRY_AFTER, retry_after};
use crate::settings::{CONNECT_TIMEOUT, REQUEST_TIMEOUT, Settings};
use crate::{answer, causes, local, tls};

/// How many redirects of a GET are followed.
const MOST_REDIRECTS: usize = 5;

/// Sends requests. Cheap to clone; clones share connections and limits.
#[derive(Debug, Clone)]
pub struct Transport {
    /// To other machines, by way of the proxy that the variables of the process name.
    remote: Connections,
    /// To this machine, never by way of a proxy: it would see the tokens, and look for the server where it runs itself.
    local: Connections,
    limits: Limits,
    policy: retry::Policy,
    settings: Settings,
}

/// The connections by one way.
#[derive(Debug, Clone)]
struct Connections {
    /// For GETs, which follow where an object has moved.
    following: reqwest::Client,
    /// For everything else: a redirected POST arrives as a GET, and nothing is made.
    staying: reqwest::Client,
}

impl Connections {
    fn new(builder: impl Fn() -> reqwest::ClientBuilder) -> Result<Self, TransportError> {
        let client = |redirect: Policy| {
            builder().redirect(redirect).build().map_err(|error| TransportError::Invalid(cause(error)))
        };
        Ok(Self { following: client(Policy::custom(follow))?, staying: client(Policy::none())? })
    }
}

impl Transport {
    /// A transport with these settings.
    ///
    /// # Errors
    /// If TLS cannot be set up, for lack of root certificates.
    pub fn new(settings: &Settings) -> Result<Self, TransportError> {
        tls::install();
        let builder = || {
            reqwest::Client::builder()
                .user_agent(&settings.user_agent)
                .connect_timeout(settings.connect_timeout)
                .timeout(settings.request_timeout)
        };
        Ok(Self {
            remote: Connections::new(builder)?,
            local: Connections::new(|| builder().no_proxy())?,
            limits: Limits::default(),
            policy: settings.into(),
            settings: settings.clone(),
        })
    }

    /// The same connections with limits of its own: one organization's limit does not slow down another.
    #[must_use]
    pub fn with_own_limits(&self) -> Self {
        Self { limits: Limits::default(), ..self.clone() }
    }

    /// Sends `request` and returns the answer, whatever its status. An answer that asks to come again (429, 502, 503,
    /// 504, GitHub's 403 for too many requests) is returned only if it persists after all retries.
    ///
    /// The secrets of the request are masked in an answer that is not a success.
    ///
    /// Pauses between tries grow exponentially with jitter, and are at least as long as `Retry-After` says. A request
    /// that may have been carried out is sent again only if that does no harm ([`Repeat`]).
    ///
    /// # Errors
    /// If there is no answer after all retries, or the fate of a request that must not be repeated is unknown.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let host = request.uri().authority().map(|host| host.to_string()).unwrap_or_default();
        let limit = self.limits.of(&host);
        let repeat = request.extensions().get().copied().unwrap_or(match *request.method() {
            Method::POST => Repeat::Never,
            _ => Repeat::Harmless,
        });
        let attempt = || async {
            let permit = limit.acquire().await;
            let result = self.attempt(&request, &host).await.map(|answer| with_pause(&request, answer));
            match &result {
                Ok(response) if retry::is_too_much(response) => {
                    permit.slow_down(retry_after(response.headers()).filter(|pause| *pause <= LONGEST_RETRY_AFTER));
                }
                Ok(response) if !response.status().is_server_error() => limit.speed_up(),
                _ => {}
            }
            drop(permit);
            retry::judge(result, &host, repeat)
        };
        let answer = retry::until_answered(self.policy, attempt).await?;
        Ok(answer::without_secrets(&request, answer))
    }

    async fn attempt(&self, request: &Request<Bytes>, host: &str) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.clone().into_parts();
        let mut plain = Request::new(reqwest::Body::from(body));
        *plain.method_mut() = parts.method;
        *plain.uri_mut() = parts.uri;
        *plain.headers_mut() = parts.headers;
        let plain = reqwest::Request::try_from(plain).map_err(|error| TransportError::Invalid(cause(error)))?;
        let url = shown(request, plain.url());
        tracing::debug!(method = %plain.method(), url, "request");
        let may_follow = request.method() == Method::GET && request.extensions().get::<NoRedirects>().is_none();
        let connections = self.connections(request.uri());
        let client = if may_follow { &connections.following } else { &connections.staying };
        let lost = |error| self.lost(host, error);
        let response = client.execute(plain).await.map_err(lost)?;
        tracing::debug!(status = %response.status(), url, "answer");
        let most = self.settings.largest_answer;
        let too_large = || TransportError::TooLarge { host: host.to_owned(), limit: most };
        answer::read(response, most, too_large, lost).await
    }

    fn connections(&self, uri: &Uri) -> &Connections {
        if uri.host().is_some_and(local::is_local) { &self.local } else { &self.remote }
    }

    fn lost(&self, host: &str, error: reqwest::Error) -> TransportError {
        let host = host.to_owned();
        let (is_timeout, is_connect) = (error.is_timeout(), error.is_connect());
        if error.is_builder() {
            return TransportError::Invalid(cause(error));
        }
        let mut cause = cause(error);
        if is_timeout {
            let (limit, variable) = match is_connect {
                true => (self.settings.connect_timeout, CONNECT_TIMEOUT),
                false => (self.settings.request_timeout, REQUEST_TIMEOUT),
            };
            cause = format!("it took too long: {cause} ({variable} sets the limit of {limit:?})");
        }
        if is_connect {
            TransportError::Unreachable { host, cause }
        } else {
            TransportError::FateUnknown { host, cause }
        }
    }
}

/// The answer with the header that says when to come again, if its words say so.
fn with_pause(request: &Request<Bytes>, mut answer: Response<Bytes>) -> Response<Bytes> {
    let pause = request.extensions().get().and_then(|ComeAgain(pause)| pause(&answer));
    if let Some(pause) = pause.filter(|_| !answer.headers().contains_key(RETRY_AFTER)) {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(pause.as_secs()));
    }
    answer
}

/// Follows redirects within one server. To another one, a token must not go; its caller gets the redirect as an answer.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let stays = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if stays && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// The address of a request for the log: without its query, which may hold a token.
fn shown(request: &Request<Bytes>, url: &reqwest::Url) -> String {
    let origin = url.origin().ascii_serialization();
    match request.extensions().get::<Confidential>() {
        Some(Confidential) => origin,
        None => format!("{origin}{}", url.path()),
    }
}

/// The causes of an error. The error itself says no more than that a request failed, and for which URL, which may hold
/// a token.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    error.source().map_or_else(|| error.to_string(), causes)
}
