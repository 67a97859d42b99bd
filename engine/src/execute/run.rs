//! Which step runs when, and what follows from how it ended.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use futures::future::{BoxFuture, join_all};
use futures::stream::FuturesUnordered;

use super::event::{Event, Step};
use super::execution::Execution;
use super::existing::Existing;
use super::intent;
use super::outcome::Outcome;
use super::recorder::Entry;
use super::schedule::Schedule;
use super::step::Ended;
use crate::address::Address;
use crate::desired::Reference;
use crate::error::{Error, ErrorKind};
use crate::plan::{Action, ResourceChange};
use crate::remote::{Attributes, Remote};
use crate::state::{Intent, IntentAction};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Begun,
    Done,
    /// It failed, or was skipped because another did.
    GivenUp,
}

/// An execution under way.
struct Run<'a> {
    schedule: Schedule,
    progress: Vec<Progress>,
    /// The objects of the addresses that are done.
    made: HashMap<&'a Address, Remote>,
    ready: Vec<usize>,
    skipped: HashSet<&'a Address>,
    /// The changes whose intents were closed, or stay open because their result is unknown.
    decided: HashSet<usize>,
    /// Outcomes that are being stored.
    records: FuturesUnordered<BoxFuture<'a, Stored<'a>>>,
    outcome: Outcome,
}

/// The outcome of a step, after the attempt to store it.
struct Stored<'a> {
    change: &'a ResourceChange,
    step: Step,
    /// True if the step succeeded.
    succeeded: bool,
    result: Result<(), Error>,
}

impl Run<'_> {
    /// Counts a step as done, and makes those ready that waited for it alone.
    fn release(&mut self, step: usize) {
        self.progress[step] = Progress::Done;
        for follower in std::mem::take(&mut self.schedule.followers[step]) {
            self.schedule.waits[follower] -= 1;
            if self.schedule.waits[follower] == 0 && self.progress[follower] == Progress::Waiting {
                self.ready.push(follower);
            }
        }
    }
}

