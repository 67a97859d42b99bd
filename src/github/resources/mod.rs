//! One resource type a file: its schema, how it is read, and how it is written.

pub mod pull_request;

use crate::engine::{Readers, Schema, Writers};
use crate::github::client::{ReadClient, WriteClient};

/// The schemas of all of GitHub's types.
pub static SCHEMAS: &[&Schema] = &[&pull_request::SCHEMA];

/// Adds the readers of GitHub's types.
pub fn add_readers(readers: &mut Readers, client: &ReadClient) {
    readers.add(pull_request::PullRequest(client.clone()));
}

/// Adds the writers of GitHub's types.
pub fn add_writers(writers: &mut Writers, client: &WriteClient) {
    writers.add(&pull_request::SCHEMA, pull_request::PullRequest(client.clone()));
}
