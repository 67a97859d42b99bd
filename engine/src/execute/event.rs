//! The events of an apply, reported as they happen.

use std::time::Duration;

use crate::address::Address;
use crate::error::Error;

/// An event of an apply.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// Work on a resource began.
    Started(&'a Address, Step),
    /// It is done: the id of the object, and the time that it took.
    Finished(&'a Address, Step, &'a str, Duration),
    /// It failed.
    Failed(&'a Address, Step, &'a Error),
    /// It was not tried, because another resource failed.
    Skipped(&'a Address, Option<&'a Address>),
}

/// Receives the events of an apply.
pub trait Observer: Send + Sync {
    /// Called for each event, from any thread.
    fn event(&self, event: &Event<'_>);
}

/// A step of an apply: one action on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is created.
    Create,
    /// It is updated in place.
    Update,
    /// It is taken over.
    Import,
    /// It is deleted.
    Delete,
    /// It is removed from the state only.
    Forget,
    /// Only its record in the state is written.
    Record,
}
