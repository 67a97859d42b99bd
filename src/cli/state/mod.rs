//! `koctl state`: one file a subcommand.

mod adopt_organization;
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
mod store;

use clap::Subcommand;

use store::StoreArgs;

use super::common::{with_session, with_state};
use super::outcome::Outcome;
use super::output::Output;
use crate::operations::{Failures, Session};

/// Inspect the state, and repair it.
///
/// These commands change nothing in Konnect or the platform repository.
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
    AdoptOrganization(adopt_organization::Args),
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
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
        Command::AdoptOrganization(args) => &args.store,
    };
    let StoreArgs { manifest, system } = store;
    let work = async |session: &Session| dispatch(&args.command, session, output).await;
    match &args.command {
        // The organization is asked who it is, with its token.
        Command::AdoptOrganization(_) => with_session(manifest, system, output, work).await?,
        _ => with_state(manifest, system, output, work).await?,
    }
    Ok(Outcome::Done)
}

async fn dispatch(command: &Command, session: &Session, output: &Output) -> Result<(), Failures> {
    let scopes = session.workspace().remembered_scopes().await?;
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
        Command::AdoptOrganization(args) => adopt_organization::run(args, session, output).await,
    }
}
