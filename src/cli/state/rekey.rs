//! `koctl state rekey`

use std::time::Duration;

use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::Failures;
use crate::operations::state::rekey;
use engine::state::{LockOptions, Store};

/// Encrypt all states with the keys that are configured now.
///
/// To rotate keys, configure the new ones, and leave the old ones in `identities` or `old-passphrases`, or in the
/// variable KOCTL_STATE_OLD_PASSPHRASE, until this is done. Earlier versions in the history keep their keys, or stay in plain text.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How long to wait for a state lock that another process holds, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let options = LockOptions { timeout: Duration::from_secs(args.lock_timeout), ..LockOptions::new("state rekey") };
    let (written, failures) = rekey(store, scopes, &options).await?;
    for stored in &written {
        let state = &stored.state;
        let (scope, serial) = (state.scope(), state.serial());
        output.screen(&format!("The state of `{scope}` is encrypted with the present keys, with serial {serial}."));
    }
    if !written.is_empty() {
        output.note(
            "Earlier versions in the history and in backups stay as they are: with earlier keys, or in plain text.",
        );
    }
    if written.is_empty() && failures.is_empty() {
        output.note("There is no state yet.");
    }
    failures.none_or(())
}
