//! The results of an unfinished apply (R10).
//!
//! The intents of an apply are in the state before its first request leaves. Here the open ones are compared with the
//! live systems, before anything else is: what was created belongs to the state, even if the configuration no longer
//! wants it, and what was updated or deleted does not count as drift.
//!
//! It reads, and writes nothing: the next apply stores the results together with its own intents.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::address::{Address, InvalidAddress};
use super::desired::{Desired, Expr, InvalidReference, Reference};
use super::error::{Error, ErrorKind};
use super::plan::{Fate, Recovered};
use super::refresh::refresh;
use super::remembered::Remembered;
use super::remote::Remote;
use super::resource::Readers;
use super::schema::{Kind, Schema};
use super::value::{entries, own, stored_form};
use super::world::World;
use crate::state::{Intent, IntentAction, ResourceState};

/// How long a request may still be under way after its process died or its answer was lost.
///
/// No one can know of a request that a server has not begun to work on. After this time, unique names protect. Where
/// names may repeat, a request that went unanswered has more time, and plans report a second object.
pub const SETTLE: Duration = Duration::from_secs(2);

/// How long the object of a request that went unanswered may still appear, if its type lets names repeat: a gateway
/// answers for a server that goes on with the work, and lists lag behind.
const LATE: Duration = Duration::from_secs(30);

/// The results of the open intents of a state.
#[derive(Debug, Default)]
pub struct Recovery {
    found: Vec<Recovered>,
    resources: BTreeMap<Address, Option<ResourceState>>,
    made: BTreeMap<Address, Remote>,
}

impl Recovery {
    /// The result of each intent, by address.
    #[must_use]
    pub fn found(&self) -> &[Recovered] {
        &self.found
    }

    /// Changes of the state: records that are new or different, and `None` for resources that are gone.
    #[must_use]
    pub fn resources(&self) -> &BTreeMap<Address, Option<ResourceState>> {
        &self.resources
    }

    /// The objects that were created, and may lack what a new object needs after its creation.
    pub(super) fn made(&self) -> impl Iterator<Item = (&Address, IntentAction, &Remote)> {
        let made = |one: &Recovered| Some((self.made.get_key_value(&one.address)?, one.action));
        let made = self.found.iter().filter(|one| matches!(one.fate, Fate::Made { .. })).filter_map(made);
        made.map(|((address, remote), action)| (address, action, remote))
    }

    /// Applies the results to `state`.
    pub fn teach(&self, state: &mut Remembered) {
        for (address, resource) in &self.resources {
            match resource {
                Some(resource) => state.0.insert(address.clone(), resource.clone()),
                None => state.0.remove(address),
            };
        }
    }
}

/// Finds the results of `intents`, which are in a state with the resources `state`.
///
/// If something may still be on its way, it looks again after `settle`: an apply that will do other things to the same
/// objects waits for late requests, a plan need not.
///
/// # Errors
/// A list could not be read, it is ambiguous which object was created, or an intent was edited.
pub async fn recover(
    intents: &[Intent],
    state: &Remembered,
    readers: &Readers,
    settle: Option<Duration>,
) -> Result<Recovery, Vec<Error>> {
    if intents.is_empty() {
        return Ok(Recovery::default());
    }
    let open = intents.iter().map(|intent| Open::new(intent, readers)).collect::<Result<Vec<_>, _>>();
    let open = open.map_err(|error| vec![error])?;
    let mut all = look(&open, state, readers).await?;
    if let Some(settle) = settle {
        let times: Vec<Duration> = open.iter().map(|one| one.late().max(settle)).collect();
        let mut waited = Duration::ZERO;
        while waited < patience(&open, &all, &times) {
            tokio::time::sleep(settle).await;
            waited += settle;
            all = look(&open, state, readers).await?;
        }
    }
    let earlier = earlier_addresses(&open, &all, state);
    let mut recovery = Recovery::default();
    for (one, seen) in open.iter().zip(all) {
        let fate = recovery.learn(one, seen, state, &earlier);
        recovery.found.push(Recovered { address: one.address.clone(), action: one.intent.action, fate });
    }
    recovery.found.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(recovery)
}

