//! All states are written anew, with the keys of today.

use crate::operations::Failure;
use engine::state::{LockOptions, Snapshot, Store};

/// Encrypts the states of `scopes` with the keys that are configured now, and with a new state key. Returns what was
/// written, and why others were not. What a kill left undone, the same once more does.
///
/// # Errors
/// Where there is nothing to encrypt with.
pub async fn rekey(
    store: &Store,
    scopes: &[String],
    options: &LockOptions,
) -> Result<(Vec<Snapshot>, Vec<Failure>), Failure> {
    if !store.keys().encrypts() {
        return Err(Failure::new("there is nothing to encrypt the states with").help(
            "configure a `passphrase` or `recipients` under `platform.state.encryption`, or set KOCTL_STATE_PASSPHRASE \
             or KOCTL_STATE_RECIPIENTS",
        ));
    }
    store.keys().renew();
    let (mut written, mut failures) = (Vec::new(), Vec::new());
    for scope in scopes {
        match store.rewrite(scope, options).await {
            Ok(snapshot) => written.extend(snapshot),
            Err(error) => failures.push(Failure::from(error).of(scope)),
        }
    }
    Ok((written, failures))
}
