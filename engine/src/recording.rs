//! Carrying out a plan that writes nothing but the state.
//!
//! There is no reader and no writer here: whatever the plan says, no request can leave.

use std::collections::HashSet;
use std::time::Instant;

use tokio::sync::watch;

use super::address::Address;
use super::error::{Error, ErrorKind};
use super::execute::{Entry, Event, Observer, Outcome, Recorder, Step};
use super::plan::{Action, ResourceChange, ScopePlan};
use super::recover::Recovery;
use super::resource::Remote;
use super::schema::Schema;
use crate::state::ResourceState;

/// Everything that carrying out such a plan of one scope needs.
pub struct Recording<'a> {
    /// The plan, approved.
    pub plan: &'a ScopePlan,
    /// What became of an earlier run that did not end; the plan was made with it.
    pub recovery: &'a Recovery,
    /// Finds the schema of a type.
    pub schemas: &'a (dyn Fn(&str) -> Option<&'static Schema> + Sync),
    /// Where it is kept.
    pub recorder: &'a dyn Recorder,
    /// Who is told.
    pub observer: &'a dyn Observer,
    /// True where nothing new may be begun.
    pub stop: watch::Receiver<bool>,
}

/// What becomes of the record of one resource.
type Record<'a> = (&'a ResourceChange, Step, Option<ResourceState>);

impl Recording<'_> {
    /// Writes all of it at once, or nothing.
    ///
    /// # Errors
    /// When it could not be stored, or the plan wants more than the state to be written.
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

    /// What an earlier run left, and what the plan says. What that run made and may not have completed stays an
    /// intent: the next apply completes it.
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
            Action::Import if change.changed.is_empty() => Step::Import,
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
            Error::new(ErrorKind::State, attempted, format!("this koctl knows no type `{type_name}`"))
                .help("the plan was made by another koctl: make a new one")
        })?;
        let id = change.id.clone().unwrap_or_default();
        let record = change.record(schema, &Remote { id, attributes: change.before.clone() });
        Ok(Some((change, step, Some(record))))
    }
}

fn not_stored(plan: &ScopePlan, error: Error) -> Error {
    Error { attempted: format!("write the state of `{}`", plan.scope), ..error }
}

fn wants_more(address: &Address, action: Action) -> Error {
    let cause = format!("`{address}` {}, and this plan may write nothing but the state", action.future());
    Error::new(ErrorKind::Refused, "carry out the plan", cause).help("make a new plan")
}
