//! Requests over HTTP, for the stores that speak it: timeouts, retries, and what may be sent twice.
//!
//! What an answer means is the store's own business.

use std::fmt;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Request, StatusCode, redirect};

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request may take, a document of the largest platforms on a slow line included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(300);
/// How often a request is sent again, and how long the pauses are at first and at most.
const RETRIES: usize = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that a server may ask for. One that asks for more gets its answer shown instead.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(120);

/// Sends requests.
#[derive(Debug, Clone)]
pub(crate) struct Web(Client);

/// Whether a request does no harm when it is done twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Done twice is as good as once.
    Harmless,
    /// Who sends it has to find out whether it was done, before it sends it again.
    Never,
}

/// What a server answered, in full.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// No answer.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The request was not carried out.
    Unreachable(String),
    /// The request may have been carried out.
    FateUnknown(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lost::Unreachable(cause) => f.write_str(cause),
            Lost::FateUnknown(cause) => write!(f, "the answer was lost: {cause}"),
        }
    }
}

/// An outcome that may be better next time.
enum Setback {
    Answer(Box<Answer>),
    Lost(Lost),
    Final(Lost),
}

impl Web {
    /// # Errors
    ///
    /// Where TLS cannot be set up: no usable root certificates.
    pub(crate) fn new() -> Result<Self, String> {
        transport::tls::install();
        // Not followed: a POST that is sent on may arrive as a GET, and the credentials are for this server.
        let client = Client::builder()
            .user_agent(concat!("koctl/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(redirect::Policy::none())
            .build();
        Ok(Self(client.map_err(|error| format!("HTTP cannot be set up: {}", chain(error)))?))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0
    }

    /// The answer to `request`, whatever its status, unless trying again gives a better one: 429 and GitHub's other
    /// ways to say that it is too much are waited for, and so are 502, 503, 504 and broken connections where the
    /// request may be repeated. A connection that never came up is tried again in any case.
    pub(crate) async fn send(&self, request: Request, repeat: Repeat) -> Result<Answer, Lost> {
        let attempt = || async {
            // Bodies are bytes here, which can be sent again; streams could not.
            let request =
                request.try_clone().ok_or_else(|| Setback::Final(Lost::Unreachable("it cannot be sent".into())))?;
            tracing::debug!(method = %request.method(), url = %bare(&request), "request");
            let answered = self.attempt(request).await;
            judge(answered, repeat)
        };
        let growing = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST_PAUSE);
        let outcome = attempt
            .retry(growing.with_max_times(RETRIES).with_jitter().build())
            .sleep(tokio::time::sleep)
            .when(|setback| !matches!(setback, Setback::Final(_)))
            .adjust(|setback, pause| match setback {
                Setback::Answer(answer) => match asked_pause(&answer.headers, Timestamp::now()) {
                    Some(asked) if asked > LONGEST_ASKED_PAUSE => None,
                    asked => pause.map(|pause| asked.unwrap_or(pause).max(pause)),
                },
                _ => pause,
            })
            .await;
        match outcome {
            Ok(answer) => Ok(answer),
            Err(Setback::Answer(answer)) => Ok(*answer),
            Err(Setback::Lost(lost) | Setback::Final(lost)) => Err(lost),
        }
    }

    async fn attempt(&self, request: Request) -> Result<Answer, Lost> {
        let lost = |error: reqwest::Error| match error.is_connect() || error.is_builder() {
            true => Lost::Unreachable(chain(error)),
            false => Lost::FateUnknown(chain(error)),
        };
        let response = self.0.execute(request).await.map_err(lost)?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(%status, "answer");
        let body = response.bytes().await.map_err(lost)?.to_vec();
        Ok(Answer { status, headers, body })
    }
}

/// The address without its query, in which there may be a token.
fn bare(request: &Request) -> String {
    let url = request.url();
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

fn judge(answered: Result<Answer, Lost>, repeat: Repeat) -> Result<Answer, Setback> {
    match answered {
        Ok(answer) if is_too_much(&answer) => Err(Setback::Answer(Box::new(answer))),
        Ok(answer) => match (answer.status, repeat) {
            (
                StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT,
                Repeat::Harmless,
            ) => Err(Setback::Answer(Box::new(answer))),
            (status @ (StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT), Repeat::Never) => {
                Err(Setback::Final(Lost::FateUnknown(format!("{status}, from somebody on the way to the server"))))
            }
            _ => Ok(answer),
        },
        Err(lost @ Lost::FateUnknown(_)) if repeat == Repeat::Never => Err(Setback::Final(lost)),
        Err(lost) => Err(Setback::Lost(lost)),
    }
}

/// Whether the server says that it is asked too often: by 429, or as GitHub does, by 403 with `Retry-After` or with
/// nothing left of the hour's requests.
fn is_too_much(answer: &Answer) -> bool {
    let spent = answer.headers.get(REMAINING).is_some_and(|left| left == "0");
    let limited = answer.headers.contains_key(RETRY_AFTER) || spent;
    answer.status == StatusCode::TOO_MANY_REQUESTS || (answer.status == StatusCode::FORBIDDEN && limited)
}

const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// The pause that a server asks for: in seconds or until a date (RFC 9110, section 10.2.3), or until its count of
/// requests starts anew, which GitHub tells in seconds since 1970.
fn asked_pause(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let until = |time: Timestamp| Duration::try_from(time.duration_since(now)).unwrap_or(Duration::ZERO);
    if let Some(asked) = text(RETRY_AFTER.as_str()) {
        if let Ok(seconds) = asked.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(asked).ok()?;
        return Some(until(date));
    }
    let reset = text(RESET).filter(|_| text(REMAINING) == Some("0"))?;
    Some(until(Timestamp::from_second(reset.parse().ok()?).ok()?))
}

/// An error with its causes, outermost first, without the URL, in which there may be a token.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = if error.is_timeout() { "it took too long".to_owned() } else { error.to_string() };
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Vec::new() }
    }

    fn is_tried_again(answered: Result<Answer, Lost>, repeat: Repeat) -> bool {
        matches!(judge(answered, repeat), Err(Setback::Answer(_) | Setback::Lost(_)))
    }

    #[test]
    fn an_answer_that_will_stay_is_not_asked_for_twice() {
        for status in [200, 201, 400, 401, 403, 404, 409, 422, 423, 500] {
            assert!(!is_tried_again(Ok(answer(status, &[])), Repeat::Harmless), "{status}");
        }
    }

    #[test]
    fn what_may_have_been_done_is_tried_again_only_where_that_is_harmless() {
        let broken = || Err(Lost::FateUnknown("reset".into()));
        for (repeat, again) in [(Repeat::Harmless, true), (Repeat::Never, false)] {
            assert_eq!(is_tried_again(Ok(answer(502, &[])), repeat), again);
            assert_eq!(is_tried_again(Ok(answer(504, &[])), repeat), again);
            assert_eq!(is_tried_again(broken(), repeat), again);
        }
    }

    #[test]
    fn what_was_not_done_is_tried_again_in_any_case() {
        for repeat in [Repeat::Harmless, Repeat::Never] {
            assert!(is_tried_again(Err(Lost::Unreachable("refused".into())), repeat));
            assert!(is_tried_again(Ok(answer(429, &[])), repeat));
            assert!(is_tried_again(Ok(answer(403, &[("retry-after", "7")])), repeat));
            assert!(is_tried_again(Ok(answer(403, &[("x-ratelimit-remaining", "0")])), repeat));
            assert!(!is_tried_again(Ok(answer(403, &[("x-ratelimit-remaining", "9")])), repeat));
        }
    }

    #[test]
    fn a_server_asks_for_a_pause_in_seconds_or_until_a_time() {
        let now = Timestamp::from_second(1_000).unwrap();
        let asked = |headers: &[(&'static str, &'static str)]| asked_pause(&answer(429, headers).headers, now);
        assert_eq!(asked(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(asked(&[("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")]), Some(Duration::from_secs(20)));
        assert_eq!(asked(&[("retry-after", "soon")]), None);
        let reset_at = |second| asked(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", second)]);
        assert_eq!(reset_at("1090"), Some(Duration::from_secs(90)));
        assert_eq!(reset_at("10"), Some(Duration::ZERO));
        assert_eq!(asked(&[("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "1090")]), None);
    }
}
