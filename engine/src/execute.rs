//! Carrying a plan out (R8, R10).
//!
//! Creates and updates run after what they refer to, deletes before it, as many at the same time as the graph
//! and the caller allow. A failure skips only what depends on it.
//!
//! What is about to be done is in the state before the first request leaves. So nothing has to wait until its outcome
//! is stored: outcomes are recorded behind the requests, and an outcome and the end of its intent are one change of
//! the state. What the process could not record is found by the next run.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::{BoxFuture, join_all};
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::address::Address;
use super::desired::{Desired, Expr, Reference};
use super::error::{Error, ErrorKind};
use super::intent;
use super::plan::{Action, ResourceChange, ScopePlan};
use super::recover::{Recovery, SETTLE};
use super::refresh;
use super::resource::{Attributes, Readers, Remote, Update, Writer, Writers};
use super::schedule::Schedule;
use super::schema::Schema;
use super::secret::Secrets;
use crate::state::{Intent, IntentAction, ResourceState, State};

/// How often a create whose answer was lost is tried again after nothing was found.
const CREATE_ATTEMPTS: u32 = 3;

/// Where outcomes are kept.
#[async_trait]
pub trait Recorder: Send + Sync {
    /// Changes the state, all of it or nothing, and returns when that is durable. What could not be stored may be
    /// stored with a later entry: it tells what has happened.
    async fn record(&self, entry: Entry) -> Result<(), Error>;
}

/// One change of the state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Resources as they are now; `None` for those that are gone. That one was not there is no error.
    pub resources: BTreeMap<Address, Option<ResourceState>>,
    /// The old address of an object and its new one: what depended on the old depends on the new.
    pub renamed: Option<(Address, Address)>,
    /// What is known by now, or was never begun: these intents go.
    pub closed: Vec<(Address, IntentAction)>,
    /// What is about to be done, in place of what was there under the same address and action.
    pub opened: Vec<Intent>,
}

impl Entry {
    /// Makes the change.
    pub fn enter(self, state: &mut State) {
        for (address, resource) in self.resources {
            match resource {
                Some(resource) => state.resources.insert(address.to_string(), resource),
                None => state.resources.remove(address.as_str()),
            };
        }
        if let Some((old, new)) = self.renamed {
            for resource in state.resources.values_mut() {
                if resource.dependencies.remove(old.as_str()) {
                    resource.dependencies.insert(new.to_string());
                }
            }
        }
        let opened = self.opened.iter().map(|intent| (intent.address.clone(), intent.action));
        let closed = self.closed.iter().map(|(address, action)| (address.to_string(), *action));
        let gone: HashSet<_> = closed.chain(opened).collect();
        state.intents.retain(|intent| !gone.contains(&(intent.address.clone(), intent.action)));
        state.intents.extend(self.opened);
    }
}

/// What happens during an apply, as it happens.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// Work on a resource began.
    Started(&'a Address, Step),
    /// It is done; the id of the object, and how long it took.
    Finished(&'a Address, Step, &'a str, Duration),
    /// It failed.
    Failed(&'a Address, Step, &'a Error),
    /// It was not tried, because of the failure of another.
    Skipped(&'a Address, Option<&'a Address>),
}

/// Who is told.
pub trait Observer: Send + Sync {
    /// Something happened in `scope`.
    fn event(&self, event: &Event<'_>);
}

/// What is being done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is created.
    Create,
    /// It is changed.
    Update,
    /// It is taken over.
    Import,
    /// It is deleted.
    Delete,
    /// The state forgets it.
    Forget,
    /// Only its record is written.
    Record,
}

/// Everything that carrying out the plan of one scope needs.
pub struct Execution<'a> {
    /// The plan, approved.
    pub plan: &'a ScopePlan,
    /// What became of an earlier run that did not end; the plan was made with it.
    pub recovery: &'a Recovery,
    /// To find out the fate of a lost create.
    pub readers: &'a Readers,
    /// What does it.
    pub writers: &'a Writers,
    /// What the plan has only the traces of (R11), checked against it.
    pub secrets: &'a Secrets,
    /// Where it is kept.
    pub recorder: &'a dyn Recorder,
    /// Who is told.
    pub observer: &'a dyn Observer,
    /// One permit for each resource that may be worked on at the same time; shared by all scopes.
    pub permits: Arc<Semaphore>,
    /// Turns true when nothing new may be begun.
    pub stop: watch::Receiver<bool>,
}

/// How it went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Steps that are done, with their addresses; an import that changed something is an update too.
    pub done: Vec<(Address, Step)>,
    /// What failed, and why.
    pub failed: Vec<(Address, Error)>,
    /// What was not tried because of a failure.
    pub skipped: Vec<Address>,
    /// What was not begun because somebody interrupted, or because the state could not be written.
    pub interrupted: Vec<Address>,
}

