//! `koctl add`: adds something to the configuration in the platform repository.

mod environment;
mod organization;
mod service;
mod team;
mod user;

use clap::Subcommand;

use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;

/// Add something to the configuration in the platform repository, or in the files here.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Organization(organization::Args),
    Environment(environment::Args),
    Team(team::Args),
    Service(Box<service::Args>),
    User(user::Args),
}

impl Args {
    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        match &self.what {
            What::Organization(args) => args.streams_events(),
            What::Environment(args) => args.change.streams_events(),
            What::Team(args) => args.change.streams_events(),
            What::Service(args) => args.change.streams_events(),
            What::User(args) => args.change.streams_events(),
        }
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match &args.what {
        What::Organization(args) => organization::run(args, output).await,
        What::Environment(args) => environment::run(args, output).await,
        What::Team(args) => team::run(args, output).await,
        What::Service(args) => service::run(args, output).await,
        What::User(args) => user::run(args, output).await,
    }
}
