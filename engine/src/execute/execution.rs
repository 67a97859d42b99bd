//! Everything that applying a plan needs.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use super::event::Observer;
use super::recorder::Recorder;
use crate::plan::ScopePlan;
use crate::recover::Recovery;
use crate::resource::{Readers, Writers};
use crate::secret::Secrets;

/// Everything that applying the plan of one scope needs.
pub struct Execution<'a> {
    /// The plan, approved.
    pub plan: &'a ScopePlan,
    /// The result of an earlier apply that did not end. The plan relies on it.
    pub recovery: &'a Recovery,
    /// Find the object of a create whose answer was lost.
    pub readers: &'a Readers,
    /// Carry out the steps.
    pub writers: &'a Writers,
    /// The secrets of which the plan has only the traces (R11), checked against it.
    pub secrets: &'a Secrets,
    /// Stores the outcomes.
    pub recorder: &'a dyn Recorder,
    /// Receives the events.
    pub observer: &'a dyn Observer,
    /// One permit for each resource that may be worked on at the same time; shared by all scopes.
    pub permits: Arc<Semaphore>,
    /// Becomes true when nothing new may be begun.
    pub stop: watch::Receiver<bool>,
}
