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
use super::resource::{Reader, Readers, Remote};
use super::schema::Schema;
use crate::state::{ResourceState, State};

/// The remote objects of one scope, matched with addresses.
#[derive(Debug, Default)]
pub struct World {
    listings: Vec<Listing>,
    /// Where the listing of a type is.
    places: BTreeMap<&'static str, usize>,
    matches: HashMap<Address, Match>,
}

/// The objects of one type.
#[derive(Debug)]
struct Listing {
    schema: &'static Schema,
    objects: Vec<Remote>,
    by_id: HashMap<String, usize>,
    by_key: HashMap<Key, Vec<usize>>,
    /// For each list attribute that lookups search, its items and the objects that hold them.
    by_item: BTreeMap<&'static str, HashMap<String, Vec<usize>>>,
    /// For each object, the wanted address that it belongs to: one at most.
    holders: Vec<Option<Address>>,
}

/// The values of a natural key, as texts.
type Key = Vec<String>;

/// What stands behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Match {
    /// The place of the listing, and that of the object in it.
    One(usize, usize),
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

    /// The same as the configuration asks for, or where it asks for nothing, as the state remembers it.
    #[must_use]
    pub fn last_text(&self, attribute: &str) -> Option<String> {
        self.text(attribute).or_else(|| self.remembered(attribute))
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
        let listing = self.world.listing(type_name)?;
        listing.by_id.get(id).map(|index| &listing.objects[*index])
    }
}

fn every<const N: usize>(names: [&str; N], value: impl Fn(&str) -> Option<String>) -> Option<[String; N]> {
    let values: Option<Vec<String>> = names.into_iter().map(value).collect();
    values?.try_into().ok()
}

/// The addresses of one scope by type: what a refresh is about.
struct Interest<'a> {
    by_type: BTreeMap<&'a str, Vec<Interesting<'a>>>,
    lookups: Vec<&'a Lookup>,
}

/// An address, with what is wanted and what is remembered of it.
#[derive(Debug, Clone, Copy)]
struct Interesting<'a> {
    address: &'a Address,
    desired: Option<&'a Desired>,
    state: Option<&'a ResourceState>,
}

impl<'a> Interest<'a> {
    fn new(desired: &'a [Desired], state: &'a Remembered) -> Self {
        let mut all: BTreeMap<&Address, Interesting<'_>> = BTreeMap::new();
        let empty = |address| Interesting { address, desired: None, state: None };
        for resource in desired {
            let address = &resource.address;
            all.entry(address).or_insert_with(|| empty(address)).desired = Some(resource);
        }
        for (address, resource) in &state.0 {
            all.entry(address).or_insert_with(|| empty(address)).state = Some(resource);
        }
        let mut by_type: BTreeMap<&str, Vec<Interesting<'_>>> = BTreeMap::new();
        for (address, one) in all {
            by_type.entry(address.type_name()).or_default().push(one);
        }
        Self { by_type, lookups: lookups(desired).collect() }
    }

