//! The workspace of an operation: the configuration, the variables, and the store of the states.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::failure::Failure;
use super::renaming::Names;
use super::warning::Warning;
use crate::compiler::moves::former_names;
use crate::compiler::rename::Rename;
use crate::manifest::Loaded;
use engine::address::PLATFORM_SCOPE;
use engine::refresh::Remembered;
use engine::state::{State, Store};

/// The variables of the process, or of a test.
pub type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The configuration, the variables, and the store of the states.
pub struct Workspace {
    pub(super) loaded: Loaded,
    pub(super) environment: Environment,
    pub(super) store: Store,
}

impl Workspace {
    /// The store of the states.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The states of all scopes.
    ///
    /// # Errors
    /// If one cannot be read.
    pub async fn states(&self) -> Result<Vec<Remembered>, Failure> {
        let mut states = Vec::new();
        for scope in self.remembered_scopes().await? {
            let snapshot = self.store.read(&scope).await?;
            states.push(Remembered::new(snapshot.map(|snapshot| snapshot.state).as_ref())?);
        }
        Ok(states)
    }

    /// The stored state of a scope, without its lock. `None` if there is none yet.
    pub(super) async fn state(&self, scope: &str) -> Result<Option<Arc<State>>, Failure> {
        Ok(self.store.read(scope).await?.map(|snapshot| Arc::new(snapshot.state)))
    }

    /// The scopes that may have a state: those that the store lists. If it cannot list them, those that are configured,
    /// and the platform repository.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn remembered_scopes(&self) -> Result<Vec<String>, Failure> {
        if self.store.lists_scopes() {
            return Ok(self.store.scopes().await?);
        }
        let organizations = self.loaded.manifest.organizations.keys().cloned();
        Ok(organizations.chain([PLATFORM_SCOPE.to_owned()]).collect())
    }

    /// The states of all scopes except `scope`, by name.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) async fn states_of_others(&self, scope: &str) -> Result<Vec<(String, State)>, Failure> {
        let mut states = Vec::new();
        for other in self.remembered_scopes().await?.into_iter().filter(|other| other != scope) {
            let snapshot = self.store.read(&other).await?;
            states.extend(snapshot.map(|snapshot| (other, snapshot.state)));
        }
        Ok(states)
    }

    /// The states with resources of organizations that are not in the configuration, not even under another name that
    /// `moved` has, by name.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) async fn left_behind(&self) -> Result<Vec<(String, State)>, Failure> {
        let organizations = self.loaded.manifest.organizations.keys().map(String::as_str);
        let manifest = &self.loaded.manifest;
        let former = organizations.clone().flat_map(|name| former_names(manifest, name)).map(|(_, name)| name);
        let configured: BTreeSet<&str> = organizations.chain(former).chain([PLATFORM_SCOPE]).collect();
        let mut left = Vec::new();
        for scope in self.remembered_scopes().await? {
            if configured.contains(scope.as_str()) {
                continue;
            }
            let snapshot = self.store.read(&scope).await?;
            left.extend(snapshot.filter(|one| known_or_begun(&one.state) > 0).map(|one| (scope, one.state)));
        }
        Ok(left)
    }
}

/// Warnings about organizations that left the configuration: without a token, nothing can be done about them. `new` are
/// the organizations of the configuration that have no state yet.
pub(super) fn orphan_warnings(left: &[(String, State)], new: &[&str]) -> Vec<Warning> {
    let renamed = match (left, new) {
        ([_], [only]) => (*only).to_owned(),
        _ => "NEW".to_owned(),
    };
    let warning = |(scope, state): &(String, State)| {
        let message = format!(
            "The organization `{scope}` is not in the configuration any more, but {count} of its resources are in the \
             state. They are left unchanged.",
            count = known_or_begun(state)
        );
        let names = Names::of(&Rename::Organization { from: scope.clone(), to: renamed.clone() });
        let help = format!(
            "if it was renamed, {}; to destroy them, put it back and run `koctl destroy --target '{scope}/**'`",
            names.ways()
        );
        Warning { message, help: Some(help) }
    };
    left.iter().map(warning).collect()
}

/// How many resources a state has, including those that an interrupted apply may have created.
fn known_or_begun(state: &State) -> usize {
    let begun = state.intents.iter().map(|intent| &intent.address);
    state.resources.keys().chain(begun).collect::<BTreeSet<_>>().len()
}
