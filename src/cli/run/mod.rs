//! `koctl run`, and the commands below it, one a file.

mod api;

use clap::Subcommand;

use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;

/// Serve the API with which application teams add their services.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Api(Box<api::Args>),
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match &args.command {
        Command::Api(args) => api::run(args, output).await,
    }
}
