//! Changes of several states that are shown before they are made.

use crate::operations::failure::{Failure, Failures};
use engine::state::{Error, LockOptions, LockedState, State, Store};

/// Changes that are ready to be made, each under the lock of its scope. Dropping them releases the locks.
#[derive(Default)]
pub struct Edit {
    steps: Vec<Step>,
}

struct Step {
    locked: LockedState,
    change: Option<Change>,
}

type Change = Box<dyn FnOnce(&mut State) + Send>;

impl Edit {
    /// Adds a change, which is made only after those before it are stored.
    pub(super) fn add(&mut self, locked: LockedState, change: impl FnOnce(&mut State) + Send + 'static) {
        self.steps.push(Step { locked, change: Some(Box::new(change)) });
    }

    /// Adds the changes of another edit, after these.
    pub(super) fn append(&mut self, other: Edit) {
        self.steps.extend(other.steps);
    }

    /// Makes the changes, in their order, and releases the locks.
    ///
    /// # Errors
    /// The first change that could not be stored: those after it are not made. Also every lock that could not be
    /// released.
    pub async fn commit(mut self) -> Result<(), Failures> {
        let mut failures = Failures::default();
        for step in &mut self.steps {
            let Some(change) = step.change.take() else { continue };
            if let Err(error) = step.locked.record(change).await {
                failures.push(of_scope(&step.locked, error));
                break;
            }
        }
        failures.extend(self.release().await);
        failures.none_or(())
    }

    /// Releases the locks, and changes nothing.
    pub async fn cancel(self) -> Failures {
        self.release().await
    }

    async fn release(self) -> Failures {
        let mut failures = Failures::default();
        for Step { locked, .. } in self.steps {
            let scope = locked.state().scope().to_owned();
            if let Err(error) = locked.release().await {
                failures.push(Failure::from(error).of(&scope));
            }
        }
        failures
    }
}

fn of_scope(locked: &LockedState, error: Error) -> Failure {
    Failure::from(error).of(locked.state().scope())
}

/// Takes the lock of a scope to edit its state.
///
/// # Errors
/// If the lock cannot be taken, and if an apply was interrupted: what it began is found by the addresses in the state,
/// so these must stay until that is settled.
pub(super) async fn lock(store: &Store, scope: &str, options: &LockOptions) -> Result<LockedState, Failure> {
    let locked = store.lock(scope, options).await.map_err(|error| Failure::from(error).of(scope))?;
    let open = locked.state().intents.len();
    if open == 0 {
        return Ok(locked);
    }
    locked.release().await.map_err(|error| Failure::from(error).of(scope))?;
    let what = crate::report::count(open, "request");
    Err(Failure::new(format!("an apply was interrupted, and the result of {what} is not known yet"))
        .help("run `koctl apply` first, which finds out")
        .of(scope))
}
