//! What became of the work of an apply that did not end (R10).
//!
//! The intents of an apply are in the state before its first request leaves. Here those that are still open are held
//! against the live systems, before anything is compared: what was made belongs to the state, whether or not the
//! configuration still wants it, and what was changed or deleted is not taken for somebody else's doing.
//!
//! It reads, and writes nothing: the next apply stores what was found together with its own intents.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;

use super::address::{Address, InvalidAddress};
use super::desired::{Desired, Expr, Reference};
use super::error::{Error, ErrorKind};
use super::plan::{Fate, Recovered};
use super::refresh::{Remembered, refresh};
use super::resource::{Readers, Remote};
use super::schema::{Kind, Schema};
use super::value::{entries, own, stored_form};
use super::world::World;
use crate::state::{Intent, IntentAction, ResourceState};

/// How long a request may still be under way that left before its process died, or whose answer was lost.
///
/// Nothing can tell of a request that a server has not begun to work on. What protects beyond this time are the names
/// that a server gives only once; and where it does not, a second object of a name makes the next plan stop and ask.
pub const SETTLE: Duration = Duration::from_secs(2);

/// What became of the open intents of a state.
#[derive(Debug, Default)]
pub struct Recovery {
    found: Vec<Recovered>,
    resources: BTreeMap<Address, Option<ResourceState>>,
    made: BTreeMap<Address, Remote>,
}

impl Recovery {
    /// What became of each intent, by address.
    #[must_use]
    pub fn found(&self) -> &[Recovered] {
        &self.found
    }

    /// What the state has to learn: records that are new or different, and resources that are gone.
    #[must_use]
    pub fn resources(&self) -> &BTreeMap<Address, Option<ResourceState>> {
        &self.resources
    }

    /// The objects that were made, and may lack what is done to a new object after its creation.
    pub(super) fn made(&self) -> impl Iterator<Item = (&Address, IntentAction, &Remote)> {
        let made = |one: &Recovered| Some((self.made.get_key_value(&one.address)?, one.action));
        let made = self.found.iter().filter(|one| matches!(one.fate, Fate::Made { .. })).filter_map(made);
        made.map(|((address, remote), action)| (address, action, remote))
    }

    /// Has `state` know what was found.
    pub fn teach(&self, state: &mut Remembered) {
        for (address, resource) in &self.resources {
            match resource {
                Some(resource) => state.0.insert(address.clone(), resource.clone()),
                None => state.0.remove(address),
            };
        }
    }
}

