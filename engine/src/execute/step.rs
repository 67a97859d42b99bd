//! One step: a request to a remote system, and the record that it leaves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::SemaphorePermit;

use super::event::{Event, Step};
use super::execution::Execution;
use super::existing::Existing;
use crate::address::Address;
use crate::desired::{Desired, Expr};
use crate::error::{Error, ErrorKind};
use crate::plan::{AttributeChange, Notice, ResourceChange};
use crate::recover::SETTLE;
use crate::refresh;
use crate::remote::{Attributes, Remote};
use crate::resource::{Update, Writer};
use crate::schema::{Schema, UniqueKey};
use crate::state::ResourceState;

/// Attempts at a create whose answer is lost and whose object is not found.
const CREATE_ATTEMPTS: u32 = 3;

/// The number of characters that a name keeps while it is another one for now, so that it stays short enough.
const ASIDE: usize = 40;

/// The end of a step.
pub(super) enum Ended {
    /// It is done.
    Done {
        /// The object, if there is one now.
        remote: Option<Remote>,
        /// Its new record in the state.
        record: Option<ResourceState>,
        /// What it waits for.
        waits: Option<Notice>,
    },
    /// It failed.
    Failed {
        /// The reason.
        error: Error,
        /// The record of an object that was created nevertheless.
        made: Option<ResourceState>,
    },
    /// The object has another name for now. It is not done yet.
    SetAside,
    /// It was not begun, because nothing new may begin.
    Held,
}

/// An object that was created or updated.
struct Made {
    remote: Remote,
    record: ResourceState,
    /// The result of what a new object needs after its creation.
    completed: Result<(), Error>,
}

impl Execution<'_> {
    pub(super) async fn step(
        &self,
        change: &ResourceChange,
        step: Step,
        known: Attributes,
        existing: &Existing<'_>,
        halted: &AtomicBool,
    ) -> Ended {
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
            Step::Forget => Ok(None),
            Step::Delete => self.unmake(change).await,
            _ => self
                .make(change, known, step, existing)
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
        let (mut remote, record) = made.map(|made| (made.remote, made.record)).unzip();
        let schema = self.readers.schema(change.address.type_name());
        let waits = schema.zip(remote.as_mut()).and_then(|(schema, remote)| schema.take_notice(&mut remote.attributes));
        let id =
            remote.as_ref().map(|remote: &Remote| remote.id.clone()).or_else(|| change.id.clone()).unwrap_or_default();
        self.observer.event(&Event::Finished(&change.address, step, &id, started.elapsed()));
        Ended::Done { remote, record, waits }
    }

    /// Gives an object another value of this key for now, so that others can take the one that it has. If the apply ends before the
    /// object gets its own, the next plan gives it that.
    pub(super) async fn set_aside(&self, change: &ResourceChange, key: UniqueKey, halted: &AtomicBool) -> Ended {
        let permit = match self.permit().await {
            Ok(permit) => permit,
            Err(error) => return Ended::Failed { error, made: None },
        };
        if *self.stop.borrow() || halted.load(Ordering::Relaxed) {
            return Ended::Held;
        }
        let renamed = self.rename_for_now(change, key).await;
        drop(permit);
        match renamed {
            Ok(()) => Ended::SetAside,
            Err(error) => Ended::Failed { error, made: None },
        }
    }

    async fn rename_for_now(&self, change: &ResourceChange, key: UniqueKey) -> Result<(), Error> {
        let before = change.whole_before();
        let mut renamed = key.iter().filter(|name| change.is_changed(name));
        let Some((name, text)) = renamed.find_map(|name| Some((*name, before.get(*name)?.as_str()?))) else {
            return Ok(());
        };
        let id = change.id.as_deref().unwrap_or_default();
        let mut after = before.clone();
        after.insert(name.to_owned(), aside(text, id).into());
        let changed = [name.to_owned()];
        let update = Update { id, before: &before, after: &after, changed: &changed };
        self.writer(&change.address)?.update(&update).await.map(drop)
    }

    /// Permission to work on one more resource.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.permits.acquire().await.map_err(|_| closed())
    }

    fn writer(&self, address: &Address) -> Result<&dyn Writer, Error> {
        let type_name = address.type_name();
        self.writers.get(type_name).ok_or_else(|| no_such_type(type_name))
    }

    async fn unmake(&self, change: &ResourceChange) -> Result<Option<Made>, Error> {
        let id = change.id.as_deref().unwrap_or_default();
        let stays = self.writer(&change.address)?.remove(id, &change.before_values()).await?;
        let schema = self.schema(&change.address)?;
        Ok(stays.map(|remote| Made { record: change.leaving(schema, &remote), remote, completed: Ok(()) }))
    }

    fn schema(&self, address: &Address) -> Result<&'static Schema, Error> {
        let type_name = address.type_name();
        self.readers.schema(type_name).ok_or_else(|| no_such_type(type_name))
    }

    async fn make(
        &self,
        change: &ResourceChange,
        known: Attributes,
        step: Step,
        existing: &Existing<'_>,
    ) -> Result<Made, Error> {
        let schema = self.schema(&change.address)?;
        let writer = self.writer(&change.address)?;
        let change = complete(change, known)?;
        if step != Step::Create {
            let remote = self.bring(&change, schema, writer).await?;
            return Ok(self.made(&change, schema, remote, Ok(())).await);
        }
        existing.check(&change.address).await?;
        let (change, remote) = self.create(change, schema, writer).await?;
        let completed = writer.complete(&remote).await;
        Ok(self.made(&change, schema, remote, completed).await)
    }

    /// The object as it is now. If the answer does not show that it is as it was to be, the object is read: an answer
    /// can lag behind, or show a part only.
    async fn made(
        &self,
        change: &ResourceChange,
        schema: &'static Schema,
        answer: Remote,
        completed: Result<(), Error>,
    ) -> Made {
        let mut remote = answer;
        let mut completed = completed;
        if change.is_doubtful(schema, &remote)
            && let Some(reader) = self.readers.get(schema.type_name)
        {
            match reader.read_one(&remote.id, &change.known_after(&remote)).await {
                Ok(read) => remote = read.unwrap_or(remote),
                Err(error) => completed = completed.and(Err(error)),
            }
        }
        let record = change.not_normalised(schema, &remote, change.record(schema, &remote));
        let completed = completed.and_then(|()| change.check_effect(schema, &remote));
        Made { remote, record, completed }
    }

    /// Creates the object. If the answer is lost, looks for the object before the request is sent again (R13), and does
    /// not send it again where a late one would make a second object. Returns the change that was carried out in the
    /// end: what was found can differ from what was asked for.
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
                // The request before this one may have arrived after all.
                Err(error) if error.kind == ErrorKind::Conflict && attempt > 1 => error,
                other => return other.map(|made| (change, made)),
            };
            tokio::time::sleep(SETTLE).await;
            if let Some(found) = self.find(&change, &lost).await? {
                let change = found_instead(&change, schema, &found)?;
                let remote = self.bring(&change, schema, writer).await?;
                return Ok((change, remote));
            }
            if lost.kind == ErrorKind::Conflict {
                return Err(lost);
            }
            if schema.may_repeat || attempt == CREATE_ATTEMPTS {
                return Err(
                    lost.help("apply again: koctl looks first if it was created after all, and goes on with it")
                );
            }
            attempt += 1;
        }
    }

    /// Updates an existing object to what the change says, and returns it.
    async fn bring(
        &self,
        change: &ResourceChange,
        schema: &'static Schema,
        writer: &dyn Writer,
    ) -> Result<Remote, Error> {
        let id = change.id.as_deref().unwrap_or_default();
        let before = change.whole_before();
        let changed = schema.attributes.iter().filter(|attribute| change.is_changed(attribute.name));
        let changed: Vec<String> = changed.map(|attribute| attribute.name.to_owned()).collect();
        if changed.is_empty() {
            return Ok(Remote { id: id.to_owned(), attributes: before });
        }
        let after = self.sent(change, schema)?;
        writer.update(&Update { id, before: &before, after: &after, changed: &changed }).await
    }

    /// The attributes as a request has them: with the labels of others, and secrets instead of their traces.
    fn sent(&self, change: &ResourceChange, schema: &'static Schema) -> Result<Attributes, Error> {
        self.secrets.reveal(&change.address, schema, change.whole_after())
    }

    async fn find(&self, change: &ResourceChange, lost: &Error) -> Result<Option<Remote>, Error> {
        refresh::find(&change.as_desired(), self.readers).await.map_err(|error| {
            let cause = format!("{}; looking for it failed too: {error}", lost.cause);
            Error { cause, help: error.help, ..lost.clone() }
        })
    }

    pub(super) async fn complete(&self, address: &Address, made: &Remote) -> Result<(), Error> {
        let _permit = self.permit().await?;
        self.writer(address)?.complete(made).await
    }
}

