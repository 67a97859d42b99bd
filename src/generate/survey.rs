//! Reading an organization, region by region, through the readers that plans use.

use std::collections::BTreeSet;
use std::fmt;

use futures::future::join_all;

use super::inventory::{Inventory, text};
use crate::compiler::has_dashboards;
use crate::konnect::ReadClient;
use crate::konnect::resources::{add_readers, notification_subscription};
use crate::manifest::model::Region;
use engine::refresh::{Remembered, refresh};
use engine::{Desired, Error, Readers, Remote};

/// What could not be read, all of it for one reason.
#[derive(Debug, Clone)]
pub struct Unread {
    /// What it is, as people call it: `the teams`, `the portals in eu`; or `anything`.
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
struct Part {
    what: String,
    /// The type that is kept of what is listed.
    type_name: &'static str,
    /// What leads the readers there: resources of which no more is known than where they are.
    probes: Vec<Desired>,
}

impl Part {
    fn new(what: impl Into<String>, type_name: &'static str, probes: Vec<Desired>) -> Self {
        Self { what: what.into(), type_name, probes }
    }

    /// What belongs to the whole organization.
    fn global(what: &str, type_name: &'static str) -> Self {
        Self::new(what, type_name, vec![probe(type_name, "all")])
    }

    /// What belongs to a region.
    fn of_region(what: &str, type_name: &'static str, region: Region) -> Self {
        Self::new(format!("{what} in {region}"), type_name, vec![regional(type_name, region.as_str(), "all")])
    }

    async fn read(&self, readers: &Readers) -> Result<Vec<Remote>, Vec<Error>> {
        let world = refresh(&self.probes, &Remembered::default(), readers).await?;
        Ok(world.objects(self.type_name).to_vec())
    }
}

fn probe(type_name: &str, key: &str) -> Desired {
    Desired::new("survey", type_name, key)
}

fn regional(type_name: &str, region: &str, key: &str) -> Desired {
    probe(type_name, &format!("{region}/{key}")).with("region", region)
}

/// Reads all of an organization in these regions.
///
/// # Errors
/// Everything that could not be read. What is not there cannot be told from what was not seen, so that there is no
/// inventory of a part.
pub async fn survey(client: &ReadClient, regions: &BTreeSet<Region>) -> Result<Inventory, Vec<Unread>> {
    let mut readers = Readers::default();
    add_readers(&mut readers, client);
    let mut survey = Survey { readers, inventory: Inventory::default(), unread: Vec::new() };
    let parts = first(regions);
    let asked_for = parts.len() + 1;
    let (events, ()) = futures::join!(notification_subscription::events(client), survey.read(parts));
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
        survey.read(second(&survey.inventory)).await;
    }
    if survey.unread.is_empty() { Ok(survey.inventory) } else { Err(survey.unread) }
}

struct Survey {
    readers: Readers,
    inventory: Inventory,
    unread: Vec<Unread>,
}

impl Survey {
    async fn read(&mut self, parts: Vec<Part>) {
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

/// What can be listed without knowing anything.
fn first(regions: &BTreeSet<Region>) -> Vec<Part> {
    let mut parts = vec![
        Part::global("the teams", "team"),
        Part::global("Konnect's own teams", "konnect_team"),
        Part::global("the users", "user"),
        Part::global("the authentication settings", "authentication_settings"),
        Part::global("the identity providers", "identity_provider"),
    ];
    for &region in regions {
        parts.extend([
            Part::of_region("the control planes", "control_plane", region),
            Part::of_region("the portals", "portal", region),
            Part::of_region("the APIs", "api", region),
            Part::of_region("the publications of APIs", "api_publication", region),
            Part::of_region("the implementations of APIs", "api_implementation", region),
        ]);
        if has_dashboards(region) {
            parts.push(Part::of_region("the dashboards", "dashboard", region));
        }
    }
    parts
}

/// What is listed below something else.
fn second(inventory: &Inventory) -> Vec<Part> {
    let below = |type_name: &'static str, parent: &str, attribute: &str| {
        let parents = inventory.of(parent).iter();
        parents.map(|parent| probe(type_name, &parent.id).with(attribute, parent.id.as_str())).collect::<Vec<_>>()
    };
    let services = inventory.of("control_plane").iter().map(|plane| {
        regional("gateway_service", text(plane, "region"), &plane.id).with("control_plane_id", plane.id.as_str())
    });
    let event = |event: &String| probe("notification_subscription", event).with("event_id", event.as_str());
    let parts = vec![
        Part::new("the members of teams", "team_user", below("team_user", "team", "team_id")),
        Part::new("the roles of teams", "team_role", below("team_role", "team", "team_id")),
        Part::new(
            "the team mappings of identity providers",
            "team_group_mapping",
            below("team_group_mapping", "identity_provider", "identity_provider_id"),
        ),
        Part::new("the gateway services of control planes", "gateway_service", services.collect()),
        Part::new("the specifications of APIs", "api_version", specifications(inventory)),
        Part::new(
            "the subscriptions to notifications",
            "notification_subscription",
            inventory.events.iter().map(event).collect(),
        ),
    ];
    parts.into_iter().filter(|part| !part.probes.is_empty()).collect()
}

/// The list of a region's APIs tells which version of each is the current one, and saves a request for each.
fn specifications(inventory: &Inventory) -> Vec<Desired> {
    let apis = inventory.of("api");
    let regions: BTreeSet<&str> = apis.iter().map(|api| text(api, "region")).collect();
    let lists = regions.into_iter().map(|region| regional("api", region, "all"));
    let versions =
        apis.iter().map(|api| regional("api_version", text(api, "region"), &api.id).with("api_id", api.id.as_str()));
    lists.chain(versions).collect()
}
