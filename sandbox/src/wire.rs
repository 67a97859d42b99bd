//! The wire between clients and the sandbox: latency, rate limit, faults, and the record of exchanges.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::faults::{Fault, Trigger};

/// The behaviour of the wire. By default it adds no latency, limits no client, and records nothing.
#[derive(Debug, Default)]
pub struct Wire {
    /// The time that a request waits before it is served.
    pub latency: Duration,
    /// The number of requests that are served in a second, of all clients together. Others get 429 with `Retry-After`.
    pub rate_limit: Option<NonZeroU32>,
    /// The faults that are set from the start.
    pub faults: Vec<(Trigger, Fault)>,
    /// The record of the exchanges.
    pub record: Record,
}

/// The record of the exchanges.
#[derive(Debug, Default)]
pub enum Record {
    /// Exchanges are not recorded.
    #[default]
    Nothing,
    /// All exchanges are kept in memory, for [`Sandbox::exchanges`](super::Sandbox::exchanges).
    InMemory,
    /// Each exchange is appended to this file as a line of JSON, with the fields of [`Exchange`](super::Exchange),
    /// except that `url` replaces its path. Secrets in bodies are replaced.
    File(PathBuf),
}

/// The variable that has every sandbox record its exchanges, however it was started: each adds a file in the format of
/// [`Record::File`] to the folder that the variable names, in addition to what its [`Wire`] asks for.
pub const RECORD_DIR: &str = "KOCTL_SANDBOX_RECORD_DIR";

/// Counts the requests of the current second.
#[derive(Debug)]
pub(super) struct Limiter {
    a_second: u32,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    requests: u32,
}

impl Limiter {
    pub(super) fn new(a_second: NonZeroU32) -> Limiter {
        Limiter { a_second: a_second.get(), window: Mutex::new(Window { began: Instant::now(), requests: 0 }) }
    }

    /// True if one more request may pass.
    pub(super) fn admits(&self) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.elapsed() >= Duration::from_secs(1) {
            *window = Window { began: Instant::now(), requests: 0 };
        }
        window.requests = window.requests.saturating_add(1);
        window.requests <= self.a_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_limit_lets_so_many_requests_through_each_second() {
        let limiter = Limiter::new(NonZeroU32::new(2).unwrap());
        let admitted = || [limiter.admits(), limiter.admits(), limiter.admits()];
        assert_eq!(admitted(), [true, true, false]);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(admitted(), [true, true, false]);
    }
}