impl Execution<'_> {
    /// Applies the plan. Errors are part of the outcome: one never stops the rest, unless the state cannot be written.
    /// It returns when every outcome is stored, or could not be.
    ///
    /// # Errors
    /// The intents could not be stored. Nothing was begun.
    pub async fn run(&self) -> Result<Outcome, Error> {
        let changes = &self.plan.changes;
        let schedule = Schedule::new(changes, self.readers);
        let steps = schedule.steps.len();
        let mut run = Run {
            ready: (0..steps).filter(|step| schedule.waits[*step] == 0).collect(),
            progress: vec![Progress::Waiting; steps],
            schedule,
            made: HashMap::new(),
            skipped: HashSet::new(),
            decided: HashSet::new(),
            records: FuturesUnordered::new(),
            outcome: Outcome::default(),
        };
        if *self.stop.borrow() {
            return Ok(self.conclude(run, true));
        }
        let beginning = self.beginning();
        if beginning != Entry::default() {
            self.recorder.record(beginning).await?;
        }
        let stored = self.complete_recovered(&mut run).await;
        let halted = self.work_off(&mut run, AtomicBool::new(!stored)).await;
        self.close_what_was_not_begun(&run).await;
        Ok(self.conclude(run, halted))
    }

    /// The entry that has to be stored before the first request: the results of an earlier run, and the intents of
    /// this one.
    fn beginning(&self) -> Entry {
        let completed_first: HashSet<_> = self.to_complete().map(|(address, action, _)| (address, action)).collect();
        let resolved = self.recovery.found().iter().map(|one| (one.address.clone(), one.action));
        Entry {
            resources: self.recovery.resources().clone(),
            renamed: None,
            closed: resolved.filter(|(address, action)| !completed_first.contains(&(address, *action))).collect(),
            opened: intent::intents(&self.plan.changes, self.readers),
        }
    }

    /// Objects that an earlier run created and may not have completed, except those that are deleted now.
    fn to_complete(&self) -> impl Iterator<Item = (&Address, IntentAction, &Remote)> {
        let going = self.plan.changes.iter().filter(|change| change.destroys());
        let going: HashSet<&Address> = going.map(|change| &change.address).collect();
        self.recovery.made().filter(move |(address, ..)| !going.contains(address))
    }

    /// Completes what an earlier run created. Returns false if that could not be stored.
    async fn complete_recovered<'a>(&'a self, run: &mut Run<'a>) -> bool {
        let completions = self.to_complete().map(async |(address, action, remote)| {
            let completed = self.complete(address, remote).await;
            if completed.is_ok() {
                let closed = vec![(address.clone(), action)];
                self.recorder.record(Entry { closed, ..Entry::default() }).await?;
            }
            completed
        });
        let mut stored = true;
        let addresses = self.to_complete().map(|(address, ..)| address);
        for (address, completed) in addresses.zip(join_all(completions).await) {
            if let Err(error) = completed {
                stored &= error.kind != ErrorKind::State;
                self.observer.event(&Event::Failed(address, Step::Create, &error));
                run.outcome.failed.push((address.clone(), error));
            }
        }
        stored
    }

    /// Runs steps until none is left that can begin. Returns true if something stopped it from beginning all.
    async fn work_off<'a>(&'a self, run: &mut Run<'a>, halted: AtomicBool) -> bool {
        let existing = Existing::new(&self.plan.changes, self.readers);
        let existing = &existing;
        let mut running = FuturesUnordered::new();
        let mut stop = self.stop.clone();
        loop {
            if *stop.borrow() {
                halted.store(true, Ordering::Relaxed);
            }
            let halt = halted.load(Ordering::Relaxed);
            if !halt {
                for step in run.ready.drain(..) {
                    run.progress[step] = Progress::Begun;
                    let (index, kind) = run.schedule.steps[step];
                    let (change, halted) = (&self.plan.changes[index], &halted);
                    let known = known(change, &run.made);
                    let aside = run.schedule.asides.get(&step).copied();
                    running.push(async move {
                        let ended = match aside {
                            Some(key) => self.set_aside(change, key, halted).await,
                            None => self.step(change, kind, known, existing, halted).await,
                        };
                        (step, ended)
                    });
                }
            }
            if running.is_empty() && run.records.is_empty() {
                return halt;
            }
            tokio::select! {
                Some((step, ended)) = running.next() => self.finished(run, step, ended),
                Some(stored) = run.records.next() => {
                    if self.stored(run, stored).is_err() {
                        halted.store(true, Ordering::Relaxed);
                    }
                }
                Ok(()) = stop.changed(), if !halt => {}
            }
        }
    }

    fn finished<'a>(&'a self, run: &mut Run<'a>, step: usize, ended: Ended) {
        let (index, kind) = run.schedule.steps[step];
        let change = &self.plan.changes[index];
        let address = &change.address;
        match ended {
            Ended::Held => run.progress[step] = Progress::Waiting,
            Ended::SetAside => run.release(step),
            Ended::Done { remote, record, waits } => {
                run.release(step);
                let waiting = waits.map(|notice| notice.of(address));
                run.outcome.waiting.extend(waiting);
                run.made.extend(remote.map(|remote| (address, remote)));
                // A replacement is not done with its deletion.
                let is_half = kind == Step::Delete && change.action == Action::Replace;
                let closed = if is_half { Vec::new() } else { self.close(run, index) };
                let mut resources: BTreeMap<_, _> = [(address.clone(), record)].into();
                // One object never has two records.
                let earlier = if kind == Step::Import { self.earlier_address(change) } else { None };
                resources.extend(earlier.map(|earlier| (earlier.clone(), None)));
                let renamed = earlier.map(|earlier| (earlier.clone(), address.clone()));
                self.keep(run, step, true, Entry { resources, renamed, closed, opened: Vec::new() });
            }
            Ended::Failed { error, made } => {
                self.observer.event(&Event::Failed(address, kind, &error));
                run.progress[step] = Progress::GivenUp;
                for skipped in run.schedule.descendants(step) {
                    self.skip(run, skipped, address);
                }
                // What was created is completed by the next run, even if the server refuses to complete it now.
                let is_settled = leaves_nothing(&error) && (made.is_none() || kind != Step::Create);
                let closed = if is_settled { self.close(run, index) } else { Vec::new() };
                run.decided.insert(index);
                let opened = self.unanswered(change, &error);
                run.outcome.failed.push((address.clone(), error));
                let resources = made.map(|made| (address.clone(), Some(made))).into_iter().collect();
                self.keep(run, step, false, Entry { resources, closed, opened, ..Entry::default() });
            }
        }
    }

    /// The intent to create an object that may still arrive, and that nothing then keeps from being a second one.
    fn unanswered(&self, change: &ResourceChange, error: &Error) -> Vec<Intent> {
        let schema = self.readers.schema(change.address.type_name()).filter(|schema| schema.may_repeat);
        let schema = schema.filter(|_| error.kind == ErrorKind::FateUnknown);
        schema.and_then(|schema| intent::unanswered(change, schema)).into_iter().collect()
    }

    /// The address that is forgotten because its object gets the address of the change.
    fn earlier_address(&self, change: &ResourceChange) -> Option<&Address> {
        let same = |other: &&ResourceChange| {
            other.action == Action::Forget
                && other.id == change.id
                && other.address.type_name() == change.address.type_name()
        };
        self.plan.changes.iter().find(same).map(|forgotten| &forgotten.address)
    }

    /// Closes the intent of a change.
    fn close(&self, run: &mut Run<'_>, index: usize) -> Vec<(Address, IntentAction)> {
        run.decided.insert(index);
        let change = &self.plan.changes[index];
        intent::action(change).map(|action| (change.address.clone(), action)).into_iter().collect()
    }

    /// Begins to store the outcome of a step. Only the end of the run waits for it.
    fn keep<'a>(&'a self, run: &mut Run<'a>, step: usize, succeeded: bool, entry: Entry) {
        if entry == Entry::default() {
            return;
        }
        let (index, step) = run.schedule.steps[step];
        let change = &self.plan.changes[index];
        run.records.push(Box::pin(async move {
            let result = self.recorder.record(entry).await.map_err(|error| Error {
                attempted: format!("record in the state what was done to `{}`", change.address),
                ..error
            });
            Stored { change, step, succeeded, result }
        }));
    }

    /// Counts a step as done after its outcome was stored.
    fn stored(&self, run: &mut Run<'_>, stored: Stored<'_>) -> Result<(), ()> {
        let Stored { change, step, succeeded, result } = stored;
        let address = &change.address;
        if let Err(error) = result {
            self.observer.event(&Event::Failed(address, step, &error));
            run.outcome.failed.push((address.clone(), error));
            return Err(());
        }
        if succeeded {
            run.outcome.done.push((address.clone(), step));
            // An import that changes something counts as both, as in the plan.
            if step == Step::Import && change.has_changed() {
                run.outcome.done.push((address.clone(), Step::Update));
            }
        }
        Ok(())
    }

    /// Removes the intents of what was not begun. If that fails, the next run finds that nothing was done, and
    /// releasing the lock reports what is not stored.
    async fn close_what_was_not_begun(&self, run: &Run<'_>) {
        let undecided = (0..self.plan.changes.len()).filter(|index| !run.decided.contains(index));
        let intent = |index: usize| {
            let change = &self.plan.changes[index];
            Some((change.address.clone(), intent::action(change)?))
        };
        let closed: Vec<_> = undecided.filter_map(intent).collect();
        if !closed.is_empty()
            && let Err(error) = self.recorder.record(Entry { closed, ..Entry::default() }).await
        {
            tracing::debug!("the intents of what was not begun stay in the state: {error}");
        }
    }

    fn skip<'a>(&'a self, run: &mut Run<'a>, step: usize, because: &Address) {
        if run.progress[step] != Progress::Waiting {
            return;
        }
        run.progress[step] = Progress::GivenUp;
        let address = &self.plan.changes[run.schedule.steps[step].0].address;
        if address != because && run.skipped.insert(address) {
            self.observer.event(&Event::Skipped(address, Some(because)));
            run.outcome.skipped.push(address.clone());
        }
    }

    /// Adds what was not begun, with the reason.
    fn conclude(&self, run: Run<'_>, halted: bool) -> Outcome {
        let mut outcome = run.outcome;
        let waiting =
            run.schedule.steps.iter().zip(run.progress).filter(|(_, progress)| *progress == Progress::Waiting);
        let mut waiting: Vec<_> = waiting.map(|((index, _), _)| self.plan.changes[*index].address.clone()).collect();
        waiting.dedup();
        if halted {
            outcome.interrupted = waiting;
        } else {
            let error = |address: Address| {
                let attempted = format!("begin `{address}`");
                let cause = "it and others wait for each other: their dependencies in the state form a cycle";
                let error = Error::new(ErrorKind::State, attempted, cause);
                (
                    address,
                    error.help("look at their dependencies with `koctl state show`: the state was changed by hand"),
                )
            };
            outcome.failed.extend(waiting.into_iter().map(error));
        }
        outcome
    }
}

/// True if the error is the word of the server that nothing was done. Otherwise the intent stays, and the next run
/// looks.
fn leaves_nothing(error: &Error) -> bool {
    match error.kind {
        ErrorKind::Unauthorized | ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Conflict => true,
        ErrorKind::FateUnknown | ErrorKind::Unavailable | ErrorKind::Unexpected | ErrorKind::State => false,
    }
}

/// The values that were unknown when the plan was made.
fn known(change: &ResourceChange, made: &HashMap<&Address, Remote>) -> Attributes {
    let value = |reference: &Reference| made.get(&reference.address)?.attribute(&reference.attribute);
    change.references().filter_map(|(name, reference)| Some((name.to_owned(), value(reference)?))).collect()
}
