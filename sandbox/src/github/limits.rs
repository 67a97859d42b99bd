//! The request budget that GitHub reports in `X-RateLimit-*` headers and at `/rate_limit`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::clock::now;

/// GitHub's budget of requests an hour for a signed-in user.
const SIGNED_IN: u64 = 5_000;
/// GitHub's budget of requests an hour for anyone else.
const ANONYMOUS: u64 = 60;
const HOUR: i64 = 3_600;

/// The state of one budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    limit: u64,
    used: u64,
    /// The time at which the budget is whole again, in seconds since the epoch.
    reset: i64,
}

impl Budget {
    fn fresh(limit: u64, at: i64) -> Self {
        Self { limit, used: 0, reset: at + HOUR }
    }

    /// The schema `rate-limit`.
    pub(super) fn to_json(self) -> Value {
        json!({
            "limit": self.limit,
            "used": self.used,
            "remaining": self.limit - self.used,
            "reset": self.reset,
        })
    }

    /// Adds the headers that every answer carries.
    pub(super) fn describe(self, headers: &mut HeaderMap) {
        let mut number = |name, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        number("x-ratelimit-limit", self.limit);
        number("x-ratelimit-used", self.used);
        number("x-ratelimit-remaining", self.limit - self.used);
        number("x-ratelimit-reset", self.reset.unsigned_abs());
        headers.insert(HeaderName::from_static("x-ratelimit-resource"), HeaderValue::from_static("core"));
    }
}

/// Counts requests: each person and each installation has a budget, and all who are not signed in share one.
///
/// No request is refused: load tests run against the sandbox. A budget that is used up starts again, so that no client
/// has to wait for an hour.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    budgets: Mutex<HashMap<String, Budget>>,
}

impl Budgets {
    /// Counts `requests` (1, or 0 to only look) of this caller, whose name is empty if nobody is signed in, and returns
    /// the budget.
    pub(super) fn spend(&self, caller: &str, requests: u64) -> Budget {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let at = now().as_second();
        let limit = if caller.is_empty() { ANONYMOUS } else { SIGNED_IN };
        let budget = budgets.entry(caller.to_owned()).or_insert_with(|| Budget::fresh(limit, at));
        if at >= budget.reset || budget.used + requests >= budget.limit {
            *budget = Budget::fresh(budget.limit, at);
        }
        budget.used += requests;
        *budget
    }
}
