//! Planning: reads and compares, scope by scope, and cannot write.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use futures::join;
use secrecy::SecretString;

use super::apply::{Held, Locks};
use super::{Choice, Failure, Session, lineage, renames};
use crate::compiler::platform::{Kept, PlatformWork};
use crate::compiler::{self, ClientSecrets, Events, Input, Specs};
use crate::manifest::model::{Manifest, Organization};
use crate::report::progress::Progress;
use engine::accept::accept;
use engine::address::{PLATFORM_SCOPE, Targets};
use engine::adopt::{self, adopt};
use engine::diff::{self, Diff, diff};
use engine::drift;
use engine::plan::Recovered;
use engine::recover::recover;
use engine::refresh::{Remembered, refresh};
use engine::state::{State, shell_word};
use engine::world::World;
use engine::{Address, Desired, Mode, Plan, Readers, ScopePlan, StateOnly};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct PlanRequest {
    /// Only these addresses, as globs, with what they depend on; empty means all.
    pub targets: Vec<String>,
    /// What the plan is to bring about.
    pub mode: Mode,
    /// In an import, the one object that it is about.
    pub choice: Option<Choice>,
    /// Compare with the state alone, without asking the live systems.
    pub no_refresh: bool,
    /// Objects that exist but are not in the state are an error instead of an import.
    pub no_adopt: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Planned {
    /// The plan of every scope that could be planned.
    pub plan: Plan,
    /// Why others could not.
    pub failures: Vec<Failure>,
    /// What a person should know besides.
    pub warnings: Vec<String>,
    /// koctl's own files in the platform repository that somebody edited, and that are left alone.
    pub kept: Vec<Kept>,
    /// Whether the plan is about the platform repository alone, so that somebody wants to see how those differ.
    pub reviews_files: bool,
}

impl Session {
    /// Plans every organization of the configuration and the platform repository, where koctl keeps that; or where
    /// `locks` are given, those that are locked. One that cannot be planned does not stop the others.
    ///
    /// # Errors
    /// What stops all of them: a pattern that is none, no platform repository.
    pub async fn plan(
        &self,
        request: &PlanRequest,
        locks: Option<&Locks>,
        progress: &Progress,
    ) -> Result<Planned, Failure> {
        let targets = match request.targets.as_slice() {
            [] => None,
            patterns => Some(Targets::new(patterns).map_err(|error| Failure::new(error.to_string()))?),
        };
        let locked = |name: &&String| locks.is_none_or(|locks| locks.0.contains_key(*name));
        let (mut scopes, mut failures) = (Vec::new(), Vec::new());
        for (name, organization) in self.loaded.manifest.organizations.iter().filter(|(name, _)| locked(name)) {
            match self.clients(name, organization) {
                Ok(clients) => scopes.push((name, organization, clients)),
                Err(failure) => failures.push(failure.of(name)),
            }
        }
        let mut sources = Sources::default();
        if request.mode.heeds_configuration() && !scopes.is_empty() {
            let organizations: Vec<_> = scopes.iter().map(|(name, organization, _)| (*name, *organization)).collect();
            sources = self.sources(&organizations).await?;
        }
        let input = sources.input(&self.loaded.manifest);
        let configuration = self.loaded.digest();
        let scope = |name: &str, readers: Readers| ScopeRequest {
            session: self,
            request,
            targets: targets.as_ref(),
            configuration: &configuration,
            readers,
            held: locks.and_then(|locks| locks.0.get(name)),
            progress,
        };
        let planning = join_all(scopes.into_iter().map(async |(name, organization, clients)| {
            let planned = scope(name, clients.readers()).plan(input, name, organization).await;
            planned.map_err(|failures| of_scope(name, failures))
        }));
        let platform = async {
            if !self.plans_platform(request, locks).await? {
                return Ok(None);
            }
            self.plan_platform(&scope(PLATFORM_SCOPE, self.platform_readers()?)).await.map(Some)
        };
        let (planned, platform, orphaned) = join!(planning, platform, self.orphaned_scopes());
        let (mut plans, mut kept) = (Vec::new(), Vec::new());
        match platform {
            Ok(Some((plan, files))) => {
                plans.push(plan);
                kept = files;
            }
            Ok(None) => {}
            Err(reasons) => failures.extend(of_scope(PLATFORM_SCOPE, reasons)),
        }
        for outcome in planned {
            match outcome {
                Ok(plan) => plans.push(plan),
                Err(reasons) => failures.extend(reasons),
            }
        }
        let plan = Plan::new(configuration, self.systems(), request.mode, plans);
        let mut warnings = orphaned.unwrap_or_else(|failure| vec![failure.message]);
        warnings.extend(renames::suggestions(&plan));
        warnings.extend(targets.and_then(|targets| unmatched(&targets, &plan, failures.is_empty())));
        let reviews_files = !matches!(self.work, PlatformWork::Maintain);
        Ok(Planned { plan, failures, warnings, kept, reviews_files })
    }

    /// Every resource that the configuration asks for, of all organizations, but without its secrets.
    ///
    /// # Errors
    /// Everything that could not be compiled.
    pub async fn desired(&self) -> Result<Vec<Desired>, Vec<Failure>> {
        let organizations = &self.loaded.manifest.organizations;
        let all: Vec<_> = organizations.iter().collect();
        let mut sources = self.sources(&all).await.map_err(|failure| vec![failure])?;
        // Nothing is sent: which secrets there are does not matter, nor whether they are at hand.
        sources.client_secrets = organizations.keys().map(|name| (name.clone(), Ok(SecretString::default()))).collect();
        let input = sources.input(&self.loaded.manifest);
        let (mut desired, mut failures) = (Vec::new(), Vec::new());
        for (name, organization) in &self.loaded.manifest.organizations {
            match compiler::compile(input, name, organization) {
                Ok(resources) => desired.extend(resources),
                Err(errors) => failures.extend(errors.into_iter().map(|error| Failure::from(error).of(name))),
            }
        }
        if failures.is_empty() { Ok(desired) } else { Err(failures) }
    }

    /// Reads what these organizations are made from beside the manifest.
    async fn sources(&self, organizations: &[(&String, &Organization)]) -> Result<Sources, Failure> {
        Ok(Sources {
            platform: self.platform_repository()?.to_string(),
            specs: self.specs(organizations.iter().map(|(_, organization)| *organization)).await,
            client_secrets: self.client_secrets(organizations),
            events: self.events(organizations).await,
        })
    }

    /// The states of all scopes.
    ///
    /// # Errors
    /// When one cannot be read.
    pub async fn states(&self) -> Result<Vec<Remembered>, Failure> {
        let mut states = Vec::new();
        for scope in self.remembered_scopes().await? {
            let snapshot = self.store.read(&scope).await?;
            states.push(Remembered::new(snapshot.map(|snapshot| snapshot.state).as_ref())?);
        }
        Ok(states)
    }

    /// The scopes that may have a state: those that the store lists, or else those that are configured and the
    /// platform repository.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn remembered_scopes(&self) -> Result<Vec<String>, Failure> {
        match self.store.lists_scopes() {
            true => Ok(self.store.scopes().await?),
            false => {
                let organizations = self.loaded.manifest.organizations.keys().cloned();
                Ok(organizations.chain([PLATFORM_SCOPE.to_owned()]).collect())
            }
        }
    }

    /// States of organizations that left the configuration: without a token, nothing can be done about them.
    pub(super) async fn orphaned_scopes(&self) -> Result<Vec<String>, Failure> {
        if !matches!(self.work, PlatformWork::Maintain) {
            // There is no configuration that they could have left.
            return Ok(Vec::new());
        }
        let organizations = self.loaded.manifest.organizations.keys().map(String::as_str);
        let configured: BTreeSet<&str> = organizations.chain([PLATFORM_SCOPE]).collect();
        let mut warnings = Vec::new();
        for scope in self.remembered_scopes().await?.iter().filter(|scope| !configured.contains(scope.as_str())) {
            let count = self.store.read(scope).await?.map_or(0, |snapshot| known_or_begun(&snapshot.state));
            if count > 0 {
                warnings.push(format!(
                    "The organization `{scope}` left the configuration, but {count} of its resources are in the state. \
                     They are left alone. If it was renamed, run `koctl state mv --organization {word} NEW`; to destroy \
                     them, put it back and run `koctl destroy --target '{scope}/**'`.",
                    word = shell_word(scope)
                ));
            }
        }
        Ok(warnings)
    }
}

