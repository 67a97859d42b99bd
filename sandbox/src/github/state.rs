//! The state that all requests share.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;

use super::limits::Budgets;
use super::store::Store;

/// The repositories and the request budgets.
#[derive(Debug)]
pub(super) struct GitHub {
    pub(super) store: Store,
    pub(super) budgets: Budgets,
}

impl GitHub {
    /// The state over the repositories below `root`.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { store: Store::new(root), budgets: Budgets::new() }
    }
}

/// Routes over this state.
pub(super) type Routes = Router<Arc<GitHub>>;
