//! `koctl state rm`

use super::edit::EditArgs;
use super::list::addresses;
use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::Failures;
use crate::operations::state::remove;
use crate::report;
use engine::state::Store;

/// Remove resources from the state only. Their objects stay as they are, and are not managed any more.
///
/// Resources that are still in the configuration are imported by the next plan.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Their addresses, as `koctl state list` takes them.
    #[arg(value_name = "ADDRESS", required = true, add = crate::cli::complete::address(), value_hint = clap::ValueHint::Other)]
    patterns: Vec<String>,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let (found, edit) = remove(store, scopes, &args.patterns, &args.edit.lock("state rm")).await?;
    output.screen(&addresses(&found));
    let what = report::count(found.len(), "resource");
    if args.edit.carry_out(edit, &format!("Remove {what} from the state?"), output).await? {
        output.screen(&format!("Removed {what} from the state."));
    }
    Ok(())
}
