//! Faults that a test or a user injects, and the requests that they strike.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::Notify;

/// A fault.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The request is not served; this is the answer.
    Answer {
        /// The status.
        status: StatusCode,
        /// Header names and values, without `Content-Type`.
        headers: Vec<(String, String)>,
        /// The body, sent as a problem document.
        body: Value,
    },
    /// The request is not served; the answer has this status and a minimal body in the format of the system that was
    /// asked: a problem document of Konnect, or a message of GitHub.
    Status {
        /// The status.
        status: StatusCode,
        /// Header names and values, without `Content-Type`.
        headers: Vec<(String, String)>,
    },
    /// The request is not served, and the connection is closed without an answer.
    Drop,
    /// The request is served, and the connection is closed without an answer, so that the client cannot know its fate.
    LoseAnswer,
    /// The request is served, and the body of the answer pauses halfway for this long.
    SlowBody(Duration),
    /// The request waits before it is served. It is never served if its client gives up or dies meanwhile.
    HaltBefore(Halt),
    /// The request is served, and its answer waits.
    HaltAfter(Halt),
}

/// A point at which a request waits, so that a test can look at the state, kill the client, or let the request
/// continue.
#[derive(Debug, Clone, Default)]
pub struct Halt {
    reached: Arc<Notify>,
    resumed: Arc<Notify>,
}

impl Halt {
    /// Waits until the request has arrived.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the request continue.
    pub fn resume(&self) {
        self.resumed.notify_one();
    }

    /// Announces that the request has arrived, and waits.
    pub(super) async fn wait(&self) {
        self.reached.notify_one();
        self.resumed.notified().await;
    }
}

/// Two halts are equal if they are the same point.
impl PartialEq for Halt {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.reached, &other.reached)
    }
}

impl Fault {
    /// An answer with this status; the request is not served.
    pub fn status(status: StatusCode) -> Fault {
        Fault::Status { status, headers: Vec::new() }
    }

    /// The fault's name if it decides about the answer; `None` if Konnect or GitHub does.
    pub(super) fn deciding(&self) -> Option<&'static str> {
        match self {
            Fault::Answer { .. } => Some("answer"),
            Fault::Status { .. } => Some("status"),
            Fault::Drop => Some("drop"),
            Fault::LoseAnswer => Some("lose-answer"),
            Fault::SlowBody(_) | Fault::HaltBefore(_) | Fault::HaltAfter(_) => None,
        }
    }

    /// A 429 that asks the client to wait this many seconds.
    pub fn rate_limited(seconds: u64) -> Fault {
        let headers = vec![("Retry-After".to_owned(), seconds.to_string())];
        Fault::Status { status: StatusCode::TOO_MANY_REQUESTS, headers }
    }
}

/// The methods that a trigger matches.
#[derive(Debug, Clone)]
enum Methods {
    Any,
    One(Method),
    /// The methods that can change something.
    Unsafe,
}

/// The requests that a fault strikes.
#[derive(Debug, Clone)]
pub struct Trigger {
    method: Methods,
    path: String,
    /// The number of matching requests that pass before the fault strikes.
    passing: usize,
    /// The number of requests that it strikes after that.
    striking: usize,
}

impl Trigger {
    /// The next request with this method (or any, if it is `None`) whose path matches.
    ///
    /// The pattern matches the end of a path, and `*` in it stands for any text: `/v3/apis` matches
    /// `/konnect/us/v3/apis`, but not `/konnect/us/v3/apis/1`. The query string is not compared.
    pub fn new(method: impl Into<Option<Method>>, path: impl Into<String>) -> Trigger {
        let method = method.into().map_or(Methods::Any, Methods::One);
        Trigger { method, path: path.into(), passing: 0, striking: 1 }
    }

    /// The next request that can change something, whatever its path.
    pub fn write() -> Trigger {
        Trigger { method: Methods::Unsafe, path: "*".to_owned(), passing: 0, striking: 1 }
    }

    /// Only the nth such request from now, counted from 1.
    pub fn nth(self, nth: usize) -> Trigger {
        Trigger { passing: nth.saturating_sub(1), striking: 1, ..self }
    }

