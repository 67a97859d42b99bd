//! `koctl state migrate`

use super::edit::EditArgs;
use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::state::{Copied, Migration};
use crate::operations::{Failures, Session};
use crate::report;

/// Copy all states to another store.
///
/// The copies are read back and compared. The old store stays as it is; the history is not copied.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The address of the other store, as for --state.
    #[arg(long, value_name = "URL")]
    to: String,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, session: &Session, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let (source, target) = (session.store(), session.open_store(&args.to)?);
    let options = args.edit.lock("state migrate");
    let migration = Migration::prepare(source, scopes, &target, &options).await?;
    for state in migration.states() {
        let resources = report::count(state.resources.len(), "resource");
        output.screen(&format!("{}: serial {}, {resources}", report::safe(state.scope()), state.serial()));
    }
    let question = format!("Copy from {} to {}?", source.describe(), target.describe());
    let approved = args.edit.approves(&question, output);
    if !matches!(approved, Ok(true)) {
        let mut failures = migration.release().await;
        failures.extend(approved.err());
        return failures.none_or(());
    }
    let copied = migration.commit(&target, &options).await?;
    let there = copied.iter().filter(|(_, copied)| *copied == Copied::WasThere).count();
    let before = if there == 0 { String::new() } else { format!(", {there} of them before") };
    let states = report::count(copied.len(), "state");
    output.screen(&format!("Copied {states} to {}{before}.", target.describe()));
    output.note(
        "Use the new store from now on: in --state, in KOCTL_STATE, or as `platform.state.url`. The states in the old store \
         stay as they are; delete them when they are not used any more.",
    );
    Ok(())
}
