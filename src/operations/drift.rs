//! Looking for drift: what somebody else changed, scope by scope. Nothing here can write.
//!
//! No lock is held while a scope is read, so that a look that runs every hour never gets in the way of an apply. That
//! nobody was applying meanwhile is seen by the state: an apply writes down what it is about to do before its first
//! request, and that it is done after its last one. A state that is the same before and after, and holds no intent of
//! somebody who is still at work, stood still, and so did what koctl does to the live systems.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use futures::join;
use jiff::Timestamp;
use tokio::time::Instant;

use super::plan::{ScopeRequest, into_failures};
use super::{Failure, PlanRequest, Session};
use crate::konnect::resources::{self, identity_provider};
use crate::manifest::model::Organization;
use crate::report::progress::Progress;
use crate::report::safe;
use engine::Schema;
use engine::address::PLATFORM_SCOPE;
use engine::drift::{DriftReport, Findings, Look, Reason, ScopeDrift, look};
use engine::recover::recover;
use engine::refresh::{Place, Remembered};
use engine::state::{Snapshot, State};

/// What the lock of a state is taken for, where it is taken for a moment to see whether somebody has it.
const OPERATION: &str = "drift";

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DriftRequest {
    /// Do not look for objects that no state knows.
    pub managed_only: bool,
    /// How long to wait for somebody who is applying.
    pub lock_timeout: Duration,
    /// Leave out a scope on which somebody is still applying then, instead of failing.
    pub skip_locked: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Watched {
    /// What was found.
    pub report: DriftReport,
    /// What a person should know besides.
    pub warnings: Vec<String>,
}

/// Why a scope could not be compared.
enum Unsettled {
    /// Somebody is applying.
    Busy(Failure),
    /// It could not be read.
    Unread(Vec<Failure>),
}

impl<E: Into<Failure>> From<E> for Unsettled {
    fn from(error: E) -> Self {
        Self::Unread(vec![error.into()])
    }
}

/// What one look at a scope found.
struct Seen {
    findings: Findings,
    /// The objects that the state knows, by type and id.
    known: BTreeSet<(String, String)>,
    /// Whether there is a state.
    has_state: bool,
}

impl Session {
    /// Looks at every organization of the configuration and the platform repository, where koctl keeps that, for what
    /// changed outside koctl. One that cannot be read does not stop the others.
    ///
    /// Of the configuration it needs the tokens: no specification is read, and nothing is compiled for organizations.
    pub async fn drift(&self, request: DriftRequest, progress: &Progress) -> Watched {
        let watch = Watch { session: self, request, progress };
        let organizations = self.loaded.manifest.organizations.iter();
        let organizations = organizations
            .map(async |(name, organization)| (name.clone(), watch.settled(name, Some(organization)).await));
        let platform = async {
            let seen = match self.keeps_platform().await {
                Ok(false) => return None,
                Ok(true) => watch.settled(PLATFORM_SCOPE, None).await,
                Err(failure) => Err(failure.into()),
            };
            Some((PLATFORM_SCOPE.to_owned(), seen))
        };
        let (mut all, platform) = join!(join_all(organizations), platform);
        all.extend(platform);
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let at = Timestamp::from_second(Timestamp::now().as_second()).expect("now without its fraction is a time too");
        let mut warnings = self.orphaned_scopes().await.unwrap_or_else(|failure| vec![failure.message]);
        let has_state = |seen: &Result<Seen, Unsettled>| seen.as_ref().is_ok_and(|seen| seen.has_state);
        let store = self.store.describe();
        if all.iter().any(|(_, seen)| has_state(seen)) {
            let without = all.iter().filter(|(_, seen)| seen.as_ref().is_ok_and(|seen| !seen.has_state));
            warnings.extend(without.map(|(scope, _)| format!("There is no state of `{scope}` in {store} yet.")));
        } else {
            // An address that is mistyped must not look like all is well.
            for (scope, seen) in all.iter_mut().filter(|(_, seen)| seen.is_ok()) {
                *seen = Err(no_state(scope, &store).into());
            }
        }
        let report = DriftReport { at, scopes: outcomes(all, request) };
        Watched { report, warnings }
    }
}

fn outcomes(all: Vec<(String, Result<Seen, Unsettled>)>, request: DriftRequest) -> Vec<ScopeDrift> {
    let seen = all.iter().filter_map(|(_, seen)| seen.as_ref().ok());
    let known: BTreeSet<(String, String)> = seen.flat_map(|seen| seen.known.iter().cloned()).collect();
    let outcome = |seen| match seen {
        Ok(Seen { mut findings, .. }) => {
            // Two organizations of the configuration may be one of Konnect.
            findings.unmanaged.retain(|one| !known.contains(&(one.type_name.clone(), one.id.clone())));
            Look::Compared(findings)
        }
        Err(Unsettled::Busy(failure)) if request.skip_locked => Look::Skipped(failure.message),
        Err(Unsettled::Busy(failure)) => Look::Failed(vec![reason(failure)]),
        Err(Unsettled::Unread(failures)) => Look::Failed(failures.into_iter().map(reason).collect()),
    };
    all.into_iter().map(|(scope, seen)| ScopeDrift { scope, outcome: outcome(seen) }).collect()
}

fn reason(Failure { message, help, .. }: Failure) -> Reason {
    Reason { message, help }
}

/// A look at all scopes.
struct Watch<'a> {
    session: &'a Session,
    request: DriftRequest,
    progress: &'a Progress,
}