    /// The next `count` such requests.
    pub fn next(self, count: usize) -> Trigger {
        Trigger { passing: 0, striking: count, ..self }
    }

    /// Every such request.
    pub fn always(self) -> Trigger {
        self.next(usize::MAX)
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        let of_method = match &self.method {
            Methods::Any => true,
            Methods::One(wanted) => wanted == method,
            Methods::Unsafe => !method.is_safe(),
        };
        of_method && ends_with_pattern(path, &self.path)
    }
}

/// True if a text ends with what a pattern describes.
fn ends_with_pattern(text: &str, pattern: &str) -> bool {
    let Some((first, last)) = pattern.rsplit_once('*') else {
        return text.ends_with(pattern);
    };
    text.strip_suffix(last).is_some_and(|rest| {
        let mut rest = rest;
        first.split('*').all(|part| match rest.find(part) {
            Some(found) => {
                rest = &rest[found + part.len()..];
                true
            }
            None => false,
        })
    })
}

/// The faults that are set; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    set: Arc<Mutex<Vec<(Trigger, Fault)>>>,
}

impl Faults {
    /// Adds a fault. Faults are tried in the order in which they were added, and at most one strikes a request.
    pub fn inject(&self, trigger: Trigger, fault: Fault) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).push((trigger, fault));
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The fault that strikes this request. The matching faults before it count the request as passed.
    pub(super) fn strike(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = None;
        for (trigger, fault) in set.iter_mut().filter(|(trigger, _)| trigger.matches(method, path)) {
            if trigger.passing > 0 {
                trigger.passing -= 1;
            } else if trigger.striking > 0 {
                trigger.striking -= 1;
                struck = Some(fault.clone());
                break;
            }
        }
        set.retain(|(trigger, _)| trigger.striking > 0);
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_faults_nothing_strikes() {
        assert_eq!(Faults::default().strike(&Method::GET, "/konnect/us/v3/apis"), None);
    }

    #[test]
    fn patterns_match_the_end_of_a_path() {
        assert!(ends_with_pattern("/konnect/us/v3/apis", "/v3/apis"));
        assert!(!ends_with_pattern("/konnect/us/v3/apis/1", "/v3/apis"));
        assert!(ends_with_pattern("/konnect/us/v3/apis/1/versions", "/v3/apis/*/versions"));
        assert!(!ends_with_pattern("/konnect/us/v3/portals/1/versions", "/v3/apis/*/versions"));
        assert!(ends_with_pattern("/konnect/us/v3/apis/1", "/v3/apis/*"));
        assert!(ends_with_pattern("/anything", "*"));
    }

    #[test]
    fn a_fault_strikes_the_request_that_it_was_set_for_and_no_later_one() {
        let faults = Faults::default();
        faults.inject(Trigger::new(Method::POST, "/v3/apis").nth(2), Fault::Drop);
        let strike = |method: Method| faults.strike(&method, "/konnect/us/v3/apis");
        assert_eq!(strike(Method::POST), None);
        assert_eq!(strike(Method::GET), None);
        assert_eq!(strike(Method::POST), Some(Fault::Drop));
        assert_eq!(strike(Method::POST), None);
    }

    #[test]
    fn a_fault_on_writes_strikes_no_request_that_only_reads() {
        let faults = Faults::default();
        faults.inject(Trigger::write().nth(2), Fault::Drop);
        let methods = [Method::POST, Method::GET, Method::HEAD, Method::DELETE, Method::PATCH];
        let strikes = methods.map(|method| faults.strike(&method, "/github/anything"));
        assert_eq!(strikes, [None, None, None, Some(Fault::Drop), None]);
    }

    #[test]
    fn two_faults_on_one_path_strike_one_after_the_other() {
        let faults = Faults::default();
        faults.inject(Trigger::new(None, "/v3/apis").next(2), Fault::rate_limited(1));
        faults.inject(Trigger::new(None, "/v3/apis"), Fault::Drop);
        let strikes: Vec<_> = (0..4).map(|_| faults.strike(&Method::GET, "/v3/apis")).collect();
        let limited = Some(Fault::rate_limited(1));
        assert_eq!(strikes, [limited.clone(), limited, Some(Fault::Drop), None]);
    }
}
