//! `koctl apply`

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgAction;
use tokio::sync::watch;

use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::plan::{RequestArgs, refuse, show};
use super::{DONE, FAILED};
use crate::operations::{Approved, Failure, Locks, PlanRequest, Session, Settings};
use crate::report;
use engine::{Mode, Plan, StateOnly};

/// Bring Konnect and the platform repository to what the configuration says.
///
/// Makes a plan, shows it, and asks. With FILE, does exactly what that saved plan says, or refuses where the state
/// or the configuration moved on since.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A plan that `koctl plan -o FILE` saved.
    #[arg(value_name = "FILE", conflicts_with_all = ["targets", "no_refresh", "no_adopt", "refresh_only", "loop_seconds"])]
    plan_file: Option<PathBuf>,

    #[command(flatten)]
    request: RequestArgs,

    /// Have the state know what changed outside of koctl, and change nothing else.
    #[arg(long, conflicts_with_all = ["no_refresh", "no_adopt", "loop_seconds"])]
    refresh_only: bool,

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

impl Args {
    fn mode(&self) -> Mode {
        if self.refresh_only { Mode::StateOnly(StateOnly::Refresh) } else { Mode::Normal }
    }
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

impl ApprovalArgs {
    /// As a command takes it that writes nothing but the state.
    pub(super) fn of_state_only(auto_approve: bool, lock_timeout: u64, json: bool) -> Self {
        Self { auto_approve, allow_destroy: false, parallelism: 1, lock_timeout, json }
    }

    /// Whether nobody is to be asked.
    pub(super) fn auto_approve(&self) -> bool {
        self.auto_approve
    }

    /// Whether a program reads what is printed.
    pub(super) fn json(&self) -> bool {
        self.json
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let run = Run {
        session: &session,
        request: args.request.request(args.mode()),
        approval: &args.approval,
        output,
        stop: super::interrupt::watch(),
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
    pub(super) request: PlanRequest,
    pub(super) approval: &'a ApprovalArgs,
    pub(super) output: &'a Output,
    /// Turns true when somebody interrupts.
    pub(super) stop: watch::Receiver<bool>,
}

impl Run<'_> {
    fn operation(&self) -> &'static str {
        match self.request.mode {
            Mode::Normal | Mode::StateOnly(StateOnly::Refresh) => "apply",
            Mode::Destroy => "destroy",
            Mode::StateOnly(StateOnly::Import) => "import",
        }
    }

    async fn lock(&self) -> (Locks, Vec<Failure>) {
        let (operation, timeout) = (self.operation(), self.lock_timeout());
        match &self.request.choice {
            Some(choice) => self.session.lock_one(choice.address.scope(), operation, timeout).await,
            None => self.session.lock_all(operation, timeout).await,
        }
    }

    fn lock_timeout(&self) -> Duration {
        Duration::from_secs(self.approval.lock_timeout)
    }

