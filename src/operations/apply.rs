//! Applying: locks, checks that the plan still fits, carries it out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use tokio::sync::{OnceCell, Semaphore, watch};

use super::{Failure, Session};
use crate::compiler;
use crate::manifest::model::Organization;
use crate::manifest::suggest::nearest;
use engine::address::PLATFORM_SCOPE;
use engine::execute::{Entry, Execution, Observer, Outcome, Recorder};
use engine::plan::Stale;
use engine::recording::Recording;
use engine::recover::{Recovery, SETTLE, recover};
use engine::refresh::Remembered;
use engine::secret::{self, Unsuited};
use engine::state::{LockOptions, LockedState};
use engine::{Error, ErrorKind, Mode, Plan, Readers, ScopePlan, Secrets, Writers};

/// How to apply.
pub struct Settings {
    /// How many resources are worked on at the same time, over all scopes.
    pub parallelism: usize,
    /// Turns true when nothing new may be begun.
    pub stop: watch::Receiver<bool>,
}

/// A plan that somebody said yes to: the only kind that can be applied (R12).
#[derive(Debug, Clone, Copy)]
pub struct Approved<'a>(&'a Plan);

/// A plan that needs a person: it deletes or replaces what holds other people's work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan deletes or replaces what holds other people's work")]
pub struct NeedsPerson;

impl<'a> Approved<'a> {
    /// A person saw the plan, what it destroys included, and said yes.
    #[must_use]
    pub fn by_a_person(plan: &'a Plan) -> Self {
        Self(plan)
    }

    /// Flags said yes. They cover guarded deletions and replacements only with `allow_destroy`.
    ///
    /// # Errors
    /// When they do not cover what the plan destroys.
    pub fn by_flags(plan: &'a Plan, allow_destroy: bool) -> Result<Self, NeedsPerson> {
        if allow_destroy || plan.guarded().next().is_none() { Ok(Self(plan)) } else { Err(NeedsPerson) }
    }
}

/// The states of some scopes under their locks. Locks that are dropped are given back.
#[derive(Debug, Default)]
pub struct Locks(pub(super) BTreeMap<String, Held>);

/// The state of one scope under its lock, with what became of the apply before it where that did not end (R10): it is
/// found out once, as nobody else can change it while the lock is held.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) state: LockedState,
    recovery: OnceCell<Recovery>,
}

impl Held {
    fn new(state: LockedState) -> Self {
        Self { state, recovery: OnceCell::new() }
    }

    /// What became of the intents of the state. What may be on its way still is waited for.
    pub(super) async fn recovery(&self, readers: &Readers) -> Result<&Recovery, Vec<Error>> {
        let recovery = async || {
            let state = self.state.state();
            let remembered = Remembered::new(Some(&state)).map_err(|error| vec![error])?;
            recover(&state.intents, &remembered, readers, Some(SETTLE)).await
        };
        self.recovery.get_or_try_init(recovery).await
    }
}

/// How it went.
#[derive(Debug, Default)]
pub struct Applied {
    /// By scope.
    pub outcomes: Vec<(String, Outcome)>,
    /// What went wrong besides: a lock that could not be given back, a scope that is not configured any more.
    pub failures: Vec<Failure>,
}

impl Applied {
    /// Whether everything that was planned is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.outcomes.iter().all(|(_, outcome)| outcome.is_complete())
    }
}

/// A plan that does not fit this run (R7); whether it fits the state, [`ScopePlan::check`] tells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Unfit {
    /// The configuration changed since.
    #[error("the configuration changed since the plan was made; make a new plan")]
    Configuration,
    /// It was made from other systems.
    #[error(
        "the plan is about {planned}, and here it is about {found}; give the same --sandbox and addresses as when the \
         plan was made"
    )]
    OtherSystems {
        /// The systems that the plan is about.
        planned: String,
        /// The systems that this run is about.
        found: String,
    },
    /// The organization left the configuration.
    #[error("the plan is about the organization `{scope}`, which the configuration does not have; make a new plan")]
    UnknownScope {
        /// The organization.
        scope: String,
    },
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::new(unfit.to_string())
    }
}

impl From<Stale> for Failure {
    fn from(stale: Stale) -> Self {
        Self::new(stale.to_string())
    }
}

impl Session {
    /// Locks the states of all organizations and of the platform repository, for an apply that makes its own plan. One
    /// that cannot be locked does not stop the others.
    pub async fn lock_all(&self, operation: &str, timeout: Duration) -> (Locks, Vec<Failure>) {
        let mut scopes: BTreeMap<_, _> =
            self.loaded.manifest.organizations.keys().map(|name| (name.clone(), None)).collect();
        let kept = self.keeps_platform().await;
        if let Ok(true) = kept {
            scopes.insert(PLATFORM_SCOPE.to_owned(), None);
        }
        let (locks, mut failures) = self.lock(scopes, operation, timeout).await;
        failures.extend(kept.err().map(|failure| failure.of(PLATFORM_SCOPE)));
        (locks, failures)
    }