impl Outcome {
    /// Whether everything that was planned is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.interrupted.is_empty()
    }

    /// How many resources went through `step`.
    #[must_use]
    pub fn count(&self, step: Step) -> usize {
        self.done.iter().filter(|(_, done)| *done == step).count()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Begun,
    Done,
    /// It failed, or was skipped because another did.
    Given,
}

/// An execution under way.
struct Run<'a> {
    schedule: Schedule,
    progress: Vec<Progress>,
    /// What stands behind the addresses that were done.
    made: HashMap<&'a Address, Remote>,
    ready: Vec<usize>,
    skipped: HashSet<&'a Address>,
    /// The changes whose intents were closed, or stay open because nobody knows what came of them.
    decided: HashSet<usize>,
    /// What is being stored.
    records: FuturesUnordered<BoxFuture<'a, Stored<'a>>>,
    outcome: Outcome,
}

/// What was stored of a step, or not.
struct Stored<'a> {
    change: &'a ResourceChange,
    step: Step,
    /// Whether the step has succeeded.
    succeeded: bool,
    result: Result<(), Error>,
}

impl Execution<'_> {
    /// Does what the plan says, and tells how it went. Errors are part of the outcome: one never stops the rest,
    /// unless it is the state that cannot be written. It returns when all that was done is stored, or could not be.
    ///
    /// # Errors
    /// When it could not be stored what is about to be done. Nothing was begun.
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

    /// What the state has to know before the first request: what an earlier run left, and what this one is about to
    /// do.
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

    /// What an earlier run made and may not have completed. What goes now needs no completion.
    fn to_complete(&self) -> impl Iterator<Item = (&Address, IntentAction, &Remote)> {
        let going = self.plan.changes.iter().filter(|change| change.destroys());
        let going: HashSet<&Address> = going.map(|change| &change.address).collect();
        self.recovery.made().filter(move |(address, ..)| !going.contains(address))
    }

    /// Completes what an earlier run made. Returns whether that it did could be stored.
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

    async fn complete(&self, address: &Address, made: &Remote) -> Result<(), Error> {
        let _permit = self.permit().await?;
        self.writer(address)?.complete(made).await
    }

    /// Works until nothing is left that can be begun. Returns whether something stood in the way of beginning all.
    async fn work_off<'a>(&'a self, run: &mut Run<'a>, halted: AtomicBool) -> bool {
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
                    running.push(async move { (step, self.step(change, kind, known, halted).await) });
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
            Ended::Done { remote, record } => {
                run.progress[step] = Progress::Done;
                for follower in std::mem::take(&mut run.schedule.followers[step]) {
                    run.schedule.waits[follower] -= 1;
                    if run.schedule.waits[follower] == 0 && run.progress[follower] == Progress::Waiting {
                        run.ready.push(follower);
                    }
                }
                run.made.extend(remote.map(|remote| (address, remote)));
                // What is deleted to be made again is not done with.
                let is_half = kind == Step::Delete && change.action == Action::Replace;
                let closed = if is_half { Vec::new() } else { self.close(run, index) };
                let mut resources: BTreeMap<_, _> = [(address.clone(), record)].into();
                // Never are there two records of one object.
                let earlier = if kind == Step::Import { self.earlier_address(change) } else { None };
                resources.extend(earlier.map(|earlier| (earlier.clone(), None)));
                let renamed = earlier.map(|earlier| (earlier.clone(), address.clone()));
                self.keep(run, step, true, Entry { resources, renamed, closed, opened: Vec::new() });
            }
            Ended::Failed { error, made } => {
                self.observer.event(&Event::Failed(address, kind, &error));
                run.progress[step] = Progress::Given;
                for skipped in run.schedule.descendants(step) {
                    self.skip(run, skipped, address);
                }
                let closed = if leaves_nothing(&error) && made.is_none() { self.close(run, index) } else { Vec::new() };
                run.decided.insert(index);
                run.outcome.failed.push((address.clone(), error));
                let resources = made.map(|made| (address.clone(), Some(made))).into_iter().collect();
                self.keep(run, step, false, Entry { resources, closed, ..Entry::default() });
            }
        }
    }

    /// The address that is forgotten because its object gets that of the change.
    fn earlier_address(&self, change: &ResourceChange) -> Option<&Address> {
        let same = |other: &&ResourceChange| {
            other.action == Action::Forget
                && other.id == change.id
                && other.address.type_name() == change.address.type_name()
        };
        self.plan.changes.iter().find(same).map(|forgotten| &forgotten.address)
    }

    /// The intent of a change, which goes.
    fn close(&self, run: &mut Run<'_>, index: usize) -> Vec<(Address, IntentAction)> {
        run.decided.insert(index);
        let change = &self.plan.changes[index];
        intent::action(change).map(|action| (change.address.clone(), action)).into_iter().collect()
    }

    /// Begins to store what came of a step. Nothing waits for it but the end.
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

    /// A step is done when that is stored.
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
            // What is taken over and differs is changed too, and counts as both, as in the plan.
            if step == Step::Import && !change.changed.is_empty() {
                run.outcome.done.push((address.clone(), Step::Update));
            }
        }
        Ok(())
    }

    /// Takes back the intents of what was not begun. Where they cannot be, the next run finds that nothing came of
    /// them, and what is not stored is told when the lock is given back.
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
        run.progress[step] = Progress::Given;
        let address = &self.plan.changes[run.schedule.steps[step].0].address;
        if address != because && run.skipped.insert(address) {
            self.observer.event(&Event::Skipped(address, Some(because)));
            run.outcome.skipped.push(address.clone());
        }
    }

    /// Tells what was not begun, and why.
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

    async fn step(&self, change: &ResourceChange, step: Step, known: Attributes, halted: &AtomicBool) -> Ended {
        let permit = match self.permit().await {
            Ok(permit) => permit,
            Err(error) => return Ended::Failed { error, made: None },
        };
        if *self.stop.borrow() || halted.load(Ordering::Relaxed) {
            return Ended::Held;
        }
        let started = Instant::now();
        self.observer.event(&Event::Started(&change.address, step));
        let done = match step {
            Step::Delete | Step::Forget => self.unmake(change, step).await.map(|()| None),
            _ => self
                .make(change, known, step)
                .await
                .map(Some)
                .map_err(|error| self.secrets.conceal(&change.address, error)),
        };
        drop(permit);
        let made = match done {
            Ok(Some(Made { completed: Err(error), record, .. })) => {
                let error = self.secrets.conceal(&change.address, error);
                return Ended::Failed { error, made: Some(record) };
            }
            Ok(made) => made,
            Err(error) => return Ended::Failed { error, made: None },
        };
        let (remote, record) = made.map(|made| (made.remote, made.record)).unzip();
        let id = remote.as_ref().map(|remote| remote.id.clone()).or_else(|| change.id.clone()).unwrap_or_default();
        self.observer.event(&Event::Finished(&change.address, step, &id, started.elapsed()));
        Ended::Done { remote, record }
    }

    /// The right to work on one more resource.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.permits.acquire().await.map_err(|_| closed())
    }

    fn writer(&self, address: &Address) -> Result<&dyn Writer, Error> {
        let type_name = address.type_name();
        self.writers.get(type_name).ok_or_else(|| no_such_type(type_name))
    }

    async fn unmake(&self, change: &ResourceChange, step: Step) -> Result<(), Error> {
        let writer = self.writer(&change.address)?;
        if step == Step::Delete {
            let id = change.id.as_deref().unwrap_or_default();
            writer.delete(id, &change.before).await?;
        }
        Ok(())
    }

    async fn make(&self, change: &ResourceChange, known: Attributes, step: Step) -> Result<Made, Error> {
        let type_name = change.address.type_name();
        let schema = self.readers.schema(type_name).ok_or_else(|| no_such_type(type_name))?;
        let writer = self.writer(&change.address)?;
        let change = complete(change, known)?;
        if step != Step::Create {
            let remote = self.bring(&change, schema, writer).await?;
            return Ok(Made { record: change.record(schema, &remote), remote, completed: Ok(()) });
        }
        let (change, remote) = self.create(change, schema, writer).await?;
        let completed = writer.complete(&remote).await;
        Ok(Made { record: change.record(schema, &remote), remote, completed })
    }

    /// Creates the object. Where the answer is lost, it is looked for before it is sent again (R13). Returns the
    /// change that was carried out in the end: what was found can differ from what was asked for.
    async fn create(
        &self,
        change: ResourceChange,
        schema: &'static Schema,
        writer: &dyn Writer,
    ) -> Result<(ResourceChange, Remote), Error> {
        let planned = self.sent(&change, schema)?;
        let mut attempt = 1;
        loop {
            let lost = match writer.create(&planned).await {
                Err(error) if error.kind == ErrorKind::FateUnknown => error,
                other => return other.map(|made| (change, made)),
            };
            tokio::time::sleep(SETTLE).await;
            if let Some(found) = self.find(&change, &lost).await? {
                let change = found_instead(&change, schema, &found)?;
                let remote = self.bring(&change, schema, writer).await?;
                return Ok((change, remote));
            }
            if attempt == CREATE_ATTEMPTS {
                return Err(lost.help("apply again: if it was made after all, it is found and imported then"));
            }
            attempt += 1;
        }
    }

    /// Brings an object that is there to what the change says, and returns it as it then is.
    async fn bring(
        &self,
        change: &ResourceChange,
        schema: &'static Schema,
        writer: &dyn Writer,
    ) -> Result<Remote, Error> {
        let id = change.id.as_deref().unwrap_or_default();
        let before = with_foreign(&change.before, &change.foreign);
        if change.changed.is_empty() {
            return Ok(Remote { id: id.to_owned(), attributes: before });
        }
        let after = self.sent(change, schema)?;
        writer.update(&Update { id, before: &before, after: &after, changed: &change.changed }).await
    }

    /// The attributes as a request holds them: with the labels of others, and with secrets instead of their traces.
    fn sent(&self, change: &ResourceChange, schema: &'static Schema) -> Result<Attributes, Error> {
        let attributes = with_foreign(&change.after, &change.foreign);
        self.secrets.reveal(&change.address, schema, attributes)
    }

    async fn find(&self, change: &ResourceChange, lost: &Error) -> Result<Option<Remote>, Error> {
        refresh::find(&as_desired(change), self.readers).await.map_err(|error| {
            let cause = format!("{}; looking for it failed too: {error}", lost.cause);
            Error { cause, help: error.help, ..lost.clone() }
        })
    }
}

