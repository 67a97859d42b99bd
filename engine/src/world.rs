//! The remote objects of one scope, and the address of each (R5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::address::Address;
use super::desired::{Desired, Expr, Lookup, Reference};
use super::interest::{Interest, Interesting};
use super::plan::Notice;
use super::remote::Remote;
use super::schema::{Attribute, Kind, Location, Schema};

/// The remote objects of one scope, matched with addresses.
#[derive(Debug, Default)]
pub struct World {
    listings: Vec<Listing>,
    /// The index of the listing of a type.
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
    /// The objects with labels that say whose they are.
    by_labels: HashMap<Key, Vec<usize>>,
    /// For each list attribute that lookups search: its items, and the objects that have them.
    by_item: BTreeMap<&'static str, HashMap<String, Vec<usize>>>,
    /// The desired address of each object, if it has one.
    holders: Vec<Option<Address>>,
    /// What objects wait for, by index.
    notices: HashMap<usize, Notice>,
}

/// The values of a natural key, as texts.
type Key = Vec<String>;

/// The match of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Match {
    /// The index of the listing, and of the object in it.
    One(usize, usize),
    /// The ids of several objects that share the natural key.
    Ambiguous(Vec<String>),
}

/// The values of the natural key of a remote object, as texts.
fn remote_key(schema: &Schema, remote: &Remote) -> Option<Key> {
    schema.natural_key.iter().map(|name| remote.attribute(name).map(|value| text(&value))).collect()
}

/// Why a lookup has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// The reason, as a plan shows it.
    pub reason: String,
    /// The ids of the objects that match, if there are several.
    pub candidates: Vec<String>,
}

/// What the labels of an object say of whose it is, with the place that it is in; `None` if they do not say it.
fn label_key(schema: &Schema, value: impl Fn(&str) -> Option<Value>) -> Option<Key> {
    if schema.identity_labels.is_empty() {
        return None;
    }
    let labels = value(schema.attributes.iter().find(|attribute| attribute.kind == Kind::Labels)?.name)?;
    let place = schema.attributes.iter().filter(|attribute| attribute.location == Location::Address);
    let place = place.map(|attribute| value(attribute.name).as_ref().map(text));
    let labels = schema.identity_labels.iter().map(|label| labels.get(label).map(text));
    place.chain(labels).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The objects that a resource could be: those that its labels name, and of several the one that also has its natural key.
/// If another object has the key, both are in question.
fn identified(of_labels: Vec<usize>, of_key: Vec<usize>) -> Vec<usize> {
    if of_labels.is_empty() {
        return of_key;
    }
    let both: Vec<usize> = of_labels.iter().copied().filter(|index| of_key.contains(index)).collect();
    if both.is_empty() { [of_labels, of_key].concat() } else { both }
}

/// The objects that have each item of a list attribute.
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
    /// An object counts once: it can move from one page to the next while the pages are read.
    fn new(schema: &'static Schema, listed: Vec<Remote>, searched: BTreeSet<&'static str>) -> Self {
        let mut objects = Vec::with_capacity(listed.len());
        let mut by_id = HashMap::with_capacity(listed.len());
        let mut by_key: HashMap<Key, Vec<usize>> = HashMap::with_capacity(listed.len());
        let mut notices = HashMap::new();
        let mut by_labels: HashMap<Key, Vec<usize>> = HashMap::new();
        for mut object in listed {
            if by_id.contains_key(&object.id) {
                continue;
            }
            // The text that a server shows for a secret, perhaps stars, is not the secret; and if it is, it must not be
            // kept.
            object.attributes.retain(|name, _| !schema.attribute(name).is_some_and(Attribute::is_write_only));
            if let Some(notice) = schema.take_notice(&mut object.attributes) {
                notices.insert(objects.len(), notice);
            }
            by_id.insert(object.id.clone(), objects.len());
            if let Some(key) = remote_key(schema, &object) {
                by_key.entry(key).or_default().push(objects.len());
            }
            if let Some(key) = label_key(schema, |name| object.attribute(name)) {
                by_labels.entry(key).or_default().push(objects.len());
            }
            objects.push(object);
        }
        let by_item = searched.into_iter().map(|list| (list, by_item(&objects, list))).collect();
        let holders = vec![None; objects.len()];
        Self { schema, objects, by_id, by_key, by_labels, by_item, holders, notices }
    }
}

impl World {
    /// The object of an address.
    #[must_use]
    pub fn object(&self, address: &Address) -> Option<&Remote> {
        match self.matches.get(address)? {
            Match::One(place, index) => self.listings.get(*place)?.objects.get(*index),
            Match::Ambiguous(_) => None,
        }
    }

    /// What the object of an address waits for.
    #[must_use]
    pub fn notice(&self, address: &Address) -> Option<&Notice> {
        match self.matches.get(address)? {
            Match::One(place, index) => self.listings.get(*place)?.notices.get(index),
            Match::Ambiguous(_) => None,
        }
    }

    /// The ids of the objects that an address could be, if there are several.
    #[must_use]
    pub fn ambiguous(&self, address: &Address) -> Option<&[String]> {
        match self.matches.get(address)? {
            Match::Ambiguous(ids) => Some(ids),
            Match::One(..) => None,
        }
    }

    /// The ids of the objects that an address is, or could be.
    pub(super) fn candidates(&self, address: &Address) -> Vec<&str> {
        match self.ambiguous(address) {
            Some(ids) => ids.iter().map(String::as_str).collect(),
            None => self.object(address).map(|object| object.id.as_str()).into_iter().collect(),
        }
    }

