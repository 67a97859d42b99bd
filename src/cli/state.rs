//! `koctl state`

use std::path::PathBuf;

use clap::Subcommand;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DONE, FAILED};
use crate::operations::Failure;
use crate::state::{LockOptions, State, Store};

/// Repair the state.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Push(PushArgs),
}

/// Put a state, mostly a backup, in the place of the stored one.
///
/// Refuses a state of another lineage. What is stored is kept as a backup in its turn.
#[derive(Debug, clap::Args)]
struct PushArgs {
    /// A file with a state, as the store keeps it.
    #[arg(value_name = "STATE")]
    state_file: PathBuf,

    /// Also when the stored state has another lineage.
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Command::Push(args) = &args.command;
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let pushed = push(args, session.store()).await;
    session.close().await;
    match pushed {
        Ok(message) => {
            output.data(&message);
            DONE
        }
        Err(failure) => {
            output.failures(&[failure]);
            FAILED
        }
    }
}

async fn push(args: &PushArgs, store: &Store) -> Result<String, Failure> {
    let failed = |cause: String| Failure::new(format!("could not push {}: {cause}", args.state_file.display()));
    let bytes = std::fs::read(&args.state_file).map_err(|error| failed(error.to_string()))?;
    let state = State::from_bytes(&bytes).map_err(|damage| failed(damage.to_string()))?;
    // A stored state that cannot be read has no lineage to compare with; replacing it is what this is for.
    let stored = store.read(state.scope()).await.ok().flatten();
    if let Some(stored) = stored.filter(|stored| stored.state.lineage() != state.lineage() && !args.force) {
        let cause = format!("it has lineage {}, and the stored state {}", state.lineage(), stored.state.lineage());
        return Err(failed(cause).help("it is the state of something else; add --force if that is meant"));
    }
    let snapshot = store.replace(&state, &LockOptions::new("state push")).await?;
    Ok(format!("The state of `{}` now has serial {}.", state.scope(), snapshot.state.serial()))
}
