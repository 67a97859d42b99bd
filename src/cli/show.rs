//! `koctl show`

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DONE, FAILED};
use crate::operations::schemas;
use crate::report;
use engine::Plan;

/// Show a saved plan, or the state.
///
/// With --json, in the form of Terraform's `show -json`, so that tools for policy and review can read it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A plan that `koctl plan -o FILE` saved; without it, the state.
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    match &args.plan {
        Some(file) => plan(file, args, output),
        None => state(args, output).await,
    }
}

fn plan(file: &PathBuf, args: &Args, output: &Output) -> u8 {
    let read = std::fs::read(file).map_err(|error| error.to_string());
    match read.and_then(|bytes| Plan::from_bytes(&bytes).map_err(|error| error.to_string())) {
        Ok(plan) if args.json => output.data(&format!("{:#}", report::terraform::plan_json(&plan, schemas()))),
        Ok(plan) => output.data(&report::terminal::plan(&plan, schemas(), &output.style())),
        Err(cause) => {
            output.error(&format!("could not show the plan {}: {cause}", file.display()), None);
            return FAILED;
        }
    }
    DONE
}

async fn state(args: &Args, output: &Output) -> u8 {
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let states = session.states().await;
    session.close().await;
    let resources = match states {
        Ok(states) => states.into_iter().flat_map(|state| state.0).collect::<BTreeMap<_, _>>(),
        Err(failure) => {
            output.failures(&[failure]);
            return FAILED;
        }
    };
    if args.json {
        output.data(&format!("{:#}", report::terraform::state_json(&resources, schemas())));
    } else {
        output.data(&report::terminal::state(&resources, schemas(), &output.style()));
    }
    DONE
}
