//! `koctl apply`

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgAction;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::plan::{RequestArgs, show};
use super::{DONE, FAILED};
use crate::engine::Plan;
use crate::operations::{Locks, Planned, Session, Settings};
use crate::report;

/// Bring Konnect and the platform repository to what the configuration says.
///
/// Makes a plan, shows it, and asks. With FILE, does exactly what that saved plan says, or refuses where the state
/// or the configuration moved on since.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A plan that `koctl plan -o FILE` saved.
    #[arg(value_name = "FILE", conflicts_with_all = ["targets", "no_refresh", "no_adopt", "loop_seconds"])]
    plan_file: Option<PathBuf>,

    #[command(flatten)]
    request: RequestArgs,

    #[command(flatten)]
    approval: ApprovalArgs,

    /// Plan and apply again every SECONDS, until interrupted. Needs --auto-approve.
    #[arg(long = "loop", value_name = "SECONDS", requires = "auto_approve")]
    loop_seconds: Option<u64>,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

/// How a plan is approved and carried out, as `apply` and `destroy` take it.
#[derive(Debug, clap::Args)]
pub(super) struct ApprovalArgs {
    /// Do not ask.
    #[arg(long)]
    auto_approve: bool,

    /// With --auto-approve: also delete and replace what holds other people's work (teams, control planes, portals,
    /// APIs).
    #[arg(long, action = ArgAction::SetTrue)]
    allow_destroy: bool,

    /// How many resources are worked on at the same time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    parallelism: u16,

    /// How long to wait for a state that somebody else has locked, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    /// Print one JSON event a line instead of text. Needs --auto-approve, or FILE.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let run = Run {
        session: &session,
        request: &args.request,
        approval: &args.approval,
        destroy: false,
        output,
        interrupted: Cell::new(false),
    };
    let code = match (&args.plan_file, args.loop_seconds) {
        (Some(file), _) => run.saved(file).await,
        (None, Some(seconds)) => run.again_and_again(Duration::from_secs(seconds)).await,
        (None, None) => run.once().await,
    };
    session.close().await;
    code
}

/// One or more rounds of planning and applying.
pub(super) struct Run<'a> {
    pub(super) session: &'a Session,
    pub(super) request: &'a RequestArgs,
    pub(super) approval: &'a ApprovalArgs,
    pub(super) destroy: bool,
    pub(super) output: &'a Output,
    /// Whether somebody interrupted the last round.
    pub(super) interrupted: Cell<bool>,
}

impl Run<'_> {
    fn operation(&self) -> &'static str {
        if self.destroy { "destroy" } else { "apply" }
    }

    fn lock_timeout(&self) -> Duration {
        Duration::from_secs(self.approval.lock_timeout)
    }

    /// Plans under the lock, asks, applies.
    pub(super) async fn once(&self) -> u8 {
        let (locks, locked_out) = self.session.lock_all(self.operation(), self.lock_timeout()).await;
        let progress = self.output.progress(self.approval.json);
        let planned = self.session.plan(&self.request.request(self.destroy), Some(&locks), &progress).await;
        self.output.end(&progress);
        let mut planned = match planned {
            Ok(planned) => planned,
            Err(failure) => {
                self.output.failures(&[failure]);
                self.give_back(locks).await;
                return FAILED;
            }
        };
        planned.failures.extend(locked_out);
        show(self.output, &planned, self.approval.json, &progress);
        if !planned.plan.has_work() {
            let released = self.give_back(locks).await;
            return if planned.failures.is_empty() { released } else { FAILED };
        }
        if planned.plan.has_changes() && !self.approved(&planned.plan) {
            self.give_back(locks).await;
            return FAILED;
        }
        self.carry_out(&planned, locks).await
    }

    /// Does what a saved plan says, or refuses.
    async fn saved(&self, file: &PathBuf) -> u8 {
        let refuse = |cause: String| {
            self.output.error(&format!("could not apply the plan {}: {cause}", file.display()), None);
            FAILED
        };
        let plan = match std::fs::read(file) {
            Ok(bytes) => Plan::from_bytes(&bytes),
            Err(error) => return refuse(error.to_string()),
        };
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => return refuse(error.to_string()),
        };
        if !self.approval.allow_destroy && self.refuses_guarded(&plan) {
            return FAILED;
        }
        match self.session.lock_for(&plan, self.operation(), self.lock_timeout()).await {
            Ok(locks) => {
                let planned = Planned { plan, failures: Vec::new(), warnings: Vec::new() };
                self.carry_out(&planned, locks).await
            }
            Err(failures) => {
                self.output.failures(&failures);
                FAILED
            }
        }
    }

    async fn again_and_again(&self, pause: Duration) -> u8 {
        loop {
            let code = self.once().await;
            if self.interrupted.get() {
                return code;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = super::interrupt::interrupted() => return DONE,
            }
        }
    }

    async fn give_back(&self, locks: Locks) -> u8 {
        let failures = locks.release().await;
        self.output.failures(&failures);
        if failures.is_empty() { DONE } else { FAILED }
    }

    /// Whether somebody said yes: a person at the terminal, or the flags (R12).
    fn approved(&self, plan: &Plan) -> bool {
        let Self { approval, output, .. } = self;
        if approval.auto_approve {
            return approval.allow_destroy || !self.refuses_guarded(plan);
        }
        if !output.is_interactive() || approval.json {
            let help = "Run it in a terminal, or review `koctl plan -o FILE` and run `koctl apply FILE`, or give \
                        --auto-approve";
            output.error("the plan needs somebody's approval, and there is no terminal to ask on", Some(help));
            return false;
        }
        if let Some(guarded) = report::terminal::guarded(plan, &output.error_style()) {
            output.note(&guarded);
        }
        let question = if self.destroy { "Destroy all of this?" } else { "Do you want to perform these actions?" };
        match output.ask(question) {
            Ok(answer) if answer == "yes" => true,
            Ok(_) => {
                output.note("Nothing was changed.");
                false
            }
            Err(error) => {
                output.error(&format!("could not ask for approval: {error}"), None);
                false
            }
        }
    }

    /// Says why guarded deletions are refused, where there are any.
    fn refuses_guarded(&self, plan: &Plan) -> bool {
        let Some(guarded) = report::terminal::guarded(plan, &self.output.error_style()) else { return false };
        self.output.note(&guarded);
        let help = "Review the plan; if this is meant, add --allow-destroy";
        self.output.error("the plan deletes or replaces what holds other people's work", Some(help));
        true
    }

    async fn carry_out(&self, planned: &Planned, locks: Locks) -> u8 {
        let (sender, stop) = tokio::sync::watch::channel(false);
        let interrupts = tokio::spawn(super::interrupt::watch(sender));
        let settings = Settings { parallelism: usize::from(self.approval.parallelism), stop: stop.clone() };
        let progress = self.output.progress(self.approval.json);
        let applied = self.session.apply(&planned.plan, locks, settings, &progress).await;
        interrupts.abort();
        self.interrupted.set(*stop.borrow());
        self.output.end(&progress);
        if self.approval.json {
            progress.applied(&applied.outcomes);
        } else if planned.plan.has_changes() {
            self.output.data(&report::terminal::outcome(&applied.outcomes, &self.output.style()));
        }
        self.output.failures(&applied.failures);
        if applied.is_complete() && planned.failures.is_empty() { DONE } else { FAILED }
    }
}
