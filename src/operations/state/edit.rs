//! Changes of several states that are shown before they are made.

use crate::operations::Failure;
use engine::state::{Error, LockOptions, LockedState, State, Store};

/// Changes that are ready to be made, each under the lock of its scope. Dropping them gives the locks back.
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
    /// Another change, which is made only once those before it are stored.
    pub(super) fn add(&mut self, locked: LockedState, change: impl FnOnce(&mut State) + Send + 'static) {
        self.steps.push(Step { locked, change: Some(Box::new(change)) });
    }

    /// Those of another, after these.
    pub(super) fn append(&mut self, other: Edit) {
        self.steps.extend(other.steps);
    }

    /// Makes the changes, in their order, and gives the locks back.
    ///
    /// # Errors
    /// The first change that could not be stored: those after it are not made. And every lock that could not be given
    /// back.
    pub async fn commit(mut self) -> Result<(), Vec<Failure>> {
        let mut failures = Vec::new();
        for step in &mut self.steps {
            let Some(change) = step.change.take() else { continue };
            if let Err(error) = step.locked.record(change).await {
                failures.push(of_scope(&step.locked, error));
                break;
            }
        }
        failures.extend(self.release().await);
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }

    /// Gives the locks back, and changes nothing.
    pub async fn cancel(self) -> Vec<Failure> {
        self.release().await
    }

    async fn release(self) -> Vec<Failure> {
        let mut failures = Vec::new();
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
/// Where it cannot be had, and where an apply was interrupted: what it had begun is found by the addresses in the
/// state, so these must stay until that is settled.
pub(super) async fn lock(store: &Store, scope: &str, options: &LockOptions) -> Result<LockedState, Failure> {
    let locked = store.lock(scope, options).await.map_err(|error| Failure::from(error).of(scope))?;
    let open = locked.state().intents.len();
    if open == 0 {
        return Ok(locked);
    }
    locked.release().await.map_err(|error| Failure::from(error).of(scope))?;
    let what = crate::report::count(open, "request");
    Err(Failure::new(format!("an apply was interrupted, and the fate of {what} is not known yet"))
        .help("run `koctl apply` first, which finds it out")
        .of(scope))
}
