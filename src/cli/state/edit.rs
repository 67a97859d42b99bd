//! The flags of subcommands that change a state, and the question they ask.

use std::time::Duration;

use super::Failures;
use crate::cli::output::Output;
use crate::operations::Failure;
use crate::operations::state::Edit;
use engine::state::LockOptions;

/// How a change is approved, and how long its lock is waited for.
#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// Do not ask.
    #[arg(long)]
    auto_approve: bool,

    /// Only show what would be done.
    #[arg(long, conflicts_with = "auto_approve")]
    dry_run: bool,

    /// How long to wait for a state that somebody else has locked, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,
}

impl EditArgs {
    /// How the lock is taken for the command `operation`.
    pub(super) fn lock(&self, operation: &str) -> LockOptions {
        LockOptions { timeout: Duration::from_secs(self.lock_timeout), ..LockOptions::new(operation) }
    }

    /// Makes the changes if they are approved, and otherwise gives their locks back. Returns whether they were made.
    pub(super) async fn carry_out(&self, edit: Edit, question: &str, output: &Output) -> Result<bool, Failures> {
        let approved = self.approves(question, output);
        if let Ok(true) = approved {
            edit.commit().await?;
            return Ok(true);
        }
        let mut failures = edit.cancel().await;
        failures.extend(approved.err());
        if failures.is_empty() { Ok(false) } else { Err(failures) }
    }

    /// Whether the change that was shown is to be made: the flag or a person said yes.
    pub(super) fn approves(&self, question: &str, output: &Output) -> Result<bool, Failure> {
        if self.auto_approve {
            return Ok(true);
        }
        if !self.dry_run && !output.is_interactive() {
            return Err(Failure::new("the change needs somebody's approval, and there is no terminal to ask on")
                .help("run it in a terminal, or look at it with --dry-run and then give --auto-approve"));
        }
        if !self.dry_run {
            let asked = output.ask(question);
            let answer = asked.map_err(|error| Failure::new(format!("could not ask for approval: {error}")))?;
            if answer == "yes" {
                return Ok(true);
            }
        }
        output.note("Nothing was changed.");
        Ok(false)
    }
}
