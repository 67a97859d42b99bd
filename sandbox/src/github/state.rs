//! The state that all requests share.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;

use super::identity::file::DirectoryFile;
use super::identity::tokens::Tokens;
use super::limits::Budgets;
use super::oauth::Codes;
use super::store::Store;
use super::webhooks::Deliveries;

/// The repositories, the accounts with their tokens, and the request budgets.
#[derive(Debug)]
pub(super) struct GitHub {
    pub(super) store: Store,
    pub(super) directory: DirectoryFile,
    pub(super) tokens: Tokens,
    pub(super) codes: Codes,
    pub(super) deliveries: Deliveries,
    pub(super) budgets: Budgets,
}

impl GitHub {
    /// The state over the repositories below `root`.
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            directory: DirectoryFile::new(&root),
            tokens: Tokens::new(&root),
            store: Store::new(root),
            codes: Codes::default(),
            deliveries: Deliveries::default(),
            budgets: Budgets::default(),
        }
    }
}

/// Routes over this state.
pub(super) type Routes = Router<Arc<GitHub>>;
