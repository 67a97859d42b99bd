//! `koctl run api`

use super::serve::{ServeArgs, serve};
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::operations::Failures;
use crate::server::Parts;

/// Serve the API with which application teams add their services.
///
/// It answers as the API service of the Go koctl, so that its self-service UI works with it. People sign in with GitHub; who
/// may is in `platform.portal.sign-in`. A service that somebody adds becomes a pull request in the platform repository.
///
/// Everything that is missing is listed at once. With --sandbox, no account is needed: the local GitHub has people to sign in
/// as, and a platform repository with the configuration in this folder. What is done is written to stdout, an event of JSON
/// a line. It serves until it is interrupted.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    serve: ServeArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    serve(&args.serve, Parts::Api, output).await
}
