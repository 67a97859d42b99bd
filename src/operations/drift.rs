//! Looking for drift: changes outside koctl, scope by scope. Nothing here can write.
//!
//! No lock is held while a scope is read, so that a look that runs every hour never gets in the way of an apply. The
//! state shows that no apply ran meanwhile: an apply records what it is about to do before its first request, and that
//! it is done after its last one. If the state is the same before and after, and has no intent of an apply that is still
//! running, koctl changed nothing in the live systems meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use futures::join;
use jiff::Timestamp;
use tokio::time::Instant;

use super::authors;
use super::connect::readers;
use super::failure::{Failure, Failures};
use super::owners::{self, Opened, Opening};
use super::repository::{self, RepositoryPlan};
use super::request::PlanRequest;
use super::scope_plan::ScopeRequest;
use super::session::Session;
use super::warning::Warning;
use crate::compiler::moves::former_names;
use crate::konnect::resources::{self, application_auth_strategy, identity_provider};
use crate::manifest::model::{Manifest, Organization, Region};
use crate::manifest::suggest::nearest;
use crate::manifest::{Diagnostic, Diagnostics};
use crate::report::safe;
use engine::address::{PLATFORM_SCOPE, Targets};
use engine::drift::{DriftReport, Findings, Look, Reason, ScopeDrift, look};
use engine::progress::{Progress, Refreshing};
use engine::recover::recover;
use engine::refresh::{Remembered, SearchArea};
use engine::state::{Snapshot, State};
use engine::{Schema, ScopePlan};

/// The operation of the lock that is taken for a moment to see if another process holds it.
const OPERATION: &str = "drift";

/// The options of a look for drift.
#[derive(Debug, Clone, Copy, Default)]
pub struct DriftRequest {
    /// Do not look for objects that are in no state.
    pub managed_only: bool,
    /// How long to wait for an apply that is running.
    pub lock_timeout: Duration,
    /// Leave out a scope on which an apply is still running then, instead of failing.
    pub skip_locked: bool,
}

/// The result of looking for drift.
#[derive(Debug)]
pub struct Watched {
    /// The differences of all scopes.
    pub report: DriftReport,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}

/// Why a scope could not be compared.
enum Unsettled {
    /// An apply is running.
    Busy(Failure),
    /// It could not be read.
    Unread(Failures),
}

impl<E: Into<Failure>> From<E> for Unsettled {
    fn from(error: E) -> Self {
        Self::Unread(error.into().into())
    }
}

/// The result of one look at a scope.
struct Seen {
    findings: Findings,
    /// True if there is a state.
    has_state: bool,
}

/// Looks at every organization of the configuration, and at the platform repository if koctl keeps it, for what changed
/// outside koctl. A scope that cannot be read does not stop the others.
///
/// The configuration is needed for the tokens only: no specification is read, and no organization is compiled.
pub async fn drift(session: &Session, request: DriftRequest, progress: &dyn Progress) -> Watched {
    let watch = Watch { session, request, ignored: ignored(&session.workspace.loaded.manifest), progress };
    let (connected, mut failures) = owners::connected(session, None);
    let Opening { opened, failures: strangers, mut warnings } = owners::open(session, connected, None, false).await;
    failures.extend(strangers);
    warnings.extend(stale_patterns(&session.workspace.loaded.manifest));
    let organizations = opened.iter().map(async |one| (one.name.to_owned(), watch.settled(one.name, Some(one)).await));
    let platform = async {
        let seen = match session.keeps_platform_repository().await {
            Ok(false) => return None,
            Ok(true) => watch.settled(PLATFORM_SCOPE, None).await,
            Err(failure) => Err(failure.into()),
        };
        Some((PLATFORM_SCOPE.to_owned(), seen))
    };
    let (mut all, platform) = join!(join_all(organizations), platform);
    all.extend(platform);
    all.extend(refused(failures));
    all.sort_by(|a, b| a.0.cmp(&b.0));
    warnings.extend(without_state(&mut all, &session.store().describe()));
    let report = DriftReport { at: now(), scopes: outcomes(all, request) };
    Watched { report, warnings }
}

