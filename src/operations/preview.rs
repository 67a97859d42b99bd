//! What a change of the configuration would do, from the configuration and the states alone.
//!
//! No live system is compared, so that no token of an organization is needed. Only the specifications of services that the
//! change touches are read; all other services are held, as those whose specification is not known (R8). What the
//! configuration would do without the change is left out: it is not of the change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::connect::{platform_repository, tokenless_readers};
use super::failure::{Failures, OfScope as _};
use super::held::Holding;
use super::moved::relocated;
use super::session::Session;
use super::sources::{self, source};
use crate::compiler::{self, Events, Input, ReadSecrets, SpecAddress, SpecOutline, Specs};
use crate::github::specs::Wanted;
use crate::manifest::changes::Change;
use crate::manifest::model::{EnvironmentType, Manifest, Placement, Service};
use crate::registry;
use crate::report::{self, Detail, PlanView, Schemas};
use crate::review::Review;
use engine::diff::{DiffOptions, diff};
use engine::plan::Waiting;
use engine::refresh::Remembered;
use engine::world::World;
use engine::{Mode, Plan, Refusal, ResourceChange, ScopePlan};

/// What a change would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The files that it changes: the name, the text now, and the text after it, without secrets.
    pub edits: Vec<(String, String, String)>,
    /// The OpenAPI documents of the services that it touches.
    pub documents: Vec<PreviewedDocument>,
    /// What follows from it, compared with the states alone.
    pub plan: Plan,
    /// The environments that list what takes part, and in which what is added does not.
    pub left_out: Vec<String>,
}

impl Preview {
    /// What follows from the change, as a part of a page in Markdown of at most `limit` bytes.
    #[must_use]
    pub fn markdown(&self, limit: usize) -> String {
        let review = Review::of(&self.plan);
        let view = PlanView { schemas: Schemas(registry::schemas()), review: &review, detail: Detail::Normal };
        report::markdown::plan(&self.plan, view, &[], Some(limit))
    }
}

/// An OpenAPI document that a change brings to environments.
#[derive(Debug, Clone)]
pub struct PreviewedDocument {
    /// The branch that it is on.
    pub branch: String,
    /// Its path in the repository.
    pub path: String,
    /// The environments that it goes to, as `organization/environment`. Empty if there is none.
    pub places: Vec<String>,
    /// Its `info.version`.
    pub version: String,
    /// What it describes.
    pub document: SpecOutline,
}

/// What a change would do. `before` and `after` are sessions about the configuration without and with it.
///
/// # Errors
/// Everything that is wrong with the change: specifications that cannot be read or are none, and what no plan may do.
pub(super) async fn preview(
    before: &Session,
    after: &Session,
    change: &Change,
    edits: Vec<(String, String, String)>,
) -> Result<Preview, Failures> {
    let [old, new] = [before, after].map(|session| &session.workspace.loaded.manifest);
    let touched = touched(old, new);
    let (read, mut failures) = read(after, &touched).await;
    let mut scopes = Vec::new();
    for name in new.organizations.keys() {
        // A part of the configuration that is as it was has the same plan.
        if before.digest_of(name) == after.digest_of(name) {
            continue;
        }
        match scope(before, after, &read, name).await.of_scope(name) {
            Ok(plan) => scopes.push(plan),
            Err(reasons) => failures.extend(reasons),
        }
    }
    let plan = Plan::new(after.systems.describe(), Mode::Normal, scopes).limited(Vec::new(), true);
    let documents = touched.iter().filter_map(|(address, one)| document(address, one, &read)).collect();
    failures.none_or(Preview { edits, documents, plan, left_out: change.left_out(new) })
}

fn document(address: &SpecAddress, touched: &Touched<'_>, read: &Specs) -> Option<PreviewedDocument> {
    let spec = read.get(address)?.as_ref().ok()?;
    Some(PreviewedDocument {
        branch: address.branch.clone(),
        path: address.path.clone(),
        places: touched.places.iter().cloned().collect(),
        version: spec.version.clone().unwrap_or_default(),
        document: SpecOutline::of(spec),
    })
}

/// A specification that a change brings somewhere.
struct Touched<'a> {
    service: &'a Service,
    places: BTreeSet<String>,
}

