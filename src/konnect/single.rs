//! Objects of which each object of another type has one, without an id of its own: they have the id of the other one.

use serde_json::Value;

use super::collection::text;
use super::resource::Resource;
use engine::{Attributes, Error, Remote};

/// As [`Resource::read`]. `owner` is the attribute with the id of the object that it is a part of.
pub(super) fn read<T: Resource>(address: &Attributes, owner: &str, json: &Value) -> Result<Remote, Error> {
    let id = text(address, owner)?.to_owned();
    Ok(Remote { id, attributes: T::COLLECTION.attributes(address, json) })
}
