//! The outcome of an apply.

use super::event::Step;
use crate::address::Address;
use crate::error::Error;
use crate::plan::Waiting;

/// The outcome of applying the plan of one scope.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Steps that are done. An import that changed something counts as an update too.
    pub done: Vec<(Address, Step)>,
    /// Resources that failed.
    pub failed: Vec<(Address, Error)>,
    /// Resources that were not tried because another failed.
    pub skipped: Vec<Address>,
    /// Resources that were not begun because of an interrupt, or because the state could not be written.
    pub interrupted: Vec<Address>,
    /// Resources that are done as far as koctl can, and wait for others.
    pub waiting: Vec<Waiting>,
}

impl Outcome {
    /// True if everything that was planned is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.interrupted.is_empty()
    }

    /// The number of resources that went through `step`.
    #[must_use]
    pub fn count(&self, step: Step) -> usize {
        self.done.iter().filter(|(_, done)| *done == step).count()
    }
}
