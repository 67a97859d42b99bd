//! Which requests are sent again, when, and how often.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};

use crate::error::TransportError;
use crate::marks::Repeat;
use crate::settings::Settings;

/// The first pause between two tries; each next one is about twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest `Retry-After` that is obeyed; a server that asks for more gets its answer shown instead.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// The pauses between tries, and their number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    first_pause: Duration,
    longest_pause: Duration,
    retries: usize,
    /// For how long a request is sent again after lost answers: a server that lets each time limit pass is not asked
    /// again and again.
    patience: Duration,
}

impl From<&Settings> for Policy {
    fn from(settings: &Settings) -> Self {
        Self {
            first_pause: FIRST_PAUSE,
            longest_pause: settings.longest_pause,
            retries: settings.retries,
            patience: settings.request_timeout * 2,
        }
    }
}

/// An outcome that is not an answer yet.
pub(super) enum Setback {
    /// An answer that asks to come again.
    Answer(Box<Response<Bytes>>),
    /// No answer; sending the request again does no harm.
    Lost(TransportError),
    /// No answer; sending the request again could do it twice, or would not help.
    Final(TransportError),
}

/// True if the host says that it was asked too often: by 429, or as GitHub does, by 403 with `Retry-After` or with
/// nothing left of an hour's requests.
pub(super) fn is_too_much(response: &Response<Bytes>) -> bool {
    let headers = response.headers();
    let is_limit = headers.contains_key(RETRY_AFTER) || is_used_up(headers);
    response.status() == StatusCode::TOO_MANY_REQUESTS || (response.status() == StatusCode::FORBIDDEN && is_limit)
}

