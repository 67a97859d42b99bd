//! `koctl plan`

use std::path::PathBuf;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::{DIFFERENCES, DONE, FAILED};
use crate::operations::{Failure, PlanRequest, Planned, schemas};
use crate::report;
use crate::report::progress::Progress;
use engine::plan::InvalidPlan;
use engine::{Mode, Plan, StateOnly};

/// Show what would change, and change nothing.
///
/// Compares the configuration with the state and with the live systems. Exits with 0 when that worked and 1 when it
/// did not; with --detailed-exitcode, 2 says that there are changes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Save the plan to FILE, for `koctl apply FILE`.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    request: RequestArgs,

    /// Plan to destroy everything that the state knows.
    #[arg(long)]
    destroy: bool,

    /// Plan to have the state know what changed outside of koctl, and nothing else.
    #[arg(long, conflicts_with_all = ["destroy", "no_refresh", "no_adopt"])]
    refresh_only: bool,

    /// Exit with 2 when there are changes.
    #[arg(long)]
    detailed_exitcode: bool,

    /// Print one JSON event a line instead of text.
    #[arg(long)]
    json: bool,

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
}

/// What to plan, as `plan`, `apply` and `destroy` take it.
#[derive(Debug, clap::Args)]
pub(super) struct RequestArgs {
    /// Only addresses that match this glob, and what they depend on; may be given more than once.
    #[arg(long = "target", value_name = "GLOB")]
    targets: Vec<String>,

    /// Compare with the state alone, without asking Konnect and GitHub how things are.
    #[arg(long)]
    no_refresh: bool,

    /// Fail where an object exists that the state does not know, instead of importing it.
    #[arg(long)]
    no_adopt: bool,
}

impl RequestArgs {
    pub(super) fn request(&self, mode: Mode) -> PlanRequest {
        PlanRequest {
            targets: self.targets.clone(),
            mode,
            choice: None,
            no_refresh: self.no_refresh,
            no_adopt: self.no_adopt,
        }
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let progress = output.progress(args.json);
    let planned = session.plan(&args.request.request(args.mode()), None, &progress).await;
    output.end(&progress);
    let code = match planned {
        Ok(planned) => finish(args, output, &planned, &progress),
        Err(failure) => {
            refuse(output, &progress, &[failure]);
            FAILED
        }
    };
    session.close().await;
    code
}

fn finish(args: &Args, output: &Output, planned: &Planned, progress: &Progress) -> u8 {
    show(output, planned, args.json, progress);
    if let Some(file) = &args.out {
        // A mistyped name must not cost a configuration.
        let other =
            std::fs::read(file).is_ok_and(|there| matches!(Plan::from_bytes(&there), Err(InvalidPlan::NotAPlan(_))));
        if other {
            let message = format!("could not save the plan to {}: the file exists, and is no plan", file.display());
            output.error(&message, Some("Name another file, or delete that one first"));
            return FAILED;
        }
        if let Err(error) = std::fs::write(file, planned.plan.to_bytes()) {
            let help = "Check that the directory exists and is writable, and that the disk is not full";
            output.error(&format!("could not save the plan to {}: {error}", file.display()), Some(help));
            return FAILED;
        }
        let missing = if planned.failures.is_empty() { "" } else { ", without the organizations that failed" };
        let sandbox = args.system.sandbox_flag();
        output
            .note(&format!("Saved the plan{missing}. To apply exactly this: koctl apply {}{sandbox}", file.display()));
    }
    match planned {
        planned if !planned.failures.is_empty() => FAILED,
        planned if args.detailed_exitcode && planned.plan.has_changes() => DIFFERENCES,
        _ => DONE,
    }
}

/// Shows a plan, with what could not be planned.
pub(super) fn show(output: &Output, planned: &Planned, json: bool, progress: &Progress) {
    if !json && planned.reviews_files && !planned.kept.is_empty() {
        let files: Vec<_> = planned.kept.iter().map(|kept| (&*kept.path, &*kept.is, &*kept.would_be)).collect();
        output.data(&report::terminal::left_alone(&files, &output.style()));
    }
    if json {
        progress.planned(&planned.plan);
    } else if planned.failures.is_empty() || planned.plan.has_changes() {
        output.data(&report::terminal::plan(&planned.plan, schemas(), &output.style()));
    }
    if !json && !planned.reviews_files && !planned.kept.is_empty() {
        let paths: Vec<&str> = planned.kept.iter().map(|kept| &*kept.path).collect();
        output.note(&format!(
            "Left alone, since somebody edited them: {}. `koctl init` shows how they differ from this koctl's.",
            report::safe(&paths.join(", "))
        ));
    }
    for warning in &planned.warnings {
        output.warning(warning);
    }
    refuse(output, progress, &planned.failures);
}

/// Tells what could not be done: a person on stderr, and a program where it reads.
pub(super) fn refuse(output: &Output, progress: &Progress, failures: &[Failure]) {
    for Failure { scope, message, help } in failures {
        progress.refused(scope.as_deref(), message, help.as_deref());
    }
    output.failures(failures);
}