/// How a step ended.
enum Ended {
    /// It is done.
    Done {
        /// The object, where there is one now.
        remote: Option<Remote>,
        /// What the state keeps of it.
        record: Option<ResourceState>,
    },
    /// It failed.
    Failed {
        /// Why.
        error: Error,
        /// What the state keeps of the object, where one was made all the same.
        made: Option<ResourceState>,
    },
    /// It was not begun, because nothing new may be.
    Held,
}

/// An object that was made or changed.
struct Made {
    remote: Remote,
    record: ResourceState,
    /// Whether a new object got what it needs beyond its creation.
    completed: Result<(), Error>,
}

/// Whether an error is the server's word that it has done nothing. Where it is not, the intent stays, and the next run
/// looks.
fn leaves_nothing(error: &Error) -> bool {
    match error.kind {
        ErrorKind::Unauthorized | ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Conflict => true,
        ErrorKind::FateUnknown | ErrorKind::Unavailable | ErrorKind::Unexpected | ErrorKind::State => false,
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Unexpected, "begin a step", "the limit on parallel steps was closed")
}

fn no_such_type(type_name: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("work on a `{type_name}`"), "this koctl knows no such type")
        .help("the plan was made by another koctl: make a new one")
}

/// The values that were unknown when the plan was made.
fn known(change: &ResourceChange, made: &HashMap<&Address, Remote>) -> Attributes {
    let value = |reference: &Reference| made.get(&reference.address)?.attribute(&reference.attribute);
    change.unknown.iter().filter_map(|(name, reference)| Some((name.clone(), value(reference)?))).collect()
}

