//! The remote objects of one scope, and which address each of them belongs to (R5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::address::Address;
use super::desired::{Desired, Expr, Lookup, Reference};
use super::refresh::{Place, Remembered};
use super::resource::Remote;
use super::schema::{Attribute, Schema};
use crate::state::ResourceState;

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

/// The addresses of one scope by type: what a refresh is about.
pub(super) struct Interest<'a> {
    by_type: BTreeMap<&'a str, Vec<Interesting<'a>>>,
    pub(super) lookups: Vec<&'a Lookup>,
    /// Where to look besides.
    pub(super) places: &'a [Place],
}

/// An address, with what is wanted and what is remembered of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interesting<'a> {
    pub(super) address: &'a Address,
    pub(super) desired: Option<&'a Desired>,
    pub(super) state: Option<&'a ResourceState>,
}

impl<'a> Interest<'a> {
    pub(super) fn new(desired: &'a [Desired], state: &'a Remembered) -> Self {
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
        Self { by_type, lookups: lookups(desired).collect(), places: &[] }
    }

    /// The same, and what is in `places` besides.
    pub(super) fn looking_in(self, places: &'a [Place]) -> Self {
        Self { places, ..self }
    }

    pub(super) fn types(&self) -> BTreeSet<&'a str> {
        let searched = self.lookups.iter().map(|lookup| lookup.type_name);
        let besides = self.places.iter().map(|place| place.type_name);
        self.by_type.keys().copied().chain(searched).chain(besides).collect()
    }

    pub(super) fn of_type(&self, type_name: &str) -> &[Interesting<'a>] {
        self.by_type.get(type_name).map(Vec::as_slice).unwrap_or_default()
    }
}

fn lookups(desired: &[Desired]) -> impl Iterator<Item = &Lookup> {
    desired.iter().flat_map(|resource| resource.attributes.values()).filter_map(|expr| match expr {
        Expr::Lookup(lookup) => Some(lookup),
        _ => None,
    })
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
        for mut object in listed {
            if by_id.contains_key(&object.id) {
                continue;
            }
            // What a server shows of a secret, stars perhaps, is not the secret, and if it is, it must not be kept.
            object.attributes.retain(|name, _| !schema.attribute(name).is_some_and(Attribute::is_write_only));
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

    /// What a lookup that finds nothing may have meant.
    pub(super) fn nearest(&self, lookup: &Lookup) -> Option<&str> {
        let known = self.listing(lookup.type_name)?.by_item.get(lookup.list)?.keys();
        let (wanted, close) = (lookup.needle.to_lowercase(), lookup.needle.chars().count() / 3);
        let distance = |name: &&String| strsim::damerau_levenshtein(&name.to_lowercase(), &wanted);
        known
            .map(|name| (distance(&name), name.as_str()))
            .min()
            .filter(|(found, _)| *found <= close)
            .map(|(_, name)| name)
    }

    /// An object by its id.
    #[must_use]
    pub fn by_id(&self, type_name: &str, id: &str) -> Option<&Remote> {
        let listing = self.listing(type_name)?;
        listing.by_id.get(id).map(|index| &listing.objects[*index])
    }

    /// The types of which an object with this id was listed.
    pub fn types_of(&self, id: &str) -> impl Iterator<Item = &'static str> {
        self.listings
            .iter()
            .filter(move |listing| listing.by_id.contains_key(id))
            .map(|listing| listing.schema.type_name)
    }

    /// All objects of a type that were listed, whoever they belong to.
    #[must_use]
    pub fn objects(&self, type_name: &str) -> &[Remote] {
        self.listing(type_name).map(|listing| listing.objects.as_slice()).unwrap_or_default()
    }

    /// The wanted address that an object belongs to.
    #[must_use]
    pub fn holder(&self, type_name: &str, id: &str) -> Option<&Address> {
        let listing = self.listing(type_name)?;
        listing.holders[*listing.by_id.get(id)?].as_ref()
    }

    /// The objects of a type that belong to no address, with its schema.
    pub(super) fn unheld(&self, type_name: &str) -> impl Iterator<Item = (&'static Schema, &Remote)> {
        self.listing(type_name).into_iter().flat_map(|listing| {
            let objects = listing.objects.iter().zip(&listing.holders);
            objects.filter(|(_, holder)| holder.is_none()).map(|(object, _)| (listing.schema, object))
        })
    }

    /// Adds what was listed and matches it with addresses; `open` are those whose natural key is not known yet,
    /// of these types and of types that were added before.
    ///
    /// What the state knows by its id comes first, for all types: an object that belongs to one address is no match
    /// for the name of another.
    pub(super) fn add<'a>(
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
            Expr::Secret(_) => None,
        };
        schema.natural_key.iter().map(value).collect()
    }
}
