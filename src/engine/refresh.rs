//! Reading the live systems, in bulk (R2).
//!
//! Types are listed in the order that [`Schema::reads_after`] demands, those of one level at the same time. After
//! each type, its objects are matched with addresses, so that the next types can ask for the members of just
//! the teams, or the services of just the control planes, that matter.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::join_all;
use serde_json::Value;

use super::address::Address;
use super::desired::{Desired, Expr, Lookup, Reference};
use super::error::{Error, ErrorKind};
use super::resource::{Readers, Remote};
use super::schema::Schema;
use crate::state::{ResourceState, State};

/// The remote objects of one scope, matched with addresses.
#[derive(Debug, Default)]
pub struct World {
    lists: BTreeMap<&'static str, Listing>,
    matches: HashMap<Address, Match>,
}

/// The objects of one type.
#[derive(Debug, Default)]
struct Listing {
    objects: Vec<Remote>,
    by_id: HashMap<String, usize>,
    by_key: HashMap<Vec<String>, Vec<usize>>,
}

/// What stands behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Match {
    One(&'static str, usize),
    /// Several objects share the natural key; their ids.
    Ambiguous(Vec<String>),
}

/// An address that is wanted, remembered, or both.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    world: &'a World,
    /// Its name.
    pub address: &'a Address,
    /// What the configuration asks for.
    pub desired: Option<&'a Desired>,
    /// What the state remembers.
    pub state: Option<&'a ResourceState>,
}

impl Wanted<'_> {
    /// The value that the configuration asks for, where it is known already.
    #[must_use]
    pub fn value(&self, attribute: &str) -> Option<Value> {
        match self.desired?.attributes.get(attribute)? {
            Expr::Value(value) => Some(value.clone()),
            Expr::Reference(reference) => self.world.value(reference),
            Expr::Lookup(_) => None,
        }
    }

    /// The same for a text.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<String> {
        self.value(attribute).as_ref().and_then(Value::as_str).map(str::to_owned)
    }

    fn remembered(&self, attribute: &str) -> Option<String> {
        self.state?.attributes.get(attribute)?.as_str().map(str::to_owned)
    }
}

/// What a reader is told: which addresses of its type matter, and what has been read before.
#[derive(Debug)]
pub struct Scan<'a> {
    world: &'a World,
    wanted: Vec<Wanted<'a>>,
    lookups: Vec<&'a Lookup>,
}

impl<'a> Scan<'a> {
    /// The addresses of this type.
    pub fn wanted(&self) -> impl Iterator<Item = &Wanted<'a>> {
        self.wanted.iter()
    }

    /// The distinct combinations of text values that these attributes take, in what is wanted as in what is
    /// remembered: the regions in use, the teams whose members matter. Values not known yet are left out.
    #[must_use]
    pub fn distinct<const N: usize>(&self, attributes: [&str; N]) -> BTreeSet<[String; N]> {
        let wanted = self.wanted.iter().filter_map(|wanted| every(attributes, |name| wanted.text(name)));
        let remembered = self.wanted.iter().filter_map(|wanted| every(attributes, |name| wanted.remembered(name)));
        let searched = self.lookups.iter().filter_map(|lookup| {
            every(attributes, |name| {
                let value = self.world.value(lookup.within.get(name)?)?;
                value.as_str().map(str::to_owned)
            })
        });
        wanted.chain(remembered).chain(searched).collect()
    }

    /// An object of another type that was listed before.
    #[must_use]
    pub fn object(&self, type_name: &str, id: &str) -> Option<&Remote> {
        let listing = self.world.lists.get(type_name)?;
        listing.by_id.get(id).map(|index| &listing.objects[*index])
    }
}

fn every<const N: usize>(names: [&str; N], value: impl Fn(&str) -> Option<String>) -> Option<[String; N]> {
    let values: Option<Vec<String>> = names.into_iter().map(value).collect();
    values?.try_into().ok()
}

/// The addresses of one scope by type: what a refresh is about.
struct Interest<'a> {
    desired: BTreeMap<&'a Address, &'a Desired>,
    state: BTreeMap<&'a Address, &'a ResourceState>,
    lookups: Vec<&'a Lookup>,
}

impl<'a> Interest<'a> {
    fn types(&self) -> BTreeSet<&'a str> {
        let desired = self.desired.keys().map(|address| address.type_name());
        let state = self.state.keys().map(|address| address.type_name());
        let lookups = self.lookups.iter().map(|lookup| lookup.type_name);
        desired.chain(state).chain(lookups).collect()
    }

    fn scan<'w>(&self, world: &'w World, type_name: &str) -> Scan<'w>
    where
        'a: 'w,
    {
        let of_type = |address: &&&'a Address| address.type_name() == type_name;
        let addresses: BTreeSet<&'a Address> =
            self.desired.keys().filter(of_type).chain(self.state.keys().filter(of_type)).copied().collect();
        let wanted = addresses
            .into_iter()
            .map(|address| Wanted {
                world,
                address,
                desired: self.desired.get(address).copied(),
                state: self.state.get(address).copied(),
            })
            .collect();
        let lookups = self.lookups.iter().filter(|lookup| lookup.type_name == type_name).copied().collect();
        Scan { world, wanted, lookups }
    }
}

