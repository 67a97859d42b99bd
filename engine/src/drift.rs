//! Changes outside koctl since the last apply (R3): state and remote compared, whatever the configuration says.
//!
//! [`of`] compares one resource; plans use it too. [`look`] reads a scope for nothing else: it needs no configuration,
//! has no writers, and lists no more than the state and the given [`SearchArea`]s need.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::address::{Address, Targets};
use super::desired::{Desired, Expr, Reference};
use super::duplicates;
use super::error::Error;
use super::interest::SearchArea;
use super::plan::{Drift, DriftKind, Drifted, Recovered, Waiting};
use super::refresh::refresh_with;
use super::remembered::Remembered;
use super::remote::Remote;
use super::resource::Readers;
use super::schema::{Kind, Schema};
use super::value::{own, stored_form};
use super::world::World;
use crate::state::ResourceState;

/// The result of a look at all scopes.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftReport {
    /// The time at which it ended.
    pub at: jiff::Timestamp,
    /// The scopes, by name.
    pub scopes: Vec<ScopeDrift>,
}

/// The result of a look at one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeDrift {
    /// An organization, or [`PLATFORM_SCOPE`](super::address::PLATFORM_SCOPE).
    pub scope: String,
    /// The outcome.
    pub outcome: Look,
}

/// The outcome of a look at one scope.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// It was read completely, and compared.
    Compared(Findings),
    /// It was left out on request, because an apply was running. The text names its holder.
    Skipped(String),
    /// It could not be read, for these reasons. Nothing is known of it.
    Failed(Vec<Reason>),
}

/// Why a scope could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The attempted operation and the cause.
    pub message: String,
    /// The next step for a user.
    pub help: Option<String>,
}

/// The differences between the state of a scope and the live systems.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The drift of resources in the state, by address.
    pub drift: Vec<Drift>,
    /// Objects that are not managed, by type and name: of the requested types, and second objects of koctl's own.
    pub unmanaged: Vec<Unmanaged>,
    /// The number of resources in the state, for each type that was compared.
    pub resources: BTreeMap<String, usize>,
    /// The results of the intents of an unfinished apply (R10). They are the work of koctl, and not drift.
    pub recovered: Vec<Recovered>,
    /// The resources that wait for others, by address. They are not drift.
    pub waiting: Vec<Waiting>,
    /// What differs, and is ignored on request, by address. It is not drift.
    pub ignored: Vec<Address>,
    /// Who made the differences, as far as the remote system says: by the address of a resource, and by the id of an
    /// object that is not managed.
    pub authors: BTreeMap<String, Author>,
}

/// Who made a difference, and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Author {
    /// Their name, or their id if it is not known.
    pub who: String,
    /// Their id in the remote system.
    pub id: String,
    /// The time of the last change.
    pub at: jiff::Timestamp,
}

/// An object that is not managed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmanaged {
    /// Its type, as in an address.
    pub type_name: String,
    /// The values of its natural key, in the order of the schema: they identify it for a person.
    pub key: Vec<(String, String)>,
    /// Its id in the remote system.
    pub id: String,
}

impl Unmanaged {
    /// Its name, or what identifies it in place of one.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.key.iter().find(|(name, value)| name == "name" && !value.is_empty());
        name.or(self.key.first()).map_or(&self.id, |(_, value)| value)
    }
}

impl DriftReport {
    /// The findings of the scopes that could be compared.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &Findings)> {
        self.scopes.iter().filter_map(|scope| match &scope.outcome {
            Look::Compared(findings) => Some((scope.scope.as_str(), findings)),
            _ => None,
        })
    }

    /// True if anything differs.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        self.findings().any(|(_, findings)| findings.has_drift())
    }

    /// True if a scope could not be read.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope.outcome, Look::Failed(_)))
    }

    /// True if every scope was compared. Only then does the absence of drift mean that there is none.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.scopes.iter().all(|scope| matches!(scope.outcome, Look::Compared(_)))
    }

    /// Counts over all scopes.
    #[must_use]
    pub fn count(&self) -> Count {
        let mut count = Count::default();
        for (_, findings) in self.findings() {
            count.unmanaged += findings.unmanaged.len();
            count.ignored += findings.ignored.len();
            count.resources += findings.resources.values().sum::<usize>();
            for drift in &findings.drift {
                match drift.kind {
                    DriftKind::Changed { .. } => count.changed += 1,
                    DriftKind::Deleted => count.deleted += 1,
                    DriftKind::Remade { .. } => count.remade += 1,
                }
            }
        }
        count
    }
}

impl Findings {
    /// Moves what `targets` match from the differences to what is ignored. An object that is not managed is named by its
    /// scope, its type and its [name](Unmanaged::name).
    pub fn ignore(&mut self, scope: &str, targets: &Targets) {
        let drift = self.drift.extract_if(.., |one| targets.contains(&one.address)).map(|one| one.address);
        self.ignored.extend(drift);
        let named = |one: &Unmanaged| Address::new(scope, &one.type_name, one.name());
        let unmanaged = self.unmanaged.extract_if(.., |one| targets.contains(&named(one)));
        self.ignored.extend(unmanaged.map(|one| named(&one)));
        self.ignored.sort_unstable();
    }

    /// True if anything differs.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        !self.drift.is_empty() || !self.unmanaged.is_empty()
    }
}

