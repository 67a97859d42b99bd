//! The desired resources: what the configuration asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::{Address, InvalidAddress};
use super::typed::{AttributeName, NameOf, Typed, Untyped};

/// A resource that should exist. If its type `T` is known at compile time, so are the names of its attributes.
#[derive(Debug, Clone)]
pub struct Desired<T = Untyped> {
    /// Its name.
    pub address: Address,
    /// Its attributes. Only these are compared (R3).
    pub attributes: BTreeMap<String, Expr>,
    /// True if `protect: true` covers it: no plan may delete or replace it (R12).
    pub protect: bool,
    /// The attributes that are set on a new object only, and never compared afterwards.
    pub ignored: BTreeSet<String>,
    of_type: PhantomData<fn() -> T>,
}

impl Desired {
    /// A resource without attributes, of a type that is known at run time.
    #[must_use]
    pub fn new(scope: &str, type_name: &str, key: &str) -> Self {
        Self::at(Address::new(scope, type_name, key))
    }
}

impl<T: Typed> Desired<T> {
    /// A resource of the type `T`, without attributes yet.
    #[must_use]
    pub fn of(scope: &str, key: &str) -> Self {
        Self::at(Address::new(scope, T::SCHEMA.type_name, key))
    }

    /// A reference to an attribute of this resource.
    #[must_use]
    pub fn reference(&self, name: AttributeName<T>) -> Reference {
        Reference::new(&self.address, name.text())
    }
}

impl<T> Desired<T> {
    fn at(address: Address) -> Self {
        let (attributes, ignored) = (BTreeMap::new(), BTreeSet::new());
        Self { address, attributes, protect: false, ignored, of_type: PhantomData }
    }

    /// The same resource among those of all types.
    #[must_use]
    pub fn untyped(self) -> Desired {
        let Self { address, attributes, protect, ignored, of_type: _ } = self;
        Desired { address, attributes, protect, ignored, of_type: PhantomData }
    }

    /// The same with the attribute `name` set.
    #[must_use]
    pub fn with(mut self, name: impl NameOf<T>, value: impl Into<Expr>) -> Self {
        self.attributes.insert(name.text().to_owned(), value.into());
        self
    }

    /// The same with the attribute `name` set, if there is a value for it.
    #[must_use]
    pub fn with_some(self, name: impl NameOf<T>, value: Option<impl Into<Expr>>) -> Self {
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

    /// The same; if the object exists, these attributes are not compared.
    #[must_use]
    pub fn ignoring(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ignored.extend(names.into_iter().map(Into::into));
        self
    }

    /// A reference to the id of this resource.
    #[must_use]
    pub fn id_reference(&self) -> Reference {
        Reference::new(&self.address, "id")
    }

    /// The same as a value.
    #[must_use]
    pub fn id(&self) -> Expr {
        self.id_reference().into()
    }

    /// The resources that must exist before this one: the edges of the graph (R1).
    #[must_use]
    pub fn dependencies(&self) -> BTreeSet<&Address> {
        self.references().collect()
    }

    /// The same, with repetitions.
    pub fn references(&self) -> impl Iterator<Item = &Address> {
        self.attributes.values().flat_map(Expr::references).map(|reference| &reference.address)
    }
}

/// The value of an attribute: known now, or known after another resource is applied.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A literal.
    Value(Value),
    /// An attribute of another resource.
    Reference(Reference),
    /// The id of an object that is not managed by koctl (R9).
    Lookup(Lookup),
    /// The value of a write-only attribute (R11). `Debug` does not show it.
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

impl From<Reference> for Expr {
    fn from(reference: Reference) -> Self {
        Self::Reference(reference)
    }
}

impl From<Lookup> for Expr {
    fn from(lookup: Lookup) -> Self {
        Self::Lookup(lookup)
    }
}

/// `<address>#<attribute>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

/// A text that is not a valid reference.
#[derive(Debug, thiserror::Error)]
pub enum InvalidReference {
    /// It names no attribute.
    #[error("`{0}` has no `#`")]
    Attribute(String),
    /// The text before the `#` is not an address.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, attribute) = text.rsplit_once('#').ok_or_else(|| InvalidReference::Attribute(text.to_owned()))?;
        Ok(Self::new(&address.parse()?, attribute))
    }
}

impl TryFrom<String> for Reference {
    type Error = InvalidReference;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A search among objects that are not managed by koctl. If it finds nothing yet, the resource is deferred (R9), unless
/// it [`must_exist`](Self::must_exist).
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The type to search. It has a reader and no writer.
    pub type_name: &'static str,
    /// Attributes that the object shares with other resources: the control plane that it is in.
    pub within: BTreeMap<&'static str, Reference>,
    /// The list attribute that contains `needle`: `tags`.
    pub list: &'static str,
    /// The item to look for.
    pub needle: String,
    /// The reason if nothing is found: `no gateway service is tagged … yet`.
    pub absent: String,
    /// What a person can do if several are found, of which no plan chooses one. Empty if nothing is known.
    pub advice: String,
    /// True if nothing is about to create it: if it is not found, its name is wrong, and the scope is not planned.
    pub must_exist: bool,
}

impl Lookup {
    /// A search for the object of type `T` whose list attribute holds `needle`, and that is not there yet for the reason
    /// `absent`.
    #[must_use]
    pub fn of<T: Typed>(list: AttributeName<T>, needle: String, absent: String) -> Self {
        let type_name = T::SCHEMA.type_name;
        let (within, list, advice) = (BTreeMap::new(), list.text(), String::new());
        Self { type_name, within, list, needle, absent, advice, must_exist: false }
    }

    /// The same, with what a person can do if several are found.
    #[must_use]
    pub fn advice(self, advice: String) -> Self {
        Self { advice, ..self }
    }

    /// The same among those that share these attributes with other resources.
    #[must_use]
    pub fn within<T: Typed, const N: usize>(self, shared: [(AttributeName<T>, Reference); N]) -> Self {
        debug_assert_eq!(self.type_name, T::SCHEMA.type_name, "these are attributes of another type");
        Self { within: shared.into_iter().map(|(name, reference)| (name.text(), reference)).collect(), ..self }
    }

    /// The same; if nothing is found, the scope is not planned.
    #[must_use]
    pub fn must_exist(self) -> Self {
        Self { must_exist: true, ..self }
    }
}
