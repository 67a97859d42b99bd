//! `koctl add`: adds something to the configuration in the platform repository.

mod organization;

use clap::Subcommand;

use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;

/// Add something to the configuration in the platform repository.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Organization(organization::Args),
}

impl Args {
    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        match &self.what {
            What::Organization(args) => args.streams_events(),
        }
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match &args.what {
        What::Organization(args) => organization::run(args, output).await,
    }
}
