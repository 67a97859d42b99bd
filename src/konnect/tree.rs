//! Trees of Markdown texts, whose lists leave out the texts: the pages of a portal, the documents of an API.
//!
//! koctl manages the texts of the configuration. All others in a tree belong to their authors.

use futures::future::try_join_all;
use serde_json::Value;

use super::client::{ReadClient, WriteClient};
use super::collection::if_there;
use super::content::with_content;
use super::resource::Resource;
use engine::refresh::Scan;
use engine::{Attributes, Error, ErrorKind, Remote};

/// A type whose objects may be below one another.
pub(super) trait Tree: Resource {
    /// The attribute with the id of the object above, `null` at the top.
    const PARENT: &'static str;
    /// The attribute with its name, which is unique below that.
    const SLUG: &'static str;
    /// One of them, and several, in messages.
    const NOUNS: [&'static str; 2];
}

/// As [`Resource::read`]. An object at the top has a natural key too, with `null` for its parent.
pub(super) fn read<T: Tree>(address: &Attributes, json: &Value) -> Result<Remote, Error> {
    let mut object = T::COLLECTION.remote(address, json)?;
    object.attributes.entry(T::PARENT.to_owned()).or_insert(Value::Null);
    Ok(object)
}

/// As [`Resource::list`]. The text of an object is read if the configuration or the state has the object, unless it is
/// unchanged.
pub(super) async fn list<T: Tree>(client: &ReadClient, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
    let trees = T::COLLECTION.list(client, scan).await?;
    let all = trees.into_iter().flat_map(|(address, tree)| {
        let objects = flattened(tree);
        objects.into_iter().map(move |object| (address.clone(), object))
    });
    let all = all.map(async |(address, listed)| with_content::<T>(client, scan, &address, listed, T::SLUG).await);
    Ok(try_join_all(all).await?.into_iter().flatten().collect())
}

/// As [`Resource::create`]. If the tree has an object of the slug already, as a new portal has Konnect's default pages, that
/// becomes the one of the configuration.
pub(super) async fn create<T: Tree>(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
    let (region, path) = T::COLLECTION.url(planned)?;
    let body = T::body(planned)?;
    match client.post(&region, &path, &body).await {
        Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Conflict) => {
            let present = present::<T>(client.reader(), planned).await?.ok_or(error)?;
            let (region, path) = T::COLLECTION.object_url(planned, &present.id)?;
            T::read(planned, client.patch(&region, &path, &body).await?)
        }
        made => T::read(planned, made?),
    }
}

/// As [`Resource::delete`]. Konnect deletes an object with all objects below it, so one with objects of others below it is not
/// deleted.
pub(super) async fn delete<T: Tree>(client: &WriteClient, id: &str, prior: &Attributes) -> Result<(), Error> {
    let [one, several] = T::NOUNS;
    if below::<T>(client.reader(), id, prior).await? > 0 {
        let cause = format!("{several} below it are not managed, and Konnect would delete them with it");
        let help = format!("move or delete the {several} below it in Konnect, or add them to the configuration");
        return Err(Error::new(ErrorKind::Refused, format!("delete the {one} {id}"), cause).help(help));
    }
    let (region, path) = T::COLLECTION.object_url(prior, id)?;
    client.delete(&region, &path).await
}

/// The number of objects below the object `id`. Those of the configuration are deleted before the one above them, so these
/// are objects of others.
async fn below<T: Tree>(client: &ReadClient, id: &str, prior: &Attributes) -> Result<usize, Error> {
    Ok(all::<T>(client, prior).await?.iter().filter(|object| object[T::PARENT] == id).count())
}

/// The object with its parent and slug, if the tree has it.
async fn present<T: Tree>(client: &ReadClient, planned: &Attributes) -> Result<Option<Remote>, Error> {
    for object in all::<T>(client, planned).await? {
        let object = T::read(planned, object)?;
        if [T::PARENT, T::SLUG].iter().all(|name| object.attributes.get(*name) == planned.get(*name)) {
            return Ok(Some(object));
        }
    }
    Ok(None)
}

/// All objects of the tree at an address. If what has the tree is gone, they are gone with it.
async fn all<T: Tree>(client: &ReadClient, address: &Attributes) -> Result<Vec<Value>, Error> {
    let (region, path) = T::COLLECTION.url(address)?;
    let trees = if_there(client.list_unpaged(&region, &path).await)?.unwrap_or_default();
    Ok(trees.into_iter().flat_map(flattened).collect())
}

/// An object and all objects below it.
fn flattened(mut object: Value) -> Vec<Value> {
    let below = object["children"].take();
    let mut all = vec![object];
    for child in below.as_array().into_iter().flatten() {
        all.extend(flattened(child.clone()));
    }
    all
}
