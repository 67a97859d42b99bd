//! Applying a plan under locks.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use tokio::sync::{Semaphore, watch};

use super::approved::Approved;
use super::connect;
use super::failure::{Failures, OfScope as _};
use super::locks::{LockedScope, Locks};
use super::owners;
use super::secrets;
use super::session::Session;
use crate::registry;
use engine::execute::{Entry, Execution, Observer, Outcome, Recorder};
use engine::recording::Recording;
use engine::recover::Recovery;
use engine::state::{LockedState, Owner, State};
use engine::{Error, ErrorKind, Mode, Readers, ScopePlan};

/// How to apply.
pub struct Settings {
    /// How many resources to work on at the same time, over all scopes.
    pub parallelism: usize,
    /// Turns true when nothing new may begin.
    pub stop: watch::Receiver<bool>,
}

/// The result of applying.
#[derive(Debug, Default)]
pub struct Applied {
    /// By scope.
    pub outcomes: Vec<(String, Outcome)>,
    /// Failures other than those of resources: a lock that could not be released, a scope that is no longer configured.
    pub failures: Failures,
}

impl Applied {
    /// True if everything that was planned is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.outcomes.iter().all(|(_, outcome)| outcome.is_complete())
    }
}

/// Applies a plan under `locks`, and releases these. If a token opens another organization than the one that the plan is
/// for, nothing is applied (R14).
pub async fn apply(
    session: &Session,
    approved: Approved<'_>,
    locks: Locks,
    settings: Settings,
    observer: &dyn Observer,
) -> Applied {
    let plan = approved.plan();
    let strangers = owners::check_plan(session, plan, &locks).await;
    if !strangers.is_empty() {
        let mut applied = Applied { failures: strangers, ..Applied::default() };
        applied.failures.extend(locks.release().await);
        return applied;
    }
    let permits = Arc::new(Semaphore::new(settings.parallelism.max(1)));
    let scopes = plan.scopes.iter().filter(|scope| scope.has_work()).map(|scope| ScopeApply {
        session,
        plan: scope,
        owner: plan.owners.get(&scope.scope),
        locks: &locks,
        permits: Arc::clone(&permits),
        stop: settings.stop.clone(),
        observer,
    });
    let applying = scopes.map(async |scope| match plan.mode() {
        Mode::Normal | Mode::Destroy => scope.execute().await,
        Mode::StateOnly(_) => scope.record().await,
    });
    let mut applied = Applied::default();
    for outcome in join_all(applying).await {
        match outcome {
            Ok(outcome) => applied.outcomes.push(outcome),
            Err(failures) => applied.failures.extend(failures),
        }
    }
    applied.failures.extend(locks.release().await);
    applied
}

/// Applying the plan of one scope.
struct ScopeApply<'a> {
    session: &'a Session,
    plan: &'a ScopePlan,
    /// The organization that its token opens.
    owner: Option<&'a Owner>,
    locks: &'a Locks,
    permits: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
    observer: &'a dyn Observer,
}

impl ScopeApply<'_> {
    async fn execute(self) -> Result<(String, Outcome), Failures> {
        let Self { session, plan, owner, locks, permits, stop, observer } = self;
        let scope = &plan.scope;
        let locked = locks.check(plan).of_scope(scope)?;
        let secrets = &secrets::of_plan(session, plan)?;
        let (readers, writers) = &connect::access(session, scope).of_scope(scope)?;
        let relocated = locks.relocated(plan, locked);
        let recovery = recovered(locked, &relocated, readers, plan).await?;
        locks.relocate(plan, locked, relocated).await.of_scope(scope)?;
        let recorder = &StateRecorder { state: &locked.state, owner };
        let execution = Execution { plan, recovery, readers, writers, secrets, recorder, observer, permits, stop };
        Ok((scope.clone(), execution.run().await.of_scope(scope)?))
    }

    /// Writes nothing except the state of the scope: there are no writers that could do more.
    async fn record(self) -> Result<(String, Outcome), Failures> {
        let Self { session, plan, owner, locks, stop, observer, .. } = self;
        let scope = &plan.scope;
        let locked = locks.check(plan).of_scope(scope)?;
        let readers = connect::readers(session, scope).of_scope(scope)?;
        let relocated = locks.relocated(plan, locked);
        let recovery = recovered(locked, &relocated, &readers, plan).await?;
        locks.relocate(plan, locked, relocated).await.of_scope(scope)?;
        let recorder = &StateRecorder { state: &locked.state, owner };
        let recording = Recording { plan, recovery, schemas: &registry::schema, recorder, observer, stop };
        Ok((scope.clone(), recording.run().await.of_scope(scope)?))
    }
}

/// The outcome of an interrupted apply, which must be the one that the plan was made with.
async fn recovered<'a>(
    locked: &'a LockedScope,
    relocated: &State,
    readers: &Readers,
    plan: &ScopePlan,
) -> Result<&'a Recovery, Failures> {
    let recovery = locked.recovery(relocated, readers).await.of_scope(&plan.scope)?;
    plan.check_recovered(recovery.found()).of_scope(&plan.scope)?;
    Ok(recovery)
}

/// Keeps intents and outcomes in the state, and whose these are.
struct StateRecorder<'a> {
    state: &'a LockedState,
    owner: Option<&'a Owner>,
}

#[async_trait]
impl Recorder for StateRecorder<'_> {
    async fn record(&self, entry: Entry) -> Result<(), Error> {
        let owner = self.owner.cloned();
        let stored = self.state.record(move |state| {
            entry.enter(state);
            state.owner = owner.or_else(|| state.owner.take());
        });
        stored.await.map_err(|error| {
            let attempted = "record in the state what is about to be done";
            Error::new(ErrorKind::State, attempted, error.to_string()).help(error.help())
        })
    }
}
