//! `koctl force-unlock`

use super::common::{ManifestArgs, SystemArgs, with_state};
use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;
use engine::state::LockId;

/// Release the lock of a state that another process holds.
///
/// Use this only if that process does not run any more. The error about the lock shows its id.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The organization whose state is locked.
    #[arg(add = super::complete::organization(), value_hint = clap::ValueHint::Other)]
    scope: String,

    /// The id of the lock.
    id: String,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    with_state(&args.manifest, &args.system, output, async |session| {
        session.check_scope(&args.scope).await?;
        Ok(session.store().force_unlock(&args.scope, &LockId::new(&args.id)).await?)
    })
    .await?;
    output.screen(&format!("The state of `{}` is unlocked.", args.scope));
    Ok(Outcome::Done)
}
