//! Long texts that lists leave out.

use serde_json::Value;

use super::client::ReadClient;
use super::collection::if_there;
use super::resource::Resource;
use engine::refresh::{Scan, Wanted};
use engine::value::digest;
use engine::{Attributes, Error, Remote};

/// The attribute with the text, in every type that has one.
const CONTENT: &str = "content";
/// The attribute with the time of the last change.
const UPDATED_AT: &str = "updated_at";

/// The object from its record in the state, with the wanted text. `None` if the server has changed it since, or the
/// configuration wants another text: then the object must be read.
pub(super) fn unchanged(wanted: &Wanted<'_>, id: &str, updated_at: Option<&str>) -> Option<Remote> {
    let state = wanted.state.filter(|state| state.id == id)?;
    if state.attributes.get(UPDATED_AT).and_then(Value::as_str) != Some(updated_at?) {
        return None;
    }
    let mut attributes = state.attributes.clone();
    if wanted.sets(CONTENT) {
        let content = wanted.text(CONTENT)?;
        if state.attributes.get(CONTENT) != Some(&digest(&content)) {
            return None;
        }
        attributes.insert(CONTENT.to_owned(), content.into());
    }
    Some(Remote { id: id.to_owned(), attributes })
}

/// An object of a list with its text, if the configuration or the state has the object. `None` if it was deleted after the
/// list was read. `key` is the attribute that names objects.
pub(super) async fn with_content<T: Resource>(
    client: &ReadClient,
    scan: &Scan<'_>,
    address: &Attributes,
    listed: Value,
    key: &str,
) -> Result<Option<Remote>, Error> {
    let mut object = T::read(address, listed)?;
    let Some(wanted) = wanted(scan, &object, key) else { return Ok(Some(object)) };
    let updated_at = object.attributes.get(UPDATED_AT).and_then(Value::as_str);
    if let Some(mut known) = unchanged(wanted, &object.id, updated_at) {
        object.attributes.extend(known.attributes.remove_entry(CONTENT));
        return Ok(Some(object));
    }
    let (region, path) = T::COLLECTION.object_url(address, &object.id)?;
    let object = if_there(client.get(&region, &path).await)?;
    object.map(|json| T::read(address, json)).transpose()
}

/// The address that an object could belong to.
fn wanted<'s, 'a>(scan: &'s Scan<'a>, object: &Remote, key: &str) -> Option<&'s Wanted<'a>> {
    let name = object.attributes.get(key).and_then(Value::as_str);
    let of_id = scan.wanted().find(|wanted| wanted.state.is_some_and(|state| state.id == object.id));
    of_id.or_else(|| scan.wanted().find(|wanted| wanted.text(key).as_deref() == name))
}
