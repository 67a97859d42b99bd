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
    /// How often the host said that it is too much.
    complaints: u64,
    not_before: Option<Instant>,
}

impl Default for Limit {
    fn default() -> Self {
        let now = Now { most: MOST, under_way: 0, answers: 0, complaints: 0, not_before: None };
        Self { now: Mutex::new(now), changed: Notify::new() }
    }
}

/// One request under way; dropping it makes room for another.
pub(super) struct Permit<'a> {
    limit: &'a Limit,
    /// How often the host had complained when the request left.
    complaints: u64,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limit.now().under_way -= 1;
        self.limit.changed.notify_one();
    }
}

impl Permit<'_> {
    /// The host said that it is too much: half as many at the same time, and none before `pause` is over. Requests
    /// that left before the last complaint complain of the same, and count once.
    pub(super) fn slow_down(&self, pause: Option<Duration>) {
        let mut now = self.limit.now();
        if now.complaints == self.complaints {
            now.complaints += 1;
            now.most = (now.most / 2).max(1);
            now.answers = 0;
        }
        let until = pause.and_then(|pause| Instant::now().checked_add(pause));
        now.not_before = now.not_before.max(until);
    }
}

impl Limit {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may leave. The place is taken before a pause is waited for, so that giving up during
    /// the pause gives the place to the next in line.
    pub(super) async fn acquire(&self) -> Permit<'_> {
        let mut permit = loop {
            let changed = self.changed.notified();
            match self.take() {
                Some(permit) => break permit,
                None => changed.await,
            }
        };
        while let Some(pause) = self.pause() {
            tokio::time::sleep(pause).await;
        }
        permit.complaints = self.now().complaints;
        permit
    }

    fn take(&self) -> Option<Permit<'_>> {
        let mut now = self.now();
        if now.under_way >= now.most {
            return None;
        }
        now.under_way += 1;
        Some(Permit { limit: self, complaints: now.complaints })
    }

    fn pause(&self) -> Option<Duration> {
        self.now().not_before?.checked_duration_since(Instant::now()).filter(|pause| !pause.is_zero())
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

    async fn complain(limit: &Limit) {
        limit.acquire().await.slow_down(None);
    }

    #[tokio::test]
    async fn r13_concurrency_halves_when_told_and_rises_with_answers() {
        let limit = Limit::default();
        complain(&limit).await;
        assert_eq!(limit.now().most, MOST / 2);
        for _ in 0..RAISE_AFTER {
            limit.speed_up();
        }
        assert_eq!(limit.now().most, MOST / 2 + 1);
    }

    #[tokio::test]
    async fn r13_many_answers_to_one_burst_halve_it_once() {
        let limit = Limit::default();
        let (one, other) = (limit.acquire().await, limit.acquire().await);
        one.slow_down(None);
        other.slow_down(None);
        assert_eq!(limit.now().most, MOST / 2);
    }

    #[tokio::test]
    async fn r13_at_least_one_request_is_always_allowed() {
        let limit = Limit::default();
        for _ in 0..20 {
            complain(&limit).await;
        }
        assert_eq!(limit.now().most, 1);
    }

    #[tokio::test]
    async fn r13_a_pause_longer_than_time_itself_is_no_panic() {
        let limit = Limit::default();
        limit.acquire().await.slow_down(Some(Duration::MAX));
        drop(limit.acquire().await);
    }

    #[tokio::test]
    async fn r13_a_full_host_makes_the_next_request_wait_its_turn() {
        let limit = Limit::default();
        for _ in 0..20 {
            complain(&limit).await;
        }
        let first = limit.acquire().await;
        let second = limit.acquire();
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        second.await;
    }
}
