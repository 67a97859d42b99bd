//! The addresses that a refresh is about.

use std::collections::{BTreeMap, BTreeSet};

use super::address::Address;
use super::desired::{Desired, Expr, Lookup};
use super::remembered::Remembered;
use crate::state::ResourceState;

/// A place where objects of a type are listed although the configuration and the state may have none there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchArea {
    /// The type.
    pub type_name: &'static str,
    /// The attributes by which its reader chooses what to list: the region. Empty if it always lists everything.
    pub within: BTreeMap<&'static str, String>,
}

/// The addresses of one scope by type, as the subject of a refresh.
pub(super) struct Interest<'a> {
    by_type: BTreeMap<&'a str, Vec<Interesting<'a>>>,
    pub(super) lookups: Vec<&'a Lookup>,
    /// Where else to look.
    pub(super) areas: &'a [SearchArea],
}

/// An address with its desired resource and its record.
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
        Self { by_type, lookups: lookups(desired).collect(), areas: &[] }
    }

    /// The same, and everything in `areas`.
    pub(super) fn looking_in(self, areas: &'a [SearchArea]) -> Self {
        Self { areas, ..self }
    }

    pub(super) fn types(&self) -> BTreeSet<&'a str> {
        let searched = self.lookups.iter().map(|lookup| lookup.type_name);
        let searched_areas = self.areas.iter().map(|area| area.type_name);
        self.by_type.keys().copied().chain(searched).chain(searched_areas).collect()
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
