//! Counts of changes by action.

use std::fmt;

use serde::Serialize;

use super::action::Action;
use super::change::ResourceChange;

/// Counts of changes by action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Objects taken over.
    pub import: usize,
    /// Objects created, replacements included.
    pub add: usize,
    /// Objects updated in place.
    pub change: usize,
    /// Objects deleted, replacements included.
    pub destroy: usize,
    /// Objects replaced, which are counted as added and as deleted, too.
    pub replace: usize,
    /// Objects removed from the state only.
    pub forget: usize,
    /// Objects that wait for something.
    pub deferred: usize,
}

impl<'a> FromIterator<&'a ResourceChange> for Summary {
    fn from_iter<T: IntoIterator<Item = &'a ResourceChange>>(changes: T) -> Self {
        let mut summary = Self::default();
        for change in changes {
            match change.action {
                Action::Create => summary.add += 1,
                Action::Update => summary.change += 1,
                Action::Delete => summary.destroy += 1,
                Action::Forget => summary.forget += 1,
                Action::Deferred => summary.deferred += 1,
                Action::NoOp => {}
                Action::Replace => {
                    summary.replace += 1;
                    summary.add += 1;
                    summary.destroy += 1;
                }
                Action::Import => {
                    summary.import += 1;
                    summary.change += usize::from(change.has_changed());
                }
            }
        }
        summary
    }
}

impl fmt::Display for Summary {
    /// `3 to import, 5 to add, 2 to change, 0 to destroy`; imports and forgotten objects only if there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.import > 0 {
            write!(f, "{} to import, ", self.import)?;
        }
        write!(f, "{} to add, {} to change, {} to destroy", self.add, self.change, self.destroy)?;
        if self.forget > 0 {
            write!(f, ", {} to forget", self.forget)?;
        }
        Ok(())
    }
}
