//! Carrying a plan out (R8).
//!
//! Creates and updates run after what they refer to, deletes before it, as many at the same time as the graph
//! and the caller allow. A failure skips only what depends on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use super::address::Address;
use super::desired::{Desired, Expr, Reference};
use super::error::{Error, ErrorKind};
use super::plan::{Action, ResourceChange, ScopePlan};
use super::refresh;
use super::resource::{Attributes, Readers, Remote, Update, Writer, Writers};
use super::schema::Schema;
use crate::state::ResourceState;

/// How often a create whose answer was lost is tried again after nothing was found.
const CREATE_ATTEMPTS: u32 = 3;

/// Where the outcome of each step is kept. It returns when the record is durable.
#[async_trait]
pub trait Recorder: Send + Sync {
    /// The resource is now as given.
    async fn put(&self, address: &Address, resource: ResourceState) -> Result<(), Error>;
    /// The resource is gone.
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
    /// Steps that are done, with their addresses.
    pub done: Vec<(Address, Step)>,
    /// What failed, and why.
    pub failed: Vec<(Address, Error)>,
    /// What was not tried because of a failure.
    pub skipped: Vec<Address>,
    /// What was not begun because somebody interrupted.
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

/// The steps of a plan and which wait for which.
struct Schedule {
    /// The index of the change, and what is done to it.
    steps: Vec<(usize, Step)>,
    /// For each step, those that wait for it.
    followers: Vec<Vec<usize>>,
    /// For each step, how many it still waits for.
    waits: Vec<usize>,
}

impl Schedule {
    fn new(changes: &[ResourceChange]) -> Self {
        let mut schedule = Self { steps: Vec::new(), followers: Vec::new(), waits: Vec::new() };
        let mut makes: HashMap<&Address, usize> = HashMap::new();
        let mut unmakes: HashMap<&Address, usize> = HashMap::new();
        for (index, change) in changes.iter().enumerate() {
            let (unmake, make) = match change.action {
                Action::Create => (None, Some(Step::Create)),
                Action::Update => (None, Some(Step::Update)),
                Action::Import => (None, Some(Step::Import)),
                Action::NoOp => (None, Some(Step::Record)),
                Action::Replace => (Some(Step::Delete), Some(Step::Create)),
                Action::Delete => (Some(Step::Delete), None),
                Action::Forget => (Some(Step::Forget), None),
                Action::Deferred => (None, None),
            };
            if let Some(step) = unmake {
                unmakes.insert(&change.address, schedule.add(index, step));
            }
            if let Some(step) = make {
                makes.insert(&change.address, schedule.add(index, step));
            }
        }
        for change in changes {
            schedule.order(change, &makes, &unmakes);
        }
        schedule
    }

    fn add(&mut self, change: usize, step: Step) -> usize {
        self.steps.push((change, step));
        self.followers.push(Vec::new());
        self.waits.push(0);
        self.steps.len() - 1
    }

    fn order(&mut self, change: &ResourceChange, makes: &HashMap<&Address, usize>, unmakes: &HashMap<&Address, usize>) {
        let make = makes.get(&change.address).copied();
        let unmake = unmakes.get(&change.address).copied();
        self.after(make, unmake);
        for dependency in &change.dependencies {
            self.after(make, makes.get(dependency).copied());
        }
        for dependency in &change.prior_dependencies {
            let gone = unmakes.get(dependency).copied();
            if unmake.is_some() {
                self.after(gone, unmake);
            } else if !change.dependencies.contains(dependency) {
                // It lets go of the dependency when it is updated; only then may that be deleted.
                self.after(gone, make);
            }
        }
    }

    fn after(&mut self, later: Option<usize>, earlier: Option<usize>) {
        if let (Some(later), Some(earlier)) = (later, earlier) {
            self.followers[earlier].push(later);
            self.waits[later] += 1;
        }
    }

    /// Every step that waits for `step`, directly or not.
    fn descendants(&self, step: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = self.followers[step].clone();
        while let Some(next) = open.pop() {
            if found.insert(next) {
                open.extend(&self.followers[next]);
            }
        }
        found
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Begun,
    Done,
    Given,
}

impl Execution<'_> {
    /// Does what the plan says, and tells how it went. Errors are part of the outcome: one never stops the rest.
    pub async fn run(&self) -> Outcome {
        let changes = &self.plan.changes;
        let mut schedule = Schedule::new(changes);
        let mut progress = vec![Progress::Waiting; schedule.steps.len()];
        let mut made: HashMap<Address, Remote> = HashMap::new();
        let mut outcome = Outcome::default();
        let mut running = FuturesUnordered::new();
        let mut stop = self.stop.clone();
        let mut halted = false;
        let mut ready: Vec<usize> = (0..schedule.steps.len()).filter(|step| schedule.waits[*step] == 0).collect();
        loop {
            halted |= *stop.borrow();
            if !halted {
                for step in ready.drain(..) {
                    progress[step] = Progress::Begun;
                    let (index, kind) = schedule.steps[step];
                    let known = self.known(&changes[index], &made);
                    running.push(async move { (step, self.step(&changes[index], kind, known).await) });
                }
            }
            let finished = tokio::select! {
                finished = running.next() => finished,
                Ok(()) = stop.changed(), if !halted => continue,
            };
            let Some((step, result)) = finished else { break };
            let (index, kind) = schedule.steps[step];
            let address = &changes[index].address;
            match result {
                Ok(Done::Held) => progress[step] = Progress::Waiting,
                Ok(Done::As(remote)) => {
                    progress[step] = Progress::Done;
                    for follower in std::mem::take(&mut schedule.followers[step]) {
                        schedule.waits[follower] -= 1;
                        if schedule.waits[follower] == 0 && progress[follower] == Progress::Waiting {
                            ready.push(follower);
                        }
                    }
                    made.extend(remote.map(|remote| (address.clone(), remote)));
                    outcome.done.push((address.clone(), kind));
                }
                Err(error) => {
                    self.observer.event(&Event::Failed(address, kind, &error));
                    progress[step] = Progress::Given;
                    for skipped in schedule.descendants(step) {
                        self.skip(&schedule, skipped, address, &mut progress, &mut outcome);
                    }
                    halted |= error.kind == ErrorKind::State;
                    outcome.failed.push((address.clone(), error));
                }
            }
        }
        for (step, (index, _)) in schedule.steps.iter().enumerate() {
            if progress[step] == Progress::Waiting {
                outcome.interrupted.push(changes[*index].address.clone());
            }
        }
        outcome.interrupted.dedup();
        outcome
    }

