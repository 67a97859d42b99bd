//! `koctl state migrate`

use super::edit::EditArgs;
use super::{Failures, StoreArgs};
use crate::cli::output::Output;
use crate::operations::Session;
use crate::operations::state::{Copied, Migration};
use crate::report;

/// Copy all states to another store.
///
/// They are read back and compared. What is stored now stays as it is; the history is not copied.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The other store, as --state names one.
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
        output.data(&format!("{}: serial {}, {resources}", report::safe(state.scope()), state.serial()));
    }
    let question = format!("Copy from {} to {}?", source.describe(), target.describe());
    let approved = args.edit.approves(&question, output);
    if !matches!(approved, Ok(true)) {
        let mut failures = migration.release().await;
        failures.extend(approved.err());
        return if failures.is_empty() { Ok(()) } else { Err(failures) };
    }
    let copied = migration.commit(&target, &options).await?;
    let there = copied.iter().filter(|(_, copied)| *copied == Copied::WasThere).count();
    let before = if there == 0 { String::new() } else { format!(", {there} of them before") };
    let states = report::count(copied.len(), "state");
    output.data(&format!("Copied {states} to {}{before}.", target.describe()));
    output.note(
        "From now on, name the new store: in --state, in KOCTL_STATE, or as `platform.state.url`. What is in the old one \
         stays as it is; delete it once nobody uses it any more.",
    );
    Ok(())
}
