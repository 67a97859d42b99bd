//! What changed outside koctl since the last apply (R3): state and remote compared, whatever the configuration says.
//!
//! [`of`] is the comparison of one resource, which plans are made with too. [`look`] reads a scope for nothing else: it
//! needs no configuration, has no writers, and asks for no more than the state is about and the [`Place`]s that it is
//! told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::address::Address;
use super::desired::{Desired, Expr, Reference};
use super::error::Error;
use super::plan::{Drift, DriftKind, Drifted, Recovered};
use super::refresh::{Place, Remembered, refresh_with};
use super::resource::{Readers, Remote};
use super::schema::{Kind, Schema};
use super::value::{own, stored_form};
use super::world::World;
use crate::state::ResourceState;

/// What a look at all scopes has found.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftReport {
    /// When it ended.
    pub at: jiff::Timestamp,
    /// By name.
    pub scopes: Vec<ScopeDrift>,
}

/// What a look at one scope has found.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeDrift {
    /// An organization, or [`PLATFORM_SCOPE`](super::address::PLATFORM_SCOPE).
    pub scope: String,
    /// What came of it.
    pub outcome: Look,
}

/// How a look at one scope ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// It was read whole, and compared.
    Compared(Findings),
    /// It was left out as asked, since somebody was applying; the text says who.
    Skipped(String),
    /// It could not be read, for all of these reasons: nothing is known of it.
    Failed(Vec<Reason>),
}

/// Why a scope could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What was attempted and why it failed.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

/// What differs between the state of a scope and the live systems.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// What happened to resources of the state, by address.
    pub drift: Vec<Drift>,
    /// Objects that no state knows, of the types that were asked for, by type and name.
    pub unmanaged: Vec<Unmanaged>,
    /// How many resources the state has of each type that was looked at.
    pub resources: BTreeMap<String, usize>,
    /// What became of the intents of an apply that did not end (R10). It is koctl's own doing, and no drift.
    pub recovered: Vec<Recovered>,
}

/// An object that no state knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmanaged {
    /// Its type, as in an address.
    pub type_name: String,
    /// The values of its natural key, in the schema's order: by what people tell it from others.
    pub key: Vec<(String, String)>,
    /// Its id in the remote system.
    pub id: String,
}

impl DriftReport {
    /// The findings of the scopes that could be compared.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &Findings)> {
        self.scopes.iter().filter_map(|scope| match &scope.outcome {
            Look::Compared(findings) => Some((scope.scope.as_str(), findings)),
            _ => None,
        })
    }

    /// Whether anything differs.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        self.findings().any(|(_, findings)| findings.has_drift())
    }

    /// Whether a scope could not be read.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope.outcome, Look::Failed(_)))
    }

    /// Whether every scope was read and compared: only then the absence of drift means that there is none.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.scopes.iter().all(|scope| matches!(scope.outcome, Look::Compared(_)))
    }

    /// How many of what, over all scopes.
    #[must_use]
    pub fn count(&self) -> Count {
        let mut count = Count::default();
        for (_, findings) in self.findings() {
            count.unmanaged += findings.unmanaged.len();
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
    /// Whether anything differs.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        !self.drift.is_empty() || !self.unmanaged.is_empty()
    }
}

/// How many of what differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// Resources that were looked at.
    pub resources: usize,
    /// Resources of which attributes differ.
    pub changed: usize,
    /// Resources that are gone.
    pub deleted: usize,
    /// Resources that were deleted and made again.
    pub remade: usize,
    /// Objects that no state knows.
    pub unmanaged: usize,
}

/// What happened to one resource since the last apply; nothing where it is as that left it.
///
/// Only what that apply set is looked at, and of that what can be read back: neither secrets nor what the server
/// computes.
#[must_use]
pub fn of(address: &Address, schema: &Schema, prior: &ResourceState, remote: Option<&Remote>) -> Option<Drift> {
    let kind = match remote {
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
        // An answer can lag behind what was asked for: what arrives late is not somebody else's.
        let asked = prior.normalised.get(attribute.name);
        if now != *was && Some(&now) != asked {
            attributes.insert(attribute.name.to_owned(), Drifted { was: was.clone(), is });
        }
    }
    attributes
}

/// Reads everything that the state is about, and `places` besides, and tells what differs.
///
/// # Errors
/// Every list that could not be read: nothing is told then, since what was not seen must not look deleted.
pub async fn look(state: &Remembered, places: &[Place], readers: &Readers) -> Result<Findings, Vec<Error>> {
    let known = recognisable(state, readers);
    let world = refresh_with(&known, state, places, readers).await?;
    let mut findings = Findings::default();
    for (address, prior) in &state.0 {
        // A type that no reader knows was refused when the scope was read.
        let Some(schema) = readers.schema(address.type_name()) else { continue };
        *findings.resources.entry(schema.type_name.to_owned()).or_default() += 1;
        findings.drift.extend(of(address, schema, prior, world.object(address)));
    }
    for type_name in places.iter().map(|place| place.type_name).collect::<BTreeSet<_>>() {
        findings.resources.entry(type_name.to_owned()).or_default();
        findings.unmanaged.extend(unmanaged(&world, type_name));
    }
    findings.unmanaged.sort_unstable();
    Ok(findings)
}

fn unmanaged<'a>(world: &'a World, type_name: &'a str) -> impl Iterator<Item = Unmanaged> {
    world.unheld(type_name).map(move |(schema, remote)| {
        let value = |name: &&str| {
            let value = remote.attribute(name).filter(|value| !value.is_null())?;
            Some(((*name).to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        };
        let key = schema.natural_key.iter().filter_map(value).collect();
        Unmanaged { type_name: type_name.to_owned(), key, id: remote.id.clone() }
    })
}

/// The resources of the state, as far as they can be recognised by: their natural keys. The id of another resource in
/// a key is a reference to it, so that what belonged to an object that was made again is looked for in the new one.
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