/// Finds out what became of `intents`, which were found in the state beside the resources `state`.
///
/// Where something may still be on its way, it is looked again after `settle`: an apply that is about to do other things
/// to the same objects waits for what may arrive late, a plan need not.
///
/// # Errors
/// Lists that could not be read, objects of which it cannot be told which one was made, and intents that somebody
/// edited.
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
    let may_arrive = |(one, seen): (&Open<'_>, &Seen)| match seen {
        Seen::Made(_) => false,
        Seen::Gone => one.makes(),
        Seen::There(_) | Seen::Nothing => true,
    };
    if let Some(settle) = settle
        && open.iter().zip(&all).any(may_arrive)
    {
        tokio::time::sleep(settle).await;
        all = look(&open, state, readers).await?;
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

/// An intent that can be looked into.
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
            let cause = format!("this koctl knows no type `{}`", address.type_name());
            Error::new(ErrorKind::State, format!("look for `{address}`, which an apply was at work on"), cause)
                .help("the state was written by a newer koctl: use that one, or a newer one")
        })?;
        let reference = |(name, text): (&'a String, &'a String)| {
            let (address, attribute) = text.rsplit_once('#').ok_or_else(|| edited(&format!("`{text}` has no `#`")))?;
            let address: Address = address.parse().map_err(|error: InvalidAddress| edited(&error))?;
            Ok((name.as_str(), Reference::new(&address, attribute)))
        };
        let references = intent.references.iter().map(reference).collect::<Result<_, Error>>()?;
        let dependency = |text: &String| text.parse().map_err(|error: InvalidAddress| edited(&error));
        let dependencies = intent.dependencies.iter().map(dependency).collect::<Result<_, Error>>()?;
        Ok(Self { address, schema, references, dependencies, intent })
    }

    fn makes(&self) -> bool {
        matches!(self.intent.action, IntentAction::Create | IntentAction::Replace)
    }

    /// What was to be made, as far as readers need it to list it and the world to recognise it.
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

    /// Whether an object that has the name of what was to be made can be it: somebody else may have made one meanwhile,
    /// but not with our labels.
    fn could_be(&self, found: &Remote) -> bool {
        let labels = self.schema.attributes.iter().filter(|attribute| attribute.kind == Kind::Labels);
        let mut asked =
            labels.filter_map(|attribute| Some((attribute.name, self.intent.attributes.get(attribute.name)?)));
        asked.all(|(name, asked)| {
            let labels = found.attributes.get(name);
            entries(asked).all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
        })
    }

    /// `record` with what the intent sets as it is in `remote`. What was asked for is not kept: where the two differ,
    /// the next plan brings it about.
    fn record(&self, mut record: ResourceState, remote: &Remote, earlier: &Earlier<'_>) -> ResourceState {
        for attribute in self.schema.attributes {
            let name = attribute.name;
            let asked = self.intent.attributes.get(name);
            let is_set = asked.is_some() || self.references.contains_key(name);
            // Whether a secret has arrived, nobody can see: a change of it is sent again.
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

    /// The record of what was made: its secrets are those that it was made with.
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
        let attempted = format!("tell what became of `{}`", self.address);
        let cause = format!(
            "an apply that began at {} and did not end was to create it, and there are {} objects of its name now: {}",
            self.intent.since,
            ids.len(),
            ids.join(", ")
        );
        Error::new(ErrorKind::Conflict, attempted, cause).help("delete or rename all of them but one, and try again")
    }
}

/// The addresses under which the state still has what was to get another one, by that.
type Earlier<'a> = HashMap<&'a Address, &'a Address>;

fn earlier_addresses<'a>(open: &'a [Open<'_>], all: &[Seen], state: &'a Remembered) -> Earlier<'a> {
    let stays = open.iter().zip(all).filter(|(_, seen)| !matches!(seen, Seen::Made(_)));
    stays.filter_map(|(one, _)| Some((&one.address, record_of(one, state)?.0))).collect()
}

/// What is to be seen of an intent.
enum Seen {
    /// What was made.
    Made(Remote),
    /// The object that was to be changed.
    There(Remote),
    /// That what was to be deleted, or replaced, is not there any more.
    Gone,
    /// Nothing that the intent has caused.
    Nothing,
}

/// Looks at what each intent is about; one answer for each.
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

/// The live systems as far as intents are about them, beside what the state knows.
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

    /// The object that the intent is about, where it is there.
    fn old(&self, one: &Open<'_>) -> Option<&Remote> {
        self.world.by_id(one.schema.type_name, one.intent.id.as_ref()?)
    }

    /// What is to be seen of an intent that has made nothing.
    fn unmade(&self, one: &Open<'_>) -> Seen {
        if one.intent.id.is_some() && self.old(one).is_none() { Seen::Gone } else { Seen::Nothing }
    }

    /// The object that was made: the one of the natural key, unless another address has it or it was there before.
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

    /// What refers to something that was not made has not been made either: what has its name belongs to another
    /// parent, the one that was to be replaced for example.
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

/// The record of the object that an intent is about, under its address or the one that it had before.
fn record_of<'a>(one: &Open<'_>, state: &'a Remembered) -> Option<(&'a Address, &'a ResourceState)> {
    let id = one.intent.id.as_deref()?;
    let same = |record: &ResourceState| record.type_name == one.schema.type_name && record.id == id;
    let here = state.0.get_key_value(&one.address).filter(|(_, record)| same(record));
    here.or_else(|| state.0.iter().find(|(_, record)| same(record)))
}

/// The part of the state that has to be read to look into the intents: what they are about, and what that is in.
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
