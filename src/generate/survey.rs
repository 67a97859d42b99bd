//! Reading an organization, region by region, through the readers that plans use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::future::join_all;
use futures::{StreamExt, TryStreamExt, stream};

use super::inventory::{Inventory, text};
use crate::konnect::resources::{TYPES, notification_subscription, of_name};
use crate::konnect::{KonnectType, ReadClient};
use crate::manifest::model::Region;
use crate::resource_type::{Generate, Listing};
use engine::refresh::{Remembered, refresh};
use engine::schema::Location;
use engine::{Desired, Error, Readers, Remote, Schema};

/// Parts that could not be read, all for one reason.
#[derive(Debug, Clone)]
pub struct Unread {
    /// The parts, as people call them: `the teams`, `the portals in eu`; or `anything`.
    pub what: Vec<String>,
    /// Why, for the first of them.
    pub error: Error,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not read {}: {}", self.what.join(", "), self.error.cause)
    }
}

/// A part of an organization: objects that are listed together.
struct ListedPart {
    what: String,
    /// The type of the objects.
    type_name: &'static str,
    /// Resources that lead the readers there, of which only the location is known.
    probes: Vec<Desired>,
    /// True if each object is then read by itself, because the list leaves out its text.
    one_by_one: bool,
}

/// The number of objects of a part that are read by themselves at the same time.
const READS_AT_ONCE: usize = 8;

impl ListedPart {
    async fn read(&self, readers: &Readers) -> Result<Vec<Remote>, Vec<Error>> {
        let world = refresh(&self.probes, &Remembered::default(), readers).await?;
        let listed = world.objects(self.type_name);
        match readers.get(self.type_name).filter(|_| self.one_by_one) {
            None => Ok(listed.to_vec()),
            Some(reader) => {
                let read = listed.iter().map(async |object| reader.read_one(&object.id, &object.attributes).await);
                // In the order of the list. One that was deleted meanwhile is not there.
                let read: Result<Vec<Option<Remote>>, Error> =
                    stream::iter(read).buffered(READS_AT_ONCE).try_collect().await;
                read.map(|read| read.into_iter().flatten().collect()).map_err(|error| vec![error])
            }
        }
    }
}

/// The attribute that holds the region, in every type that has one.
const REGION: &str = "region";

fn probe(schema: &Schema, key: &str) -> Desired {
    Desired::new("survey", schema.type_name, key)
}

fn regional(schema: &Schema, region: &str, key: &str) -> Desired {
    probe(schema, &format!("{region}/{key}")).with(REGION, region)
}

/// Reads all of an organization in these regions.
///
/// # Errors
/// Everything that could not be read. There is no partial inventory, because an absent object would look like one that
/// was not read.
pub async fn survey(client: &ReadClient, regions: &BTreeSet<Region>) -> Result<Inventory, Vec<Unread>> {
    let mut readers = Readers::default();
    TYPES.iter().for_each(|one| one.add_reader(&mut readers, client));
    let mut inventory = Inventory::default();
    inventory.regions = regions.iter().map(|region| region.as_str()).collect();
    let mut survey = Survey { readers, inventory, unread: Vec::new() };
    let parts = first(regions);
    let asked_for = parts.len() + 1;
    let none_known = BTreeMap::new();
    let (events, ()) = futures::join!(notification_subscription::events(client, &none_known), survey.read(parts));
    match events {
        Ok(events) => survey.inventory.events = events,
        Err(error) => survey.fail("the events of notifications".to_owned(), error),
    }
    if let [only] = survey.unread.as_mut_slice()
        && only.what.len() == asked_for
    {
        only.what = vec!["anything".to_owned()];
    }
    if survey.unread.is_empty() {
        survey.read(below_others(&survey.inventory, false)).await;
    }
    if survey.unread.is_empty() {
        survey.read(below_others(&survey.inventory, true)).await;
    }
    if survey.unread.is_empty() { Ok(survey.inventory) } else { Err(survey.unread) }
}

struct Survey {
    readers: Readers,
    inventory: Inventory,
    unread: Vec<Unread>,
}

impl Survey {
    async fn read(&mut self, parts: Vec<ListedPart>) {
        let readers = &self.readers;
        let read = join_all(parts.iter().map(|part| part.read(readers))).await;
        for (part, objects) in parts.into_iter().zip(read) {
            match objects {
                Ok(objects) => self.inventory.add(part.type_name, objects),
                Err(errors) => errors.into_iter().for_each(|error| self.fail(part.what.clone(), error)),
            }
        }
    }

