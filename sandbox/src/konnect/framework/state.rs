//! The state that all operations work on: the records, and which token opens which organization.

use std::collections::HashMap;

use http::{HeaderMap, header};

use super::problem::Problem;
use super::tokens;
use crate::store::Store;

/// Konnect's state.
#[derive(Debug)]
pub(crate) struct Konnect {
    /// The records of all organizations.
    pub(in crate::konnect) store: Store,
    /// The tokens that the sandbox was started with, and the organization of each.
    tokens: HashMap<String, String>,
}

impl Konnect {
    /// Builds the state; `tokens` are those that the sandbox was started with, and the organization of each.
    pub(in crate::konnect) fn new(store: Store, tokens: HashMap<String, String>) -> Konnect {
        Konnect { store, tokens }
    }

    /// Closes the store after the change in progress.
    pub(crate) fn close(&self) {
        self.store.close();
    }

    /// The organization that a request's bearer token opens: one of the tokens that the sandbox was started with, or
    /// one that was created in it since.
    pub(super) fn organization(&self, headers: &HeaderMap) -> Result<String, Problem> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token =
            value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let organization = token
            .map(|(_, token)| token.trim())
            .and_then(|token| self.tokens.get(token).cloned().or_else(|| tokens::opened_by(&self.store.read(), token)));
        organization.ok_or_else(Problem::unauthenticated)
    }
}
