//! `koctl state`: one file a subcommand.

mod edit;
mod history;
mod list;
mod migrate;
mod mv;
mod pull;
mod push;
mod rekey;
mod restore;
mod rm;
mod show;

use clap::Subcommand;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DONE, FAILED};
use crate::operations::{Failure, Session};

/// Look into the state, and repair it.
///
/// Nothing here changes Konnect or the platform repository.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Mv(mv::Args),
    Rm(rm::Args),
    Pull(pull::Args),
    Push(push::Args),
    Migrate(migrate::Args),
    History(history::Args),
    Restore(restore::Args),
    Rekey(rekey::Args),
}

/// Where the state is, as every subcommand takes it.
#[derive(Debug, clap::Args)]
struct StoreArgs {
    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

/// What a subcommand was asked for and could not do.
type Failures = Vec<Failure>;

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let store = match &args.command {
        Command::List(args) => &args.store,
        Command::Show(args) => &args.store,
        Command::Mv(args) => &args.store,
        Command::Rm(args) => &args.store,
        Command::Pull(args) => &args.store,
        Command::Push(args) => &args.store,
        Command::Migrate(args) => &args.store,
        Command::History(args) => &args.store,
        Command::Restore(args) => &args.store,
        Command::Rekey(args) => &args.store,
    };
    let Some(session) = open(&store.manifest, &store.system, output).await else { return FAILED };
    let done = dispatch(&args.command, &session, output).await;
    session.close().await;
    match done {
        Ok(()) => DONE,
        Err(failures) => {
            output.failures(&failures);
            FAILED
        }
    }
}

async fn dispatch(command: &Command, session: &Session, output: &Output) -> Result<(), Failures> {
    let scopes = session.remembered_scopes().await?;
    match command {
        Command::List(args) => list::run(args, session.store(), &scopes, output).await,
        Command::Show(args) => show::run(args, session.store(), output).await,
        Command::Mv(args) => mv::run(args, session.store(), &scopes, output).await,
        Command::Rm(args) => rm::run(args, session.store(), &scopes, output).await,
        Command::Pull(args) => pull::run(args, session.store(), &scopes, output).await,
        Command::Push(args) => push::run(args, session.store(), output).await,
        Command::Migrate(args) => migrate::run(args, session, &scopes, output).await,
        Command::History(args) => history::run(args, session.store(), &scopes, output).await,
        Command::Restore(args) => restore::run(args, session.store(), output).await,
        Command::Rekey(args) => rekey::run(args, session.store(), &scopes, output).await,
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Self {
        vec![failure]
    }
}
