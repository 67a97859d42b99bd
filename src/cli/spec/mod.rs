//! `koctl spec`: one file a subcommand.

mod diff;

use clap::Subcommand;

use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;

/// Examine specifications.
///
/// These commands read files, and neither the configuration nor the state.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::Args),
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match &args.command {
        Command::Diff(args) => diff::run(args, output),
    }
}
