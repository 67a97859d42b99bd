//! What is sent again, when, and how often.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::TransportError;

/// How often and how patiently.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// The first pause; each next one is about twice as long.
    first_pause: Duration,
    /// No pause of our own choice is longer.
    longest_pause: Duration,
    /// How often a request is sent again.
    retries: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { first_pause: Duration::from_millis(200), longest_pause: Duration::from_secs(20), retries: 6 }
    }
}

/// The longest `Retry-After` that is obeyed; a server that asks for more gets its answer shown instead.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// An outcome that may be better next time.
pub(super) enum Setback {
    /// An answer that asks to come again.
    Answer(Box<Response<Bytes>>),
    /// No answer.
    Lost(TransportError),
    /// Sending it again could do it twice, or would not help.
    Final(TransportError),
}

/// Whether the host says that it was asked too often: by 429, or as GitHub does, by 403 with `Retry-After` or with
/// nothing left of an hour's requests.
pub(super) fn is_too_much(response: &Response<Bytes>) -> bool {
    let headers = response.headers();
    let later = headers.contains_key(http::header::RETRY_AFTER) || used_up_until(headers).is_some();
    response.status() == StatusCode::TOO_MANY_REQUESTS || (response.status() == StatusCode::FORBIDDEN && later)
}

/// When GitHub accepts requests again. `None` if the headers of its answer do not say that an hour's limit is exhausted.
pub fn used_up_until(headers: &HeaderMap) -> Option<jiff::Timestamp> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let reset = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
    jiff::Timestamp::from_second(reset).ok()
}

/// Splits outcomes into those that are final and those that are worth another try.
pub(super) fn judge(
    result: Result<Response<Bytes>, TransportError>,
    repeatable: bool,
) -> Result<Response<Bytes>, Setback> {
    match result {
        Ok(response) if is_too_much(&response) => Err(Setback::Answer(Box::new(response))),
        Ok(response) => match response.status() {
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Err(if repeatable {
                    Setback::Answer(Box::new(response))
                } else {
                    Setback::Final(fate_unknown(&response))
                })
            }
            _ => Ok(response),
        },
        Err(error @ TransportError::Unreachable { .. }) => Err(Setback::Lost(error)),
        Err(error @ TransportError::FateUnknown { .. }) if repeatable => Err(Setback::Lost(error)),
        Err(error) => Err(Setback::Final(error)),
    }
}

/// An intermediary answered for the server: whether that had done the work, nobody knows.
fn fate_unknown(response: &Response<Bytes>) -> TransportError {
    TransportError::FateUnknown { host: "the server".to_owned(), cause: response.status().to_string() }
}

/// Calls `attempt` until its outcome is final or patience ends.
pub(super) async fn until_answered<F, A>(policy: Policy, attempt: F) -> Result<Response<Bytes>, TransportError>
where
    F: FnMut() -> A,
    A: Future<Output = Result<Response<Bytes>, Setback>>,
{
    let backoff = ExponentialBuilder::default()
        .with_min_delay(policy.first_pause)
        .with_max_delay(policy.longest_pause)
        .with_max_times(policy.retries)
        .with_jitter()
        .build();
    let outcome = attempt
        .retry(backoff)
        .sleep(tokio::time::sleep)
        .when(|setback| !matches!(setback, Setback::Final(_)))
        .adjust(|setback, pause| match setback {
            Setback::Answer(response) => match retry_after(response.headers()) {
                Some(asked) if asked > LONGEST_RETRY_AFTER => None,
                asked => pause.map(|pause| asked.unwrap_or(pause).max(pause)),
            },
            _ => pause,
        })
        .notify(|setback, pause| {
            let why = match setback {
                Setback::Answer(response) => response.status().to_string(),
                Setback::Lost(error) | Setback::Final(error) => error.to_string(),
            };
            tracing::info!(?pause, "trying again after: {why}");
        })
        .await;
    match outcome {
        Ok(response) => Ok(response),
        Err(Setback::Answer(response)) => Ok(*response),
        Err(Setback::Lost(error) | Setback::Final(error)) => Err(error),
    }
}

/// The pause that a server asks for: seconds, or until a date (RFC 9110, section 10.2.3), or until there are requests
/// again.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let Some(value) = headers.get(http::header::RETRY_AFTER) else { return used_up_until(headers).map(until) };
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok().map(until)
}

fn until(time: jiff::Timestamp) -> Duration {
    Duration::try_from(time.duration_since(jiff::Timestamp::now())).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const QUICK: Policy =
        Policy { first_pause: Duration::from_millis(1), longest_pause: Duration::from_millis(4), retries: 3 };

    fn answer(status: u16) -> Result<Response<Bytes>, TransportError> {
        Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
    }

    fn broken() -> Result<Response<Bytes>, TransportError> {
        Err(TransportError::FateUnknown { host: "h".into(), cause: "reset".into() })
    }

    type Script = Vec<Result<Response<Bytes>, TransportError>>;

    async fn play(script: Script, repeatable: bool) -> (Result<u16, String>, usize) {
        let left = RefCell::new(script);
        let count = RefCell::new(0);
        let outcome = until_answered(QUICK, || async {
            *count.borrow_mut() += 1;
            judge(left.borrow_mut().remove(0), repeatable)
        })
        .await;
        (outcome.map(|r| r.status().as_u16()).map_err(|e| e.to_string()), count.into_inner())
    }

    #[tokio::test]
    async fn r13_an_answer_is_not_asked_for_twice() {
        assert_eq!(play(vec![answer(200)], true).await, (Ok(200), 1));
        assert_eq!(play(vec![answer(400)], true).await, (Ok(400), 1));
    }

    #[tokio::test]
    async fn r13_what_passes_is_ridden_out() {
        let script = vec![answer(429), answer(502), answer(503), answer(200)];
        assert_eq!(play(script, true).await, (Ok(200), 4));
        assert_eq!(play(vec![broken(), answer(200)], true).await, (Ok(200), 2));
    }

    #[tokio::test]
    async fn r13_what_persists_is_returned_as_it_is() {
        let script = (0..4).map(|_| answer(503)).collect();
        assert_eq!(play(script, true).await, (Ok(503), 4));
    }

    #[tokio::test]
    async fn r13_a_post_of_unknown_fate_is_not_sent_again() {
        assert_eq!(play(vec![broken()], false).await, (Err("the answer of h was lost: reset".into()), 1));
        assert_eq!(play(vec![answer(504)], false).await.1, 1);
        assert_eq!(play(vec![answer(429), answer(201)], false).await, (Ok(201), 2));
    }

    #[test]
    fn r13_retry_after_is_seconds_or_a_date() {
        let header = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(header("7"), Some(Duration::from_secs(7)));
        assert_eq!(header("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(header("soon"), None);
    }

    #[test]
    fn r13_a_refusal_because_no_requests_are_left_is_too_much_and_any_other_is_not() {
        let forbidden = |remaining: &str, reset: &str| {
            let answer = Response::builder().status(403);
            let answer = answer.header("x-ratelimit-remaining", remaining).header("x-ratelimit-reset", reset);
            answer.body(Bytes::new()).unwrap()
        };
        assert!(!is_too_much(&forbidden("1", "4102444800")));
        assert!(!is_too_much(&forbidden("0", "never")));
        let used_up = forbidden("0", "4102444800");
        assert!(is_too_much(&used_up));
        assert!(retry_after(used_up.headers()).unwrap() > LONGEST_RETRY_AFTER);
        assert_eq!(retry_after(forbidden("0", "1").headers()), Some(Duration::ZERO));
    }
}