/// How many resources a state has, or may turn out to have when what an apply had begun is found.
fn known_or_begun(state: &State) -> usize {
    let begun = state.intents.iter().map(|intent| &intent.address);
    state.resources.keys().chain(begun).collect::<BTreeSet<_>>().len()
}

fn unmatched(targets: &Targets, plan: &Plan, complete: bool) -> Option<String> {
    let mut changes = plan.scopes.iter().flat_map(|scope| &scope.changes);
    let hit = changes.any(|change| targets.contains(&change.address));
    (complete && !hit).then(|| "No change is among the addresses that --target names.".to_owned())
}

fn of_scope(name: &str, failures: Vec<Failure>) -> Vec<Failure> {
    failures.into_iter().map(|failure| failure.of(name)).collect()
}

/// What organizations are made from beside the manifest.
#[derive(Default)]
struct Sources {
    platform: String,
    specs: Specs,
    client_secrets: ClientSecrets,
    events: Events,
}

impl Sources {
    fn input<'a>(&'a self, manifest: &'a Manifest) -> Input<'a> {
        Input {
            manifest,
            specs: &self.specs,
            client_secrets: &self.client_secrets,
            events: &self.events,
            platform_repository: &self.platform,
        }
    }
}

/// Planning one scope.
pub(super) struct ScopeRequest<'a> {
    pub(super) session: &'a Session,
    pub(super) request: &'a PlanRequest,
    pub(super) targets: Option<&'a Targets>,
    pub(super) configuration: &'a str,
    pub(super) readers: Readers,
    pub(super) held: Option<&'a Held>,
    pub(super) progress: &'a Progress,
}

