//! `koctl state restore`

use super::edit::EditArgs;
use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::Failures;
use crate::operations::state::{Restore, restore};
use crate::report;
use engine::state::Store;

/// Restore an earlier version of a state, with a new serial.
///
/// Konnect and the platform repository stay as they are: the next plan shows how they differ from the state.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The organization whose state it is.
    #[arg(add = crate::cli::complete::organization(), value_hint = clap::ValueHint::Other)]
    scope: String,

    /// The version, as `koctl state history` shows it.
    #[arg(value_name = "VERSION")]
    revision: String,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, output: &Output) -> Result<(), Failures> {
    let planned = restore(store, &args.scope, &args.revision).await?;
    let Restore { state, version, going, coming, replaces } = &planned;
    for (sign, addresses) in [("-", going), ("+", coming)] {
        for address in addresses {
            output.screen(&format!("{sign} {}", report::safe(address)));
        }
    }
    let resources = report::count(state.resources.len(), "resource");
    let instead = match replaces {
        Some(serial) => format!("instead of serial {serial}"),
        None => "instead of what cannot be read".to_owned(),
    };
    output.screen(&format!("Serial {} of {}, with {resources}, {instead}.", state.serial(), version.written));
    if args.edit.approves("Restore this version?", output)? {
        let stored = planned.commit(store, &args.edit.lock("state restore")).await?;
        output.screen(&format!("The state of `{}` now has serial {}.", args.scope, stored.state.serial()));
    }
    Ok(())
}