/// How long to wait in all for what may still arrive: `times` are those of each intent.
fn patience(open: &[Open<'_>], all: &[Seen], times: &[Duration]) -> Duration {
    let may_arrive = |(one, seen): (&Open<'_>, &Seen)| match seen {
        Seen::Made(_) => false,
        Seen::Gone => one.makes(),
        Seen::There(_) | Seen::Nothing => true,
    };
    let waiting = open.iter().zip(all).zip(times).filter(|(intent, _)| may_arrive(*intent));
    waiting.map(|(_, time)| *time).max().unwrap_or_default()
}

/// An open intent, parsed.
struct Open<'a> {
    address: Address,
    schema: &'static Schema,
    references: BTreeMap<&'a str, Reference>,
    dependencies: BTreeSet<Address>,
    intent: &'a Intent,
}

impl<'a> Open<'a> {
    fn new(intent: &'a Intent, readers: &Readers) -> Result<Self, Error> {
        let edited = |error: &dyn std::fmt::Display| {
            Error::new(
                ErrorKind::State,
                format!("read the intent of `{}` in the state", intent.address),
                error.to_string(),
            )
            .help("restore the state from a backup: it was changed by hand")
        };
        let address: Address = intent.address.parse().map_err(|error: InvalidAddress| edited(&error))?;
        let schema = readers.schema(address.type_name()).ok_or_else(|| {
            let cause = format!("this koctl does not know the type `{}`", address.type_name());
            Error::new(ErrorKind::State, format!("look for `{address}`, which an unfinished apply was changing"), cause)
                .help("the state was written by a newer koctl: use that one, or a newer one")
        })?;
        let reference = |(name, text): (&'a String, &'a String)| {
            let reference = text.parse().map_err(|error: InvalidReference| edited(&error))?;
            Ok((name.as_str(), reference))
        };
        let references = intent.references.iter().map(reference).collect::<Result<_, Error>>()?;
        let dependency = |text: &String| text.parse().map_err(|error: InvalidAddress| edited(&error));
        let dependencies = intent.dependencies.iter().map(dependency).collect::<Result<_, Error>>()?;
        Ok(Self { address, schema, references, dependencies, intent })
    }

    /// How much longer its object may appear although its request went unanswered.
    fn late(&self) -> Duration {
        let Some(unanswered) = self.intent.unanswered.filter(|_| self.makes() && self.schema.may_repeat) else {
            return Duration::ZERO;
        };
        let passed = Timestamp::now().duration_since(unanswered);
        LATE.saturating_sub(Duration::try_from(passed).unwrap_or_default())
    }

    fn makes(&self) -> bool {
        matches!(self.intent.action, IntentAction::Create | IntentAction::Replace)
    }

    /// The resource to create, as far as readers need it for their lists and the world to recognise it.
    fn as_desired(&self) -> Desired {
        let mut desired = Desired::new(self.address.scope(), self.address.type_name(), self.address.key());
        let plain = |name: &str| self.schema.attribute(name).is_some_and(|attribute| attribute.kind == Kind::Plain);
        for (name, value) in self.intent.attributes.iter().filter(|(name, _)| plain(name)) {
            desired = desired.with(name, value.clone());
        }
        for (name, reference) in &self.references {
            desired.attributes.insert((*name).to_owned(), Expr::Reference(reference.clone()));
        }
        desired
    }

    /// True if an object of the right name can be the one that was to be created. Someone else may have created one
    /// meanwhile, but not with koctl's labels.
    fn could_be(&self, found: &Remote) -> bool {
        let labels = self.schema.attributes.iter().filter(|attribute| attribute.kind == Kind::Labels);
        let mut asked =
            labels.filter_map(|attribute| Some((attribute.name, self.intent.attributes.get(attribute.name)?)));
        asked.all(|(name, asked)| {
            let labels = found.attributes.get(name);
            entries(asked).all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
        })
    }

    /// `record` with the attributes of the intent as they are in `remote`. The requested values are not recorded: if
    /// they differ, the next plan changes them.
    fn record(&self, mut record: ResourceState, remote: &Remote, earlier: &Earlier<'_>) -> ResourceState {
        for attribute in self.schema.attributes {
            let name = attribute.name;
            let asked = self.intent.attributes.get(name);
            let is_set = asked.is_some() || self.references.contains_key(name);
            // Nothing shows if a secret has arrived: a change of it is sent again.
            if attribute.kind == Kind::WriteOnly || !is_set && attribute.kind != Kind::Computed {
                continue;
            }
            let was = record.attributes.get(name).unwrap_or(&Value::Null);
            let is = remote.attributes.get(name).unwrap_or(&Value::Null);
            let is = match attribute.kind {
                Kind::Labels => own(is, was, asked.unwrap_or(&Value::Null)),
                kind => stored_form(kind, is),
            };
            if is == *was {
                continue;
            }
            record.normalised.remove(name);
            if is.is_null() {
                record.attributes.remove(name);
            } else {
                record.attributes.insert(name.to_owned(), is);
            }
        }
        let known = |dependency| (*earlier.get(dependency).unwrap_or(&dependency)).to_string();
        record.dependencies.extend(self.dependencies.iter().map(known));
        record.protect |= self.intent.protect;
        record
    }

