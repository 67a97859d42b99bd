//! The states of some scopes under their locks.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::failure::{Failure, Failures};
use super::secrets;
use super::session::Session;
use super::unfit::Unfit;
use engine::address::PLATFORM_SCOPE;
use engine::recover::{Recovery, SETTLE, recover};
use engine::refresh::Remembered;
use engine::state::{LockOptions, LockedState};
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

    /// The outcomes of the intents of the state. Waits for requests that may still be under way.
    pub(super) async fn recovery(&self, readers: &Readers) -> Result<&Recovery, Failures> {
        let recovery = async || {
            let state = self.state.state();
            let remembered = Remembered::new(Some(&state))?;
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
        let (locks, mut failures) = Self::take(session, scopes, operation, timeout).await;
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
        let scopes = written.iter().map(|scope| (scope.scope.clone(), Some(scope.lineage.clone())));
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
        Ok(locked)
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
