//! Encrypts all states again, with the current keys.

use crate::operations::failure::{Failure, Failures};
use engine::state::{LockOptions, Snapshot, Store};

/// Encrypts the states of `scopes` with the keys that are configured now, and with a new state key. Returns what was
/// written, and why others were not. After an interruption, another run does the rest.
///
/// # Errors
/// If no key is configured.
pub async fn rekey(
    store: &Store,
    scopes: &[String],
    options: &LockOptions,
) -> Result<(Vec<Snapshot>, Failures), Failure> {
    if !store.keys().encrypts() {
        return Err(Failure::new("no key is configured to encrypt the states with").help(
            "configure a `passphrase` or `recipients` under `platform.state.encryption`, or set KOCTL_STATE_PASSPHRASE \
             or KOCTL_STATE_RECIPIENTS",
        ));
    }
    store.keys().renew();
    let (mut written, mut failures) = (Vec::new(), Failures::default());
    for scope in scopes {
        match store.rewrite(scope, options).await {
            Ok(snapshot) => written.extend(snapshot),
            Err(error) => failures.push(Failure::from(error).of(scope)),
        }
    }
    Ok((written, failures))
}
