//! Reading the live systems, in bulk (R2).
//!
//! Types are listed in the order of [`reads_after`](super::schema::Schema::reads_after), those of one level at the same
//! time. After each type, its objects are matched with addresses, so that the next types can list only the members of
//! the teams, or the services of the control planes, that matter.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::{StreamExt, TryStreamExt, stream};

use super::desired::Desired;
use super::error::{Error, ErrorKind};
pub use super::interest::SearchArea;
use super::interest::{Interest, Interesting};
pub use super::remembered::{Remembered, addresses};
use super::remote::Remote;
use super::resource::{Reader, Readers};
pub use super::scan::{Scan, Wanted};
use super::world::World;
use crate::state::ResourceState;

/// The number of objects of one type that are asked for at the same time, because no list has them.
const READS_AT_ONCE: usize = 8;

/// Reads everything that `desired` and `state` are about.
///
/// # Errors
/// Every list that could not be read. A scope that could not be read completely is not compared: what was not read must
/// not look deleted.
pub async fn refresh(desired: &[Desired], state: &Remembered, readers: &Readers) -> Result<World, Vec<Error>> {
    refresh_with(desired, state, &[], readers).await
}

/// The same, and everything in `areas`.
///
/// # Errors
/// Every list that could not be read.
pub(super) async fn refresh_with(
    desired: &[Desired],
    state: &Remembered,
    areas: &[SearchArea],
    readers: &Readers,
) -> Result<World, Vec<Error>> {
    let interest = Interest::new(desired, state).looking_in(areas);
    let mut world = World::default();
    let mut open = Vec::new();
    for level in levels(&interest.types(), readers)? {
        let listings = join_all(level.iter().map(|reader| {
            let scan = Scan::new(&world, &interest, reader.schema().type_name);
            let known = known(interest.of_type(reader.schema().type_name));
            async move { list(*reader, &scan, known).await }
        }))
        .await;
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for (reader, listing) in level.into_iter().zip(listings) {
            match listing {
                Ok(objects) => read.push((reader.schema(), objects)),
                Err(error) => errors.push((reader.schema().type_name, error)),
            }
        }
        if !errors.is_empty() {
            return Err(joined(errors));
        }
        world.add(read, &interest, &mut open);
    }
    Ok(world)
}

/// The errors with the names of their types, and not only their addresses. Those with one cause are one error.
fn joined(errors: Vec<(&str, Error)>) -> Vec<Error> {
    let mut causes: Vec<(Vec<&str>, Error)> = Vec::new();
    for (type_name, error) in errors {
        match causes.iter_mut().find(|(_, other)| (&other.cause, &other.help) == (&error.cause, &error.help)) {
            Some((types, _)) => types.push(type_name),
            None => causes.push((vec![type_name], error)),
        }
    }
    let named = |(types, error): (Vec<&str>, Error)| {
        let types = types.join("`, `");
        let attempted = format!("list the resources of type `{types}` ({})", error.attempted);
        Error { attempted, ..error }
    };
    causes.into_iter().map(named).collect()
}

/// The records of the state among these.
fn known<'a>(interesting: &[Interesting<'a>]) -> BTreeMap<&'a str, &'a ResourceState> {
    interesting.iter().filter_map(|one| one.state).map(|state| (state.id.as_str(), state)).collect()
}

/// Lists the objects of a type, and asks for each of `known` that is in no list: it must not look deleted, or it would
/// be created again.
async fn list(
    reader: &dyn Reader,
    scan: &Scan<'_>,
    mut known: BTreeMap<&str, &ResourceState>,
) -> Result<Vec<Remote>, Error> {
    let mut objects = reader.list(scan).await?;
    for object in &objects {
        known.remove(object.id.as_str());
    }
    let passed_over = stream::iter(known).map(async |(id, state)| reader.read_one(id, &state.attributes).await);
    let passed_over: Vec<Option<Remote>> = passed_over.buffer_unordered(READS_AT_ONCE).try_collect().await?;
    objects.extend(passed_over.into_iter().flatten());
    Ok(objects)
}

/// Lists one type and looks for desired resources of this type by their natural keys alone.
///
/// # Errors
/// The list could not be read.
pub(super) async fn look_for(type_name: &str, desired: &[Desired], readers: &Readers) -> Result<World, Error> {
    let reader = readers.get(type_name).ok_or_else(|| unknown_type(type_name))?;
    let nothing = Remembered::default();
    let interest = Interest::new(desired, &nothing);
    let mut world = World::default();
    let objects = reader.list(&Scan::new(&world, &interest, type_name)).await?;
    world.add(vec![(reader.schema(), objects)], &interest, &mut Vec::new());
    Ok(world)
}

/// Looks for one desired resource by its natural key: how the result of a create whose answer was lost is found (R13).
///
/// # Errors
/// The list could not be read, or several objects have the key.
pub async fn find(desired: &Desired, readers: &Readers) -> Result<Option<Remote>, Error> {
    let world = look_for(desired.address.type_name(), std::slice::from_ref(desired), readers).await?;
    if let Some(ids) = world.ambiguous(&desired.address) {
        let cause = format!("there are {} of its name: {}", ids.len(), ids.join(", "));
        let error = Error::new(ErrorKind::Conflict, format!("find `{}`", desired.address), cause);
        return Err(error.help("delete or rename all except one"));
    }
    Ok(world.object(&desired.address).cloned())
}

/// The readers of `types` in the order in which they list; those of one level at the same time.
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
    Error::new(ErrorKind::State, format!("read resources of type `{name}`"), "this koctl does not know the type")
        .help("the state was written by a newer koctl: use that one, or a newer one")
}

impl World {
    /// The world as the state has it: `--no-refresh` compares with it. It has no labels of others.
    ///
    /// # Errors
    /// A type has no reader.
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
