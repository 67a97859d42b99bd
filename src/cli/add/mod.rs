//! `koctl add`: adds something to the configuration in the platform repository.

mod organization;

use clap::Subcommand;

use super::output::Output;

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

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    match &args.what {
        What::Organization(args) => organization::run(args, output).await,
    }
}