    fn fail(&mut self, what: String, error: Error) {
        let same = |unread: &&mut Unread| unread.error.kind == error.kind && unread.error.cause == error.cause;
        match self.unread.iter_mut().find(same) {
            Some(unread) if unread.what.contains(&what) => {}
            Some(unread) => unread.what.push(what),
            None => self.unread.push(Unread { what: vec![what], error }),
        }
    }
}

/// The parts that can be listed when nothing is known yet.
fn first(regions: &BTreeSet<Region>) -> Vec<ListedPart> {
    TYPES.iter().flat_map(|one| at_once(one, regions)).collect()
}

fn at_once(one: &KonnectType, regions: &BTreeSet<Region>) -> Vec<ListedPart> {
    let Generate::Read { plural, listing, .. } = one.generate else { return Vec::new() };
    let part = |what: String, probe| ListedPart {
        what,
        type_name: one.schema.type_name,
        probes: vec![probe],
        one_by_one: false,
    };
    match listing {
        Listing::Global => vec![part(plural.to_owned(), probe(one.schema, "all"))],
        Listing::Regions { except } => {
            let regions = regions.iter().map(|region| region.as_str()).filter(|region| !except.contains(region));
            let of_region = |region: &str| part(format!("{plural} in {region}"), regional(one.schema, region, "all"));
            regions.map(of_region).collect()
        }
        Listing::Below { .. } | Listing::EachBelow { .. } | Listing::Events { .. } => Vec::new(),
    }
}

/// The parts that are listed below objects of the first ones; or, if they are `deep`, below objects that are listed below
/// others themselves.
fn below_others(inventory: &Inventory, deep: bool) -> Vec<ListedPart> {
    let parts = TYPES.iter().filter(|one| is_deep(one) == deep).filter_map(|one| below(one, inventory));
    parts.filter(|part| !part.probes.is_empty()).collect()
}

/// True if the objects of a type are listed below objects that are listed below others.
fn is_deep(one: &KonnectType) -> bool {
    let parent = |schema: &Schema| of_name(schema.type_name).map(|parent| parent.generate);
    let is_below = |generate: Generate| matches!(generate, Generate::Read { listing: Listing::Below { .. }, .. });
    match one.generate {
        Generate::Read { listing: Listing::Below { parent: schema, .. }, .. } => parent(schema).is_some_and(is_below),
        _ => false,
    }
}

fn below(one: &KonnectType, inventory: &Inventory) -> Option<ListedPart> {
    let Generate::Read { plural, listing, .. } = one.generate else { return None };
    let probes = match listing {
        Listing::Below { parent, attribute, with_parents } => {
            let parents = inventory.of(parent.type_name);
            let mut probes = if with_parents { lists(parent, parents) } else { Vec::new() };
            probes.extend(parents.iter().map(|object| probe_below(one.schema, object, attribute)));
            probes
        }
        Listing::EachBelow { parent, attribute } => {
            inventory.of(parent.type_name).iter().map(|object| probe_below(one.schema, object, attribute)).collect()
        }
        Listing::Events { attribute } => {
            inventory.events.iter().map(|event| probe(one.schema, event).with(attribute, event.as_str())).collect()
        }
        Listing::Global | Listing::Regions { .. } => return None,
    };
    let one_by_one = matches!(listing, Listing::EachBelow { .. });
    Some(ListedPart { what: plural.to_owned(), type_name: one.schema.type_name, probes, one_by_one })
}

/// A probe of the objects below `parent`, which are in its region, and below what it is below itself.
fn probe_below(schema: &Schema, parent: &Remote, attribute: &str) -> Desired {
    let shared = schema.attributes.iter().filter(|own| own.location == Location::Address && own.name != attribute);
    let shared = shared.filter_map(|own| Some((own.name, parent.attributes.get(own.name)?.clone())));
    let probe = probe(schema, &parent.id).with(attribute, parent.id.as_str());
    shared.fold(probe, |probe, (name, value)| probe.with(name, value))
}

/// Probes of the lists that these objects are in.
fn lists(schema: &Schema, objects: &[Remote]) -> Vec<Desired> {
    let regions: BTreeSet<&str> = objects.iter().map(|object| text(object, REGION)).collect();
    regions.into_iter().map(|region| regional(schema, region, "all")).collect()
}
