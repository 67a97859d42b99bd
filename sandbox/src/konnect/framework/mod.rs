//! The common part of all collections: the way from an HTTP request to a handler and back, the tables that check
//! request bodies and query strings, and the operations of plain collections.
//!
//! Collections are built on this module and on `kinds`; nothing here knows a collection.

pub(super) mod call;
pub(super) mod collection;
pub(super) mod document;
pub(crate) mod journal;
pub(super) mod membership;
pub(super) mod problem;
pub(super) mod query;
pub(super) mod resource;
pub(super) mod schema;
pub(super) mod serve;
pub(super) mod state;
pub(super) mod tokens;
pub(super) mod tree;

pub(super) use call::{Answer, Call};
pub(super) use document::Document;
pub(super) use problem::{Invalid, Problem, Rule};
pub(super) use query::Filter;
pub(super) use schema::{Field, Initial, Schema, Unknown};
pub(super) use serve::Route;
pub(crate) use state::Konnect;
