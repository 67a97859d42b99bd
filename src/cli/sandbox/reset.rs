//! `koctl sandbox reset`

use super::directory::DirectoryArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::operations::{Failure, Failures};
use ::sandbox;

/// Delete the data of the sandbox, and its state.
///
/// The sandbox must not be running. Other files in its directory stay.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sandbox: DirectoryArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let directory = &args.sandbox.directory;
    let was_there = sandbox::reset(directory)
        .map_err(|error| Failure::new(format!("could not reset the sandbox in {}: {error}", directory.display())))?;
    output.note(&match was_there {
        true => format!("The sandbox in {} is empty.", directory.display()),
        false => format!("There is no sandbox in {}.", directory.display()),
    });
    Ok(Outcome::Done)
}
