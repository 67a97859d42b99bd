//! All states are copied to another store.

use std::sync::Arc;

use crate::operations::Failure;
use engine::state::{LockOptions, LockedState, Replaced, State, Store};

/// What became of one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// It is in the other store now.
    Written,
    /// It was there already, as after a migration that was interrupted.
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
    /// Every state that cannot be copied. Then nothing is.
    pub async fn prepare(
        source: &Store,
        scopes: &[String],
        target: &Store,
        options: &LockOptions,
    ) -> Result<Self, Vec<Failure>> {
        let mut migration = Self { source: Vec::new() };
        let mut failures = Vec::new();
        for scope in scopes {
            match source.lock(scope, options).await {
                Ok(locked) => migration.source.push(locked),
                Err(error) => failures.push(Failure::from(error).of(scope)),
            }
        }
        for locked in migration.source.iter().filter(|locked| locked.revision().is_some()) {
            let state = locked.state();
            let there = match target.read(state.scope()).await {
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

    /// Copies them, reads them back, and gives the locks back. The source stays as it is.
    ///
    /// # Errors
    /// What could not be copied; what was copied before stays, and the same once more goes on from there.
    pub async fn commit(self, target: &Store, options: &LockOptions) -> Result<Vec<(String, Copied)>, Vec<Failure>> {
        let mut done = Vec::new();
        let mut failures = Vec::new();
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
        if failures.is_empty() { Ok(done) } else { Err(failures) }
    }

    /// Gives the locks back.
    pub async fn release(self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for locked in self.source {
            let scope = locked.state().scope().to_owned();
            if let Err(error) = locked.release().await {
                failures.push(Failure::from(error).of(&scope));
            }
        }
        failures
    }
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
    Err(Failure::new(format!("what {} gives back is not what was written to it", target.describe()))
        .help("nobody else may write there during a migration; run it again"))
}

fn says_the_same(one: &State, other: &State) -> bool {
    one.lineage() == other.lineage() && one.resources == other.resources && one.intents == other.intents
}

/// Whether `state` may take the place of what the target has.
fn may_replace(state: &State, there: &Replaced) -> Result<(), Failure> {
    let refused = |cause: String| {
        let help = "choose an empty store, or move that state away if it is not needed any more";
        Err(Failure::new(format!("the other store has a state of `{}` already, {cause}", state.scope())).help(help))
    };
    match there {
        Replaced::Nothing => Ok(()),
        Replaced::State(there) if says_the_same(there, state) => Ok(()),
        Replaced::State(there) if there.lineage() != state.lineage() => {
            refused(format!("of another lineage: {} instead of {}", there.lineage(), state.lineage()))
        }
        Replaced::State(there) if there.serial() >= state.serial() => refused(format!(
            "which is no older one: its serial is {}, and here it is {}",
            there.serial(),
            state.serial()
        )),
        Replaced::State(_) => Ok(()),
        Replaced::Unreadable(reason) => refused(format!("which cannot be read: {reason}")),
    }
}
