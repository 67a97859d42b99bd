//! `koctl state push`

use std::path::PathBuf;
use std::time::Duration;

use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::manifest::files;
use crate::operations::state::{Pushed, push};
use crate::operations::{Failure, Failures};
use engine::state::{LockOptions, Store};

/// Replace the stored state with one that `koctl state pull` printed.
///
/// Refuses a state of another lineage, and one that is older than the stored one. The stored one is kept in the history,
/// if the store has one.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file with a state, or `-` for stdin.
    #[arg(value_name = "STATE")]
    state_file: PathBuf,

    /// Also push a state of another lineage, or an older one.
    #[arg(long)]
    force: bool,

    /// How long to wait for a state lock that another process holds, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, output: &Output) -> Result<(), Failures> {
    let file = args.state_file.display().to_string();
    let failed = |cause: String| Failure::new(format!("could not push {file}: {cause}"));
    let bytes = files::read_or_stdin(&args.state_file, files::LARGEST_DOCUMENT);
    let bytes = bytes.map_err(|error| failed(error.to_string()))?;
    let (state, _) = store.parse(&bytes).map_err(|reason| failed(reason.to_string()))?;
    let options = LockOptions { timeout: Duration::from_secs(args.lock_timeout), ..LockOptions::new("state push") };
    let scope = state.scope();
    match push(store, &file, &state, args.force, &options).await? {
        Pushed::Unchanged(stored) => {
            output.screen(&format!(
                "The stored state of `{scope}` is the same already, with serial {}.",
                stored.serial()
            ));
        }
        Pushed::Stored(stored) => {
            output.screen(&format!("The state of `{scope}` now has serial {}.", stored.state.serial()));
        }
    }
    Ok(())
}