    fn types(&self) -> BTreeSet<&'a str> {
        self.by_type.keys().copied().chain(self.lookups.iter().map(|lookup| lookup.type_name)).collect()
    }

    fn of_type(&self, type_name: &str) -> &[Interesting<'a>] {
        self.by_type.get(type_name).map(Vec::as_slice).unwrap_or_default()
    }

    fn scan<'w>(&self, world: &'w World, type_name: &str) -> Scan<'w>
    where
        'a: 'w,
    {
        let wanted = |one: &Interesting<'a>| {
            let Interesting { address, desired, state } = *one;
            Wanted { world, address, desired, state }
        };
        let wanted = self.of_type(type_name).iter().map(wanted).collect();
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
    let interest = Interest::new(desired, state);
    let mut world = World::default();
    let mut open = Vec::new();
    for level in levels(&interest.types(), readers)? {
        let listings = join_all(level.iter().map(|reader| {
            let scan = interest.scan(&world, reader.schema().type_name);
            async move { reader.list(&scan).await }
        }))
        .await;
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for (reader, listing) in level.into_iter().zip(listings) {
            match listing {
                Ok(objects) => read.push((reader.schema(), objects)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        world.add(read, &interest, &mut open);
    }
    Ok(world)
}

/// Lists the type of one desired resource again and looks for it by its natural key: how the fate of a lost
/// create is found out (R13).
///
/// # Errors
/// When the list could not be read, or several objects have the key.
pub async fn find(desired: &Desired, readers: &Readers) -> Result<Option<Remote>, Error> {
    let type_name = desired.address.type_name();
    let reader = readers.get(type_name).ok_or_else(|| unknown_type(type_name))?;
    let nothing = Remembered::default();
    let interest = Interest::new(std::slice::from_ref(desired), &nothing);
    let mut world = World::default();
    let objects = reader.list(&interest.scan(&world, type_name)).await?;
    world.add(vec![(reader.schema(), objects)], &interest, &mut Vec::new());
    if let Some(ids) = world.ambiguous(&desired.address) {
        let cause = format!("there are {} of its name: {}", ids.len(), ids.join(", "));
        let error = Error::new(ErrorKind::Conflict, format!("find `{}`", desired.address), cause);
        return Err(error.help("delete or rename all but one"));
    }
    Ok(world.object(&desired.address).cloned())
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

/// The readers of `types` in the order in which they must list; those of one level at the same time.
fn levels<'r>(types: &BTreeSet<&str>, readers: &'r Readers) -> Result<Vec<Vec<&'r dyn Reader>>, Vec<Error>> {
    let mut waiting: Vec<&dyn Reader> = Vec::new();
    let mut unknown = Vec::new();
    for name in types {
        match readers.get(name) {
            Some(reader) => waiting.push(reader),
            None => unknown.push(unknown_type(name)),
        }
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut levels = Vec::new();
    while !waiting.is_empty() {
        let names: BTreeSet<_> = waiting.iter().map(|reader| reader.schema().type_name).collect();
        let waits = |reader: &&dyn Reader| reader.schema().reads_after.iter().any(|name| names.contains(name));
        let (rest, ready): (Vec<_>, Vec<_>) = waiting.into_iter().partition(waits);
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
fn remote_key(schema: &Schema, remote: &Remote) -> Option<Key> {
    schema.natural_key.iter().map(|name| remote.attribute(name).map(|value| text(&value))).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The objects that hold each item of a list attribute.
fn by_item(objects: &[Remote], list: &str) -> HashMap<String, Vec<usize>> {
    let mut holding: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, object) in objects.iter().enumerate() {
        let items = object.attributes.get(list).and_then(Value::as_array).into_iter().flatten();
        for item in items.filter_map(Value::as_str).collect::<BTreeSet<_>>() {
            holding.entry(item.to_owned()).or_default().push(index);
        }
    }
    holding
}

impl Listing {
    /// An object counts once: while pages are read one after the other, it can move from one to the next.
    fn new(schema: &'static Schema, listed: Vec<Remote>, searched: BTreeSet<&'static str>) -> Self {
        let mut objects = Vec::with_capacity(listed.len());
        let mut by_id = HashMap::with_capacity(listed.len());
        let mut by_key: HashMap<Key, Vec<usize>> = HashMap::with_capacity(listed.len());
        for object in listed {
            if by_id.contains_key(&object.id) {
                continue;
            }
            by_id.insert(object.id.clone(), objects.len());
            if let Some(key) = remote_key(schema, &object) {
                by_key.entry(key).or_default().push(objects.len());
            }
            objects.push(object);
        }
        let by_item = searched.into_iter().map(|list| (list, by_item(&objects, list))).collect();
        let holders = vec![None; objects.len()];
        Self { schema, objects, by_id, by_key, by_item, holders }
    }
}

impl World {
    /// The world as the state remembers it: what `--no-refresh` compares with. Labels of others are not in it.
    ///
    /// # Errors
    /// A type that no reader knows.
    pub fn remembered(desired: &[Desired], state: &Remembered, readers: &Readers) -> Result<Self, Vec<Error>> {
        let interest = Interest::new(desired, state);
        let object =
            |resource: &ResourceState| Remote { id: resource.id.clone(), attributes: resource.attributes.clone() };
        let listing = |reader: &dyn Reader| {
            let known = interest.of_type(reader.schema().type_name).iter().filter_map(|one| one.state);
            (reader.schema(), known.map(object).collect())
        };
        let mut world = Self::default();
        let lists = levels(&interest.types(), readers)?.into_iter().flatten().map(listing).collect();
        world.add(lists, &interest, &mut Vec::new());
        Ok(world)
    }

    /// The object behind an address.
    #[must_use]
    pub fn object(&self, address: &Address) -> Option<&Remote> {
        match self.matches.get(address)? {
            Match::One(place, index) => self.listings.get(*place)?.objects.get(*index),
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
        let listing = self.listing(lookup.type_name);
        let holding =
            listing.and_then(|listing| Some((listing, listing.by_item.get(lookup.list)?.get(&lookup.needle)?)));
        let Some((listing, holding)) = holding else { return Err(lookup.absent.clone()) };
        let is_within = |object: &&Remote| within.iter().all(|(name, value)| object.has(name, value));
        let found: Vec<&Remote> = holding.iter().map(|index| &listing.objects[*index]).filter(is_within).collect();
        match found.as_slice() {
            [] => Err(lookup.absent.clone()),
            [one] => Ok(Value::String(one.id.clone())),
            more => {
                let ids: Vec<_> = more.iter().map(|object| object.id.as_str()).collect();
                Err(format!("{} objects match `{}`: {}", more.len(), lookup.needle, ids.join(", ")))
            }
        }
    }

    /// The wanted address that an object belongs to.
    #[must_use]
    pub fn holder(&self, type_name: &str, id: &str) -> Option<&Address> {
        let listing = self.listing(type_name)?;
        listing.holders[*listing.by_id.get(id)?].as_ref()
    }

    /// Adds what was listed and matches it with addresses; `open` are those whose natural key is not known yet,
    /// of these types and of types that were added before.
    ///
    /// What the state knows by its id comes first, for all types: an object that belongs to one address is no match
    /// for the name of another.
    fn add<'a>(
        &mut self,
        read: Vec<(&'static Schema, Vec<Remote>)>,
        interest: &Interest<'a>,
        open: &mut Vec<&'a Desired>,
    ) {
        for (schema, objects) in read {
            let searched = interest.lookups.iter().filter(|lookup| lookup.type_name == schema.type_name);
            let searched = searched.map(|lookup| lookup.list).collect();
            self.places.insert(schema.type_name, self.listings.len());
            self.listings.push(Listing::new(schema, objects, searched));
            let all = interest.of_type(schema.type_name);
            open.extend(all.iter().filter_map(|one| self.match_id(*one, all)));
        }
        // A key can be made of references to what is matched by a key itself, in any order of types.
        loop {
            let waiting = open.len();
            open.retain(|desired| !self.match_key(desired));
            if open.is_empty() || open.len() == waiting {
                return;
            }
        }
    }

    /// Matches an address with the object that the state knows. Returns what is wanted and has to be found otherwise.
    ///
    /// A run that was killed while a resource changed its address leaves two of `all` with one object. It stays with
    /// the one whose name it has.
    fn match_id<'a>(&mut self, one: Interesting<'a>, all: &[Interesting<'a>]) -> Option<&'a Desired> {
        let place = *self.places.get(one.address.type_name())?;
        let listing = &self.listings[place];
        let Some(index) = one.state.and_then(|state| listing.by_id.get(&state.id)).copied() else {
            return one.desired;
        };
        let mut evicted = None;
        if let Some(desired) = one.desired {
            if let Some(holder) = &listing.holders[index] {
                if self.desired_key(desired, listing.schema) != remote_key(listing.schema, &listing.objects[index]) {
                    return Some(desired);
                }
                evicted = all.iter().find(|other| other.address == holder);
            }
            self.listings[place].holders[index] = Some(one.address.clone());
        }
        self.matches.insert(one.address.clone(), Match::One(place, index));
        let evicted = evicted?;
        self.matches.remove(evicted.address);
        evicted.desired
    }

    /// Matches what is wanted with objects that belong to nobody. Returns whether its natural key is known.
    fn match_key(&mut self, desired: &Desired) -> bool {
        let Some(&place) = self.places.get(desired.address.type_name()) else { return true };
        let listing = &self.listings[place];
        let Some(key) = self.desired_key(desired, listing.schema) else { return false };
        let of_key = listing.by_key.get(&key).map(Vec::as_slice).unwrap_or_default();
        let free: Vec<usize> = of_key.iter().copied().filter(|index| listing.holders[*index].is_none()).collect();
        let found = match free.as_slice() {
            [] => return true,
            [index] => {
                self.listings[place].holders[*index] = Some(desired.address.clone());
                Match::One(place, *index)
            }
            several => Match::Ambiguous(several.iter().map(|index| listing.objects[*index].id.clone()).collect()),
        };
        self.matches.insert(desired.address.clone(), found);
        true
    }

    fn listing(&self, type_name: &str) -> Option<&Listing> {
        self.places.get(type_name).map(|place| &self.listings[*place])
    }

    /// The natural key of what is wanted, where all of it is known.
    fn desired_key(&self, desired: &Desired, schema: &Schema) -> Option<Key> {
        let value = |name: &&str| match desired.attributes.get(*name)? {
            Expr::Value(value) => Some(text(value)),
            Expr::Reference(reference) => self.value(reference).as_ref().map(text),
            Expr::Lookup(lookup) => self.look_up(lookup).ok().as_ref().map(text),
        };
        schema.natural_key.iter().map(value).collect()
    }
}
