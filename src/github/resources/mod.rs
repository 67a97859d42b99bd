//! One resource type a file: its schema, how it is read and written, and everything else that is said of it.
//!
//! `platform` reads what several of them need of the platform repository, and `planned` what they are to write.

pub mod actions_secret;
mod planned;
pub(crate) mod platform;
pub mod pull_request;
pub mod repository;
pub mod repository_files;

use super::resource::GitHubType;

/// All of GitHub's types, in the order in which reports show them.
pub static TYPES: &[&GitHubType] =
    &[&repository::TYPE, &repository_files::TYPE, &actions_secret::TYPE, &pull_request::TYPE];
