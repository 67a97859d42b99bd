//! Planning one scope: reads its state and its live system, and compares them with what is desired.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::failure::{Failure, Failures};
use super::held::Holding;
use super::import::Choice;
use super::lineage;
use super::locks::LockedScope;
use super::moved::{Relocated, check_given_up};
use super::owners::{self, Opened};
use super::request::PlanRequest;
use super::session::Session;
use super::stored::stored;
use crate::compiler::{self, Input};
use crate::konnect;
use engine::accept::accept;
use engine::address::Targets;
use engine::adopt::{AdoptOptions, adopt};
use engine::diff::{Diff, DiffOptions, diff};
use engine::drift;
use engine::plan::Recovered;
use engine::progress::{Progress, Refreshing};
use engine::recover::recover;
use engine::refresh::{Remembered, refresh};
use engine::state::{Owner, State};
use engine::world::World;
use engine::{Address, Desired, Mode, Readers, Schema, ScopePlan, StateOnly};

/// Planning one scope.
pub(super) struct ScopeRequest<'a> {
    pub(super) session: &'a Session,
    pub(super) request: &'a PlanRequest,
    pub(super) targets: Option<&'a Targets>,
    pub(super) readers: Readers,
    pub(super) locked: Option<&'a LockedScope>,
    pub(super) progress: &'a dyn Progress,
}

/// The schemas of Konnect's types.
fn konnect_types() -> impl Iterator<Item = &'static Schema> {
    konnect::resources::TYPES.iter().map(|one| one.schema)
}

/// The input of the plan of a scope.
pub(super) struct Compared<'a> {
    /// The Konnect organization that the token opens. `None` for the platform repository.
    pub(super) owner: Option<&'a Owner>,
    pub(super) desired: &'a [Desired],
    /// The state, with the outcomes of its intents.
    pub(super) remembered: &'a Remembered,
    /// The outcomes of the intents.
    pub(super) recovered: Vec<Recovered>,
    /// The resources that must not be destroyed, if everything else is to be.
    pub(super) protected: Option<&'a BTreeSet<Address>>,
    /// The resources that stay as they are.
    pub(super) holding: &'a Holding,
    /// The state with the addresses of the configuration.
    pub(super) relocated: &'a Relocated,
}

