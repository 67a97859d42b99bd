//! `koctl sandbox`, and the commands below it, one a file.

mod directory;
mod merge;
mod reset;
mod seed;
mod serve;

use clap::Subcommand;

use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;

/// Serve a local Konnect and GitHub, for koctl and any other client.
///
/// Prints the variables that clients need, as a shell reads them, and serves until it is interrupted:
/// after `koctl sandbox >sandbox.env &` and `. ./sandbox.env`, a shell uses it.
///
/// The organizations, the variables of their tokens and the service repositories are those of the
/// configuration, if there is one. The tokens are made up, and no account is needed. The data of the
/// sandbox stays in its directory.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Seed(seed::Args),
    Merge(merge::Args),
    Reset(reset::Args),
}

pub(super) async fn run(args: Args, output: &Output) -> Result<Outcome, Failures> {
    match args.command {
        Some(Command::Seed(args)) => seed::run(&args, output),
        Some(Command::Merge(args)) => merge::run(&args, output),
        Some(Command::Reset(args)) => reset::run(&args, output),
        None => serve::run(args.serve, output).await,
    }
}