fn lookups(desired: &[Desired]) -> impl Iterator<Item = &Lookup> {
    desired.iter().flat_map(|resource| resource.attributes.values()).filter_map(|expr| match expr {
        Expr::Lookup(lookup) => Some(lookup),
        _ => None,
    })
}

/// Reads everything that `desired` and `state` are about.
///
/// # Errors
/// Every list that could not be read. A scope that could not be read whole is not compared at all: what was not
/// seen must not look deleted.
pub async fn refresh(desired: &[Desired], state: &Remembered, readers: &Readers) -> Result<World, Vec<Error>> {
    let interest = Interest {
        desired: desired.iter().map(|resource| (&resource.address, resource)).collect(),
        state: state.0.iter().map(|(address, resource)| (address, resource)).collect(),
        lookups: lookups(desired).collect(),
    };
    let mut world = World::default();
    for level in levels(&interest.types(), readers)? {
        let listings = join_all(level.iter().map(|schema| {
            let scan = interest.scan(&world, schema.type_name);
            async move {
                match readers.get(schema.type_name) {
                    Some(reader) => reader.list(&scan).await,
                    None => Ok(Vec::new()),
                }
            }
        }))
        .await;
        let mut errors = Vec::new();
        let mut read = Vec::new();
        for (schema, listing) in level.into_iter().zip(listings) {
            match listing {
                Ok(objects) => read.push((schema, objects)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        for (schema, objects) in read {
            world.add(schema, objects, &interest);
        }
    }
    Ok(world)
}

/// Lists the type of one desired resource again and looks for it by its natural key: how the fate of a lost
/// create is found out (R13).
///
/// # Errors
/// When the list could not be read.
pub async fn find(desired: &Desired, readers: &Readers) -> Result<Option<Remote>, Error> {
    let type_name = desired.address.type_name();
    let reader = readers.get(type_name).ok_or_else(|| unknown_type(type_name))?;
    let world = World::default();
    let interest = Interest {
        desired: BTreeMap::from([(&desired.address, desired)]),
        state: BTreeMap::new(),
        lookups: Vec::new(),
    };
    let objects = reader.list(&interest.scan(&world, type_name)).await?;
    let schema = reader.schema();
    let Some(key) = world.desired_key(desired, schema) else { return Ok(None) };
    Ok(objects.into_iter().find(|object| remote_key(schema, object).as_ref() == Some(&key)))
}

/// The resources of a state with their addresses parsed.
#[derive(Debug, Default)]
pub struct Remembered(pub BTreeMap<Address, ResourceState>);

impl Remembered {
    /// Parses the addresses of `state`.
    ///
    /// # Errors
    /// An address that is none: the state was edited by hand.
    pub fn new(state: Option<&State>) -> Result<Self, Error> {
        let mut resources = BTreeMap::new();
        for (text, resource) in state.iter().flat_map(|state| &state.resources) {
            let address = text.parse().map_err(|error: super::address::InvalidAddress| {
                Error::new(ErrorKind::State, "read the state", error.to_string())
                    .help("restore the state from a backup: it was changed by hand")
            })?;
            resources.insert(address, resource.clone());
        }
        Ok(Self(resources))
    }
}

/// The types in the order in which they must be listed; those of one level at the same time.
fn levels(types: &BTreeSet<&str>, readers: &Readers) -> Result<Vec<Vec<&'static Schema>>, Vec<Error>> {
    let mut waiting: Vec<&'static Schema> = Vec::new();
    for name in types {
        waiting.push(readers.schema(name).ok_or_else(|| vec![unknown_type(name)])?);
    }
    let mut levels = Vec::new();
    while !waiting.is_empty() {
        let names: BTreeSet<_> = waiting.iter().map(|schema| schema.type_name).collect();
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.iter().copied().partition(|schema| !schema.reads_after.iter().any(|name| names.contains(name)));
        assert!(!ready.is_empty(), "reads_after of the resource types forms a cycle: {names:?}");
        levels.push(ready);
        waiting = rest;
    }
    Ok(levels)
}

fn unknown_type(name: &str) -> Error {
    Error::new(ErrorKind::State, format!("read resources of type `{name}`"), "this koctl knows no such type")
        .help("the state was written by a newer koctl: use that one, or a newer one")
}

/// The values of the natural key of a remote object, as texts.
fn remote_key(schema: &Schema, remote: &Remote) -> Option<Vec<String>> {
    schema.natural_key.iter().map(|name| remote.attribute(name).map(|value| text(&value))).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl World {
    /// The world as the state remembers it: what `--no-refresh` compares with.
    #[must_use]
    pub fn remembered(desired: &[Desired], state: &Remembered, readers: &Readers) -> Self {
        let interest = Interest {
            desired: desired.iter().map(|resource| (&resource.address, resource)).collect(),
            state: state.0.iter().map(|(address, resource)| (address, resource)).collect(),
            lookups: Vec::new(),
        };
        let mut world = Self::default();
        for schema in readers.iter().map(super::resource::Reader::schema) {
            let objects = state.0.iter().filter(|(address, _)| address.type_name() == schema.type_name);
            let objects = objects
                .map(|(_, resource)| Remote { id: resource.id.clone(), attributes: resource.attributes.clone() });
            world.add(schema, objects.collect(), &interest);
        }
        world
    }

    /// The object behind an address.
    #[must_use]
    pub fn object(&self, address: &Address) -> Option<&Remote> {
        match self.matches.get(address)? {
            Match::One(type_name, index) => self.lists.get(type_name).map(|listing| &listing.objects[*index]),
            Match::Ambiguous(_) => None,
        }
    }

    /// The ids of the objects that an address could be, where there are several.
    #[must_use]
    pub fn ambiguous(&self, address: &Address) -> Option<&[String]> {
        match self.matches.get(address)? {
            Match::Ambiguous(ids) => Some(ids),
            Match::One(..) => None,
        }
    }

    /// The value of a reference, where the object behind it exists.
    #[must_use]
    pub fn value(&self, reference: &Reference) -> Option<Value> {
        self.object(&reference.address)?.attribute(&reference.attribute)
    }

    /// Carries out a lookup among what was listed.
    ///
    /// # Errors
    /// The reason for which it finds nothing, or not just one, yet.
    pub fn look_up(&self, lookup: &Lookup) -> Result<Value, String> {
        let mut within = Vec::new();
        for (name, reference) in &lookup.within {
            within.push((*name, self.value(reference).ok_or_else(|| lookup.absent.clone())?));
        }
        let objects = self.lists.get(lookup.type_name).map(|listing| listing.objects.as_slice()).unwrap_or_default();
        let holds = |object: &&Remote| {
            let list = object.attributes.get(lookup.list).and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(&lookup.needle)))
                && within.iter().all(|(name, value)| object.attributes.get(*name) == Some(value))
        };
        let found: Vec<&Remote> = objects.iter().filter(holds).collect();
        match found.as_slice() {
            [] => Err(lookup.absent.clone()),
            [one] => Ok(Value::String(one.id.clone())),
            more => {
                let ids: Vec<_> = more.iter().map(|object| object.id.as_str()).collect();
                Err(format!("{} objects match `{}`: {}", more.len(), lookup.needle, ids.join(", ")))
            }
        }
    }

    fn add(&mut self, schema: &'static Schema, objects: Vec<Remote>, interest: &Interest<'_>) {
        let mut listing = Listing { objects, ..Listing::default() };
        for (index, object) in listing.objects.iter().enumerate() {
            listing.by_id.insert(object.id.clone(), index);
            if let Some(key) = remote_key(schema, object) {
                listing.by_key.entry(key).or_default().push(index);
            }
        }
        self.lists.insert(schema.type_name, listing);
        let scan = interest.scan(self, schema.type_name);
        let found = |wanted: &Wanted<'_>| Some((wanted.address.clone(), self.find_match(schema, wanted)?));
        let matches: Vec<_> = scan.wanted.iter().filter_map(found).collect();
        self.matches.extend(matches);
    }

    fn find_match(&self, schema: &'static Schema, wanted: &Wanted<'_>) -> Option<Match> {
        let listing = self.lists.get(schema.type_name)?;
        if let Some(index) = wanted.state.and_then(|state| listing.by_id.get(&state.id)) {
            return Some(Match::One(schema.type_name, *index));
        }
        let key = self.desired_key(wanted.desired?, schema)?;
        match listing.by_key.get(&key)?.as_slice() {
            [index] => Some(Match::One(schema.type_name, *index)),
            several => Some(Match::Ambiguous(several.iter().map(|i| listing.objects[*i].id.clone()).collect())),
        }
    }

    /// The natural key of what is wanted, where all of it is known.
    pub(super) fn desired_key(&self, desired: &Desired, schema: &Schema) -> Option<Vec<String>> {
        let value = |name: &&str| match desired.attributes.get(*name)? {
            Expr::Value(value) => Some(text(value)),
            Expr::Reference(reference) => self.value(reference).as_ref().map(text),
            Expr::Lookup(lookup) => self.look_up(lookup).ok().as_ref().map(text),
        };
        schema.natural_key.iter().map(value).collect()
    }
}
