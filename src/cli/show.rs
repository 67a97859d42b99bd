//! `koctl show`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::common::{ManifestArgs, SystemArgs, with_session};
use super::outcome::Outcome;
use super::output::Output;
use crate::manifest::files;
use crate::operations::{self, Failure, Failures, schemas};
use crate::report;
use engine::Plan;

/// Show a saved plan, or the state.
///
/// With --json, in the format of `terraform show -json`, so that tools for policies and reviews can read it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A plan that `koctl plan -o FILE` saved [default: the state].
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

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match &args.plan {
        Some(file) => plan(file, args, output),
        None => state(args, output).await,
    }
}

fn plan(file: &Path, args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let failed = |cause: String| Failure::new(format!("could not show the plan {}: {cause}", file.display()));
    let bytes = files::read(file, files::LARGEST_DOCUMENT).map_err(|error| failed(error.to_string()))?;
    let plan = Plan::from_bytes(&bytes).map_err(|error| failed(error.to_string()))?;
    if args.json {
        output.json(&format!("{:#}", report::terraform::plan_json(&plan, schemas())));
        return Ok(Outcome::Done);
    }
    if plan.unplanned.is_empty() || plan.has_changes() {
        output.screen(&report::terminal::plan(&plan, schemas(), &output.style()));
    }
    output.failures(&operations::unplanned(&plan));
    Ok(Outcome::Done)
}

async fn state(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let states =
        with_session(&args.manifest, &args.system, async |session| Ok(session.workspace().states().await?)).await?;
    let resources: BTreeMap<_, _> = states.into_iter().flat_map(|state| state.0).collect();
    if args.json {
        output.json(&format!("{:#}", report::terraform::state_json(&resources, schemas())));
    } else {
        output.screen(&report::terminal::state(&resources, schemas(), &output.style()));
    }
    Ok(Outcome::Done)
}
