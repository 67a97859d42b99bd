//! Long texts that lists leave out.

use serde_json::Value;

use engine::Remote;
use engine::refresh::Wanted;
use engine::value::digest;

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
