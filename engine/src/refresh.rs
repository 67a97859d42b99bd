//! Reading the live systems, in bulk (R2).
//!
//! Types are listed in the order that [`reads_after`](super::schema::Schema::reads_after) demands, those of one level at the same time. After
//! each type, its objects are matched with addresses, so that the next types can ask for the members of just
//! the teams, or the services of just the control planes, that matter.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use super::address::Address;
use super::desired::{Desired, Expr, Lookup};
use super::error::{Error, ErrorKind};
use super::resource::{Reader, Readers, Remote};
use super::world::{Interest, Interesting, World};
use crate::state::{ResourceState, State};

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
    /// Whether the configuration has a say in the attribute. A look for drift knows no configuration.
    #[must_use]
    pub fn sets(&self, attribute: &str) -> bool {
        self.desired.is_some_and(|desired| desired.attributes.contains_key(attribute))
    }

    /// The value that the configuration asks for, where it is known already.
    #[must_use]
    pub fn value(&self, attribute: &str) -> Option<Value> {
        match self.desired?.attributes.get(attribute)? {
            Expr::Value(value) => Some(value.clone()),
            Expr::Reference(reference) => self.world.value(reference),
            Expr::Lookup(_) | Expr::Secret(_) => None,
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
    places: Vec<&'a Place>,
}

/// Where objects of a type are looked for although no address may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The type.
    pub type_name: &'static str,
    /// The attributes by which its reader chooses what to list: the region. None where it always lists everything.
    pub within: BTreeMap<&'static str, String>,
}

impl<'a> Scan<'a> {
    fn new(world: &'a World, interest: &Interest<'a>, type_name: &str) -> Self {
        let wanted = |one: &Interesting<'a>| {
            let Interesting { address, desired, state } = *one;
            Wanted { world, address, desired, state }
        };
        let wanted = interest.of_type(type_name).iter().map(wanted).collect();
        let lookups = interest.lookups.iter().filter(|lookup| lookup.type_name == type_name).copied().collect();
        let places = interest.places.iter().filter(|place| place.type_name == type_name).collect();
        Self { world, wanted, lookups, places }
    }

    /// The addresses of this type.
    pub fn wanted(&self) -> impl Iterator<Item = &Wanted<'a>> {
        self.wanted.iter()
    }

    /// The distinct combinations of text values that these attributes take, in what is wanted as in what is
    /// remembered, and in the places to look in besides: the regions in use, the teams whose members matter. Values not
    /// known yet are left out.
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
        let places = self.places.iter().filter_map(|place| every(attributes, |name| place.within.get(name).cloned()));
        wanted.chain(remembered).chain(searched).chain(places).collect()
    }

    /// An object of another type that was listed before.
    #[must_use]
    pub fn object(&self, type_name: &str, id: &str) -> Option<&Remote> {
        self.world.by_id(type_name, id)
    }
}

fn every<const N: usize>(names: [&str; N], value: impl Fn(&str) -> Option<String>) -> Option<[String; N]> {
    let values: Option<Vec<String>> = names.into_iter().map(value).collect();
    values?.try_into().ok()
}

/// Reads everything that `desired` and `state` are about.
///
/// # Errors
/// Every list that could not be read. A scope that could not be read whole is not compared at all: what was not
/// seen must not look deleted.
pub async fn refresh(desired: &[Desired], state: &Remembered, readers: &Readers) -> Result<World, Vec<Error>> {
    refresh_with(desired, state, &[], readers).await
}

/// The same, and what is in `places` besides.
///
/// # Errors
/// Every list that could not be read.
pub(super) async fn refresh_with(
    desired: &[Desired],
    state: &Remembered,
    places: &[Place],
    readers: &Readers,
) -> Result<World, Vec<Error>> {
    let interest = Interest::new(desired, state).looking_in(places);
    let mut world = World::default();
    let mut open = Vec::new();
    for level in levels(&interest.types(), readers)? {
        let listings = join_all(level.iter().map(|reader| {
            let scan = Scan::new(&world, &interest, reader.schema().type_name);
            async move { reader.list(&scan).await }
        }))
        .await;
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for (reader, listing) in level.into_iter().zip(listings) {
            match listing {
                Ok(objects) => read.push((reader.schema(), objects)),
                Err(error) => errors.push(of_type(reader.schema().type_name, error)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        world.add(read, &interest, &mut open);
    }
    Ok(world)
}

/// An error that says what could not be read by its name, and not only by its address.
fn of_type(type_name: &str, error: Error) -> Error {
    let attempted = format!("list the resources of type `{type_name}` ({})", error.attempted);
    Error { attempted, ..error }
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
    let objects = reader.list(&Scan::new(&world, &interest, type_name)).await?;
    world.add(vec![(reader.schema(), objects)], &interest, &mut Vec::new());
    if let Some(ids) = world.ambiguous(&desired.address) {
        let cause = format!("there are {} of its name: {}", ids.len(), ids.join(", "));
        let error = Error::new(ErrorKind::Conflict, format!("find `{}`", desired.address), cause);
        return Err(error.help("delete or rename all but one"));
    }
    Ok(world.object(&desired.address).cloned())
}

/// The resources of a state with their addresses parsed.
#[derive(Debug, Clone, Default)]
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
}