/// What the plan of a scope is made of.
pub(super) struct Compared<'a> {
    pub(super) desired: &'a [Desired],
    /// With what became of the intents.
    pub(super) remembered: &'a Remembered,
    /// What became of them.
    pub(super) recovered: Vec<Recovered>,
    /// What must not go, where everything is to be destroyed.
    pub(super) protected: Option<&'a BTreeSet<Address>>,
}

impl ScopeRequest<'_> {
    async fn plan(&self, input: Input<'_>, name: &str, organization: &Organization) -> Result<ScopePlan, Vec<Failure>> {
        let one = |failure: Failure| vec![failure];
        let state = self.state(name).await.map_err(one)?;
        let mut desired = Vec::new();
        if self.request.mode.heeds_configuration() {
            desired = compiler::compile(input, name, organization).map_err(into_failures)?;
        }
        let mut remembered = Remembered::new(state.as_deref()).map_err(|error| one(error.into()))?;
        if self.request.no_refresh && state.is_none() {
            let failure = Failure::new("there is no state yet that could be compared with");
            return Err(one(failure.help("leave --no-refresh out, so that what exists is found")));
        }
        let recovered = self.recover(state.as_deref(), &mut remembered).await?;
        if self.request.mode == Mode::StateOnly(StateOnly::Refresh) {
            desired = drift::recognisable(&remembered, &self.readers);
        }
        let protected =
            (self.request.mode == Mode::Destroy).then(|| compiler::protected(input.manifest, name, organization));
        let compared =
            Compared { desired: &desired, remembered: &remembered, recovered, protected: protected.as_ref() };
        self.planned(name, state.as_deref(), compared).await
    }

    /// Compares what is desired with what is there, and makes the scope's plan of it.
    pub(super) async fn planned(
        &self,
        name: &str,
        state: Option<&State>,
        compared: Compared<'_>,
    ) -> Result<ScopePlan, Vec<Failure>> {
        let Compared { desired, remembered, .. } = compared;
        let world = match &self.request.choice {
            Some(choice) => self.world_with(choice, name, &compared).await?,
            None => self.world(name, desired, remembered).await?,
        };
        let compare = |lineage: &str| self.compare(&compared, &world, lineage);
        let lineage = match (state, self.held) {
            (Some(state), _) => state.lineage().to_owned(),
            (None, Some(held)) => held.state.state().lineage().to_owned(),
            // It follows from the changes, and the traces of secrets among these follow from it.
            (None, None) => lineage::of_new_state(name, self.configuration, &compare("")?.changes),
        };
        let Diff { changes, drift } = compare(&lineage)?;
        let serial = state.map(State::serial);
        let recovered = compared.recovered;
        Ok(ScopePlan { scope: name.to_owned(), lineage, serial, changes, drift, recovered })
    }

    fn compare(&self, compared: &Compared<'_>, world: &World, lineage: &str) -> Result<Diff, Vec<Failure>> {
        let Compared { desired, remembered, protected, .. } = *compared;
        let (targets, readers) = (self.targets, &self.readers);
        match self.request.mode {
            Mode::Normal | Mode::Destroy => {
                let options = diff::Options { no_adopt: self.request.no_adopt, targets, protected, lineage };
                diff(desired, remembered, world, readers, options).map_err(into_failures)
            }
            Mode::StateOnly(StateOnly::Refresh) => Ok(accept(desired, remembered, world, readers, targets)),
            Mode::StateOnly(StateOnly::Import) => {
                let only = self.request.choice.as_ref().map(|choice| &choice.address);
                let options = adopt::Options { targets, only, lineage };
                let diff = adopt(desired, remembered, world, readers, options).map_err(into_failures)?;
                if let Some(choice) = &self.request.choice
                    && let Some(schema) = readers.schema(choice.address.type_name())
                {
                    choice.check_place(&diff.changes, schema).map_err(|failure| vec![failure])?;
                }
                Ok(diff)
            }
        }
    }

    /// The live systems, with the object of `choice` behind its address.
    async fn world_with(&self, choice: &Choice, name: &str, compared: &Compared<'_>) -> Result<World, Vec<Failure>> {
        let Compared { desired, remembered, .. } = *compared;
        let one = |failure: Failure| vec![failure];
        choice.check_new(desired, remembered).map_err(one)?;
        let world = self.world(name, desired, &choice.supposed(remembered)).await?;
        choice.check_found(&world).map_err(one)?;
        Ok(world)
    }

    /// Has `remembered` know what became of the intents of the state, which is asked of the live systems in every case:
    /// no state knows it.
    pub(super) async fn recover(
        &self,
        state: Option<&State>,
        remembered: &mut Remembered,
    ) -> Result<Vec<Recovered>, Vec<Failure>> {
        let Some(state) = state.filter(|state| !state.intents.is_empty()) else { return Ok(Vec::new()) };
        let found;
        let recovery = match self.held {
            Some(held) => held.recovery(&self.readers).await.map_err(into_failures)?,
            None => {
                found = recover(&state.intents, remembered, &self.readers, None).await.map_err(into_failures)?;
                &found
            }
        };
        recovery.teach(remembered);
        Ok(recovery.found().to_vec())
    }

    /// The state as it is stored; none where there is none yet.
    pub(super) async fn state(&self, name: &str) -> Result<Option<Arc<State>>, Failure> {
        match self.held {
            Some(held) => Ok(held.state.revision().map(|_| held.state.state())),
            None => Ok(self.session.store.read(name).await?.map(|snapshot| Arc::new(snapshot.state))),
        }
    }

    /// The live systems, or with `--no-refresh`, what the state remembers of them.
    async fn world(&self, name: &str, desired: &[Desired], remembered: &Remembered) -> Result<World, Vec<Failure>> {
        if self.request.no_refresh {
            return World::remembered(desired, remembered, &self.readers).map_err(into_failures);
        }
        let refreshing = self.progress.refreshing(name);
        let world = refresh(desired, remembered, &self.readers).await.map_err(into_failures)?;
        refreshing.succeeded();
        Ok(world)
    }
}

pub(super) fn into_failures<E: Into<Failure>>(errors: Vec<E>) -> Vec<Failure> {
    errors.into_iter().map(Into::into).collect()
}