    /// Locks the states that a saved plan is about, and checks that it fits them and the configuration (R7). Nothing
    /// was asked of a live system so far.
    ///
    /// # Errors
    /// Every reason for which the plan cannot be applied.
    pub async fn lock_for(&self, plan: &Plan, operation: &str, timeout: Duration) -> Result<Locks, Vec<Failure>> {
        if plan.systems != self.systems() {
            return Err(vec![Unfit::OtherSystems { planned: plan.systems.clone(), found: self.systems() }.into()]);
        }
        if plan.configuration != self.loaded.digest() {
            return Err(vec![Unfit::Configuration.into()]);
        }
        let scopes = plan.scopes.iter().map(|scope| (scope.scope.clone(), Some(scope.lineage.clone())));
        let (locks, mut failures) = self.lock(scopes.collect(), operation, timeout).await;
        failures.extend(plan.scopes.iter().filter_map(|scope| locks.check(scope).err()));
        failures.extend(plan.scopes.iter().filter_map(|scope| self.secrets(scope).err()).flatten());
        if failures.is_empty() { Ok(locks) } else { Err(failures) }
    }

    /// Locks the state of one organization, or of the platform repository, which the configuration must have.
    pub async fn lock_one(&self, scope: &str, operation: &str, timeout: Duration) -> (Locks, Vec<Failure>) {
        let is_there = scope == PLATFORM_SCOPE || self.loaded.manifest.organizations.contains_key(scope);
        if !is_there {
            let names = self.loaded.manifest.organizations.keys().map(String::as_str);
            let near = nearest(scope, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let failure = Failure::new(format!("the configuration has no organization `{scope}`{near}"));
            return (Locks::default(), vec![failure.help("name an organization of konnect/organizations.yaml")]);
        }
        self.lock([(scope.to_owned(), None)].into(), operation, timeout).await
    }

    async fn lock(
        &self,
        scopes: BTreeMap<String, Option<String>>,
        operation: &str,
        timeout: Duration,
    ) -> (Locks, Vec<Failure>) {
        let (mut locks, mut failures) = (Locks::default(), Vec::new());
        for (scope, lineage) in scopes {
            let options = LockOptions { timeout, lineage, ..LockOptions::new(operation) };
            match self.store.lock(&scope, &options).await {
                Ok(locked) => {
                    locks.0.insert(scope, Held::new(locked));
                }
                Err(error) => failures.push(Failure::from(error).of(&scope)),
            }
        }
        (locks, failures)
    }

    /// Carries out a plan under `locks`, and gives those back.
    pub async fn apply(
        &self,
        Approved(plan): Approved<'_>,
        locks: Locks,
        settings: Settings,
        observer: &dyn Observer,
    ) -> Applied {
        let permits = Arc::new(Semaphore::new(settings.parallelism.max(1)));
        let scopes = plan.scopes.iter().map(|scope| {
            let (permits, stop) = (Arc::clone(&permits), settings.stop.clone());
            async {
                match plan.mode() {
                    Mode::Normal | Mode::Destroy => self.apply_scope(scope, &locks, permits, stop, observer).await,
                    Mode::StateOnly(_) => self.record_scope(scope, &locks, stop, observer).await,
                }
            }
        });
        let mut applied = Applied::default();
        for outcome in join_all(scopes).await {
            match outcome {
                Ok(outcome) => applied.outcomes.push(outcome),
                Err(failures) => applied.failures.extend(failures),
            }
        }
        applied.failures.extend(locks.release().await);
        applied
    }

    async fn apply_scope(
        &self,
        plan: &ScopePlan,
        locks: &Locks,
        permits: Arc<Semaphore>,
        stop: watch::Receiver<bool>,
        observer: &dyn Observer,
    ) -> Result<(String, Outcome), Vec<Failure>> {
        let scope = &plan.scope;
        let of_scope = |failure: Failure| vec![failure.of(scope)];
        let held = locks.check(plan).map_err(of_scope)?;
        let secrets = self.secrets(plan)?;
        let (readers, writers) = self.access(scope).map_err(of_scope)?;
        let recovery = recovered(held, &readers, plan).await?;
        let (readers, writers, secrets) = (&readers, &writers, &secrets);
        let recorder = &StateRecorder(&held.state);
        let execution = Execution { plan, recovery, readers, writers, secrets, recorder, observer, permits, stop };
        let outcome = execution.run().await.map_err(|error| of_scope(error.into()))?;
        Ok((scope.clone(), outcome))
    }

    /// Carries out what writes nothing but the state of one scope: nothing is at hand that could do more.
    async fn record_scope(
        &self,
        plan: &ScopePlan,
        locks: &Locks,
        stop: watch::Receiver<bool>,
        observer: &dyn Observer,
    ) -> Result<(String, Outcome), Vec<Failure>> {
        let scope = &plan.scope;
        let of_scope = |failure: Failure| vec![failure.of(scope)];
        let held = locks.check(plan).map_err(of_scope)?;
        let readers = self.readers(scope).map_err(of_scope)?;
        let recovery = recovered(held, &readers, plan).await?;
        let recorder = &StateRecorder(&held.state);
        let recording = Recording { plan, recovery, schemas: &crate::registry::schema, recorder, observer, stop };
        let outcome = recording.run().await.map_err(|error| of_scope(error.into()))?;
        Ok((scope.clone(), outcome))
    }

    fn readers(&self, scope: &str) -> Result<Readers, Failure> {
        if scope == PLATFORM_SCOPE {
            return Ok(self.github_clients()?.readers());
        }
        Ok(self.clients(scope, self.configured(scope)?)?.readers())
    }

    fn configured(&self, scope: &str) -> Result<&Organization, Failure> {
        self.loaded.manifest.organizations.get(scope).ok_or_else(|| unknown(scope))
    }

    /// What carrying out a plan of `scope` takes.
    fn access(&self, scope: &str) -> Result<(Readers, Writers), Failure> {
        if scope == PLATFORM_SCOPE {
            let github = self.github_clients()?;
            return Ok((github.readers(), github.writers()));
        }
        let clients = self.clients(scope, self.configured(scope)?)?;
        Ok((clients.readers(), clients.writers()))
    }

    /// The secrets of which the plan has the traces, if they are still those that it was made with (R11).
    fn secrets(&self, plan: &ScopePlan) -> Result<Secrets, Vec<Failure>> {
        if !secret::are_needed(plan, crate::registry::schema) {
            return Ok(Secrets::default());
        }
        let (scope, of_scope) = (&plan.scope, |failure: Failure| failure.of(&plan.scope));
        let secrets = match self.loaded.manifest.organizations.get(scope) {
            _ if scope == PLATFORM_SCOPE => self.platform_secrets(),
            Some(organization) => self.secrets_of(scope, organization)?,
            None => return Err(vec![of_scope(unknown(scope))]),
        };
        let unsuited = |reason: Unsuited| vec![of_scope(Failure::new(reason.to_string()))];
        secrets.check(plan, crate::registry::schema).map_err(unsuited)?;
        Ok(secrets)
    }

    /// The secrets of an organization.
    fn secrets_of(&self, name: &String, organization: &Organization) -> Result<Secrets, Vec<Failure>> {
        let client_secrets = self.client_secrets(&[(name, organization)]);
        compiler::secrets(&self.loaded.manifest, name, organization, &client_secrets)
            .map_err(|errors| errors.into_iter().map(|error| Failure::from(error).of(name)).collect())
    }
}

/// What became of an apply before this one, which must be what the plan was made with.
async fn recovered<'a>(held: &'a Held, readers: &Readers, plan: &ScopePlan) -> Result<&'a Recovery, Vec<Failure>> {
    let of_scope = |failure: Failure| failure.of(&plan.scope);
    let of_each = |errors: Vec<Error>| errors.into_iter().map(|error| of_scope(error.into())).collect::<Vec<_>>();
    let recovery = held.recovery(readers).await.map_err(of_each)?;
    plan.check_recovered(recovery.found()).map_err(|stale| vec![of_scope(stale.into())])?;
    Ok(recovery)
}

fn unknown(scope: &str) -> Failure {
    Unfit::UnknownScope { scope: scope.to_owned() }.into()
}

impl Locks {
    /// The state of the plan's scope, if it is still the one that the plan was made from.
    fn check(&self, plan: &ScopePlan) -> Result<&Held, Failure> {
        let held = self.0.get(&plan.scope).ok_or_else(|| unknown(&plan.scope))?;
        let state = held.state.state();
        plan.check(held.state.revision().map(|_| (state.lineage(), state.serial())))?;
        Ok(held)
    }

    /// Gives all locks back, and says what could not be stored or given back.
    pub async fn release(self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (scope, held) in self.0 {
            if let Err(error) = held.state.release().await {
                failures.push(Failure::from(error).of(&scope));
            }
        }
        failures
    }
}

/// Keeps intents and outcomes in the state.
struct StateRecorder<'a>(&'a LockedState);

#[async_trait]
impl Recorder for StateRecorder<'_> {
    async fn record(&self, entry: Entry) -> Result<(), Error> {
        let stored = self.0.record(move |state| entry.enter(state));
        stored.await.map_err(|error| {
            let attempted = "record in the state what is about to be done";
            Error::new(ErrorKind::State, attempted, error.to_string()).help(error.help())
        })
    }
}
