//! The two traits of a resource type.
//!
//! Reading and writing are separate types on purpose: whoever holds only [`Readers`] cannot change anything,
//! and the compiler sees to it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::error::{Error, ErrorKind};
use super::refresh::Scan;
use super::schema::Schema;

/// Attribute values by name.
pub type Attributes = BTreeMap<String, Value>;

/// An object as a remote system has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote {
    /// By which the system knows it; unique within type and scope.
    pub id: String,
    /// Its attributes under the names of the schema; what the schema does not name is ignored.
    pub attributes: Attributes,
}

impl Remote {
    /// The value of an attribute, where `id` is one.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "id" => Some(Value::String(self.id.clone())),
            _ => self.attributes.get(name).cloned(),
        }
    }

    /// Whether the attribute, where `id` is one, has this value.
    #[must_use]
    pub fn has(&self, name: &str, value: &Value) -> bool {
        match name {
            "id" => value.as_str() == Some(&self.id),
            _ => self.attributes.get(name) == Some(value),
        }
    }
}

/// Reads the objects of one type in one scope.
#[async_trait]
pub trait Reader: Send + Sync {
    /// The type.
    fn schema(&self) -> &'static Schema;

    /// Lists all objects of the type that the scan could be about, by collections (R2): the number of requests
    /// may grow with collections and pages, not with resources. What is missing counts as deleted; what is there
    /// twice counts once.
    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error>;
}

/// Writes objects of one type in one scope. The executor calls it, after approval, and nobody else.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Creates the object and returns it as the server then has it. Write-only attributes of `planned` are the secrets
    /// themselves: they belong into the request and nowhere else. An attribute that is missing in the answer counts
    /// as `null`. [`FateUnknown`](super::error::ErrorKind::FateUnknown) has the executor look for the object by its
    /// natural key.
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error>;

    /// What a new object needs beyond its creation. Where this fails, the step fails, the object is recorded all the
    /// same, and the next run calls it again, as it does after a kill: it must bear being called for an object that
    /// has what it needs.
    async fn complete(&self, made: &Remote) -> Result<(), Error> {
        let _ = made;
        Ok(())
    }

    /// Changes the attributes named in `update` in place, and returns the object as the server then has it.
    /// A type whose attributes all force a replacement has nothing to change.
    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let cause = "nothing about it can be changed in place";
        Err(Error::new(ErrorKind::Refused, format!("update {}", update.id), cause).help("make a new plan"))
    }

    /// Deletes the object. One that is gone already is no error.
    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error>;
}

/// A change in place. `after` holds write-only attributes as they are sent, so that there is no `Debug` for it.
pub struct Update<'a> {
    /// The object.
    pub id: &'a str,
    /// As it was when the plan was made, with the attributes that the server sets.
    pub before: &'a Attributes,
    /// All attributes that the configuration sets, as they should be.
    pub after: &'a Attributes,
    /// The names of those that differ.
    pub changed: &'a [String],
}

impl Update<'_> {
    /// The attributes that differ, as they should be.
    #[must_use]
    pub fn changes(&self) -> Attributes {
        let value = |name: &String| self.after.get(name).cloned().unwrap_or(Value::Null);
        self.changed.iter().map(|name| (name.clone(), value(name))).collect()
    }
}

/// The readers of one scope, by type.
#[derive(Default)]
pub struct Readers(BTreeMap<&'static str, Box<dyn Reader>>);

impl Readers {
    /// Adds the reader of a type.
    pub fn add(&mut self, reader: impl Reader + 'static) {
        self.add_boxed(Box::new(reader));
    }

    /// The same for one on the heap.
    pub fn add_boxed(&mut self, reader: Box<dyn Reader>) {
        self.0.insert(reader.schema().type_name, reader);
    }

    /// The reader of a type.
    #[must_use]
    pub fn get(&self, type_name: &str) -> Option<&dyn Reader> {
        self.0.get(type_name).map(Box::as_ref)
    }

    /// The schema of a type.
    #[must_use]
    pub fn schema(&self, type_name: &str) -> Option<&'static Schema> {
        self.get(type_name).map(Reader::schema)
    }

    /// All of them, by type.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Reader> {
        self.0.values().map(Box::as_ref)
    }
}

/// The writers of one scope, by type.
#[derive(Default)]
pub struct Writers(BTreeMap<&'static str, Box<dyn Writer>>);

impl Writers {
    /// Adds the writer of a type.
    pub fn add(&mut self, schema: &'static Schema, writer: impl Writer + 'static) {
        self.add_boxed(schema, Box::new(writer));
    }

    /// The same for one on the heap.
    pub fn add_boxed(&mut self, schema: &'static Schema, writer: Box<dyn Writer>) {
        self.0.insert(schema.type_name, writer);
    }

    /// The writer of a type.
    #[must_use]
    pub fn get(&self, type_name: &str) -> Option<&dyn Writer> {
        self.0.get(type_name).map(Box::as_ref)
    }
}