/// Counts of differences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// Resources that were compared.
    pub resources: usize,
    /// Resources with changed attributes.
    pub changed: usize,
    /// Resources that were deleted.
    pub deleted: usize,
    /// Resources that were deleted and created again.
    pub remade: usize,
    /// Objects that are not managed.
    pub unmanaged: usize,
    /// Differences that are ignored on request.
    pub ignored: usize,
}

/// The drift of one resource since the last apply; `None` if there is none.
///
/// Only attributes that koctl set and that can be read back are compared: neither secrets nor computed ones.
#[must_use]
pub fn of(address: &Address, schema: &Schema, prior: &ResourceState, remote: Option<&Remote>) -> Option<Drift> {
    let kind = match remote {
        // Others have agreed to the proposed deletion.
        None if schema.is_leaving(&prior.attributes) => return None,
        None => DriftKind::Deleted,
        Some(remote) if remote.id != prior.id => DriftKind::Remade { id: remote.id.clone() },
        Some(remote) => {
            let attributes = changed(schema, prior, remote);
            if attributes.is_empty() {
                return None;
            }
            DriftKind::Changed { attributes }
        }
    };
    Some(Drift { address: address.clone(), kind })
}

fn changed(schema: &Schema, prior: &ResourceState, remote: &Remote) -> BTreeMap<String, Drifted> {
    let mut attributes = BTreeMap::new();
    for attribute in schema.attributes.iter().filter(|attribute| attribute.is_read_back()) {
        let Some(was) = prior.attributes.get(attribute.name) else { continue };
        let is = remote.attributes.get(attribute.name).cloned().unwrap_or(Value::Null);
        let is = if attribute.kind == Kind::Labels { own(&is, was, &Value::Null) } else { is };
        let now = stored_form(attribute.kind, &is);
        // An answer can lag behind the request: a value that arrives late is not drift.
        let asked = prior.normalised.get(attribute.name);
        if now != *was && Some(&now) != asked {
            attributes.insert(attribute.name.to_owned(), Drifted { was: was.clone(), is });
        }
    }
    attributes
}

/// Reads everything that the state is about, and everything in `areas`, and reports the differences.
///
/// # Errors
/// Every list that could not be read. Nothing is reported then, since what was not read must not look deleted.
pub async fn look(state: &Remembered, areas: &[SearchArea], readers: &Readers) -> Result<Findings, Vec<Error>> {
    let known = recognisable(state, readers);
    let world = refresh_with(&known, state, areas, readers).await?;
    let mut findings = Findings::default();
    for (address, prior) in &state.0 {
        // A type that no reader knows was refused when the scope was read.
        let Some(schema) = readers.schema(address.type_name()) else { continue };
        *findings.resources.entry(schema.type_name.to_owned()).or_default() += 1;
        findings.drift.extend(of(address, schema, prior, world.object(address)));
        findings.waiting.extend(world.notice(address).map(|notice| notice.clone().of(address)));
    }
    for type_name in areas.iter().map(|area| area.type_name).collect::<BTreeSet<_>>() {
        findings.resources.entry(type_name.to_owned()).or_default();
        findings.unmanaged.extend(unmanaged(&world, type_name));
    }
    let second = duplicates::find(state, &world, readers);
    let second = second.iter().flat_map(|one| one.others.iter().map(|id| (one.address.type_name(), id)));
    let second = second
        .filter_map(|(type_name, id)| Some(unmanaged_object(readers.schema(type_name)?, world.by_id(type_name, id)?)));
    findings.unmanaged.extend(second);
    findings.unmanaged.sort_unstable();
    findings.unmanaged.dedup();
    Ok(findings)
}

fn unmanaged<'a>(world: &'a World, type_name: &'a str) -> impl Iterator<Item = Unmanaged> {
    world.unheld(type_name).map(|(schema, remote)| unmanaged_object(schema, remote))
}

fn unmanaged_object(schema: &Schema, remote: &Remote) -> Unmanaged {
    let value = |name: &&str| {
        let value = remote.attribute(name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    };
    let key = schema.natural_key.iter().filter_map(value).collect();
    Unmanaged { type_name: schema.type_name.to_owned(), key, id: remote.id.clone() }
}

/// The resources of the state with the attributes of their natural keys, by which they can be recognised. The id of
/// another resource in a key becomes a reference to it, so that the children of an object that was created again are
/// looked for in the new one.
#[must_use]
pub fn recognisable(state: &Remembered, readers: &Readers) -> Vec<Desired> {
    let by_id: HashMap<&str, Vec<&Address>> = state.0.iter().fold(HashMap::new(), |mut by_id, (address, prior)| {
        by_id.entry(prior.id.as_str()).or_default().push(address);
        by_id
    });
    let expr = |prior: &ResourceState, value: &Value| {
        let of_id = value.as_str().and_then(|id| by_id.get(id)).into_iter().flatten();
        let mut named = of_id.filter(|address| prior.dependencies.contains(address.as_str()));
        named.next().map_or_else(|| value.clone().into(), |address| Expr::Reference(Reference::new(address, "id")))
    };
    let resource = |(address, prior): (&Address, &ResourceState)| {
        let schema = readers.schema(address.type_name())?;
        let mut desired = Desired::new(address.scope(), address.type_name(), address.key());
        for name in schema.natural_key {
            let value = prior.attributes.get(*name).unwrap_or(&Value::Null);
            desired.attributes.insert((*name).to_owned(), expr(prior, value));
        }
        Some(desired)
    };
    state.0.iter().filter_map(resource).collect()
}
