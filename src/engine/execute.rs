//! Carrying a plan out (R8).
//!
//! Creates and updates run after what they refer to, deletes before it, as many at the same time as the graph
//! and the caller allow. A failure skips only what depends on it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::address::Address;
use super::desired::{Desired, Expr, Reference};
use super::error::{Error, ErrorKind};
use super::plan::{ResourceChange, ScopePlan};
use super::refresh;
use super::resource::{Attributes, Readers, Remote, Update, Writer, Writers};
use super::schedule::Schedule;
use super::schema::Schema;
use super::secret::Secrets;
use crate::state::ResourceState;

/// How often a create whose answer was lost is tried again after nothing was found.
const CREATE_ATTEMPTS: u32 = 3;
/// How many resources, for each that may be worked on at the same time, may be under way or wait for their record.
/// While one record is written, others are worked on, so that the next write holds many; but no more than these could
/// be without a record when the process dies, and would have to be found by their names.
pub const BACKLOG: usize = 4;
/// How long a create whose answer was lost may still be under way before it is looked for.
const SETTLE: Duration = Duration::from_secs(2);

/// Where the outcome of each step is kept. It returns when the record is durable.
#[async_trait]
pub trait Recorder: Send + Sync {
    /// The resource is now as given.
    async fn put(&self, address: &Address, resource: ResourceState) -> Result<(), Error>;
    /// The resource is gone. That it was not there is no error.
    async fn remove(&self, address: &Address) -> Result<(), Error>;
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
    /// What was not begun because somebody interrupted, or because a record could not be written.
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
    outcome: Outcome,
}

impl Execution<'_> {
    /// Does what the plan says, and tells how it went. Errors are part of the outcome: one never stops the rest,
    /// unless it is the state that cannot be written.
    pub async fn run(&self) -> Outcome {
        let changes = &self.plan.changes;
        let schedule = Schedule::new(changes, self.readers);
        let steps = schedule.steps.len();
        let mut run = Run {
            ready: (0..steps).filter(|step| schedule.waits[*step] == 0).collect(),
            progress: vec![Progress::Waiting; steps],
            schedule,
            made: HashMap::new(),
            skipped: HashSet::new(),
            outcome: Outcome::default(),
        };
        let halted = AtomicBool::new(false);
        let backlog = Semaphore::new(BACKLOG * self.permits.available_permits().max(1));
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
                    let (change, halted, backlog) = (&changes[index], &halted, &backlog);
                    let known = known(change, &run.made);
                    running.push(async move { (step, self.step(change, kind, known, halted, backlog).await) });
                }
            }
            let finished = tokio::select! {
                finished = running.next() => finished,
                Ok(()) = stop.changed(), if !halt => continue,
            };
            let Some((step, result)) = finished else { break };
            if let Err(error) = &result
                && error.kind == ErrorKind::State
            {
                halted.store(true, Ordering::Relaxed);
            }
            self.finished(&mut run, step, result);
        }
        self.conclude(run, halted.load(Ordering::Relaxed))
    }

    fn finished<'a>(&'a self, run: &mut Run<'a>, step: usize, result: Result<Done, Error>) {
        let (index, kind) = run.schedule.steps[step];
        let address = &self.plan.changes[index].address;
        match result {
            Ok(Done::Held) => run.progress[step] = Progress::Waiting,
            Ok(Done::As(remote)) => {
                run.progress[step] = Progress::Done;
                for follower in std::mem::take(&mut run.schedule.followers[step]) {
                    run.schedule.waits[follower] -= 1;
                    if run.schedule.waits[follower] == 0 && run.progress[follower] == Progress::Waiting {
                        run.ready.push(follower);
                    }
                }
                run.made.extend(remote.map(|remote| (address, remote)));
                run.outcome.done.push((address.clone(), kind));
                // What is taken over and differs is changed too, and counts as both, as in the plan.
                if kind == Step::Import && !self.plan.changes[index].changed.is_empty() {
                    run.outcome.done.push((address.clone(), Step::Update));
                }
            }
            Err(error) => {
                self.observer.event(&Event::Failed(address, kind, &error));
                run.progress[step] = Progress::Given;
                for skipped in run.schedule.descendants(step) {
                    self.skip(run, skipped, address);
                }
                run.outcome.failed.push((address.clone(), error));
            }
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

    async fn step(
        &self,
        change: &ResourceChange,
        step: Step,
        known: Attributes,
        halted: &AtomicBool,
        backlog: &Semaphore,
    ) -> Result<Done, Error> {
        let _place = backlog.acquire().await.map_err(|_| closed())?;
        let permit = self.permit().await?;
        if *self.stop.borrow() || halted.load(Ordering::Relaxed) {
            return Ok(Done::Held);
        }
        let started = Instant::now();
        self.observer.event(&Event::Started(&change.address, step));
        let type_name = change.address.type_name();
        let schema = self.readers.schema(type_name).ok_or_else(|| no_such_type(type_name))?;
        let writer = self.writers.get(type_name).ok_or_else(|| no_such_type(type_name))?;
        let remote = match step {
            Step::Delete | Step::Forget => {
                self.unmake(change, step, writer, permit).await?;
                None
            }
            _ => {
                let made = self.make(change, known, (step, schema, writer), permit).await;
                Some(made.map_err(|error| self.secrets.conceal(&change.address, error))?)
            }
        };
        let id = remote.as_ref().map(|remote| remote.id.clone()).or_else(|| change.id.clone()).unwrap_or_default();
        self.observer.event(&Event::Finished(&change.address, step, &id, started.elapsed()));
        Ok(Done::As(remote))
    }

    /// The right to work on one more resource.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.permits.acquire().await.map_err(|_| closed())
    }

    async fn unmake(
        &self,
        change: &ResourceChange,
        step: Step,
        writer: &dyn Writer,
        permit: SemaphorePermit<'_>,
    ) -> Result<(), Error> {
        if step == Step::Delete {
            let id = change.id.as_deref().unwrap_or_default();
            writer.delete(id, &change.before).await?;
        }
        drop(permit);
        self.recorder.remove(&change.address).await
    }

    /// A new object is recorded before it is completed: whatever happens then, it is not lost. Others are worked on
    /// while the record is written, so that the next write holds many.
    async fn make(
        &self,
        change: &ResourceChange,
        known: Attributes,
        (step, schema, writer): (Step, &'static Schema, &dyn Writer),
        permit: SemaphorePermit<'_>,
    ) -> Result<Remote, Error> {
        let change = complete(change, known)?;
        let (change, remote) = match step {
            Step::Create => self.create(change, schema, writer).await?,
            _ => {
                let remote = self.bring(&change, schema, writer).await?;
                (change, remote)
            }
        };
        drop(permit);
        self.recorder.put(&change.address, change.record(schema, &remote)).await?;
        if step == Step::Create {
            let _permit = self.permit().await?;
            writer.complete(&remote).await?;
        }
        Ok(remote)
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
enum Done {
    /// It is done; the object, where there is one now.
    As(Option<Remote>),
    /// It was not begun, because nothing new may be.
    Held,
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
    Desired {
        address: change.address.clone(),
        attributes: change.after.iter().map(literal).collect(),
        protect: change.protect,
    }
}
