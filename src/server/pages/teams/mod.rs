//! The teams of the platform: all of them, and a page for each.

mod list;
mod one;

pub(super) use list::show;
pub(super) use one::show as one;
