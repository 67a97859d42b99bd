//! `koctl sandbox merge`

use super::directory::DirectoryArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;
use crate::operations::{Failure, Failures};
use crate::report::safe;
use ::sandbox::{self, Merged};

/// Merge the open pull requests of the sandbox, as a person would on GitHub.
///
/// The sandbox must not be running. A pull request that conflicts stays open, and the exit code is 1.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sandbox: DirectoryArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let directory = args.sandbox.existing()?;
    let pulls = sandbox::merge(directory).map_err(|error| {
        Failure::new(format!("could not merge the pull requests of the sandbox in {}: {error}", directory.display()))
    })?;
    if pulls.is_empty() {
        output.note("No pull request is open.");
    }
    let (merged, conflicting): (Vec<&Merged>, Vec<&Merged>) = pulls.iter().partition(|pull| pull.is_merged);
    for Merged { repository, number, title, .. } in merged {
        output.screen(&format!("Merged pull request #{number} of {repository}: {}", safe(title)));
    }
    let conflicts = |Merged { repository, number, .. }: &Merged| {
        Failure::new(format!("could not merge pull request #{number} of {repository}: it conflicts with its base"))
            .help("resolve that in a clone of the repository, or apply again if koctl opened it")
    };
    conflicting.into_iter().map(conflicts).collect::<Failures>().none_or(Outcome::Done)
}