/// The report of a look that could not begin, for these reasons.
#[must_use]
pub fn not_begun(failures: &Failures) -> DriftReport {
    let mut scopes: BTreeMap<String, Vec<Reason>> = BTreeMap::new();
    for failure in failures {
        let reasons = match failure.source_as::<Diagnostics>() {
            Some(diagnostics) => diagnostics.iter().map(mistake).collect(),
            None => vec![reason(failure.clone())],
        };
        scopes.entry(failure.scope.clone().unwrap_or_default()).or_default().extend(reasons);
    }
    let failed = |(scope, reasons)| ScopeDrift { scope, outcome: Look::Failed(reasons) };
    DriftReport { at: now(), scopes: scopes.into_iter().map(failed).collect() }
}

/// A mistake in the configuration.
fn mistake(diagnostic: &Diagnostic) -> Reason {
    Reason { message: diagnostic.line(), help: diagnostic.help().map(str::to_owned) }
}

/// The time now, in whole seconds.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).expect("now without its fraction is a time too")
}

/// The organizations that may not be looked at, by name.
fn refused(failures: Failures) -> impl Iterator<Item = (String, Result<Seen, Unsettled>)> {
    let mut refused: BTreeMap<String, Failures> = BTreeMap::new();
    for failure in failures {
        refused.entry(failure.scope.clone().unwrap_or_default()).or_default().push(failure);
    }
    refused.into_iter().map(|(scope, failures)| (scope, Err(Unsettled::Unread(failures))))
}

/// Warns of scopes without a state. If none has one, all of them fail: a mistyped address must not look like no drift.
fn without_state(all: &mut [(String, Result<Seen, Unsettled>)], store: &str) -> Vec<Warning> {
    let lacks_state = |seen: &Result<Seen, Unsettled>| seen.as_ref().is_ok_and(|seen| !seen.has_state);
    if all.iter().any(|(_, seen)| seen.as_ref().is_ok_and(|seen| seen.has_state)) {
        let without = all.iter().filter(|(_, seen)| lacks_state(seen));
        return without.map(|(scope, _)| format!("There is no state of `{scope}` in {store} yet.").into()).collect();
    }
    for (scope, seen) in all.iter_mut().filter(|(_, seen)| lacks_state(seen)) {
        *seen = Err(no_state(scope, store).into());
    }
    Vec::new()
}