    /// The record of a created object. Its secrets are those of the intent.
    fn new_record(&self, remote: &Remote, earlier: &Earlier<'_>) -> ResourceState {
        let write_only = self.schema.attributes.iter().filter(|attribute| attribute.kind == Kind::WriteOnly);
        let trace = |name: &str| Some((name.to_owned(), self.intent.attributes.get(name)?.clone()));
        let record = ResourceState {
            type_name: self.schema.type_name.to_owned(),
            id: remote.id.clone(),
            attributes: write_only.filter_map(|attribute| trace(attribute.name)).collect(),
            ..ResourceState::default()
        };
        self.record(record, remote, earlier)
    }

    fn ambiguous(&self, ids: &[&str]) -> Error {
        let attempted = format!("find out if `{}` was created", self.address);
        let cause = format!(
            "an unfinished apply, begun at {}, was to create it, and {} objects have its name now: {}",
            self.intent.since,
            ids.len(),
            ids.join(", ")
        );
        Error::new(ErrorKind::Conflict, attempted, cause).help("delete or rename all except one, and try again")
    }
}

/// The addresses under which the state still has resources that were to get another one, by the new address.
type Earlier<'a> = HashMap<&'a Address, &'a Address>;

fn earlier_addresses<'a>(open: &'a [Open<'_>], all: &[Seen], state: &'a Remembered) -> Earlier<'a> {
    let stays = open.iter().zip(all).filter(|(_, seen)| !matches!(seen, Seen::Made(_)));
    stays.filter_map(|(one, _)| Some((&one.address, record_of(one, state)?.0))).collect()
}

/// The object of an intent, as the live systems show it.
enum Seen {
    /// The object that was created.
    Made(Remote),
    /// The object that was to be updated.
    There(Remote),
    /// The object that was to be deleted or replaced is gone.
    Gone,
    /// No effect of the intent.
    Nothing,
}

