//! The two traits of a resource type.
//!
//! Reading and writing are separate types on purpose: code that has only [`Readers`] cannot change anything, and the
//! compiler checks it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::error::{Error, ErrorKind};
use super::remote::{Attributes, Remote};
use super::scan::Scan;
use super::schema::Schema;

/// Reads the objects of one type in one scope.
#[async_trait]
pub trait Reader: Send + Sync {
    /// The type.
    fn schema(&self) -> &'static Schema;

    /// Lists all objects of the type that the scan asks for, by collections (R2): the number of requests may grow with
    /// collections and pages, not with resources. An object that is missing counts as deleted; one that is listed twice
    /// counts once.
    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error>;

    /// Reads one object that the state has, with the attributes `known`, and that was not in the list: a list can lag
    /// behind, or pass an object over. `None` if it is not there, or if the API shows such objects in lists only.
    async fn read_one(&self, id: &str, known: &Attributes) -> Result<Option<Remote>, Error> {
        let _ = (id, known);
        Ok(None)
    }
}

/// Writes objects of one type in one scope. Only the executor calls it, after approval.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Creates the object and returns it as the server has it then. Write-only attributes of `planned` are the secrets
    /// themselves: they belong in the request and nowhere else. An attribute that is missing in the answer counts as
    /// `null`. After [`FateUnknown`](super::error::ErrorKind::FateUnknown), the executor looks for the object by its
    /// natural key.
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error>;

    /// Does what a new object needs after its creation. If this fails, the step fails, the object is recorded
    /// nevertheless, and the next run calls it again, as after a kill: it must be idempotent.
    async fn complete(&self, made: &Remote) -> Result<(), Error> {
        let _ = made;
        Ok(())
    }

    /// Changes the attributes named in `update` in place, and returns the object as the server has it then. A type
    /// whose attributes all force a replacement need not implement it.
    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        let cause = "nothing about it can be changed in place";
        Err(Error::new(ErrorKind::Refused, format!("update {}", update.id), cause).help("make a new plan"))
    }

    /// Deletes the object. It is not an error if it does not exist any more.
    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error>;

    /// Deletes the object, or proposes that ([`OnRemoval::Propose`](super::schema::OnRemoval::Propose)). Returns the
    /// object as it is until others agree: the state keeps it until it is gone.
    async fn remove(&self, id: &str, prior: &Attributes) -> Result<Option<Remote>, Error> {
        self.delete(id, prior).await.map(|()| None)
    }
}

/// A change in place. `after` has write-only attributes as they are sent, so there is no `Debug` for it.
pub struct Update<'a> {
    /// The id of the object.
    pub id: &'a str,
    /// Its attributes when the plan was made, computed ones included.
    pub before: &'a Attributes,
    /// All attributes that the configuration sets, with their new values.
    pub after: &'a Attributes,
    /// The names of the attributes that change.
    pub changed: &'a [String],
}

impl Update<'_> {
    /// The attributes that change, with their new values.
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
