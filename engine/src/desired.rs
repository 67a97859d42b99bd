//! What the configuration asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::Address;

/// A resource that should exist.
#[derive(Debug, Clone)]
pub struct Desired {
    /// Its name.
    pub address: Address,
    /// What it should look like. Only these attributes are compared (R3).
    pub attributes: BTreeMap<String, Expr>,
    /// `protect: true` covers it: no plan may delete or replace it (R12).
    pub protect: bool,
}

impl Desired {
    /// A resource without attributes yet.
    #[must_use]
    pub fn new(scope: &str, type_name: &str, key: &str) -> Self {
        Self { address: Address::new(scope, type_name, key), attributes: BTreeMap::new(), protect: false }
    }

    /// The same with the attribute `name` set.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Expr>) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// The same with the attribute `name` set where there is a value for it.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<impl Into<Expr>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same with `protect` set as given.
    #[must_use]
    pub fn protect(mut self, protect: bool) -> Self {
        self.protect = protect;
        self
    }

    /// A reference to the id of this resource.
    #[must_use]
    pub fn id(&self) -> Expr {
        Expr::Reference(Reference::new(&self.address, "id"))
    }

    /// The resources that must exist before this one: the edges of the graph (R1).
    #[must_use]
    pub fn dependencies(&self) -> BTreeSet<&Address> {
        self.references().collect()
    }

    /// The same, as often as they are referred to.
    pub fn references(&self) -> impl Iterator<Item = &Address> {
        self.attributes.values().flat_map(Expr::references).map(|reference| &reference.address)
    }
}

/// The value of an attribute: known now, or known once something else is.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A literal.
    Value(Value),
    /// An attribute of another resource.
    Reference(Reference),
    /// The id of an object that koctl does not manage (R9).
    Lookup(Lookup),
    /// The value of a write-only attribute (R11), which `Debug` does not show.
    Secret(SecretString),
}

impl Expr {
    fn references(&self) -> impl Iterator<Item = &Reference> {
        let (one, more) = match self {
            Self::Value(_) | Self::Secret(_) => (None, None),
            Self::Reference(reference) => (Some(reference), None),
            Self::Lookup(lookup) => (None, Some(lookup.within.values())),
        };
        one.into_iter().chain(more.into_iter().flatten())
    }
}

impl<T: Into<Value>> From<T> for Expr {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// `<address>#<attribute>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The resource that is referred to.
    pub address: Address,
    /// Its attribute, mostly `id`.
    pub attribute: String,
}

impl Reference {
    /// A reference to `attribute` of the resource at `address`.
    #[must_use]
    pub fn new(address: &Address, attribute: &str) -> Self {
        Self { address: address.clone(), attribute: attribute.to_owned() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.address, self.attribute)
    }
}

/// A search among objects that somebody else manages. Nothing found yet defers the resource (R9), unless it
/// [`must_exist`](Self::must_exist).
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The type that is searched, which has a reader but no writer.
    pub type_name: &'static str,
    /// Attributes that the object must share with other resources: the control plane that it is in.
    pub within: BTreeMap<&'static str, Reference>,
    /// The list attribute that must hold `needle`: `tags`.
    pub list: &'static str,
    /// What it must hold.
    pub needle: String,
    /// How the reason reads when nothing is found: `no gateway service is tagged … yet`.
    pub absent: String,
    /// Nobody is about to make it: where it is not found, it is misspelt, and the scope is not planned.
    pub must_exist: bool,
}
