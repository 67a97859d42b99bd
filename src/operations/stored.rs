//! The stored state of a scope, under its lock or without one.

use std::sync::Arc;

use super::failure::Failure;
use super::locks::LockedScope;
use super::session::Session;
use engine::state::State;

/// The stored state of a scope. `None` if there is none yet.
pub(super) async fn stored(
    session: &Session,
    scope: &str,
    locked: Option<&LockedScope>,
) -> Result<Option<Arc<State>>, Failure> {
    match locked {
        Some(locked) => Ok(locked.state.revision().map(|_| locked.state.state())),
        None => session.workspace.state(scope).await,
    }
}
