//! The flags of subcommands that change a state, and the question they ask.

use std::time::Duration;

use crate::cli::output::Output;
use crate::operations::state::Edit;
use crate::operations::{Failure, Failures};
use engine::state::LockOptions;

/// How a change is approved, and how long to wait for its lock.
#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// Make the change without asking for approval.
    #[arg(long)]
    auto_approve: bool,

    /// Only show the change.
    #[arg(long, conflicts_with = "auto_approve")]
    dry_run: bool,

    /// How long to wait for a state lock that another process holds, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,
}

impl EditArgs {
    /// The options of the lock for the command `operation`.
    pub(super) fn lock(&self, operation: &str) -> LockOptions {
        LockOptions { timeout: Duration::from_secs(self.lock_timeout), ..LockOptions::new(operation) }
    }

    /// Makes the changes if they are approved, and otherwise releases their locks. Returns true if they were made.
    pub(super) async fn carry_out(&self, edit: Edit, question: &str, output: &Output) -> Result<bool, Failures> {
        let approved = self.approves(question, output);
        if let Ok(true) = approved {
            edit.commit().await?;
            return Ok(true);
        }
        let mut failures = edit.cancel().await;
        failures.extend(approved.err());
        failures.none_or(false)
    }

    /// True if the change that was shown is approved, by the flag or a person.
    pub(super) fn approves(&self, question: &str, output: &Output) -> Result<bool, Failure> {
        if self.auto_approve {
            return Ok(true);
        }
        if !self.dry_run && !output.is_interactive() {
            return Err(Failure::new("the change needs approval, and there is no terminal to ask on").help(
                "run the command in a terminal, or review the change with --dry-run and then add --auto-approve",
            ));
        }
        if !self.dry_run && output.is_approved(question)? {
            return Ok(true);
        }
        output.note("Nothing was changed.");
        Ok(false)
    }
}
