//! What lies between clients and the sandbox: how slow it is, how many requests it lets through, what it spoils, and
//! what it writes down.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::faults::{Fault, Trigger};

/// How the sandbox answers, beside what it answers. By default: at once, everybody, and without a trace.
#[derive(Debug, Default)]
pub struct Wire {
    /// How long a request waits before anything is done with it.
    pub latency: Duration,
    /// How many requests are served in a second, of all clients together. The others get 429, with `Retry-After`.
    pub rate_limit: Option<NonZeroU32>,
    /// The faults that are set from the first request on.
    pub faults: Vec<(Trigger, Fault)>,
    /// What becomes of the exchanges.
    pub record: Record,
}

/// What becomes of the exchanges.
#[derive(Debug, Default)]
pub enum Record {
    /// They are forgotten.
    #[default]
    Nothing,
    /// They are kept in memory, all of them, for [`Sandbox::exchanges`](super::Sandbox::exchanges).
    InMemory,
    /// Each is added to this file as a line of JSON, with the fields of [`Exchange`](super::Exchange), but `url` for its
    /// path. Secrets in bodies are replaced.
    File(PathBuf),
}

/// The variable that has the exchanges of every sandbox recorded, however it is started: each adds a file to the folder
/// that it names, as [`Record::File`] would, beside what its [`Wire`] asks for.
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

    /// Whether one more request may pass.
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
