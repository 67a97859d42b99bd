//! The flags that say how a plan is approved and applied, and the question that is asked without them (R12).

use std::time::Duration;

use clap::ArgAction;
use tokio::sync::watch;

use super::output::Output;
use crate::operations::{Approved, Failure, NotReviewed, schemas};
use crate::report::{self, Detail, PlanView};
use crate::review::Review;
use engine::plan::{Moved, ResourceChange};
use engine::{Mode, Plan, StateOnly};

/// The number of changes that an error names.
const NAMED: usize = 10;

/// How a plan is approved and applied, as `apply` and `destroy` take it.
#[derive(Debug, clap::Args)]
pub(super) struct ApprovalArgs {
    /// Apply without asking for approval.
    #[arg(long)]
    auto_approve: bool,

    /// With --auto-approve: also delete and replace what holds other people's work (teams, control planes, portals,
    /// APIs).
    #[arg(long, action = ArgAction::SetTrue)]
    allow_destroy: bool,

    /// How many resources to work on at the same time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    parallelism: u16,

    /// How long to wait for a state lock that another process holds, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    /// Print JSON events, one a line, instead of text. Needs --auto-approve, or FILE.
    #[arg(long)]
    json: bool,
}

impl ApprovalArgs {
    /// For a command that writes nothing except the state.
    pub(super) fn of_state_only(auto_approve: bool, lock_timeout: u64, json: bool) -> Self {
        Self { auto_approve, allow_destroy: false, parallelism: 1, lock_timeout, json }
    }

    /// True if no question is to be asked.
    pub(super) fn auto_approve(&self) -> bool {
        self.auto_approve
    }

    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.json
    }

    pub(super) fn parallelism(&self) -> usize {
        usize::from(self.parallelism)
    }

    pub(super) fn lock_timeout(&self) -> Duration {
        Duration::from_secs(self.lock_timeout)
    }

    /// The plan with the approval of a person at the terminal, or of the flags. `None` if the person declined.
    ///
    /// # Errors
    /// If no person can be asked, and if the flags do not cover what the plan destroys.
    pub(super) fn approve<'p>(
        &self,
        plan: &'p Plan,
        review: &Review,
        stop: &watch::Receiver<bool>,
        output: &Output,
    ) -> Result<Option<Approved<'p>>, Failure> {
        // Records of the state that are out of date need no approval.
        if self.auto_approve || !plan.has_changes() {
            return self.by_flags(plan, output).map(Some);
        }
        // An import's plan cannot be saved.
        let saved = |advice: &'static str| if plan.mode() == Mode::StateOnly(StateOnly::Import) { "" } else { advice };
        if self.json {
            let apply = saved(", or apply a plan that `koctl plan -o` saved");
            return Err(Failure::new("--json does not ask for approval").help(format!("add --auto-approve{apply}")));
        }
        if !output.is_interactive() {
            let review = saved(match plan.mode() {
                Mode::Destroy => ", or review `koctl plan --destroy -o FILE` and run `koctl apply FILE`",
                Mode::StateOnly(_) => ", or review `koctl plan --refresh-only -o FILE` and run `koctl apply FILE`",
                Mode::Normal => ", or review `koctl plan -o FILE` and run `koctl apply FILE`",
            });
            let failure = Failure::new("the plan needs approval, and there is no terminal to ask on");
            return Err(failure.help(format!("run the command in a terminal{review}, or add --auto-approve")));
        }
        by_a_person(plan, review, stop, output)
    }

    /// The plan with the approval of a reviewed one that has all of its changes.
    ///
    /// # Errors
    /// If the reviewed plan does not cover it.
    pub(super) fn by_review<'p>(
        &self,
        plan: &'p Plan,
        reviewed: &Plan,
        output: &Output,
    ) -> Result<Approved<'p>, Failure> {
        Approved::by_review(plan, reviewed, self.allow_destroy).map_err(|refused| match &refused {
            NotReviewed::Destroys(_) => destroys(plan, &refused, output),
            NotReviewed::Changes(changes) => Failure::new(format!("{refused}: {}", unreviewed(changes)))
                .help("have a new plan reviewed: `koctl plan -o FILE`, or approve this one: `koctl apply`"),
            NotReviewed::Moves(moves) => Failure::new(format!("{refused}: {}", unreviewed_moves(moves)))
                .help("have a new plan reviewed: `koctl plan -o FILE`, or approve this one: `koctl apply`"),
            _ => Failure::new(refused.to_string()).help("have a new plan reviewed: `koctl plan -o FILE`"),
        })
    }

    /// The plan with the approval of the flags.
    ///
    /// # Errors
    /// If the plan destroys what the flags do not cover.
    pub(super) fn by_flags<'p>(&self, plan: &'p Plan, output: &Output) -> Result<Approved<'p>, Failure> {
        Approved::by_flags(plan, self.allow_destroy).map_err(|refused| destroys(plan, &refused, output))
    }
}

/// The failure of a plan that destroys more than the flags allow.
fn destroys(plan: &Plan, refused: &impl std::fmt::Display, output: &Output) -> Failure {
    output.note(&report::terminal::guarded(plan, &output.error_style()).unwrap_or_default());
    Failure::new(refused.to_string()).help("review the plan; if this is what you want, add --allow-destroy")
}

/// The changes that a review did not cover, by name. The plan with all of them is on the screen already.
fn unreviewed(changes: &[&ResourceChange]) -> String {
    first_of(changes, |change| format!("`{}` {}", change.address, change.action.future()))
}

/// The moves that the reviewed plan does not have, as far as they are named.
fn unreviewed_moves(moves: &[&Moved]) -> String {
    first_of(moves, |one| format!("`{}` to `{}`", one.from, one.to))
}

/// The first of many in words, and the number of the others.
fn first_of<T>(all: &[&T], words: impl Fn(&T) -> String) -> String {
    let named = all.iter().take(NAMED).map(|one| words(one));
    let more = all.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    named.chain(more).collect::<Vec<_>>().join(", ")
}

/// Shows the risks once more, right before the question.
fn by_a_person<'p>(
    plan: &'p Plan,
    review: &Review,
    stop: &watch::Receiver<bool>,
    output: &Output,
) -> Result<Option<Approved<'p>>, Failure> {
    let view = PlanView { schemas: schemas(), review, detail: Detail::Normal };
    if let Some(risks) = report::terminal::risks(view, &output.error_style()) {
        output.note(&risks);
    }
    let question = match plan.mode() {
        Mode::Normal => "Do you want to perform these actions?",
        Mode::Destroy => "Do you want to destroy all of these resources?",
        Mode::StateOnly(StateOnly::Import) => "Do you want to import these objects into the state?",
        Mode::StateOnly(StateOnly::Refresh) => "Do you want to update the state to match?",
    };
    match output.is_approved(question) {
        Ok(true) => return Ok(Some(Approved::by_a_person(plan))),
        Err(failure) if !*stop.borrow() => return Err(failure),
        _ => output.note("Nothing was changed."),
    }
    Ok(None)
}
