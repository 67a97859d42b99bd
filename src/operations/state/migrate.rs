//! Copies all states to another store.

use std::sync::Arc;
use std::time::Duration;

use crate::operations::failure::{Failure, Failures};
use engine::state::{LockOptions, LockedState, Replaced, State, Store};

/// The result for one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// It was copied to the other store.
    Written,
    /// It was there already, as after an interrupted migration.
    WasThere,
}

/// States that are ready to be copied, under their locks.
pub struct Migration {
    source: Vec<LockedState>,
}

impl Migration {
    /// Locks the states of `scopes` in `source`, and checks that `target` has nothing that they would replace.
    ///
    /// # Errors
    /// Every state that cannot be copied. Then nothing is copied.
    pub async fn prepare(
        source: &Store,
        scopes: &[String],
        target: &Store,
        options: &LockOptions,
    ) -> Result<Self, Failures> {
        let mut migration = Self { source: Vec::new() };
        let mut failures = Failures::default();
        for scope in scopes {
            match source.lock(scope, options).await {
                Ok(locked) => migration.source.push(locked),
                Err(error) => failures.push(Failure::from(error).of(scope)),
            }
        }
        for locked in migration.source.iter().filter(|locked| locked.revision().is_some()) {
            let state = locked.state();
            let there = match target.read(state.scope()).await {
                Ok(Some(there)) if says_the_same(&there.state, &state) && holds(target, locked, options).await => {
                    let failure = Failure::new(format!("cannot copy from {} to itself", source.describe()));
                    failures.push(failure.help("name another store in --to"));
                    break;
                }
                Ok(Some(there)) => Replaced::State(there.state),
                Ok(None) => Replaced::Nothing,
                Err(error) => {
                    failures.push(Failure::from(error).of(state.scope()));
                    continue;
                }
            };
            failures.extend(may_replace(&state, &there).err());
        }
        if failures.is_empty() && migration.states().is_empty() {
            failures.push(Failure::new(format!("there is no state in {}", source.describe())));
        }
        if failures.is_empty() {
            return Ok(migration);
        }
        failures.extend(migration.release().await);
        Err(failures)
    }

    /// The states that are copied.
    #[must_use]
    pub fn states(&self) -> Vec<Arc<State>> {
        let stored = self.source.iter().filter(|locked| locked.revision().is_some());
        stored.map(LockedState::state).collect()
    }

    /// Copies them, reads them back, and releases the locks. The source stays as it is.
    ///
    /// # Errors
    /// The states that could not be copied. Those that were copied before stay, and another run continues from there.
    pub async fn commit(self, target: &Store, options: &LockOptions) -> Result<Vec<(String, Copied)>, Failures> {
        let mut done = Vec::new();
        let mut failures = Failures::default();
        for state in self.states() {
            match copy(&state, target, options).await {
                Ok(copied) => done.push((state.scope().to_owned(), copied)),
                Err(failure) => {
                    failures.push(failure.of(state.scope()));
                    break;
                }
            }
        }
        failures.extend(self.release().await);
        failures.none_or(done)
    }

    /// Releases the locks.
    pub async fn release(self) -> Failures {
        let mut failures = Failures::default();
        for locked in self.source {
            let scope = locked.state().scope().to_owned();
            if let Err(error) = locked.release().await {
                failures.push(Failure::from(error).of(&scope));
            }
        }
        failures
    }
}

/// True if the lock is one of this store: then it is the store of the lock, under whatever address.
async fn holds(store: &Store, locked: &LockedState, options: &LockOptions) -> bool {
    let holder = store.locked(locked.state().scope(), &options.operation, Duration::ZERO).await;
    // A store that cannot be asked says why when it is read.
    holder.ok().flatten().is_some_and(|error| error.holder() == Some(locked.lock_id()))
}

async fn copy(state: &State, target: &Store, options: &LockOptions) -> Result<Copied, Failure> {
    if target.read(state.scope()).await?.is_some_and(|there| says_the_same(&there.state, state)) {
        return Ok(Copied::WasThere);
    }
    target.replace(state, options, |there| may_replace(state, there)).await?;
    let back = target.read(state.scope()).await?;
    if back.is_some_and(|back| says_the_same(&back.state, state)) {
        return Ok(Copied::Written);
    }
    Err(Failure::new(format!("{} does not return what was written to it", target.describe()))
        .help("make sure that nothing else writes there during a migration, and run it again"))
}

fn says_the_same(one: &State, other: &State) -> bool {
    one.lineage() == other.lineage() && one.resources == other.resources && one.intents == other.intents
}

/// Checks that `state` may replace what the target has.
fn may_replace(state: &State, there: &Replaced) -> Result<(), Failure> {
    let refused = |cause: String| {
        let help = "use an empty store, or move that state away if it is not needed any more";
        Err(Failure::new(format!("the other store has a state of `{}` already, {cause}", state.scope())).help(help))
    };
    match there {
        Replaced::Nothing => Ok(()),
        Replaced::State(there) if says_the_same(there, state) => Ok(()),
        Replaced::State(there) if there.lineage() != state.lineage() => {
            refused(format!("of another lineage: {} instead of {}", there.lineage(), state.lineage()))
        }
        Replaced::State(there) if there.serial() >= state.serial() => {
            refused(format!("which is not older: its serial is {}, and here it is {}", there.serial(), state.serial()))
        }
        Replaced::State(_) => Ok(()),
        Replaced::Unreadable(reason) => refused(format!("which cannot be read: {reason}")),
    }
}
