//! The request to a reader to list objects.

use std::collections::BTreeSet;

use serde_json::Value;

use super::address::Address;
use super::desired::{Desired, Expr, Lookup};
use super::interest::{Interest, Interesting, SearchArea};
use super::remote::Remote;
use super::world::World;
use crate::state::ResourceState;

/// An address of the configuration, of the state, or of both.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    world: &'a World,
    /// The address.
    pub address: &'a Address,
    /// The desired resource, if the configuration has one.
    pub desired: Option<&'a Desired>,
    /// The record, if the state has one.
    pub state: Option<&'a ResourceState>,
}

impl Wanted<'_> {
    /// True if the configuration sets the attribute. A look for drift has no configuration.
    #[must_use]
    pub fn sets(&self, attribute: &str) -> bool {
        self.desired.is_some_and(|desired| desired.attributes.contains_key(attribute))
    }

    /// The value that the configuration sets, if it is known already.
    #[must_use]
    pub fn value(&self, attribute: &str) -> Option<Value> {
        match self.desired?.attributes.get(attribute)? {
            Expr::Value(value) => Some(value.clone()),
            Expr::Reference(reference) => self.world.value(reference),
            Expr::Lookup(_) | Expr::Secret(_) => None,
        }
    }

    /// The same, if it is a text.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<String> {
        self.value(attribute).as_ref().and_then(Value::as_str).map(str::to_owned)
    }

    /// The same as the configuration sets it, or else as the state has it.
    #[must_use]
    pub fn last_text(&self, attribute: &str) -> Option<String> {
        self.text(attribute).or_else(|| self.remembered(attribute))
    }

    /// The text that the state has, if it has one.
    #[must_use]
    pub fn remembered(&self, attribute: &str) -> Option<String> {
        self.state?.attributes.get(attribute)?.as_str().map(str::to_owned)
    }
}

/// The request to a reader to list objects: the addresses of its type, and the objects that were read before.
#[derive(Debug)]
pub struct Scan<'a> {
    world: &'a World,
    wanted: Vec<Wanted<'a>>,
    lookups: Vec<&'a Lookup>,
    areas: Vec<&'a SearchArea>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(world: &'a World, interest: &Interest<'a>, type_name: &str) -> Self {
        let wanted = |one: &Interesting<'a>| {
            let Interesting { address, desired, state } = *one;
            Wanted { world, address, desired, state }
        };
        let wanted = interest.of_type(type_name).iter().map(wanted).collect();
        let lookups = interest.lookups.iter().filter(|lookup| lookup.type_name == type_name).copied().collect();
        let areas = interest.areas.iter().filter(|area| area.type_name == type_name).collect();
        Self { world, wanted, lookups, areas }
    }

    /// The addresses of this type.
    pub fn wanted(&self) -> impl Iterator<Item = &Wanted<'a>> {
        self.wanted.iter()
    }

    /// The distinct combinations of text values that these attributes have, in the configuration, in the state and in
    /// the search areas: the regions in use, the teams whose members matter. Values that are not known yet are left
    /// out. Without attributes, there is one combination: nothing.
    #[must_use]
    pub fn combinations(&self, attributes: &[&str]) -> BTreeSet<Vec<String>> {
        if attributes.is_empty() {
            return BTreeSet::from([Vec::new()]);
        }
        let wanted = self.wanted.iter().filter_map(|wanted| every(attributes, |name| wanted.text(name)));
        let remembered = self.wanted.iter().filter_map(|wanted| every(attributes, |name| wanted.remembered(name)));
        let searched = self.lookups.iter().filter_map(|lookup| {
            every(attributes, |name| {
                let value = self.world.value(lookup.within.get(name)?)?;
                value.as_str().map(str::to_owned)
            })
        });
        let areas = self.areas.iter().filter_map(|area| every(attributes, |name| area.within.get(name).cloned()));
        wanted.chain(remembered).chain(searched).chain(areas).collect()
    }

    /// The distinct text values of one attribute.
    #[must_use]
    pub fn distinct(&self, attribute: &str) -> BTreeSet<String> {
        self.combinations(&[attribute]).into_iter().flatten().collect()
    }

    /// An object of another type that was listed before.
    #[must_use]
    pub fn object(&self, type_name: &str, id: &str) -> Option<&Remote> {
        self.world.by_id(type_name, id)
    }

    /// The objects with this id, of all types, that were listed before.
    pub fn objects(&self, id: &str) -> impl Iterator<Item = &Remote> {
        self.world.types_of(id).filter_map(move |type_name| self.world.by_id(type_name, id))
    }
}

fn every(names: &[&str], value: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    names.iter().map(|name| value(name)).collect()
}