    /// Plans under the lock, asks, applies.
    pub(super) async fn once(&self) -> u8 {
        let progress = self.output.progress(self.approval.json);
        let prepared = async {
            let (locks, locked_out) = self.lock().await;
            let planned = self.session.plan(&self.request, Some(&locks), &progress).await;
            (locks, locked_out, planned)
        };
        // Nothing was written so far: an interruption ends it at once, and the locks are given back with it.
        let (locks, locked_out, planned) = tokio::select! {
            prepared = prepared => prepared,
            () = self.interrupted() => {
                self.output.end(&progress);
                self.output.note("Nothing was changed.");
                return FAILED;
            }
        };
        self.output.end(&progress);
        let mut planned = match planned {
            Ok(planned) => planned,
            Err(failure) => {
                refuse(self.output, &progress, &[failure]);
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
        let Some(approved) = self.approved(&planned.plan) else {
            self.give_back(locks).await;
            return FAILED;
        };
        let done = self.carry_out(approved, planned.plan.mode(), planned.plan.has_changes(), locks).await;
        if planned.failures.is_empty() { done } else { FAILED }
    }

    /// Does what a saved plan says, or refuses.
    async fn saved(&self, file: &PathBuf) -> u8 {
        let refuse = |cause: String| {
            let help = "Make a new plan with `koctl plan -o FILE`";
            self.output.error(&format!("could not apply the plan {}: {cause}", file.display()), Some(help));
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
        let Some(approved) = self.by_flags(&plan) else { return FAILED };
        match self.session.lock_for(&plan, self.operation(), self.lock_timeout()).await {
            Ok(locks) => self.carry_out(approved, plan.mode(), true, locks).await,
            Err(failures) => {
                self.output.failures(&failures);
                FAILED
            }
        }
    }

    async fn again_and_again(&self, pause: Duration) -> u8 {
        loop {
            let code = self.once().await;
            if *self.stop.borrow() {
                return code;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.interrupted() => return DONE,
            }
        }
    }

    /// Waits until somebody interrupts.
    async fn interrupted(&self) {
        if self.stop.clone().wait_for(|stop| *stop).await.is_err() {
            // Nobody is left who could.
            std::future::pending().await
        }
    }

    async fn give_back(&self, locks: Locks) -> u8 {
        let failures = locks.release().await;
        self.output.failures(&failures);
        if failures.is_empty() { DONE } else { FAILED }
    }

    /// The plan with somebody's yes: of a person at the terminal, or of the flags (R12).
    fn approved<'p>(&self, plan: &'p Plan) -> Option<Approved<'p>> {
        let Self { approval, output, .. } = self;
        // Records of the state that are stale need nobody's approval.
        if approval.auto_approve || !plan.has_changes() {
            return self.by_flags(plan);
        }
        if approval.json {
            output.error(
                "--json does not ask",
                Some(&format!("Add --auto-approve{}", self.or_apply(", or apply a plan that `koctl plan -o` saved"))),
            );
            return None;
        }
        if !output.is_interactive() {
            let saved = self.or_apply(", or review `koctl plan -o FILE` and run `koctl apply FILE`");
            let help = format!("Run it in a terminal{saved}, or give --auto-approve");
            output.error("the plan needs somebody's approval, and there is no terminal to ask on", Some(&help));
            return None;
        }
        self.by_a_person(plan)
    }

    /// The advice to save a plan, where the command is about one that can be saved.
    fn or_apply(&self, advice: &'static str) -> &'static str {
        if self.request.mode == Mode::StateOnly(StateOnly::Import) { "" } else { advice }
    }

    fn by_a_person<'p>(&self, plan: &'p Plan) -> Option<Approved<'p>> {
        let output = self.output;
        if let Some(guarded) = report::terminal::guarded(plan, &output.error_style()) {
            output.note(&guarded);
        }
        let question = match self.request.mode {
            Mode::Normal => "Do you want to perform these actions?",
            Mode::Destroy => "Destroy all of this?",
            Mode::StateOnly(StateOnly::Import) => "Do you want the state to know these objects?",
            Mode::StateOnly(StateOnly::Refresh) => "Do you want the state to know this?",
        };
        match output.ask(question) {
            Ok(answer) if answer == "yes" => return Some(Approved::by_a_person(plan)),
            Err(error) if !*self.stop.borrow() => output.error(&format!("could not ask for approval: {error}"), None),
            _ => output.note("Nothing was changed."),
        }
        None
    }

    /// The plan with the yes of the flags, unless it destroys what they do not cover.
    fn by_flags<'p>(&self, plan: &'p Plan) -> Option<Approved<'p>> {
        match Approved::by_flags(plan, self.approval.allow_destroy) {
            Ok(approved) => Some(approved),
            Err(refused) => {
                self.output.note(&report::terminal::guarded(plan, &self.output.error_style()).unwrap_or_default());
                let help = "Review the plan; if this is meant, add --allow-destroy";
                self.output.error(&refused.to_string(), Some(help));
                None
            }
        }
    }

    async fn carry_out(&self, plan: Approved<'_>, mode: Mode, tell: bool, locks: Locks) -> u8 {
        let settings = Settings { parallelism: usize::from(self.approval.parallelism), stop: self.stop.clone() };
        let progress = self.output.progress(self.approval.json);
        let applying = self.session.apply(plan, locks, settings, &progress);
        tokio::pin!(applying);
        let applied = tokio::select! {
            applied = &mut applying => applied,
            () = self.interrupted() => {
                progress.note(super::interrupt::FINISHING);
                applying.await
            }
        };
        self.output.end(&progress);
        if self.approval.json {
            progress.applied(&applied.outcomes);
        } else if tell {
            let style = self.output.style();
            self.output.data(&match mode {
                Mode::Normal | Mode::Destroy => report::terminal::outcome(&applied.outcomes, &style),
                Mode::StateOnly(what) => {
                    report::terminal::recorded(what, &applied.outcomes, applied.is_complete(), &style)
                }
            });
        }
        refuse(self.output, &progress, &applied.failures);
        if applied.is_complete() { DONE } else { FAILED }
    }
}
