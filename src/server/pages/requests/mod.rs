//! Requests: all of them, how one has come along, and what can be done with it.

mod act;
mod follow;
mod list;
mod steps;

pub(super) use act::{apply, withdraw};
pub(super) use follow::follow;
pub(super) use list::show;
