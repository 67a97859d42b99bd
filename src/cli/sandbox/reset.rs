//! `koctl sandbox reset`

use super::DirectoryArgs;
use crate::cli::output::Output;
use crate::cli::{DONE, FAILED};
use ::sandbox;

/// Delete everything that is in the sandbox, and the state that goes with it.
///
/// It must not be running. What else is in its directory stays.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sandbox: DirectoryArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> u8 {
    let directory = &args.sandbox.directory;
    match sandbox::reset(directory) {
        Ok(true) => {
            output.note(&format!("The sandbox in {} is empty.", directory.display()));
            DONE
        }
        Ok(false) => {
            output.note(&format!("There is no sandbox in {}.", directory.display()));
            DONE
        }
        Err(error) => {
            output.error(&format!("could not reset the sandbox in {}: {error}", directory.display()), None);
            FAILED
        }
    }
}