/// The specifications of services that are new, or other than before, where they take part. If a service takes part
/// nowhere, that of its branch for production.
fn touched<'a>(before: &Manifest, after: &'a Manifest) -> BTreeMap<SpecAddress, Touched<'a>> {
    let known: BTreeSet<String> = placed(before).map(|(place, one)| fingerprint(&place, &one)).collect();
    let mut touched: BTreeMap<SpecAddress, Touched<'a>> = BTreeMap::new();
    for (place, one) in placed(after).filter(|(place, one)| !known.contains(&fingerprint(place, one))) {
        let entry = touched.entry(one.spec());
        entry.or_insert_with(|| Touched { service: one.service, places: BTreeSet::new() }).places.insert(place);
    }
    let resting = after.teams.iter().flat_map(|(team, configured)| {
        configured.services.iter().map(move |(key, service)| (team.as_str(), key.as_str(), service))
    });
    for (team, key, service) in resting {
        let is_known = before.teams.get(team).and_then(|team| team.services.get(key)).is_some();
        let takes_part = placed(after).any(|(_, one)| one.team_name == team && one.key == key);
        if !is_known && !takes_part {
            let (remote, branch) = (service.git.remote.clone(), service.branch(EnvironmentType::Prod).to_owned());
            let address = SpecAddress { remote, branch, path: service.spec_file(), docs: service.docs_folder() };
            touched.entry(address).or_insert_with(|| Touched { service, places: BTreeSet::new() });
        }
    }
    touched
}

/// The services of all environments, with the environment.
fn placed(manifest: &Manifest) -> impl Iterator<Item = (String, Placement<'_>)> {
    manifest.organizations.iter().flat_map(move |(organization, configured)| {
        configured.environments.iter().flat_map(move |(name, environment)| {
            let place = format!("{organization}/{name}");
            environment.services(&manifest.teams).into_iter().map(move |one| (place.clone(), one))
        })
    })
}

/// Everything that the configuration says of a service in an environment.
fn fingerprint(place: &str, one: &Placement<'_>) -> String {
    json!([place, one.team_name, one.key, one.branch, one.service, one.part]).to_string()
}

/// Reads these specifications, each once. Also returns why some cannot be used.
async fn read(session: &Session, touched: &BTreeMap<SpecAddress, Touched<'_>>) -> (Specs, Failures) {
    let (mut wanted, mut failures) = (BTreeMap::new(), Failures::default());
    for (address, Touched { service, .. }) in touched {
        let SpecAddress { remote, branch, path, .. } = address.clone();
        match source(session, service) {
            Ok(source) => drop(wanted.insert(address.clone(), Wanted { remote, branch, path, source })),
            Err(failure) => failures.push(failure),
        }
    }
    let read = sources::read(wanted).await;
    read.values().filter_map(|spec| spec.as_ref().err()).for_each(|error| failures.push(error.clone()));
    (read, failures)
}

/// What the change adds to the plan of one organization.
async fn scope(before: &Session, after: &Session, read: &Specs, name: &str) -> Result<ScopePlan, Failures> {
    let (before, after) = (compared(before, read, name).await?, compared(after, read, name).await?);
    let refused: Failures = after.refused.into_iter().filter(|one| !before.refused.contains(one)).collect();
    let changes = after.changes.into_iter().filter(|one| !before.changes.contains(one)).collect();
    let waiting = after.waiting.into_iter().filter(|one| !before.waiting.contains(one)).collect();
    refused.none_or(ScopePlan { scope: name.to_owned(), changes, waiting, ..ScopePlan::default() })
}

/// A configuration compared with the state of one organization.
#[derive(Default)]
struct Compared {
    changes: Vec<ResourceChange>,
    waiting: Vec<Waiting>,
    refused: Vec<Refusal>,
}

async fn compared(session: &Session, read: &Specs, name: &str) -> Result<Compared, Failures> {
    let manifest = &session.workspace.loaded.manifest;
    let Some(organization) = manifest.organizations.get(name) else { return Ok(Compared::default()) };
    let state = relocated(session, name, session.workspace.state(name).await?, None).await?.state;
    let remembered = Remembered::new(state.as_deref())?;
    let readers = tokenless_readers(session, name)?;
    // Both sides are made with the same secrets and events, so that what follows from these is not a difference.
    let secrets = ReadSecrets::blank();
    let events = Events::from([(name.to_owned(), Ok(Vec::new()))]);
    let platform = platform_repository(session)?.to_string();
    let input = Input { manifest, specs: read, secrets: &secrets, events: &events, platform_repository: &platform };
    let (mut desired, holding) = Holding::of(compiler::compile(input, name, organization)?, &|_| true);
    desired.extend(holding.reserved(&remembered, &readers));
    let world = World::remembered(&desired, &remembered, &readers)?;
    let desired = holding.keep(&desired, &world);
    let lineage = state.as_deref().map_or("", |state| state.lineage());
    match diff(&desired, &remembered, &world, &readers, DiffOptions { lineage, ..DiffOptions::default() }) {
        Ok(mut found) => {
            found.changes.retain(|change| !holding.covers(&change.address));
            Ok(Compared { changes: found.changes, waiting: found.waiting, refused: found.held_back })
        }
        Err(refused) => Ok(Compared { refused, ..Compared::default() }),
    }
}