/// True if GitHub says that an hour's requests are used up.
fn is_used_up(headers: &HeaderMap) -> bool {
    number(headers, "x-ratelimit-remaining") == Some(0)
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The time from which GitHub accepts requests again. `None` if the headers of its answer do not say that an hour's
/// requests are used up, or until when.
pub fn used_up_until(headers: &HeaderMap) -> Option<jiff::Timestamp> {
    let reset = number(headers, "x-ratelimit-reset").filter(|_| is_used_up(headers))?;
    jiff::Timestamp::from_second(reset).ok()
}

/// Separates outcomes that are final from those that are worth another try.
pub(super) fn judge(
    result: Result<Response<Bytes>, TransportError>,
    host: &str,
    repeat: Repeat,
) -> Result<Response<Bytes>, Setback> {
    match result {
        Ok(response) if is_too_much(&response) => Err(Setback::Answer(Box::new(response))),
        Ok(response) if is_gateways(response.status()) => Err(match repeat {
            Repeat::Harmless => Setback::Answer(Box::new(response)),
            Repeat::Never => Setback::Final(TransportError::FateUnknown {
                host: host.to_owned(),
                cause: response.status().to_string(),
            }),
        }),
        Ok(response) => Ok(response),
        Err(error @ TransportError::Unreachable { .. }) => Err(Setback::Lost(error)),
        Err(error @ TransportError::FateUnknown { .. }) if repeat == Repeat::Harmless => Err(Setback::Lost(error)),
        Err(error) => Err(Setback::Final(error)),
    }
}

/// True for statuses that an intermediary may have sent, so that the server may have carried out the request.
fn is_gateways(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

/// Calls `attempt` until its outcome is final, or there are no retries left.
pub(super) async fn until_answered<F, A>(policy: Policy, attempt: F) -> Result<Response<Bytes>, TransportError>
where
    F: FnMut() -> A,
    A: Future<Output = Result<Response<Bytes>, Setback>>,
{
    let start = Instant::now();
    let is_worth_another_try = |setback: &Setback| match setback {
        Setback::Answer(_) => true,
        Setback::Lost(_) => start.elapsed() < policy.patience,
        Setback::Final(_) => false,
    };
    let outcome = attempt
        .retry(backoff(policy))
        .sleep(tokio::time::sleep)
        .when(is_worth_another_try)
        .adjust(|setback, pause| pause.and_then(|pause| pause_after(setback, pause)))
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

fn backoff(policy: Policy) -> impl backon::Backoff {
    ExponentialBuilder::default()
        .with_min_delay(policy.first_pause)
        .with_max_delay(policy.longest_pause)
        .with_max_times(policy.retries)
        .with_jitter()
        .build()
}

/// The pause before the next try: `pause`, or the longer one that the server asks for. `None` if that is too long.
fn pause_after(setback: &Setback, pause: Duration) -> Option<Duration> {
    let Setback::Answer(response) = setback else { return Some(pause) };
    match retry_after(response.headers()) {
        Some(asked) if asked > LONGEST_RETRY_AFTER => None,
        asked => Some(asked.unwrap_or(pause).max(pause)),
    }
}

/// The pause that a server asks for: in seconds, or until a date (RFC 9110, section 10.2.3), or until GitHub accepts
/// requests again.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let Some(value) = headers.get(RETRY_AFTER) else { return used_up_until(headers).map(until) };
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

    const QUICK: Policy = Policy {
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(4),
        retries: 3,
        patience: Duration::MAX,
    };

    fn answer(status: u16) -> Result<Response<Bytes>, TransportError> {
        Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
    }

    fn broken() -> Result<Response<Bytes>, TransportError> {
        Err(TransportError::FateUnknown { host: "h".into(), cause: "reset".into() })
    }

    type Script = Vec<Result<Response<Bytes>, TransportError>>;

    async fn play(script: Script, repeat: Repeat) -> (Result<u16, String>, usize) {
        let left = RefCell::new(script);
        let count = RefCell::new(0);
        let outcome = until_answered(QUICK, || async {
            *count.borrow_mut() += 1;
            judge(left.borrow_mut().remove(0), "h", repeat)
        })
        .await;
        (outcome.map(|r| r.status().as_u16()).map_err(|e| e.to_string()), count.into_inner())
    }

    #[tokio::test]
    async fn r13_an_answer_is_not_asked_for_twice() {
        for status in [200, 201, 301, 400, 401, 403, 404, 409, 422, 423, 500] {
            for repeat in [Repeat::Harmless, Repeat::Never] {
                assert_eq!(play(vec![answer(status)], repeat).await, (Ok(status), 1));
            }
        }
    }

    #[tokio::test]
    async fn r13_what_passes_is_ridden_out() {
        let script = vec![answer(429), answer(502), answer(503), answer(200)];
        assert_eq!(play(script, Repeat::Harmless).await, (Ok(200), 4));
        assert_eq!(play(vec![broken(), answer(200)], Repeat::Harmless).await, (Ok(200), 2));
    }

    #[tokio::test]
    async fn r13_what_persists_is_returned_as_it_is() {
        let script = (0..4).map(|_| answer(503)).collect();
        assert_eq!(play(script, Repeat::Harmless).await, (Ok(503), 4));
    }

    #[tokio::test]
    async fn r13_a_post_of_unknown_fate_is_not_sent_again() {
        assert_eq!(play(vec![broken()], Repeat::Never).await, (Err("the answer from h was lost: reset".into()), 1));
        for status in [502, 503, 504] {
            let (outcome, count) = play(vec![answer(status)], Repeat::Never).await;
            assert!(outcome.unwrap_err().starts_with(&format!("the answer from h was lost: {status}")));
            assert_eq!(count, 1);
        }
    }

    #[tokio::test]
    async fn r13_a_post_that_was_not_carried_out_is_sent_again() {
        let unreachable = || Err(TransportError::Unreachable { host: "h".into(), cause: "refused".into() });
        assert_eq!(play(vec![answer(429), answer(201)], Repeat::Never).await, (Ok(201), 2));
        assert_eq!(play(vec![unreachable(), answer(201)], Repeat::Never).await, (Ok(201), 2));
    }

    #[tokio::test]
    async fn r13_a_request_that_cannot_be_sent_is_not_tried_again() {
        let script = vec![Err(TransportError::Invalid("no scheme".into()))];
        assert_eq!(play(script, Repeat::Harmless).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_pause_is_as_long_as_the_server_asks_unless_that_is_too_long() {
        let asking = |seconds: &str| {
            Ok(Response::builder().status(429).header("retry-after", seconds).body(Bytes::new()).unwrap())
        };
        let start = tokio::time::Instant::now();
        assert_eq!(play(vec![asking("120"), answer(200)], Repeat::Harmless).await, (Ok(200), 2));
        assert!(start.elapsed() >= LONGEST_RETRY_AFTER);
        assert_eq!(play(vec![asking("121")], Repeat::Harmless).await, (Ok(429), 1));
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
        let without_reset = forbidden("0", "never");
        assert!(is_too_much(&without_reset));
        assert_eq!(retry_after(without_reset.headers()), None);
        let used_up = forbidden("0", "4102444800");
        assert!(is_too_much(&used_up));
        assert!(retry_after(used_up.headers()).unwrap() > LONGEST_RETRY_AFTER);
        assert_eq!(retry_after(forbidden("0", "1").headers()), Some(Duration::ZERO));
    }
}