    fn skip(
        &self,
        schedule: &Schedule,
        step: usize,
        because: &Address,
        progress: &mut [Progress],
        outcome: &mut Outcome,
    ) {
        if progress[step] == Progress::Waiting {
            progress[step] = Progress::Given;
            let address = &self.plan.changes[schedule.steps[step].0].address;
            if address != because && !outcome.skipped.contains(address) {
                self.observer.event(&Event::Skipped(address, Some(because)));
                outcome.skipped.push(address.clone());
            }
        }
    }

    /// The values that were unknown when the plan was made.
    fn known(&self, change: &ResourceChange, made: &HashMap<Address, Remote>) -> BTreeMap<String, Value> {
        let value = |reference: &Reference| made.get(&reference.address)?.attribute(&reference.attribute);
        change.unknown.iter().filter_map(|(name, reference)| Some((name.clone(), value(reference)?))).collect()
    }

    async fn step(&self, change: &ResourceChange, step: Step, known: Attributes) -> Result<Done, Error> {
        let _permit =
            self.permits.acquire().await.map_err(|_| {
                Error::new(ErrorKind::Unexpected, "begin a step", "the limit on parallel steps was closed")
            })?;
        if *self.stop.borrow() {
            return Ok(Done::Held);
        }
        let started = Instant::now();
        self.observer.event(&Event::Started(&change.address, step));
        let type_name = change.address.type_name();
        let schema = self.readers.schema(type_name).ok_or_else(|| no_such_type(type_name))?;
        let writer = self.writers.get(type_name).ok_or_else(|| no_such_type(type_name))?;
        let remote = match step {
            Step::Delete | Step::Forget => {
                self.unmake(change, step, writer).await?;
                None
            }
            _ => Some(self.make(change, step, known, schema, writer).await?),
        };
        let id = remote.as_ref().map(|remote| remote.id.clone()).or_else(|| change.id.clone()).unwrap_or_default();
        self.observer.event(&Event::Finished(&change.address, step, &id, started.elapsed()));
        Ok(Done::As(remote))
    }

    async fn unmake(&self, change: &ResourceChange, step: Step, writer: &dyn Writer) -> Result<(), Error> {
        if step == Step::Delete {
            let id = change.id.as_deref().unwrap_or_default();
            writer.delete(id, &change.before).await?;
        }
        self.recorder.remove(&change.address).await
    }

    async fn make(
        &self,
        change: &ResourceChange,
        step: Step,
        known: Attributes,
        schema: &'static Schema,
        writer: &dyn Writer,
    ) -> Result<Remote, Error> {
        let mut change = change.clone();
        change.after.extend(known);
        if let Some((name, reference)) = change.unknown.iter().find(|(name, _)| !change.after.contains_key(*name)) {
            let cause = format!("`{name}` comes from `{reference}`, which this plan does not make");
            return Err(Error::new(ErrorKind::Refused, "begin", cause).help("make a new plan"));
        }
        let before = with_foreign(&change.before, &change.foreign);
        let after = with_foreign(&change.after, &change.foreign);
        let as_it_is = || Remote { id: change.id.clone().unwrap_or_default(), attributes: before.clone() };
        let remote = match step {
            Step::Create => self.create(&change, &after, writer).await?,
            Step::Update | Step::Import if !change.changed.is_empty() => {
                let id = change.id.as_deref().unwrap_or_default();
                writer.update(&Update { id, before: &before, after: &after, changed: &change.changed }).await?
            }
            _ => as_it_is(),
        };
        self.recorder.put(&change.address, change.record(schema, &remote)).await?;
        Ok(remote)
    }

    /// Creates the object. Where the answer is lost, it is looked for before it is sent again (R13).
    async fn create(
        &self,
        change: &ResourceChange,
        planned: &Attributes,
        writer: &dyn Writer,
    ) -> Result<Remote, Error> {
        let mut attempt = 1;
        let made = loop {
            match writer.create(planned).await {
                Err(error) if error.kind == ErrorKind::FateUnknown => {
                    if let Some(found) = refresh::find(&as_desired(change), self.readers).await? {
                        break found;
                    }
                    if attempt == CREATE_ATTEMPTS {
                        return Err(error);
                    }
                    attempt += 1;
                }
                other => break other?,
            }
        };
        writer.complete(&made).await?;
        Ok(made)
    }
}

/// How a step ended.
enum Done {
    /// It is done; the object, where there is one now.
    As(Option<Remote>),
    /// It was not begun, because somebody interrupted.
    Held,
}

fn no_such_type(type_name: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("work on a `{type_name}`"), "this koctl knows no such type")
        .help("the plan was made by another koctl: make a new one")
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
