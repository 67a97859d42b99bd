//! `koctl state rm`

use super::edit::EditArgs;
use super::list::addresses;
use super::{Failures, StoreArgs};
use crate::cli::output::Output;
use crate::operations::state::remove;
use crate::report;
use engine::state::Store;

/// Forget resources: they stay as they are, and koctl knows nothing of them any more.
///
/// What the configuration still asks for is imported by the next plan.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Their addresses, as `koctl state list` takes them.
    #[arg(value_name = "ADDRESS", required = true)]
    patterns: Vec<String>,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let (found, edit) = remove(store, scopes, &args.patterns, &args.edit.lock("state rm")).await?;
    output.data(&addresses(&found));
    let what = report::count(found.len(), "resource");
    if args.edit.carry_out(edit, &format!("Forget {what}?"), output).await? {
        output.data(&format!("Forgot {what}."));
    }
    Ok(())
}
