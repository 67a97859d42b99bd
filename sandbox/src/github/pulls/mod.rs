//! Pull requests between branches of one repository (the sandbox has no forks).
//!
//! A pull request's record follows its branches: every operation that reads pull requests calls [`catch_up`] first.

mod change;
mod follow;
mod merge;
mod operations;
mod pages;
mod records;
mod state;
mod view;

pub(super) use follow::catch_up;
pub(super) use merge::{merge, merge_number, merge_open};
pub(super) use operations::{create, files, get, list, update};
pub(super) use pages::{changed_files, close_number, open_numbers};
pub(super) use records::find;
pub(super) use state::{set_state, wanted_state};
pub(super) use view::to_json;
