//! The states of some scopes under their locks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::failure::{Failure, Failures};
use super::former::former;
use super::secrets;
use super::session::Session;
use super::unfit::Unfit;
use engine::address::PLATFORM_SCOPE;
use engine::plan::new_names;
use engine::recover::{Recovery, SETTLE, recover};
use engine::refresh::Remembered;
use engine::state::{LockOptions, LockedState, State};
use engine::{Plan, Readers, ScopePlan};

/// The states of some scopes under their locks. Dropping them releases the locks.
#[derive(Debug, Default)]
pub struct Locks(BTreeMap<String, LockedScope>);

/// The state of one scope under its lock, with the outcome of an interrupted apply (R10). The outcome is found out
/// once, as nothing else changes it while the lock is held.
#[derive(Debug)]
pub(super) struct LockedScope {
    pub(super) state: LockedState,
    recovery: OnceCell<Recovery>,
}

impl LockedScope {
    fn new(state: LockedState) -> Self {
        Self { state, recovery: OnceCell::new() }
    }

    /// The outcomes of the intents of the state. Waits for requests that may still be under way. `state` is this one,
    /// with the addresses that `moved` gives it.
    pub(super) async fn recovery(&self, state: &State, readers: &Readers) -> Result<&Recovery, Failures> {
        let recovery = async || {
            let remembered = Remembered::new(Some(state))?;
            Ok(recover(&state.intents, &remembered, readers, Some(SETTLE)).await?)
        };
        self.recovery.get_or_try_init(recovery).await
    }
}

impl Locks {
    /// Locks the states of all organizations and of the platform repository, for an apply that makes its own plan. A
    /// state that cannot be locked does not stop the others.
    pub async fn of_all(session: &Session, operation: &str, timeout: Duration) -> (Self, Failures) {
        let mut scopes: BTreeMap<_, _> = session.organizations().keys().map(|name| (name.clone(), None)).collect();
        let kept = session.keeps_platform_repository().await;
        if let Ok(true) = kept {
            scopes.insert(PLATFORM_SCOPE.to_owned(), None);
        }
        let former = former_scopes(session).await;
        if let Ok(former) = &former {
            scopes.extend(former.iter().map(|name| (name.clone(), None)));
        }
        let (locks, mut failures) = Self::take(session, scopes, operation, timeout).await;
        failures.extend(former.err());
        failures.extend(kept.err().map(|failure| failure.of(PLATFORM_SCOPE)));
        (locks, failures)
    }

    /// Locks the states that a saved plan writes, and checks that it fits them and the configuration (R7), before any
    /// live system is read. What became of other scopes since does not matter to it.
    ///
    /// # Errors
    /// Every reason why the plan cannot be applied.
    pub async fn of_plan(session: &Session, plan: &Plan, operation: &str, timeout: Duration) -> Result<Self, Failures> {
        let systems = session.systems.describe();
        if plan.systems != systems {
            return Err(Unfit::OtherSystems { planned: plan.systems.clone(), found: systems }.into());
        }
        let store = session.store().describe();
        if let Some(planned) = plan.store.clone().filter(|planned| *planned != store) {
            return Err(Unfit::OtherStore { planned, found: store }.into());
        }
        let written: Vec<&ScopePlan> = plan.scopes.iter().filter(|scope| scope.has_work()).collect();
        let has_moved_on = |scope: &&str| plan.configuration.get(*scope) != Some(&session.digest_of(scope));
        if let Some(scope) = written.iter().map(|plan| plan.scope.as_str()).find(has_moved_on) {
            return Err(Unfit::Configuration { scope: scope.to_owned() }.into());
        }
        let origins = written.iter().filter_map(|scope| scope.origin.as_ref());
        let origins = origins.map(|origin| (origin.scope.clone(), Some(origin.lineage.clone())));
        let scopes = written.iter().map(|scope| (scope.scope.clone(), Some(scope.lineage.clone()))).chain(origins);
        let (locks, mut failures) = Self::take(session, scopes.collect(), operation, timeout).await;
        failures.extend(written.iter().filter_map(|scope| locks.check(scope).err()));
        failures.extend(written.iter().filter_map(|scope| secrets::of_plan(session, scope).err()).flatten());
        failures.none_or(locks)
    }

