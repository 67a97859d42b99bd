//! Replaces the stored state by one from a file, and reads it for a file.

use crate::operations::failure::Failure;
use engine::state::{LockOptions, Replaced, Snapshot, State, Store, Unreadable};

/// The result of a push.
#[derive(Debug, PartialEq)]
pub enum Pushed {
    /// The stored state was the same already.
    Unchanged(State),
    /// The state was stored.
    Stored(Snapshot),
}

/// The state of `scope`, or of the only one of `scopes`.
///
/// # Errors
/// If there is none, and if `scope` is `None` although there are several.
pub async fn pull(store: &Store, scopes: &[String], scope: Option<&str>) -> Result<State, Failure> {
    let scope = match (scope, scopes) {
        (Some(scope), _) => scope,
        (None, [only]) => only,
        (None, []) => return Err(Failure::new(format!("there is no state in {}", store.describe()))),
        (None, several) => {
            let names = several.join("`, `");
            return Err(Failure::new(format!("there are {} states in {}", several.len(), store.describe()))
                .help(format!("give the name of one of them: `{names}`")));
        }
    };
    let known = || match scopes {
        [] => "there is no state yet: `koctl apply` creates one".to_owned(),
        scopes => format!("there are states of `{}`", scopes.join("`, `")),
    };
    let found = store.read(scope).await?;
    found
        .map(|snapshot| snapshot.state)
        .ok_or_else(|| Failure::new(format!("there is no state of `{scope}` in {}", store.describe())).help(known()))
}

/// Replaces what is stored for the scope of `state` by it. Only with `force`, it may have another lineage or be older.
///
/// # Errors
/// If it may not replace the stored state, and if that is encrypted with other keys.
pub async fn push(
    store: &Store,
    file: &str,
    state: &State,
    force: bool,
    options: &LockOptions,
) -> Result<Pushed, Failure> {
    let failed = |cause: String| Failure::new(format!("could not push {file}: {cause}"));
    if let Some(stored) = store.read(state.scope()).await.ok().flatten()
        && stored.state == *state
    {
        return Ok(Pushed::Unchanged(stored.state));
    }
    let may = |replaced: &Replaced| match replaced {
        // A damaged state has no lineage to compare; a push is the way to replace it.
        Replaced::Nothing | Replaced::Unreadable(Unreadable::Damaged(_)) => Ok(()),
        _ if force => Ok(()),
        Replaced::Unreadable(Unreadable::Locked(error)) => {
            Err(failed(format!("the stored state cannot be compared with it: {error}")).help(error.help()))
        }
        Replaced::State(stored) if stored.lineage() != state.lineage() => {
            let cause = format!("it has lineage {}, and the stored state has {}", state.lineage(), stored.lineage());
            Err(failed(cause).help("it is the state of something else; add --force if this is what you want"))
        }
        Replaced::State(stored) if stored.serial() >= state.serial() => {
            let cause = format!("it has serial {}, and the stored state has {}", state.serial(), stored.serial());
            Err(failed(cause).help("it is older than the stored state; add --force if this is what you want"))
        }
        Replaced::State(_) => Ok(()),
    };
    store.replace(state, options, may).await.map(Pushed::Stored)
}
