//! Rounds of planning, approving and applying, as `apply`, `destroy`, `import`, `init` and `add` do them.

use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;

use super::approval::ApprovalArgs;
use super::interrupt;
use super::outcome::Outcome;
use super::output::Output;
use super::planned::show;
use crate::manifest::files;
use crate::operations::{self, Approved, Failure, Failures, Locks, PlanRequest, Planned, Session, Settings};
use crate::report::{self, Detail};
use engine::plan::Waiting;
use engine::progress::Progress as _;
use engine::{Mode, Plan, StateOnly};

/// One or more rounds of planning and applying.
pub(super) struct Rounds<'a> {
    pub(super) session: &'a Session,
    pub(super) request: PlanRequest,
    pub(super) approval: &'a ApprovalArgs,
    /// A plan that people reviewed. If there is one, it approves what it has, and no one is asked.
    pub(super) reviewed: Option<&'a Plan>,
    pub(super) output: &'a Output,
    /// The flags that another command needs to work with the same configuration and state.
    pub(super) flags: String,
    /// Turns true at an interrupt.
    pub(super) stop: watch::Receiver<bool>,
    /// What to do after an apply that left nothing out.
    pub(super) next: &'a Next<'a>,
}

/// What to do next, given what waits for others. `None` if nothing is left to do.
pub(super) type Next<'a> = dyn Fn(&[&Waiting]) -> Option<String> + Sync + 'a;

/// A plan that was made under locks.
struct Prepared {
    planned: Result<Planned, Failure>,
    locks: Locks,
    locked_out: Failures,
}

