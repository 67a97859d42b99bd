//! `koctl state list`

use serde_json::json;

use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::Failures;
use crate::operations::state::{FoundResource, Listing, find};
use crate::report;
use engine::state::{Intent, IntentAction, Store};

/// List the addresses of the resources in the state.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only addresses that match this glob, or that begin with it: KongAirlines/team, 'KongAirlines/*/dev/**'.
    #[arg(value_name = "PATTERN", add = crate::cli::complete::address(), value_hint = clap::ValueHint::Other)]
    patterns: Vec<String>,

    /// Print JSON: address, type and id of each.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let Listing { resources: found, intents, is_stored } = find(store, scopes, &args.patterns).await?;
    if args.json {
        let list: Vec<_> = found
            .iter()
            .map(|one| json!({"address": one.address, "type": one.resource.type_name, "id": one.resource.id}))
            .collect();
        output.json(&format!("{:#}", json!(list)));
    } else if !found.is_empty() {
        output.screen(&addresses(&found));
    }
    if !is_stored {
        output.note(&format!(
            "There is no state in {}. `koctl apply` and `koctl import` write one; --state, KOCTL_STATE or \
             `platform.state.url` say where it is.",
            store.describe()
        ));
    } else if found.is_empty() {
        output.note(&format!("The state in {} has no resources.", store.describe()));
    }
    for intent in &intents {
        output.note(&unsettled(intent));
    }
    Ok(())
}

/// One address a line.
pub(super) fn addresses(found: &[FoundResource]) -> String {
    found.iter().map(|one| report::safe(one.address.as_str()) + "\n").collect()
}

/// The note that an apply was interrupted while it changed a resource.
pub(super) fn unsettled(Intent { address, action, since, .. }: &Intent) -> String {
    let what = match action {
        IntentAction::Create => "created",
        IntentAction::Update => "updated",
        IntentAction::Import => "imported",
        IntentAction::Replace => "replaced",
        IntentAction::Delete => "deleted",
    };
    let address = report::safe(address);
    format!("{address} may have been {what}: an apply of {since} was interrupted. The next apply finds out.")
}
