//! `koctl plan`

use std::path::{Path, PathBuf};

use super::common::{ManifestArgs, SystemArgs, same_place, with_session};
use super::detail::DetailArgs;
use super::outcome::Outcome;
use super::output::Output;
use super::planned::show;
use super::request::RequestArgs;
use crate::manifest::files;
use crate::operations::{self, Failure, Failures};
use engine::plan::InvalidPlan;
use engine::state::shell_word;
use engine::{Mode, Plan, StateOnly};

/// Show what would change, and change nothing.
///
/// Compares the configuration with the state and with the live systems. The exit code is 0 if that worked, and 1 if it
/// failed; with --detailed-exitcode, it is 2 if there are changes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Save the plan to FILE, for `koctl apply FILE`.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    request: RequestArgs,

    /// Plan to destroy everything in the state.
    #[arg(long)]
    destroy: bool,

    /// Plan only to update the state to match what changed outside koctl.
    #[arg(long, conflicts_with_all = ["destroy", "no_refresh", "no_adopt"])]
    refresh_only: bool,

    /// Exit with 2 if there are changes.
    #[arg(long)]
    detailed_exitcode: bool,

    /// Print JSON events, one a line, instead of text.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    detail: DetailArgs,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Args {
    fn mode(&self) -> Mode {
        match (self.destroy, self.refresh_only) {
            (true, _) => Mode::Destroy,
            (false, true) => Mode::StateOnly(StateOnly::Refresh),
            (false, false) => Mode::Normal,
        }
    }

    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.json
    }

    /// The command that applies the plan.
    fn next(&self) -> String {
        let where_to = same_place(&self.manifest, &self.system);
        let (command, only) = match (&self.out, self.mode()) {
            (Some(file), _) => return format!("koctl apply {}{where_to}", shell_word(&file.display().to_string())),
            (None, Mode::Destroy) => ("destroy", ""),
            (None, Mode::StateOnly(_)) => ("apply", " --refresh-only"),
            (None, Mode::Normal) => ("apply", ""),
        };
        format!("koctl {command}{only}{}{where_to}", self.request.flags())
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let progress = output.progress();
    let planned = with_session(&args.manifest, &args.system, output, async |session| {
        Ok(operations::plan(session, &args.request.request(args.mode()), None, &progress).await?)
    })
    .await;
    output.end(&progress);
    let planned = planned?;
    let flags = same_place(&args.manifest, &args.system);
    show(output, &planned, args.detail.detail(), &flags, &progress);
    if let Some(file) = &args.out {
        save(file, &planned.plan)?;
        let missing = if planned.failures.is_empty() { "" } else { ", without what failed" };
        output.note(&format!("Saved the plan in {}{missing}.", file.display()));
    }
    if planned.plan.has_changes() && planned.failures.is_empty() {
        output.next(&args.next());
    }
    Ok(match planned {
        // The failures are on the screen already.
        planned if !planned.failures.is_empty() => Outcome::Incomplete,
        planned if args.detailed_exitcode && planned.plan.has_changes() => Outcome::Differences,
        _ => Outcome::Done,
    })
}

fn save(file: &Path, plan: &Plan) -> Result<(), Failure> {
    let failed = |cause: &str| Failure::new(format!("could not save the plan to {}: {cause}", file.display()));
    // A mistyped name must not cost a configuration.
    let is_other = |there: Vec<u8>| matches!(Plan::from_bytes(&there), Err(InvalidPlan::NotAPlan(_)));
    if file.is_file() && files::read(file, files::LARGEST_DOCUMENT).map_or(true, is_other) {
        return Err(failed("the file exists, and is not a plan").help("name another file, or delete that one first"));
    }
    std::fs::write(file, plan.to_bytes()).map_err(|error| {
        failed(&error.to_string())
            .help("check that the directory exists and is writable, and that the disk is not full")
    })
}
