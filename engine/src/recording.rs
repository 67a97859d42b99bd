//! Applying a plan that writes nothing but the state.
//!
//! There are no readers and writers here: whatever the plan says, no request can leave.

use std::collections::HashSet;
use std::time::Instant;

use tokio::sync::watch;

use super::address::Address;
use super::error::{Error, ErrorKind};
use super::execute::{Entry, Event, Observer, Outcome, Recorder, Step};
use super::plan::{Action, ResourceChange, ScopePlan};
use super::recover::Recovery;
use super::remote::Remote;
use super::schema::Schema;
use crate::state::ResourceState;

/// Everything that applying such a plan of one scope needs.
pub struct Recording<'a> {
    /// The plan, approved.
    pub plan: &'a ScopePlan,
    /// The result of an earlier apply that did not end. The plan relies on it.
    pub recovery: &'a Recovery,
    /// Finds the schema of a type.
    pub schemas: &'a (dyn Fn(&str) -> Option<&'static Schema> + Sync),
    /// Stores the records.
    pub recorder: &'a dyn Recorder,
    /// Receives the events.
    pub observer: &'a dyn Observer,
    /// True if nothing new may begin.
    pub stop: watch::Receiver<bool>,
}

/// The new record of a resource; `None` if it is removed.
type Record<'a> = (&'a ResourceChange, Step, Option<ResourceState>);

impl Recording<'_> {
    /// Writes all records at once, or none.
    ///
    /// # Errors
    /// The records could not be stored, or the plan wants more than the state to be written.
    pub async fn run(&self) -> Result<Outcome, Error> {
        let records = self.plan.changes.iter().filter_map(|change| self.record(change).transpose());
        let records = records.collect::<Result<Vec<Record<'_>>, Error>>()?;
        let mut outcome = Outcome::default();
        if *self.stop.borrow() {
            outcome.interrupted = records.iter().map(|(change, ..)| change.address.clone()).collect();
            return Ok(outcome);
        }
        let began = Instant::now();
        let entry = self.entry(&records);
        if entry != Entry::default() {
            self.recorder.record(entry).await.map_err(|error| not_stored(self.plan, error))?;
        }
        for (change, step, _) in records {
            let id = change.id.as_deref().unwrap_or_default();
            self.observer.event(&Event::Finished(&change.address, step, id, began.elapsed()));
            outcome.done.push((change.address.clone(), step));
        }
        Ok(outcome)
    }

    /// The results of an earlier run, and the records of the plan. The intent of an object that the earlier run may not
    /// have completed stays: the next apply completes it.
    fn entry(&self, records: &[Record<'_>]) -> Entry {
        let open: HashSet<_> = self.recovery.made().map(|(address, action, _)| (address, action)).collect();
        let found = self.recovery.found().iter().map(|one| (one.address.clone(), one.action));
        let mut entry = Entry { resources: self.recovery.resources().clone(), ..Entry::default() };
        entry.closed = found.filter(|(address, action)| !open.contains(&(address, *action))).collect();
        let record = |(change, _, record): &Record<'_>| (change.address.clone(), record.clone());
        entry.resources.extend(records.iter().map(record));
        entry
    }

    fn record<'c>(&self, change: &'c ResourceChange) -> Result<Option<Record<'c>>, Error> {
        let step = match change.action {
            Action::Import if !change.has_changed() => Step::Import,
            Action::NoOp => Step::Record,
            Action::Forget => return Ok(Some((change, Step::Forget, None))),
            Action::Deferred => return Ok(None),
            Action::Import | Action::Create | Action::Update | Action::Replace | Action::Delete => {
                return Err(wants_more(&change.address, change.action));
            }
        };
        let type_name = change.address.type_name();
        let schema = (self.schemas)(type_name).ok_or_else(|| {
            let attempted = format!("record `{}`", change.address);
            Error::new(ErrorKind::State, attempted, format!("this koctl does not know the type `{type_name}`"))
                .help("the plan was made by another koctl: make a new one")
        })?;
        let id = change.id.clone().unwrap_or_default();
        let record = change.record(schema, &Remote { id, attributes: change.before_values() });
        Ok(Some((change, step, Some(record))))
    }
}

fn not_stored(plan: &ScopePlan, error: Error) -> Error {
    Error { attempted: format!("write the state of `{}`", plan.scope), ..error }
}

fn wants_more(address: &Address, action: Action) -> Error {
    let cause = format!("`{address}` {}, and this plan may write nothing but the state", action.future());
    Error::new(ErrorKind::Refused, "apply the plan", cause).help("make a new plan")
}
