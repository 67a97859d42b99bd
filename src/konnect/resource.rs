//! The common part of all types of Konnect: a plain type is a [`Collection`], and a special one adds its own part only.

use std::marker::PhantomData;

use async_trait::async_trait;
use serde_json::Value;

use super::client::{ReadClient, WriteClient};
use super::collection::{Collection, if_valid_and_there};
use crate::resource_type::ResourceType;
use engine::refresh::Scan;
use engine::resource::Update;
use engine::{Attributes, Error, Reader, Remote, Schema, Writer};

/// A resource type of Konnect.
pub type KonnectType = ResourceType<ReadClient, WriteClient>;

/// A schema of Konnect with no special care, to be completed with `..PLAIN`.
pub(super) const PLAIN: Schema = Schema { provider: "konnect", ..Schema::PLAIN };

/// How objects of a type are read and written. All of it follows from the collection, unless a type says otherwise.
///
/// Writing needs a [`WriteClient`], so that a reader cannot change anything.
#[async_trait]
pub(super) trait Resource: Send + Sync + 'static {
    /// Their location.
    const COLLECTION: Collection;

    /// True if an object of the list is one that koctl could manage.
    fn is_listed(json: &Value) -> bool {
        let _ = json;
        true
    }

    /// The object in an answer, at an address with these attributes.
    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        Self::COLLECTION.remote(address, &json)
    }

    /// The body of a request that sets these attributes.
    fn body(attributes: &Attributes) -> Result<Value, Error> {
        Ok(Self::COLLECTION.body(attributes))
    }

    /// As [`Reader::list`].
    async fn list(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let listed = Self::COLLECTION.list(client, scan).await?;
        let ours = listed.into_iter().filter(|(_, json)| Self::is_listed(json));
        ours.map(|(address, json)| Self::read(&address, json)).collect()
    }

    /// As [`Reader::read_one`].
    async fn read_one(client: &ReadClient, id: &str, known: &Attributes) -> Result<Option<Remote>, Error> {
        // The list has it, if it is there.
        if Self::COLLECTION.is_single() {
            return Ok(None);
        }
        // A record without the ids of its parents was edited, or taken over from elsewhere.
        let Ok((region, path)) = Self::COLLECTION.object_url(known, id) else { return Ok(None) };
        Self::read_at(client, &region, &path, known).await
    }

    /// The object at an address with these attributes, if it is there and koctl could manage it.
    async fn read_at(
        client: &ReadClient,
        region: &str,
        path: &str,
        known: &Attributes,
    ) -> Result<Option<Remote>, Error> {
        let found = if_valid_and_there(client.get(region, path).await)?;
        found.filter(Self::is_listed).map(|json| Self::read(known, json)).transpose()
    }

    /// As [`Writer::create`].
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.url(planned)?;
        Self::read(planned, client.post(&region, &path, &Self::body(planned)?).await?)
    }

    /// As [`Writer::complete`].
    async fn complete(client: &WriteClient, made: &Remote) -> Result<(), Error> {
        let _ = (client, made);
        Ok(())
    }

    /// As [`Writer::update`].
    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.object_url(update.after, update.id)?;
        let body = Self::body(&Self::COLLECTION.changes(update))?;
        Self::read(update.after, client.patch(&region, &path, &body).await?)
    }

    /// As [`Writer::delete`].
    async fn delete(client: &WriteClient, id: &str, prior: &Attributes) -> Result<(), Error> {
        let (region, path) = Self::COLLECTION.object_url(prior, id)?;
        client.delete(&region, &path).await
    }
}

/// The default of a switch that is off without a value.
pub(super) fn off() -> Value {
    Value::Bool(false)
}

/// A type over a client: a reader over a client that reads, a writer over one that writes.
struct Over<T, C> {
    client: C,
    of_type: PhantomData<fn() -> T>,
}

/// Makes the reader of a type.
pub(super) fn reader<T: Resource>(client: &ReadClient) -> Box<dyn Reader> {
    Box::new(Over::<T, _> { client: client.clone(), of_type: PhantomData })
}

/// Makes the writer of a type.
pub(super) fn writer<T: Resource>(client: &WriteClient) -> Box<dyn Writer> {
    Box::new(Over::<T, _> { client: client.clone(), of_type: PhantomData })
}

#[async_trait]
impl<T: Resource> Reader for Over<T, ReadClient> {
    fn schema(&self) -> &'static Schema {
        T::COLLECTION.schema()
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        T::list(&self.client, scan).await
    }

    async fn read_one(&self, id: &str, known: &Attributes) -> Result<Option<Remote>, Error> {
        T::read_one(&self.client, id, known).await
    }
}

#[async_trait]
impl<T: Resource> Writer for Over<T, WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        T::create(&self.client, planned).await
    }

    async fn complete(&self, made: &Remote) -> Result<(), Error> {
        T::complete(&self.client, made).await
    }

    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        T::update(&self.client, update).await
    }

    async fn delete(&self, id: &str, prior: &Attributes) -> Result<(), Error> {
        T::delete(&self.client, id, prior).await
    }
}
