//! The changes between two OpenAPI documents, and which of them break the callers of the API.
//!
//! Documents of OpenAPI 3.0 and 3.1 are compared, also one of each. A request is judged in the opposite direction of a
//! response: an API may accept more than before and answer less than before, not the other way round. The rules are
//! the variants of [`Rule`]; each has an id, a [`Severity`] and a description.
//!
//! The work is bounded: a document whose schemas unfold without end is compared up to a limit, which is reported as a
//! change that was not judged.

mod change;
mod document;
mod operation;
mod rule;
mod schema;
mod security;

use serde_json::Value;

pub use change::{Change, Changes};
pub use rule::{Rule, Severity};

/// The changes from an old document to a new one, the most severe first. None if nothing that concerns callers differs:
/// descriptions, examples, tags and the like do not.
///
/// Both must be JSON objects as OpenAPI 3 describes them; whatever else they contain is passed over.
pub fn compare(old: &Value, new: &Value) -> Changes {
    operation::compare(old, new)
}
