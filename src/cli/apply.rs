//! `koctl apply`

use std::path::PathBuf;
use std::time::Duration;

use super::approval::ApprovalArgs;
use super::common::{ManifestArgs, SystemArgs, same_place, with_session};
use super::outcome::Outcome;
use super::output::Output;
use super::request::RequestArgs;
use super::rounds::{self, Rounds};
use super::{interrupt, next};
use crate::operations::{Failures, PlanRequest};
use engine::plan::Waiting;
use engine::{Mode, StateOnly};

/// Bring Konnect and the platform repository to what the configuration says.
///
/// Makes a plan, shows it, and asks for approval. With FILE, applies exactly that saved plan, or refuses if the state or
/// the configuration has changed since.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A plan that `koctl plan -o FILE` saved.
    #[arg(value_name = "FILE", conflicts_with_all = ["targets", "no_refresh", "no_adopt", "refresh_only", "skip_guarded", "loop_seconds"])]
    plan_file: Option<PathBuf>,

    /// Make a new plan, and apply it if the saved plan FILE, which people reviewed, has all of its changes: what else was
    /// merged or applied since does not matter. Asks for nothing. With --target, applies only a part of it.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["plan_file", "no_refresh", "no_adopt", "refresh_only", "loop_seconds", "auto_approve"]
    )]
    reviewed: Option<PathBuf>,

    #[command(flatten)]
    request: RequestArgs,

    /// Only update the state to match what changed outside koctl.
    #[arg(long, conflicts_with_all = ["no_refresh", "no_adopt", "loop_seconds"])]
    refresh_only: bool,

    #[command(flatten)]
    approval: ApprovalArgs,

    /// Apply everything except what deletes or replaces the work of others, and what goes with that. It waits.
    ///
    /// For a run without a person, so that a deletion that needs --allow-destroy does not hold up everything else.
    #[arg(long, conflicts_with_all = ["allow_destroy", "refresh_only"])]
    skip_guarded: bool,

    /// Plan and apply again after SECONDS, until interrupted. Needs --auto-approve.
    #[arg(long = "loop", value_name = "SECONDS", requires = "auto_approve", value_parser = clap::value_parser!(u64).range(1..))]
    loop_seconds: Option<u64>,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Args {
    fn mode(&self) -> Mode {
        if self.refresh_only { Mode::StateOnly(StateOnly::Refresh) } else { Mode::Normal }
    }

    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.approval.streams_events()
    }

    fn next(&self, waiting: &[&Waiting]) -> Option<String> {
        if self.refresh_only {
            return Some(format!("koctl plan{}", same_place(&self.manifest, &self.system)));
        }
        next::merge(waiting, &self.system)
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    with_session(&args.manifest, &args.system, output, async |session| {
        let reviewed = args.reviewed.as_deref().map(rounds::read).transpose()?;
        let mut request = PlanRequest { skip_guarded: args.skip_guarded, ..args.request.request(args.mode()) };
        if let Some(plan) = reviewed.as_ref().filter(|_| request.targets.is_empty()) {
            request.targets.clone_from(&plan.targets);
        }
        let (approval, stop) = (&args.approval, interrupt::watch());
        let next = |waiting: &[&Waiting]| args.next(waiting);
        let flags = same_place(&args.manifest, &args.system);
        let rounds =
            Rounds { session, request, approval, reviewed: reviewed.as_ref(), output, flags, stop, next: &next };
        match (&args.plan_file, args.loop_seconds) {
            (Some(file), _) => rounds.saved(file).await,
            (None, Some(seconds)) => rounds.again_and_again(Duration::from_secs(seconds)).await,
            (None, None) => rounds.once().await,
        }
    })
    .await
}
