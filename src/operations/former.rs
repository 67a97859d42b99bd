//! The state of an organization under a former name (R15).

use std::sync::Arc;

use super::failure::Failure;
use super::session::Session;
use crate::compiler::moves::former_names;
use engine::state::State;

/// A state that is stored under a former name of its organization.
pub(super) struct Former {
    /// The names from the last one to that of the state, each with the position of the entry of `moved` that ended it.
    pub(super) names: Vec<(usize, String)>,
    /// The state.
    pub(super) state: Arc<State>,
}

/// The state of an organization under the last of its former names that has one with anything in it. `read` gives the
/// stored state of a scope.
pub(super) async fn former(
    session: &Session,
    organization: &str,
    read: impl AsyncFn(&str) -> Result<Option<Arc<State>>, Failure>,
) -> Result<Option<Former>, Failure> {
    let mut names = Vec::new();
    for (entry, name) in former_names(&session.workspace.loaded.manifest, organization) {
        names.push((entry, name.to_owned()));
        let state = read(name).await?;
        if let Some(state) = state.filter(|state| !(state.resources.is_empty() && state.intents.is_empty())) {
            return Ok(Some(Former { names, state }));
        }
    }
    Ok(None)
}
