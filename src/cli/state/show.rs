//! `koctl state show`

use serde_json::{Value, json};

use super::list::unsettled;
use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::state::resource;
use crate::operations::{Failure, Failures, schemas};
use crate::report;
use engine::Address;
use engine::state::Store;

/// Show one resource of the state, with all its attributes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its address, as `koctl state list` prints it.
    #[arg(add = crate::cli::complete::address(), value_hint = clap::ValueHint::Other)]
    address: String,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, store: &Store, output: &Output) -> Result<(), Failures> {
    let address: Address = parse(&args.address)?;
    let (found, intents) = resource(store, &address).await?;
    if args.json {
        let mut shown = json!({"address": found.address});
        let known = serde_json::to_value(&found.resource).map_err(|error| Failure::new(error.to_string()))?;
        if let (Some(shown), Value::Object(known)) = (shown.as_object_mut(), known) {
            shown.extend(known);
        }
        output.json(&format!("{shown:#}"));
    } else {
        output.screen(&report::terminal::resource(&found.address, &found.resource, schemas(), &output.style()));
    }
    for intent in &intents {
        output.note(&unsettled(intent));
    }
    Ok(())
}

/// Parses an address of the command line.
pub(super) fn parse(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|invalid: engine::address::InvalidAddress| {
        Failure::new(invalid.to_string()).help("`koctl state list` lists the addresses in the state")
    })
}