impl ScopeRequest<'_> {
    /// True if the plan may be about this resource.
    pub(super) fn is_meant(&self, address: &Address) -> bool {
        self.request.is_meant(self.targets, address)
    }

    /// Plans an organization. Also returns the addresses that were compared, and why parts of it could not be planned.
    pub(super) async fn plan(
        &self,
        input: Input<'_>,
        Opened { name, organization, owner, state, relocated, .. }: &Opened<'_>,
    ) -> Result<(ScopePlan, BTreeSet<Address>, Failures), Failures> {
        let is_meant = |address: &Address| self.is_meant(address);
        let (mut desired, mut holding) = (Vec::new(), Holding::default());
        if self.request.mode.heeds_configuration() {
            (desired, holding) = Holding::of(compiler::compile(input, name, organization)?, &is_meant);
            check_given_up(self.session, &desired)?;
        }
        if self.request.choice.as_ref().is_some_and(|choice| holding.covers(&choice.address)) {
            return Err(holding.failures(&is_meant, &[]));
        }
        let mut remembered = Remembered::new(relocated.state.as_deref())?;
        if self.request.no_refresh && relocated.state.is_none() {
            let failure = Failure::new("there is no state yet to compare with");
            return Err(failure.help("run the command without --no-refresh, which finds what exists").into());
        }
        let recovered = self.recover(relocated.state.as_deref(), &mut remembered).await?;
        if self.request.mode == Mode::StateOnly(StateOnly::Refresh) {
            desired = drift::recognisable(&remembered, &self.readers);
        }
        desired.extend(holding.reserved(&remembered, &self.readers));
        let protected =
            (self.request.mode == Mode::Destroy).then(|| compiler::protected(input.manifest, name, organization));
        let compared = Compared {
            owner: Some(owner),
            desired: &desired,
            remembered: &remembered,
            recovered,
            protected: protected.as_ref(),
            holding: &holding,
            relocated,
        };
        let (plan, held_back, addresses) = self.planned(name, state.as_deref(), compared).await?;
        let mut failures = holding.failures(&is_meant, &plan.changes);
        failures.extend(held_back);
        Ok((plan, addresses, failures))
    }

    /// Compares what is desired with what exists, and makes the scope's plan. Also returns why single resources stay as
    /// they are, and the addresses that were compared.
    pub(super) async fn planned(
        &self,
        name: &str,
        state: Option<&State>,
        compared: Compared<'_>,
    ) -> Result<(ScopePlan, Failures, BTreeSet<Address>), Failures> {
        let Compared { desired, remembered, .. } = compared;
        let world = match &self.request.choice {
            Some(choice) => self.world_with(choice, name, &compared).await?,
            None => self.world(name, desired, remembered).await?,
        };
        if let (Some(owner), Some(state)) = (compared.owner, &compared.relocated.state) {
            self.check_familiar(owner, state, &world)?;
        }
        let desired = compared.holding.keep(desired, &world);
        let compared = Compared { desired: &desired, ..compared };
        let compare = |lineage: &str| self.compare(&compared, &world, lineage);
        let lineage = match (state, self.locked) {
            (Some(state), _) => state.lineage().to_owned(),
            (None, Some(locked)) => locked.state.state().lineage().to_owned(),
            // It depends on the changes, and the traces of secrets in these depend on it.
            (None, None) => lineage::of_new_state(name, &self.session.digest_of(name), &compare("")?.changes),
        };
        let Diff { changes, drift, duplicates, held_back, waiting, ignored } = compare(&lineage)?;
        let (serial, scope) = (state.map(State::serial), name.to_owned());
        let recovered = compared.recovered;
        let (moved, origin) = (compared.relocated.moved.clone(), compared.relocated.origin.clone());
        let former = |address: &Address| moved.iter().find(|one| one.to == *address).map(|one| one.from.clone());
        let held_back: Vec<_> = held_back.into_iter().map(|refusal| refusal.stored_as(former)).collect();
        let addresses = desired.iter().map(|one| &one.address).chain(remembered.0.keys()).cloned().collect();
        let plan = ScopePlan {
            scope,
            lineage,
            serial,
            moved,
            origin,
            changes,
            drift,
            duplicates,
            recovered,
            waiting,
            ignored,
        };
        Ok((plan, held_back.into(), addresses))
    }

    /// Checks that a state that does not say whose it is, because an older koctl wrote it, knows anything of what the
    /// token opens (R14).
    fn check_familiar(&self, owner: &Owner, state: &State, world: &World) -> Result<(), Failure> {
        if state.owner.is_some() || self.request.no_refresh {
            return Ok(());
        }
        let is_guarded =
            |type_name: &str| konnect_types().any(|schema| schema.guarded && schema.type_name == type_name);
        let known: Vec<_> = state.resources.values().filter(|one| is_guarded(&one.type_name)).collect();
        if known.is_empty() || known.iter().any(|one| world.by_id(&one.type_name, &one.id).is_some()) {
            return Ok(());
        }
        Err(owners::unfamiliar(state.scope(), owner, known.len()))
    }

    fn compare(&self, compared: &Compared<'_>, world: &World, lineage: &str) -> Result<Diff, Failures> {
        let mut found = self.differences(compared, world, lineage)?;
        found.changes.retain(|change| !compared.holding.covers(&change.address));
        Ok(found)
    }

    fn differences(&self, compared: &Compared<'_>, world: &World, lineage: &str) -> Result<Diff, Failures> {
        let Compared { desired, remembered, protected, .. } = *compared;
        let (targets, readers) = (self.targets, &self.readers);
        match self.request.mode {
            Mode::Normal | Mode::Destroy => {
                let options = DiffOptions { no_adopt: self.request.no_adopt, targets, protected, lineage };
                Ok(diff(desired, remembered, world, readers, options)?)
            }
            Mode::StateOnly(StateOnly::Refresh) => Ok(accept(desired, remembered, world, readers, targets)),
            Mode::StateOnly(StateOnly::Import) => {
                let only = self.request.choice.as_ref().map(|choice| &choice.address);
                let options = AdoptOptions { targets, only, lineage };
                let diff = adopt(desired, remembered, world, readers, options)?;
                if let Some(choice) = &self.request.choice
                    && let Some(schema) = readers.schema(choice.address.type_name())
                {
                    choice.check_place(&diff.changes, schema)?;
                }
                Ok(diff)
            }
        }
    }

    /// The live systems, with the object of `choice` at its address.
    async fn world_with(&self, choice: &Choice, name: &str, compared: &Compared<'_>) -> Result<World, Failures> {
        let Compared { desired, remembered, .. } = *compared;
        choice.check_new(desired, remembered)?;
        let world = self.world(name, desired, &choice.supposed(remembered)).await?;
        choice.check_found(&world)?;
        Ok(world)
    }

    /// Adds the outcomes of the intents of the state to `remembered`. This reads the live systems also with
    /// `--no-refresh`, as no state contains the outcomes.
    pub(super) async fn recover(
        &self,
        state: Option<&State>,
        remembered: &mut Remembered,
    ) -> Result<Vec<Recovered>, Failures> {
        let Some(state) = state.filter(|state| !state.intents.is_empty()) else { return Ok(Vec::new()) };
        let found;
        let recovery = match self.locked {
            Some(locked) => locked.recovery(state, &self.readers).await?,
            None => {
                found = recover(&state.intents, remembered, &self.readers, None).await?;
                &found
            }
        };
        recovery.teach(remembered);
        Ok(recovery.found().to_vec())
    }

    /// The stored state. `None` if there is none yet.
    pub(super) async fn state(&self, name: &str) -> Result<Option<Arc<State>>, Failure> {
        stored(self.session, name, self.locked).await
    }

    /// The live systems. With `--no-refresh`, what the state has of them.
    async fn world(&self, name: &str, desired: &[Desired], remembered: &Remembered) -> Result<World, Failures> {
        if self.request.no_refresh {
            return Ok(World::remembered(desired, remembered, &self.readers)?);
        }
        let refreshing = Refreshing::begin(self.progress, name);
        let world = refresh(desired, remembered, &self.readers).await?;
        refreshing.succeeded();
        Ok(world)
    }
}
