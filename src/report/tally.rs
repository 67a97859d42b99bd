//! The outcomes of an apply, counted.

use std::fmt;

use serde::Serialize;

use engine::execute::{Outcome, Step};

/// Counts of outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    /// Objects imported.
    pub(super) import: usize,
    /// Objects created, replacements included.
    pub(super) add: usize,
    /// Objects updated in place.
    pub(super) change: usize,
    /// Objects deleted, replacements included.
    pub(super) destroy: usize,
    /// Objects removed from the state only.
    pub(super) forget: usize,
    /// Resources that failed.
    pub(super) failed: usize,
    /// Resources that were not tried because another failed.
    pub(super) skipped: usize,
    /// Resources that were not begun because of an interrupt.
    pub(super) interrupted: usize,
}

impl Tally {
    /// The tally of all scopes together.
    pub(super) fn of(outcomes: &[(String, Outcome)]) -> Self {
        let mut tally = Self::default();
        for (_, outcome) in outcomes {
            tally.import += outcome.count(Step::Import);
            tally.add += outcome.count(Step::Create);
            tally.change += outcome.count(Step::Update);
            tally.destroy += outcome.count(Step::Delete);
            tally.forget += outcome.count(Step::Forget);
            tally.failed += outcome.failed.len();
            tally.skipped += outcome.skipped.len();
            tally.interrupted += outcome.interrupted.len();
        }
        tally
    }

    /// True if everything that was planned is done.
    pub(super) fn is_complete(&self) -> bool {
        self.failed + self.skipped + self.interrupted == 0
    }
}

impl fmt::Display for Tally {
    /// `5 added, 2 changed, 0 destroyed`; other counts only if they are not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.import > 0 {
            write!(f, "{} imported, ", self.import)?;
        }
        write!(f, "{} added, {} changed, {} destroyed", self.add, self.change, self.destroy)?;
        let rest = [
            (self.forget, "forgotten"),
            (self.failed, "failed"),
            (self.skipped, "skipped"),
            (self.interrupted, "not begun"),
        ];
        for (number, what) in rest.into_iter().filter(|(number, _)| *number > 0) {
            write!(f, ", {number} {what}")?;
        }
        Ok(())
    }
}
