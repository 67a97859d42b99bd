//! `koctl state history`

use serde_json::{Value, json};

use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::state::{HistoryEntry, history, pull};
use crate::operations::{Failure, Failures};
use crate::report;
use engine::state::Store;

/// List the earlier versions of a state, newest first.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The organization whose state it is; optional if there is only one.
    #[arg(add = crate::cli::complete::organization(), value_hint = clap::ValueHint::Other)]
    scope: Option<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let scope = match &args.scope {
        Some(scope) => scope.clone(),
        None => pull(store, scopes, None).await?.scope().to_owned(),
    };
    let entries = history(store, &scope).await?;
    if entries.is_empty() && store.read(&scope).await.map_err(Failure::from)?.is_none() {
        let failure = Failure::new(format!("there is no state of `{scope}`, and no earlier version of one"));
        return Err(failure.help("check the name of the organization, and --state").into());
    }
    if args.json {
        let list: Vec<Value> = entries.iter().map(entry).collect();
        output.json(&format!("{:#}", json!(list)));
    } else if entries.is_empty() {
        output.note(&format!("The state of `{scope}` has no earlier versions."));
    } else {
        output.screen(&table(&entries));
    }
    Ok(())
}

fn entry(HistoryEntry { version, state }: &HistoryEntry) -> Value {
    let mut shown = json!({
        "version": version.revision.as_str(),
        "written": version.written,
        "location": version.location,
    });
    match state {
        Ok(state) => {
            shown["lineage"] = state.lineage().into();
            shown["serial"] = state.serial().into();
            shown["resources"] = state.resources.len().into();
        }
        Err(error) => shown["error"] = error.to_string().into(),
    }
    shown
}

/// How much of a version's name is shown. `koctl state restore` accepts the beginning of a name.
const SHOWN: usize = 16;

fn table(entries: &[HistoryEntry]) -> String {
    let mut lines = format!("{:SHOWN$}  {:20}  {:>6}  RESOURCES\n", "VERSION", "WRITTEN", "SERIAL");
    for HistoryEntry { version, state } in entries {
        let name: String = version.revision.as_str().chars().take(SHOWN).collect();
        let written = version.written.round(jiff::Unit::Second).unwrap_or(version.written).to_string();
        let says = match state {
            Ok(state) => format!("{:>6}  {}", state.serial(), state.resources.len()),
            Err(error) => error.to_string(),
        };
        lines += &format!("{:SHOWN$}  {written:20}  {}\n", report::safe(&name), report::safe(&says));
    }
    lines
}