    /// The objects without an address that have the natural key of a desired resource.
    pub(super) fn blocking(&self, desired: &Desired) -> impl Iterator<Item = &Remote> {
        let found = self
            .listing(desired.address.type_name())
            .and_then(|listing| Some((listing, listing.by_key.get(&self.desired_key(desired, listing.schema)?)?)));
        found.into_iter().flat_map(|(listing, same)| {
            same.iter().filter(|index| listing.holders[**index].is_none()).map(|index| &listing.objects[*index])
        })
    }

    /// The other objects with the natural key of the object of an address.
    pub(super) fn namesakes(&self, address: &Address) -> impl Iterator<Item = &Remote> {
        let found = self.object(address).and_then(|object| {
            let listing = self.listing(address.type_name())?;
            Some((listing, object, listing.by_key.get(&remote_key(listing.schema, object)?)?))
        });
        found.into_iter().flat_map(|(listing, object, same)| {
            same.iter().map(|index| &listing.objects[*index]).filter(|other| other.id != object.id)
        })
    }

    /// The value of a reference, if its object exists.
    #[must_use]
    pub fn value(&self, reference: &Reference) -> Option<Value> {
        self.object(&reference.address)?.attribute(&reference.attribute)
    }

    /// Searches what was listed.
    ///
    /// # Errors
    /// The reason why it finds nothing yet, or several objects.
    pub fn look_up(&self, lookup: &Lookup) -> Result<Value, NotFound> {
        let absent = || NotFound { reason: lookup.absent.clone(), candidates: Vec::new() };
        let mut within = Vec::new();
        for (name, reference) in &lookup.within {
            within.push((*name, self.value(reference).ok_or_else(absent)?));
        }
        let listing = self.listing(lookup.type_name);
        let holding =
            listing.and_then(|listing| Some((listing, listing.by_item.get(lookup.list)?.get(&lookup.needle)?)));
        let Some((listing, holding)) = holding else { return Err(absent()) };
        let is_within = |object: &&Remote| within.iter().all(|(name, value)| object.has(name, value));
        let found: Vec<&Remote> = holding.iter().map(|index| &listing.objects[*index]).filter(is_within).collect();
        match found.as_slice() {
            [] => Err(absent()),
            [one] => Ok(Value::String(one.id.clone())),
            more => {
                let candidates: Vec<_> = more.iter().map(|object| object.id.clone()).collect();
                let found = format!("{} objects match `{}`: {}", more.len(), lookup.needle, candidates.join(", "));
                let reason = if lookup.advice.is_empty() { found } else { format!("{found}; {}", lookup.advice) };
                Err(NotFound { reason, candidates })
            }
        }
    }

    /// The nearest name for a lookup that finds nothing.
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

    /// All objects of a type that were listed.
    #[must_use]
    pub fn objects(&self, type_name: &str) -> &[Remote] {
        self.listing(type_name).map(|listing| listing.objects.as_slice()).unwrap_or_default()
    }

    /// The desired address of an object.
    #[must_use]
    pub fn holder(&self, type_name: &str, id: &str) -> Option<&Address> {
        let listing = self.listing(type_name)?;
        listing.holders[*listing.by_id.get(id)?].as_ref()
    }

    /// The objects of a type without an address, and the schema.
    pub(super) fn unheld(&self, type_name: &str) -> impl Iterator<Item = (&'static Schema, &Remote)> {
        self.listing(type_name).into_iter().flat_map(|listing| {
            let objects = listing.objects.iter().zip(&listing.holders);
            objects.filter(|(_, holder)| holder.is_none()).map(|(object, _)| (listing.schema, object))
        })
    }

    /// Adds lists and matches the objects with addresses. `open` are resources whose natural key is not known yet, of
    /// these types and of earlier ones.
    ///
    /// Objects that the state has by id come first, for all types: an object that has an address does not match the
    /// name of another.
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
        // A key can refer to objects that are matched by a key themselves, in any order of types.
        loop {
            let waiting = open.len();
            open.retain(|desired| !self.match_key(desired));
            if open.is_empty() || open.len() == waiting {
                return;
            }
        }
    }

    /// Matches an address with the object that the state has for it. Returns the desired resource if it has to be found
    /// otherwise.
    ///
    /// A run that was killed while a resource changed its address leaves two of `all` with one object. The object stays
    /// with the address whose name it has.
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

    /// Matches a desired resource with objects that have no address. Returns true if its natural key is known.
    fn match_key(&mut self, desired: &Desired) -> bool {
        let Some(&place) = self.places.get(desired.address.type_name()) else { return true };
        let listing = &self.listings[place];
        let Some(key) = self.desired_key(desired, listing.schema) else { return false };
        let free = |found: Option<&Vec<usize>>| -> Vec<usize> {
            let found = found.map(Vec::as_slice).unwrap_or_default();
            found.iter().copied().filter(|index| listing.holders[*index].is_none()).collect()
        };
        let of_key = free(listing.by_key.get(&key));
        let of_labels = label_key(listing.schema, |name| self.known(desired.attributes.get(name)?));
        let of_labels = free(of_labels.and_then(|labels| listing.by_labels.get(&labels)));
        let free = identified(of_labels, of_key);
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

    /// The natural key of a desired resource, if all of it is known.
    fn desired_key(&self, desired: &Desired, schema: &Schema) -> Option<Key> {
        let value = |name: &&str| self.known(desired.attributes.get(*name)?).as_ref().map(text);
        schema.natural_key.iter().map(value).collect()
    }

    /// The value of an expression, if it is known.
    pub(super) fn known(&self, expr: &Expr) -> Option<Value> {
        match expr {
            Expr::Value(value) => Some(value.clone()),
            Expr::Reference(reference) => self.value(reference),
            Expr::Lookup(lookup) => self.look_up(lookup).ok(),
            Expr::Secret(_) => None,
        }
    }
}
