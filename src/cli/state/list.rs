//! `koctl state list`

use serde_json::json;

use super::{Failures, StoreArgs};
use crate::cli::output::Output;
use crate::operations::state::{Found, find};
use crate::report;
use crate::state::Store;

/// List the addresses of what the state knows.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only addresses that match this glob, or that begin with it: KongAirlines/team, 'KongAirlines/*/dev/**'.
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,

    /// Print JSON: address, type and id of each.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let found = find(store, scopes, &args.patterns).await?;
    if args.json {
        let list: Vec<_> = found
            .iter()
            .map(|one| json!({"address": one.address, "type": one.resource.type_name, "id": one.resource.id}))
            .collect();
        output.data(&format!("{:#}", json!(list)));
    } else if !found.is_empty() {
        output.data(&addresses(&found));
    }
    Ok(())
}

/// One address a line.
pub(super) fn addresses(found: &[Found]) -> String {
    found.iter().map(|one| report::safe(one.address.as_str()) + "\n").collect()
}
