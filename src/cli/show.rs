//! `koctl show`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::common::{ManifestArgs, SystemArgs, same_place, with_state};
use super::detail::DetailArgs;
use super::outcome::Outcome;
use super::output::Output;
use super::planned::renames;
use crate::manifest::files;
use crate::operations::{self, Failure, Failures, Warning, schemas};
use crate::report::{self, PlanView};
use crate::review::Review;
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

    /// Print the plan as Markdown, for a comment on GitHub.
    #[arg(long, requires = "plan", conflicts_with = "json")]
    markdown: bool,

    /// Leave out details beyond BYTES of Markdown, and never the counts; GitHub takes 65,536 characters in a comment.
    #[arg(long, value_name = "BYTES", requires = "markdown", value_parser = clap::value_parser!(u32).range(SHORTEST..))]
    limit: Option<u32>,

    #[command(flatten)]
    detail: DetailArgs,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

/// The least that a plan as Markdown takes.
const SHORTEST: i64 = 2_000;

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    match &args.plan {
        Some(file) => plan(file, args, output),
        None if args.detail.is_given() => {
            Err(Failure::new("--summary and --full are about a plan").help("name the file of a saved plan").into())
        }
        None => state(args, output).await,
    }
}

fn plan(file: &Path, args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let failed = |cause: String| Failure::new(format!("could not show the plan {}: {cause}", file.display()));
    let bytes = files::read(file, files::LARGEST_DOCUMENT).map_err(|error| failed(error.to_string()))?;
    let plan = Plan::from_bytes(&bytes).map_err(|error| failed(error.to_string()))?;
    let review = Review::of(&plan);
    if args.json {
        output.json(&format!("{:#}", report::terraform::plan_json(&plan, &review, schemas())));
        return Ok(Outcome::Done);
    }
    let view = PlanView { schemas: schemas(), review: &review, detail: args.detail.detail() };
    let flags = same_place(&args.manifest, &args.system);
    let warnings: Vec<Warning> =
        operations::warnings(&plan).into_iter().chain(renames(&operations::renames(&plan), &flags)).collect();
    if args.markdown {
        let limit = args.limit.and_then(|limit| usize::try_from(limit).ok());
        output.screen(&report::markdown::plan(&plan, view, &sentences(&warnings), limit));
        return Ok(Outcome::Done);
    }
    if plan.unplanned.is_empty() || !plan.scopes.is_empty() {
        output.screen(&report::terminal::plan(&plan, view, &output.style()));
    }
    output.warnings(&warnings);
    output.failures(&operations::unplanned(&plan));
    Ok(Outcome::Done)
}

/// Warnings with their next steps, as texts.
fn sentences(warnings: &[Warning]) -> Vec<String> {
    let sentence = |Warning { message, help }: &Warning| match help {
        Some(help) => format!("{message} help: {help}"),
        None => message.clone(),
    };
    warnings.iter().map(sentence).collect()
}

async fn state(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let states =
        with_state(&args.manifest, &args.system, output, async |session| Ok(session.workspace().states().await?))
            .await?;
    let resources: BTreeMap<_, _> = states.into_iter().flat_map(|state| state.0).collect();
    if args.json {
        output.json(&format!("{:#}", report::terraform::state_json(&resources, schemas())));
    } else {
        output.screen(&report::terminal::state(&resources, schemas(), &output.style()));
    }
    Ok(Outcome::Done)
}