/// Looks at the object of each intent; one answer for each.
async fn look(open: &[Open<'_>], state: &Remembered, readers: &Readers) -> Result<Vec<Seen>, Vec<Error>> {
    let desired: Vec<_> = open.iter().filter(|one| one.makes()).map(Open::as_desired).collect();
    let world = refresh(&desired, &concerned(open, state), readers).await?;
    let known = state.0.iter().map(|(address, one)| ((one.type_name.as_str(), one.id.as_str()), address)).collect();
    let view = View { world, state, known };
    let (mut all, mut errors) = (Vec::new(), Vec::new());
    for one in open {
        match view.seen(one) {
            Ok(seen) => all.push(seen),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    view.deny_what_has_no_parent(open, &mut all);
    Ok(all)
}

/// The live systems as far as the intents need them, and the state.
struct View<'a> {
    world: World,
    state: &'a Remembered,
    /// The addresses of objects by type and id.
    known: HashMap<(&'a str, &'a str), &'a Address>,
}

impl View<'_> {
    fn seen(&self, one: &Open<'_>) -> Result<Seen, Error> {
        match one.intent.action {
            IntentAction::Update | IntentAction::Import => {
                Ok(self.old(one).map_or(Seen::Nothing, |old| Seen::There(old.clone())))
            }
            IntentAction::Delete => Ok(self.unmade(one)),
            IntentAction::Create | IntentAction::Replace => {
                Ok(self.find_made(one)?.map_or_else(|| self.unmade(one), |made| Seen::Made(made.clone())))
            }
        }
    }

    /// The existing object of the intent.
    fn old(&self, one: &Open<'_>) -> Option<&Remote> {
        self.world.by_id(one.schema.type_name, one.intent.id.as_ref()?)
    }

    /// The observation for an intent that has created nothing.
    fn unmade(&self, one: &Open<'_>) -> Seen {
        if one.intent.id.is_some() && self.old(one).is_none() { Seen::Gone } else { Seen::Nothing }
    }

    /// The created object: the one of the natural key, unless another address has it or it existed before.
    fn find_made(&self, one: &Open<'_>) -> Result<Option<&Remote>, Error> {
        let type_name = one.schema.type_name;
        let of_another = |id: &str| self.known.get(&(type_name, id)).is_some_and(|address| **address != one.address);
        let new = |remote: &&Remote| one.intent.id.as_ref() != Some(&remote.id) && !of_another(&remote.id);
        let ids = self.world.ambiguous(&one.address).unwrap_or_default();
        let named = ids.iter().filter_map(|id| self.world.by_id(type_name, id));
        let candidates: Vec<&Remote> = self.world.object(&one.address).into_iter().chain(named).filter(new).collect();
        let recorded = self.state.0.get(&one.address).map(|record| &record.id);
        match candidates.as_slice() {
            [] => Ok(None),
            [found] => Ok((recorded == Some(&found.id) || one.could_be(found)).then_some(*found)),
            several => Err(one.ambiguous(&several.iter().map(|remote| remote.id.as_str()).collect::<Vec<_>>())),
        }
    }

    /// Takes back what refers to something that was not created: the object of its name belongs to another parent, for
    /// example to the one that was to be replaced.
    fn deny_what_has_no_parent(&self, open: &[Open<'_>], all: &mut [Seen]) {
        let missing = |(one, seen): (&Open<'_>, &Seen)| {
            (one.makes() && !matches!(seen, Seen::Made(_))).then(|| one.address.clone())
        };
        let mut missing: HashSet<Address> = open.iter().zip(&*all).filter_map(missing).collect();
        loop {
            let before = missing.len();
            for (one, seen) in open.iter().zip(&mut *all) {
                let orphaned = one.references.values().any(|reference| missing.contains(&reference.address));
                if orphaned && matches!(seen, Seen::Made(_)) {
                    *seen = self.unmade(one);
                    missing.insert(one.address.clone());
                }
            }
            if missing.len() == before {
                return;
            }
        }
    }
}

impl Recovery {
    fn learn(&mut self, one: &Open<'_>, seen: Seen, state: &Remembered, earlier: &Earlier<'_>) -> Fate {
        let old = record_of(one, state);
        match seen {
            Seen::Made(remote) => {
                let id = remote.id.clone();
                self.resources.extend(old.map(|(address, _)| (address.clone(), None)));
                if state.0.get(&one.address).is_none_or(|record| record.id != id) {
                    self.resources.insert(one.address.clone(), Some(one.new_record(&remote, earlier)));
                }
                self.made.insert(one.address.clone(), remote);
                Fate::Made { id }
            }
            Seen::There(remote) => {
                let Some((address, was)) = old else { return Fate::NotDone };
                let is = one.record(was.clone(), &remote, earlier);
                if is.attributes == was.attributes {
                    return Fate::NotDone;
                }
                self.resources.insert(address.clone(), Some(is));
                Fate::Done
            }
            Seen::Gone => {
                self.resources.extend(old.map(|(address, _)| (address.clone(), None)));
                if one.makes() { Fate::NotDone } else { Fate::Done }
            }
            Seen::Nothing => Fate::NotDone,
        }
    }
}

/// The record of the object of an intent, under its address or the one that it had before.
fn record_of<'a>(one: &Open<'_>, state: &'a Remembered) -> Option<(&'a Address, &'a ResourceState)> {
    let id = one.intent.id.as_deref()?;
    let same = |record: &ResourceState| record.type_name == one.schema.type_name && record.id == id;
    let here = state.0.get_key_value(&one.address).filter(|(_, record)| same(record));
    here.or_else(|| state.0.iter().find(|(_, record)| same(record)))
}

/// The part of the state that has to be read for the intents: their objects, and the resources that those are in.
fn concerned(open: &[Open<'_>], state: &Remembered) -> Remembered {
    let mut next: Vec<Address> = Vec::new();
    for one in open {
        next.push(one.address.clone());
        next.extend(one.dependencies.iter().cloned());
        next.extend(one.references.values().map(|reference| reference.address.clone()));
        next.extend(record_of(one, state).map(|(address, _)| address.clone()));
    }
    let mut concerned = Remembered::default();
    while let Some(address) = next.pop() {
        if let Some(record) = state.0.get(&address)
            && !concerned.0.contains_key(&address)
        {
            next.extend(record.addresses());
            concerned.0.insert(address, record.clone());
        }
    }
    concerned
}
