//! Concurrency that adapts: halved when a host says that it is too much, raised again bit by bit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How many requests a host gets at the same time when nothing speaks against it.
const MOST: usize = 32;
/// After how many answers in a row one more is dared.
const RAISE_AFTER: usize = 8;

/// The limits of all hosts.
#[derive(Debug, Clone, Default)]
pub(super) struct Limits(Arc<Mutex<HashMap<String, Arc<Limit>>>>);

impl Limits {
    /// The limit of one host.
    pub(super) fn of(&self, host: &str) -> Arc<Limit> {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(limits.entry(host.to_owned()).or_default())
    }
}

/// How many requests one host gets at the same time, and from when on.
#[derive(Debug)]
pub(super) struct Limit {
    now: Mutex<Now>,
    changed: Notify,
}

#[derive(Debug)]
struct Now {
    most: usize,
    under_way: usize,
    answers: usize,
    not_before: Option<Instant>,
}

impl Default for Limit {
    fn default() -> Self {
        let now = Now { most: MOST, under_way: 0, answers: 0, not_before: None };
        Self { now: Mutex::new(now), changed: Notify::new() }
    }
}

/// One request under way; dropping it makes room for another.
pub(super) struct Permit<'a>(&'a Limit);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.now().under_way -= 1;
        self.0.changed.notify_one();
    }
}

impl Limit {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may leave.
    pub(super) async fn acquire(&self) -> Permit<'_> {
        loop {
            let changed = self.changed.notified();
            let pause = {
                let mut now = self.now();
                let pause = now.not_before.and_then(|instant| instant.checked_duration_since(Instant::now()));
                if pause.is_none() && now.under_way < now.most {
                    now.under_way += 1;
                    return Permit(self);
                }
                pause
            };
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => changed.await,
            }
        }
    }

    /// The host said that it is too much: half as many at the same time, and none before `pause` is over.
    pub(super) fn slow_down(&self, pause: Option<Duration>) {
        let mut now = self.now();
        now.most = (now.most / 2).max(1);
        now.answers = 0;
        if let Some(pause) = pause {
            now.not_before = now.not_before.max(Some(Instant::now() + pause));
        }
    }

    /// The host answered.
    pub(super) fn speed_up(&self) {
        let mut now = self.now();
        now.answers += 1;
        if now.answers >= RAISE_AFTER && now.most < MOST {
            now.answers = 0;
            now.most += 1;
            self.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_concurrency_halves_when_told_and_rises_with_answers() {
        let limit = Limit::default();
        limit.slow_down(None);
        assert_eq!(limit.now().most, MOST / 2);
        for _ in 0..RAISE_AFTER {
            limit.speed_up();
        }
        assert_eq!(limit.now().most, MOST / 2 + 1);
    }

    #[test]
    fn r13_at_least_one_request_is_always_allowed() {
        let limit = Limit::default();
        for _ in 0..20 {
            limit.slow_down(None);
        }
        assert_eq!(limit.now().most, 1);
    }

    #[tokio::test]
    async fn r13_a_full_host_makes_the_next_request_wait_its_turn() {
        let limit = Limit::default();
        for _ in 0..20 {
            limit.slow_down(None);
        }
        let first = limit.acquire().await;
        let second = limit.acquire();
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        second.await;
    }
}
