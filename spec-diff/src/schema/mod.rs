//! Schemas: what values they allow, and how that changed.

mod alternatives;
mod compare;
mod limits;
mod shape;

pub(crate) use compare::{Comparison, Direction};

use serde_json::Value;

/// A place in a document that schemas apply to, all of them at once: one, or the parts of an `allOf` that describe the
/// same property.
pub(crate) type Node<'a> = Vec<&'a Value>;