impl Rounds<'_> {
    /// Plans under the locks, asks for approval, and applies.
    pub(super) async fn once(&self) -> Result<Outcome, Failures> {
        let progress = self.output.progress();
        // Nothing is written yet: an interrupt ends it at once, and dropping the locks releases them.
        let prepared = tokio::select! {
            prepared = self.prepare(&progress) => Some(prepared),
            () = self.interrupted() => None,
        };
        self.output.end(&progress);
        let Some(Prepared { planned, locks, locked_out }) = prepared else {
            self.output.note("Nothing was changed.");
            return Ok(Outcome::Incomplete);
        };
        let mut planned = match planned {
            Ok(planned) => planned,
            Err(failure) => return Err(released(locks, failure).await),
        };
        planned.failures.extend(locked_out);
        show(self.output, &planned, Detail::Normal, &self.flags, &progress);
        let outcome = self.apply_planned(&planned, locks).await?;
        // The failures are on the screen already.
        Ok(if planned.failures.is_empty() { outcome } else { Outcome::Incomplete })
    }

    async fn prepare(&self, progress: &report::progress::Progress) -> Prepared {
        let (locks, locked_out) = self.lock().await;
        let planned = operations::plan(self.session, &self.request, Some(&locks), progress).await;
        Prepared { planned, locks, locked_out }
    }

    async fn lock(&self) -> (Locks, Failures) {
        let (operation, timeout) = (self.operation(), self.approval.lock_timeout());
        match &self.request.choice {
            Some(choice) => Locks::of_scope(self.session, choice.address.scope(), operation, timeout).await,
            None => Locks::of_all(self.session, operation, timeout).await,
        }
    }

    fn operation(&self) -> &'static str {
        match self.request.mode {
            Mode::Normal | Mode::StateOnly(StateOnly::Refresh) => "apply",
            Mode::Destroy => "destroy",
            Mode::StateOnly(StateOnly::Import) => "import",
        }
    }

    async fn apply_planned(&self, planned: &Planned, locks: Locks) -> Result<Outcome, Failures> {
        let plan = &planned.plan;
        let ending = Ending { mode: plan.mode(), is_shown: plan.has_changes(), is_whole: planned.failures.is_empty() };
        if !plan.has_work() {
            return locks.release().await.none_or(Outcome::Done);
        }
        let approved = match self.reviewed {
            Some(reviewed) if plan.has_changes() => self.approval.by_review(plan, reviewed, self.output).map(Some),
            _ => self.approval.approve(plan, &planned.review, &self.stop, self.output),
        };
        match approved {
            Ok(Some(approved)) => self.apply(approved, ending, locks).await,
            Ok(None) => locks.release().await.none_or(Outcome::Incomplete),
            Err(failure) => Err(released(locks, failure).await),
        }
    }

    /// Applies a saved plan, or refuses it.
    pub(super) async fn saved(&self, file: &Path) -> Result<Outcome, Failures> {
        let plan = read(file)?;
        let approved = self.approval.by_flags(&plan, self.output)?;
        let locks = Locks::of_plan(self.session, &plan, self.operation(), self.approval.lock_timeout()).await?;
        let ending = Ending { mode: plan.mode(), is_shown: true, is_whole: plan.unplanned.is_empty() };
        let outcome = self.apply(approved, ending, locks).await;
        self.output.failures(&operations::unplanned(&plan));
        if plan.unplanned.is_empty() { outcome } else { outcome.and(Ok(Outcome::Incomplete)) }
    }

    /// Plans and applies again after each `pause`, until an interrupt. A round that fails does not end it.
    pub(super) async fn again_and_again(&self, pause: Duration) -> Result<Outcome, Failures> {
        loop {
            let result = self.once().await;
            if *self.stop.borrow() {
                return result;
            }
            if let Err(failures) = result {
                self.output.failures(&failures);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.interrupted() => return Ok(Outcome::Done),
            }
        }
    }

    /// Waits for an interrupt.
    async fn interrupted(&self) {
        if self.stop.clone().wait_for(|stop| *stop).await.is_err() {
            // No task listens for interrupts any more.
            std::future::pending().await
        }
    }

    async fn apply(&self, plan: Approved<'_>, ending: Ending, locks: Locks) -> Result<Outcome, Failures> {
        let settings = Settings { parallelism: self.approval.parallelism(), stop: self.stop.clone() };
        let progress = self.output.progress();
        progress.applying(plan.plan());
        let applying = operations::apply(self.session, plan, locks, settings, &progress);
        tokio::pin!(applying);
        let applied = tokio::select! {
            applied = &mut applying => applied,
            () = self.interrupted() => {
                progress.note(interrupt::FINISHING);
                applying.await
            }
        };
        self.output.end(&progress);
        if self.output.streams_events() {
            progress.applied(&applied.outcomes);
        } else if ending.is_shown {
            let style = self.output.style();
            self.output.screen(&match ending.mode {
                Mode::Normal | Mode::Destroy => {
                    let is_complete = ending.is_whole && applied.failures.is_empty();
                    report::terminal::outcome(ending.mode, &applied.outcomes, is_complete, &style)
                }
                Mode::StateOnly(what) => {
                    let is_complete = ending.is_whole && applied.is_complete();
                    report::terminal::recorded(what, &applied.outcomes, is_complete, &style)
                }
            });
        }
        if applied.is_complete() && ending.is_whole && ending.is_shown {
            let waiting: Vec<_> = applied.outcomes.iter().flat_map(|(_, outcome)| &outcome.waiting).collect();
            (self.next)(&waiting).iter().for_each(|next| self.output.next(next));
        }
        let outcome = if applied.is_complete() { Outcome::Done } else { Outcome::Incomplete };
        applied.failures.none_or(outcome)
    }
}

/// Reads a saved plan.
pub(super) fn read(file: &Path) -> Result<Plan, Failure> {
    let refused = |cause: String| {
        Failure::new(format!("could not apply the plan {}: {cause}", file.display()))
            .help("make a new plan with `koctl plan -o FILE`")
    };
    let bytes = files::read(file, files::LARGEST_DOCUMENT).map_err(|error| refused(error.to_string()))?;
    Plan::from_bytes(&bytes).map_err(|error| refused(error.to_string()))
}

/// How an apply ends on the screen.
#[derive(Clone, Copy)]
struct Ending {
    mode: Mode,
    /// True if its outcome is shown: also records of the state that are out of date are written.
    is_shown: bool,
    /// True if everything was planned.
    is_whole: bool,
}

/// Releases the locks after `failure`; a lock that could not be released is a failure, too.
async fn released(locks: Locks, failure: Failure) -> Failures {
    let mut failures = Failures::from(failure);
    failures.extend(locks.release().await);
    failures
}