    /// Locks the state of one organization of the configuration, or of the platform repository.
    pub async fn of_scope(session: &Session, scope: &str, operation: &str, timeout: Duration) -> (Self, Failures) {
        if scope != PLATFORM_SCOPE
            && let Err(unknown) = session.organization(scope)
        {
            return (Self::default(), unknown.into());
        }
        Self::take(session, [(scope.to_owned(), None)].into(), operation, timeout).await
    }

    async fn take(
        session: &Session,
        scopes: BTreeMap<String, Option<String>>,
        operation: &str,
        timeout: Duration,
    ) -> (Self, Failures) {
        let (mut locks, mut failures) = (Self::default(), Failures::default());
        for (scope, lineage) in scopes {
            let options = LockOptions { timeout, lineage, ..LockOptions::new(operation) };
            match session.workspace.store.lock(&scope, &options).await {
                Ok(locked) => {
                    locks.0.insert(scope, LockedScope::new(locked));
                }
                Err(error) => failures.push(Failure::from(error).of(&scope)),
            }
        }
        (locks, failures)
    }

    /// The scope `name`. `None` if it is not locked.
    pub(super) fn get(&self, name: &str) -> Option<&LockedScope> {
        self.0.get(name)
    }

    /// The state of the plan's scope, if the plan was made from it.
    pub(super) fn check(&self, plan: &ScopePlan) -> Result<&LockedScope, Failure> {
        let locked = self.get(&plan.scope).ok_or_else(|| Unfit::unknown(&plan.scope))?;
        let state = locked.state.state();
        plan.check(locked.state.revision().map(|_| (state.lineage(), state.serial())))?;
        if let Some(origin) = &plan.origin {
            let locked = self.get(&origin.scope).ok_or_else(|| Unfit::unknown(&origin.scope))?;
            let state = locked.state.state();
            plan.check_origin(locked.state.revision().map(|_| (state.lineage(), state.serial())))?;
        }
        Ok(locked)
    }

    /// The state of the plan's scope with the addresses of the plan.
    pub(super) fn relocated(&self, plan: &ScopePlan, locked: &LockedScope) -> Arc<State> {
        if plan.moved.is_empty() {
            return locked.state.state();
        }
        let (names, mut state) = (new_names(&plan.moved), State::clone(&locked.state.state()));
        state.relocate(&names);
        if let Some(origin) = plan.origin.as_ref().and_then(|origin| self.get(&origin.scope)) {
            let mut arriving = State::clone(&origin.state.state());
            arriving.relocate(&names);
            state.absorb(arriving);
        }
        Arc::new(state)
    }

    /// Stores the addresses of a plan, which [`relocated`](Self::relocated) gave its state. First the state of its scope has what comes from another one, and then that one is
    /// emptied: a kill in between leaves the resources in both, and the next plan moves them again.
    ///
    /// # Errors
    /// If a state cannot be stored.
    pub(super) async fn relocate(
        &self,
        plan: &ScopePlan,
        locked: &LockedScope,
        relocated: Arc<State>,
    ) -> Result<(), Failure> {
        if plan.moved.is_empty() {
            return Ok(());
        }
        let stored = locked.state.record(move |state| {
            let relocated = Arc::unwrap_or_clone(relocated);
            (state.resources, state.intents, state.owner) = (relocated.resources, relocated.intents, relocated.owner);
        });
        stored.await?;
        if let Some(origin) = plan.origin.as_ref().and_then(|origin| self.get(&origin.scope)) {
            origin
                .state
                .record(State::vacate)
                .await
                .map_err(|error| Failure::from(error).of(origin.state.state().scope()))?;
        }
        Ok(())
    }

    /// Releases all locks. Returns what could not be stored or released.
    pub async fn release(self) -> Failures {
        let mut failures = Failures::default();
        for (scope, locked) in self.0 {
            if let Err(error) = locked.state.release().await {
                failures.push(Failure::from(error).of(&scope));
            }
        }
        failures
    }
}

/// The former names of organizations under which there is still a state that `moved` takes over.
async fn former_scopes(session: &Session) -> Result<Vec<String>, Failure> {
    let read = async |name: &str| session.workspace.state(name).await;
    let mut scopes = Vec::new();
    for name in session.organizations().keys() {
        scopes.extend(former(session, name, read).await?.map(|former| former.state.scope().to_owned()));
    }
    Ok(scopes)
}