/// The change with all values known.
fn complete(change: &ResourceChange, known: Attributes) -> Result<ResourceChange, Error> {
    let mut change = change.clone();
    change.after.extend(known);
    if let Some((name, reference)) = change.unknown.iter().find(|(name, _)| !change.after.contains_key(*name)) {
        let cause = format!("`{name}` comes from `{reference}`, which this plan does not make");
        let attempted = format!("begin `{}`", change.address);
        return Err(Error::new(ErrorKind::Refused, attempted, cause).help("make a new plan"));
    }
    Ok(change)
}

/// What is to be done to an object that was found in place of a create's answer: mostly nothing, as that was the one.
fn found_instead(change: &ResourceChange, schema: &Schema, found: &Remote) -> Result<ResourceChange, Error> {
    let change = change.onto(schema, found);
    if change.replaced_by.is_empty() {
        return Ok(change);
    }
    let cause = format!(
        "the answer was lost, and there is another object of its name now ({}), which differs in `{}`",
        found.id,
        change.replaced_by.join("`, `")
    );
    Err(Error::new(ErrorKind::Conflict, format!("create `{}`", change.address), cause).help("make a new plan"))
}

/// Labels of others belong into every request that sets labels as a whole.
fn with_foreign(attributes: &Attributes, foreign: &Attributes) -> Attributes {
    let mut all = attributes.clone();
    for (name, labels) in foreign {
        if let (Some(Value::Object(mine)), Value::Object(theirs)) = (all.get_mut(name), labels) {
            mine.extend(theirs.clone());
        }
    }
    all
}

fn as_desired(change: &ResourceChange) -> Desired {
    let literal = |(name, value): (&String, &Value)| (name.clone(), Expr::Value(value.clone()));
    let address = &change.address;
    let mut desired = Desired::new(address.scope(), address.type_name(), address.key()).protect(change.protect);
    desired.attributes = change.after.iter().map(literal).collect();
    desired
}
