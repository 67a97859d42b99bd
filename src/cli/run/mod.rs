//! `koctl run`, and the commands below it, one a file.

mod api;
mod serve;

use clap::Subcommand;

use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;
use crate::server::Parts;
use serve::{ServeArgs, serve};

/// Serve the portal in which application teams add their services, and its API.
///
/// People sign in with GitHub; who may is in `platform.portal.sign-in`. A service that somebody adds becomes a pull request in
/// the platform repository. `koctl run api` serves the API alone, for the self-service UI of the Go koctl.
///
/// Everything that is missing is listed at once. With --sandbox, no account is needed: the local GitHub has people to sign in
/// as, and a platform repository with the configuration in this folder. What is done is written to stdout, an event of JSON
/// a line. It serves until it is interrupted.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Api(Box<api::Args>),
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match &args.command {
        Some(Command::Api(args)) => api::run(args, output).await,
        None => serve(&args.serve, Parts::ApiAndPortal, output).await,
    }
}
