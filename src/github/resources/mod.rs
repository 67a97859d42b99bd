//! One resource type a file: its schema, how it is read, and how it is written. `platform` reads what several of them
//! need of the platform repository.

pub mod actions_secret;
pub(crate) mod platform;
pub mod pull_request;
pub mod repository;
pub mod repository_files;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::github::client::{ReadClient, WriteClient};
use crate::github::remote::{InvalidRepository, Repository};
use engine::{Attributes, Error, ErrorKind, Readers, Schema, Writers};

/// The schemas of all of GitHub's types.
pub static SCHEMAS: &[&Schema] =
    &[&actions_secret::SCHEMA, &pull_request::SCHEMA, &repository::SCHEMA, &repository_files::SCHEMA];

/// Adds the readers of GitHub's types.
pub fn add_readers(readers: &mut Readers, client: &ReadClient) {
    readers.add(actions_secret::ActionsSecret(client.clone()));
    readers.add(pull_request::PullRequest(client.clone()));
    readers.add(repository::Repository(client.clone()));
    readers.add(repository_files::RepositoryFiles(client.clone()));
}

/// Adds the writers of GitHub's types.
pub fn add_writers(writers: &mut Writers, client: &WriteClient) {
    writers.add(&actions_secret::SCHEMA, actions_secret::ActionsSecret(client.clone()));
    writers.add(&pull_request::SCHEMA, pull_request::PullRequest(client.clone()));
    writers.add(&repository::SCHEMA, repository::Repository(client.clone()));
    writers.add(&repository_files::SCHEMA, repository_files::RepositoryFiles(client.clone()));
}

fn parse(name: &str) -> Result<Repository, Error> {
    name.parse().map_err(|error: InvalidRepository| {
        Error::new(ErrorKind::Refused, "find the platform repository", error.to_string())
    })
}

/// A text among planned attributes.
fn text<'a>(attributes: &'a Attributes, name: &str) -> Result<&'a str, Error> {
    attributes.get(name).and_then(Value::as_str).ok_or_else(|| {
        Error::new(ErrorKind::Refused, "read the plan", format!("the attribute `{name}` is missing"))
            .help("make a new plan")
    })
}

/// The texts among files by path. What is no text is a digest, and stands for whatever is there.
fn texts(files: Option<&Value>) -> BTreeMap<String, String> {
    let entries = files.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(path, text)| Some((path.clone(), text.as_str()?.to_owned()))).collect()
}
