//! The state that all operations work on: the records, and which token opens which organization.

use std::collections::HashMap;

use http::{HeaderMap, header};

use super::call::{Answer, Call};
use super::journal::Journal;
use super::problem::Problem;
use super::tokens;
use crate::store::Store;

/// What is called after a request that changed something.
pub(in crate::konnect) type Observer = fn(&Konnect, &Call, &Answer);

/// Konnect's state.
#[derive(Debug)]
pub(crate) struct Konnect {
    /// The records of all organizations.
    pub(in crate::konnect) store: Store,
    /// The changes that requests made.
    pub(in crate::konnect) journal: Journal,
    /// What is told of each change.
    pub(super) observer: Observer,
    /// The tokens that the sandbox was started with, and the organization of each.
    tokens: HashMap<String, String>,
}

impl Konnect {
    /// Builds the state; `tokens` are those that the sandbox was started with, and the organization of each.
    pub(in crate::konnect) fn new(
        store: Store,
        journal: Journal,
        observer: Observer,
        tokens: HashMap<String, String>,
    ) -> Konnect {
        Konnect { store, journal, observer, tokens }
    }

    /// Closes the store after the change in progress.
    pub(crate) fn close(&self) {
        self.store.close();
    }

    /// The organization that a request's bearer token opens: one of the tokens that the sandbox was started with, or
    /// one that was created in it since.
    pub(super) fn organization(&self, headers: &HeaderMap) -> Result<String, Problem> {
        let organization = bearer(headers)
            .and_then(|token| self.tokens.get(token).cloned().or_else(|| tokens::opened_by(&self.store.read(), token)));
        organization.ok_or_else(Problem::unauthenticated)
    }

    /// The system account or the user that a request's token belongs to. `None` for a token that the sandbox was started
    /// with, which belongs to the owner of the organization.
    pub(super) fn principal(&self, headers: &HeaderMap) -> Option<String> {
        tokens::holder(&self.store.read(), bearer(headers)?)
    }
}

/// A request's bearer token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, token) = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))?;
    Some(token.trim())
}
