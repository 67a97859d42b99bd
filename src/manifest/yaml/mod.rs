//! YAML text as a tree in which every key and value has a location. JSON is YAML, and is read by the same rules.
//!
//! The `builder` makes the `tree` from the parser's events: it replaces aliases by their values, merges `mapping`s, and
//! resolves each `scalar` by the core schema of YAML 1.2. `json` rewrites what only JSON can say. `offsets` turns the parser's positions into bytes, `syntax`
//! explains its errors.

mod builder;
mod json;
mod mapping;
mod offsets;
mod scalar;
mod syntax;
mod tree;

pub(super) use builder::{Builder, Built};
pub(super) use tree::{Entry, Kind, Node};
