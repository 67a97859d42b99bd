//! `koctl force-unlock`

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DONE, FAILED};
use engine::state::LockId;

/// Take the lock of a state away from who holds it.
///
/// Only when whoever holds it surely runs no longer. The error about the lock names its id.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The organization whose state is locked.
    scope: String,

    /// The id of the lock.
    id: String,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let unlocked = session.store().force_unlock(&args.scope, &LockId::new(&args.id)).await;
    session.close().await;
    match unlocked {
        Ok(()) => {
            output.data(&format!("The state of `{}` is unlocked.", args.scope));
            DONE
        }
        Err(error) => {
            output.failures(&[error.into()]);
            FAILED
        }
    }
}