/// The name of an object while others take its own: with a part of its id, which no other name has.
fn aside(name: &str, id: &str) -> String {
    let start = |text: &str, length: usize| text.chars().take(length).collect::<String>();
    format!("{}-{}", start(name, ASIDE), start(id, 8))
}

fn closed() -> Error {
    Error::new(ErrorKind::Unexpected, "begin a step", "the limit on parallel steps was closed")
}

fn no_such_type(type_name: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("work on a `{type_name}`"), "this koctl does not know the type")
        .help("the plan was made by another koctl: make a new one")
}

/// The change with all values known.
fn complete(change: &ResourceChange, known: Attributes) -> Result<ResourceChange, Error> {
    let mut change = change.clone();
    for (name, value) in known {
        if let Some(attribute) = change.attributes.get_mut(&name) {
            attribute.reveal(value);
        }
    }
    if let Some((name, reference)) = change.references().next() {
        let cause = format!("`{name}` comes from `{reference}`, which this plan does not create");
        let attempted = format!("begin `{}`", change.address);
        return Err(Error::new(ErrorKind::Refused, attempted, cause).help("make a new plan"));
    }
    Ok(change)
}

/// The change to an object that was found in place of the answer to a create: mostly none, as it is the one that was
/// created.
fn found_instead(change: &ResourceChange, schema: &Schema, found: &Remote) -> Result<ResourceChange, Error> {
    let change = change.onto(schema, found);
    let differs: Vec<&str> = change.replaced_by().collect();
    if differs.is_empty() {
        return Ok(change);
    }
    let cause = format!(
        "the answer was lost, and there is another object of its name now ({}), which differs in `{}`",
        found.id,
        differs.join("`, `")
    );
    Err(Error::new(ErrorKind::Conflict, format!("create `{}`", change.address), cause).help("make a new plan"))
}

impl ResourceChange {
    /// The attributes of the object after the change.
    fn known_after(&self, answer: &Remote) -> Attributes {
        let mut known = answer.attributes.clone();
        known.extend(self.whole_after());
        known
    }

    /// The resource, as far as its attributes are known.
    pub(super) fn as_desired(&self) -> Desired {
        let literal = |(name, attribute): (&String, &AttributeChange)| {
            Some((name.clone(), Expr::Value(attribute.after()?.clone())))
        };
        let address = &self.address;
        let mut desired = Desired::new(address.scope(), address.type_name(), address.key()).protect(self.protect);
        desired.attributes = self.attributes.iter().filter_map(literal).collect();
        desired
    }
}