fn outcomes(all: Vec<(String, Result<Seen, Unsettled>)>, request: DriftRequest) -> Vec<ScopeDrift> {
    let outcome = |seen: Result<Seen, Unsettled>| match seen {
        Ok(Seen { findings, .. }) => Look::Compared(findings),
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
    /// What belongs to others.
    ignored: Option<Targets>,
    progress: &'a dyn Progress,
}

/// The addresses whose drift the configuration ignores. `None` if it ignores nothing.
fn ignored(manifest: &Manifest) -> Option<Targets> {
    let patterns = &manifest.platform.as_ref()?.drift.as_ref()?.ignore;
    // The rules of the configuration have compiled each of them before.
    if patterns.is_empty() { None } else { Targets::new(patterns).ok() }
}

/// The patterns of `platform.drift.ignore` that begin with an organization which is not configured, as after a renaming.
/// They hide nothing, and stop nothing.
#[must_use]
pub fn stale_patterns(manifest: &Manifest) -> Vec<Warning> {
    let drift = manifest.platform.as_ref().and_then(|platform| platform.drift.as_ref());
    let scopes = || manifest.organizations.keys().map(String::as_str).chain([PLATFORM_SCOPE]);
    let warning = |pattern: &String| {
        let scope = pattern.split('/').next().unwrap_or_default();
        if scope.contains(['*', '?', '[', '{', '\\']) || scopes().any(|known| known == scope) {
            return None;
        }
        let renamed = scopes().find(|name| former_names(manifest, name).iter().any(|(_, former)| *former == scope));
        let help = match renamed.or_else(|| nearest(scope, scopes())) {
            Some(meant) => format!("write `{meant}` in place of `{scope}` if that is meant, or remove the pattern"),
            None => "remove the pattern, or write the name of an organization, or `*` for all of them".to_owned(),
        };
        let message = format!(
            "`platform.drift.ignore` has `{pattern}`, but there is no organization `{scope}`: it hides nothing."
        );
        Some(Warning { message, help: Some(help) })
    };
    drift.iter().flat_map(|drift| &drift.ignore).filter_map(warning).collect()
}

impl Watch<'_> {
    /// Looks at a scope until no apply ran meanwhile, or the time is over.
    async fn settled(&self, scope: &str, organization: Option<&Opened<'_>>) -> Result<Seen, Unsettled> {
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
                Some(opened) => self.see(scope, opened, state).await,
                None => self.see_platform(state).await,
            };
            if version(before.as_ref()) == version(store.read(scope).await?.as_ref()) {
                return seen.map_err(Unsettled::Unread);
            }
            if left.is_zero() {
                let message = format!("the state of `{scope}` was written while it was compared: an apply is running");
                return Err(busy(message));
            }
        }
    }

    /// Waits for the apply that recorded the intents of the state, if it is still running. Returns true if it was: then
    /// the state has to be read again.
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
    async fn see(&self, scope: &str, opened: &Opened<'_>, state: Option<&State>) -> Result<Seen, Failures> {
        let readers = opened.clients.readers();
        let mut known = Remembered::new(state)?;
        let refreshing = Refreshing::begin(self.progress, scope);
        let intents = state.map(|state| state.intents.as_slice()).unwrap_or_default();
        let recovery = recover(intents, &known, &readers, None).await?;
        recovery.teach(&mut known);
        let places = if self.request.managed_only { Vec::new() } else { places(opened.organization, &known) };
        let mut findings = look(&known, &places, &readers).await?;
        findings.recovered = recovery.found().to_vec();
        self.ignore(scope, &mut findings);
        let region = opened.organization.environments.values().next().map_or(Region::Us, |one| one.region);
        findings.authors = authors::find(opened.clients.konnect(), region.as_str(), &known, &findings).await;
        refreshing.succeeded();
        Ok(Seen { findings, has_state: state.is_some() })
    }

    fn ignore(&self, scope: &str, findings: &mut Findings) {
        if let Some(ignored) = &self.ignored {
            findings.ignore(scope, ignored);
        }
    }

    /// One look at the platform repository. Which of its files koctl keeps follows from what is in it, as in a
    /// plan: so a plan is made, and its changes are ignored.
    async fn see_platform(&self, state: Option<&State>) -> Result<Seen, Failures> {
        let session = self.session;
        let scope = ScopeRequest {
            session,
            request: &PlanRequest::default(),
            targets: None,
            readers: readers(session, PLATFORM_SCOPE)?,
            locked: None,
            progress: self.progress,
        };
        let RepositoryPlan { plan, .. } = repository::plan(&scope).await?;
        let known = Remembered::new(state)?;
        let mut resources = BTreeMap::new();
        for address in known.0.keys() {
            *resources.entry(address.type_name().to_owned()).or_default() += 1;
        }
        let ScopePlan { drift, recovered, waiting, .. } = plan;
        let mut findings = Findings { drift, resources, recovered, waiting, ..Findings::default() };
        self.ignore(PLATFORM_SCOPE, &mut findings);
        Ok(Seen { findings, has_state: state.is_some() })
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

/// Where to look for objects that are in no state: Konnect's types that hold people's work, in the regions in use.
/// Identity providers are looked at only if the configuration has some, as reading them takes a permission of its own.
/// So are auth strategies, so that an organization without them costs no request more.
fn places(organization: &Organization, known: &Remembered) -> Vec<SearchArea> {
    let configured = organization.environments.values().map(|environment| environment.region.as_str().to_owned());
    let remembered = known.0.values().filter_map(|resource| resource.attributes.get("region")?.as_str());
    let regions: BTreeSet<String> = configured.chain(remembered.map(str::to_owned)).collect();
    let of_type = |schema: &'static Schema| {
        let place = |within| SearchArea { type_name: schema.type_name, within };
        match schema.attribute("region") {
            Some(_) => regions.iter().map(|region| place(BTreeMap::from([("region", region.clone())]))).collect(),
            None => vec![place(BTreeMap::new())],
        }
    };
    let sign_in = identity_provider::SCHEMA.type_name;
    let strategy = application_auth_strategy::SCHEMA.type_name;
    let has_strategies = known.0.keys().any(|address| address.type_name() == strategy)
        || organization.environments.values().any(|environment| !environment.portal.auth_strategies.is_empty());
    let looked_at = |schema: &Schema| match schema.type_name {
        name if name == sign_in => organization.authorization.is_some(),
        name if name == strategy => has_strategies,
        _ => schema.guarded,
    };
    let schemas = resources::TYPES.iter().map(|one| one.schema).filter(|schema| looked_at(schema));
    schemas.flat_map(of_type).collect()
}
