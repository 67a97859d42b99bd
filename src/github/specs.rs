//! Reading specifications from service repositories.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use github_api::Repository;

use super::client::ReadClient;
use super::fetch::{self, Credentials};
use engine::{Error, ErrorKind};

/// The number of repositories that are read at the same time.
const AT_ONCE: usize = 10;

/// The location of a specification, and how it is read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The remote, as in the manifest.
    pub remote: String,
    /// The branch.
    pub branch: String,
    /// The path of the file.
    pub path: String,
    /// How it is read.
    pub source: Source,
}

/// How a specification is read.
#[derive(Debug, Clone)]
pub enum Source {
    /// Through GitHub's API.
    GitHub(Box<ReadClient>, Repository),
    /// By a shallow fetch.
    Git(Credentials),
}

/// Reads all of `wanted`, several at the same time and each once: the files, or the errors.
pub async fn read<K: Ord>(wanted: BTreeMap<K, Wanted>) -> BTreeMap<K, Result<Vec<u8>, Error>> {
    let read = stream::iter(wanted).map(|(key, wanted)| async move { (key, read_one(&wanted).await) });
    read.buffer_unordered(AT_ONCE).collect().await
}

async fn read_one(wanted: &Wanted) -> Result<Vec<u8>, Error> {
    let Wanted { remote, branch, path, source } = wanted;
    let attempted = || format!("read {path} on the branch {branch} of {remote}");
    match source {
        Source::GitHub(client, repository) => client.file(repository, branch, path).await,
        Source::Git(credentials) => fetch::file(remote, branch, path, credentials).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, attempted(), "the branch has no such file")
                .help("correct `spec-path` of the service, or add the file to the branch")
        }),
    }
}
