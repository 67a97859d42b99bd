//! `koctl state pull`

use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::Failures;
use crate::operations::state::pull;
use engine::state::Store;

/// Print a state, decrypted.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The organization whose state it is; optional if there is only one.
    #[arg(add = crate::cli::complete::organization(), value_hint = clap::ValueHint::Other)]
    scope: Option<String>,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let state = pull(store, scopes, args.scope.as_deref()).await?;
    output.json(&String::from_utf8_lossy(&state.to_bytes()));
    Ok(())
}
