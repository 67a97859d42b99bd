//! Objects of which each object of another type has one, without an id of its own: the id of the other one and a word make
//! their id.

use serde_json::Value;

use super::collection::text;
use super::resource::Resource;
use engine::{Attributes, Error, Remote};

/// As [`Resource::read`]. `owner` is the attribute with the id of the object that it is a part of, and `part` the word that
/// says which part it is.
pub(super) fn read<T: Resource>(address: &Attributes, owner: &str, part: &str, json: &Value) -> Result<Remote, Error> {
    let id = format!("{}/{part}", text(address, owner)?);
    Ok(Remote { id, attributes: T::COLLECTION.attributes(address, json) })
}