impl Watch<'_> {
    /// Looks at a scope until nobody was applying meanwhile, or the time is over.
    async fn settled(&self, scope: &str, organization: Option<&Organization>) -> Result<Seen, Unsettled> {
        let store = self.session.store();
        let began = Instant::now();
        loop {
            let left = self.request.lock_timeout.saturating_sub(began.elapsed());
            let before = store.read(scope).await?;
            if before.as_ref().is_some_and(|stored| !stored.state.intents.is_empty())
                && self.waited_for_holder(scope, left).await?
            {
                continue;
            }
            let state = before.as_ref().map(|stored| &stored.state);
            let seen = match organization {
                Some(organization) => self.see(scope, organization, state).await,
                None => self.see_platform(state).await,
            };
            if version(before.as_ref()) == version(store.read(scope).await?.as_ref()) {
                return seen.map_err(Unsettled::Unread);
            }
            if left.is_zero() {
                let message = format!("the state of `{scope}` was written while it was compared: somebody is applying");
                return Err(busy(message));
            }
        }
    }

    /// Waits for who is carrying out what the state says is about to be done, if anybody is: where nobody is, it was
    /// not ended. Returns whether there was somebody, after whom the state is another one.
    async fn waited_for_holder(&self, scope: &str, left: Duration) -> Result<bool, Unsettled> {
        let store = self.session.store();
        let Some(holder) = store.locked(scope, OPERATION, Duration::ZERO).await? else { return Ok(false) };
        if left.is_zero() {
            return Err(busy(holder.to_string()));
        }
        self.progress.note(&format!("Waiting: {}", safe(&holder.to_string())));
        match store.locked(scope, OPERATION, left).await? {
            Some(holder) => Err(busy(holder.to_string())),
            None => Ok(true),
        }
    }

    /// One look at an organization.
    async fn see(&self, scope: &str, organization: &Organization, state: Option<&State>) -> Result<Seen, Vec<Failure>> {
        let one = |failure: Failure| vec![failure];
        let readers = self.session.clients(scope, organization).map_err(one)?.readers();
        let mut known = Remembered::new(state).map_err(|error| one(error.into()))?;
        let refreshing = self.progress.refreshing(scope);
        let intents = state.map(|state| state.intents.as_slice()).unwrap_or_default();
        let recovery = recover(intents, &known, &readers, None).await.map_err(into_failures)?;
        recovery.teach(&mut known);
        let places = if self.request.managed_only { Vec::new() } else { places(organization, &known) };
        let mut findings = look(&known, &places, &readers).await.map_err(into_failures)?;
        findings.recovered = recovery.found().to_vec();
        refreshing.succeeded();
        Ok(Seen { findings, known: ids(&known), has_state: state.is_some() })
    }

    /// One look at the platform repository. What of its files is koctl's to keep follows from what is in it, as in a
    /// plan: so a plan is made, and its changes are left alone.
    async fn see_platform(&self, state: Option<&State>) -> Result<Seen, Vec<Failure>> {
        let session = self.session;
        let scope = ScopeRequest {
            session,
            request: &PlanRequest::default(),
            targets: None,
            configuration: &session.loaded.digest(),
            readers: session.platform_readers()?,
            held: None,
            progress: self.progress,
        };
        let (plan, _) = session.plan_platform(&scope).await?;
        let known = Remembered::new(state).map_err(|error| vec![error.into()])?;
        let mut resources = BTreeMap::new();
        for address in known.0.keys() {
            *resources.entry(address.type_name().to_owned()).or_default() += 1;
        }
        let findings = Findings { drift: plan.drift, unmanaged: Vec::new(), resources, recovered: plan.recovered };
        Ok(Seen { findings, known: ids(&known), has_state: state.is_some() })
    }
}

/// Nothing to compare with is not the same as no drift.
fn no_state(scope: &str, store: &str) -> Failure {
    Failure::new(format!("there is no state of `{scope}` in {store}, so that nothing can be compared with it")).help(
        "run `koctl apply` or `koctl import` first, or check where the state is kept (--state, KOCTL_STATE, \
         `platform.state.url`)",
    )
}

fn busy(message: String) -> Unsettled {
    let help = "wait with --lock-timeout, or leave such a scope out with --skip-locked";
    Unsettled::Busy(Failure::new(message).help(help))
}

/// Which state it is.
fn version(stored: Option<&Snapshot>) -> Option<(&str, u64)> {
    stored.map(|stored| (stored.state.lineage(), stored.state.serial()))
}

fn ids(known: &Remembered) -> BTreeSet<(String, String)> {
    known.0.values().map(|resource| (resource.type_name.clone(), resource.id.clone())).collect()
}

/// Where objects are looked for that no state knows: Konnect's types that hold people's work, in the regions in use.
/// Where people sign in is looked at where the configuration has a say in that: it takes a permission of its own.
fn places(organization: &Organization, known: &Remembered) -> Vec<Place> {
    let configured = organization.environments.values().map(|environment| environment.region.as_str().to_owned());
    let remembered = known.0.values().filter_map(|resource| resource.attributes.get("region")?.as_str());
    let regions: BTreeSet<String> = configured.chain(remembered.map(str::to_owned)).collect();
    let of_type = |schema: &'static Schema| {
        let place = |within| Place { type_name: schema.type_name, within };
        match schema.attribute("region") {
            Some(_) => regions.iter().map(|region| place(BTreeMap::from([("region", region.clone())]))).collect(),
            None => vec![place(BTreeMap::new())],
        }
    };
    let sign_in = identity_provider::SCHEMA.type_name;
    let looked_at =
        |schema: &Schema| schema.guarded && (schema.type_name != sign_in || organization.authorization.is_some());
    let schemas = resources::TYPES.iter().map(|one| one.schema).filter(|schema| looked_at(schema));
    schemas.flat_map(of_type).collect()
}
