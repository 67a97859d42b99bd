//! Reading specifications from service repositories.

use std::collections::BTreeMap;

use futures::{FutureExt, StreamExt, stream};
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

/// Specifications that one shallow fetch brings.
struct Fetch<K> {
    remote: String,
    branch: String,
    credentials: Credentials,
    /// The paths of the files.
    files: Vec<(K, String)>,
}

/// A specification that one request to GitHub brings.
struct Request<K> {
    key: K,
    client: Box<ReadClient>,
    repository: Repository,
    branch: String,
    path: String,
}

/// A file that was read, or the error.
type Outcome<K> = (K, Result<Vec<u8>, Error>);

/// Reads all of `wanted`, several at the same time and each once: the files, or the errors. A branch that git fetches is
/// fetched once for all of its files.
pub async fn read<K: Ord>(wanted: BTreeMap<K, Wanted>) -> BTreeMap<K, Result<Vec<u8>, Error>> {
    let (requests, fetches) = sorted(wanted);
    let requests = requests.into_iter().map(|one| one.read().left_future());
    let all = requests.chain(fetches.into_iter().map(|one| one.read().right_future()));
    stream::iter(all).buffer_unordered(AT_ONCE).flat_map(stream::iter).collect().await
}

/// What is read by requests, and what by fetches.
fn sorted<K>(wanted: BTreeMap<K, Wanted>) -> (Vec<Request<K>>, Vec<Fetch<K>>) {
    let (mut requests, mut fetches) = (Vec::new(), Vec::<Fetch<K>>::new());
    for (key, Wanted { remote, branch, path, source }) in wanted {
        match source {
            Source::GitHub(client, repository) => requests.push(Request { key, client, repository, branch, path }),
            Source::Git(credentials) => {
                let is_same = |one: &&mut Fetch<K>| {
                    one.remote == remote && one.branch == branch && one.credentials.are(&credentials)
                };
                match fetches.iter_mut().find(is_same) {
                    Some(fetch) => fetch.files.push((key, path)),
                    None => fetches.push(Fetch { remote, branch, credentials, files: vec![(key, path)] }),
                }
            }
        }
    }
    (requests, fetches)
}

impl<K> Request<K> {
    async fn read(self) -> Vec<Outcome<K>> {
        let file = self.client.file(&self.repository, &self.branch, &self.path).await;
        vec![(self.key, file)]
    }
}

impl<K> Fetch<K> {
    async fn read(self) -> Vec<Outcome<K>> {
        let Self { remote, branch, credentials, files } = self;
        let paths: Vec<&str> = files.iter().map(|(_, path)| path.as_str()).collect();
        let contents = match fetch::files(&remote, &branch, &paths, &credentials).await {
            Ok(contents) => contents,
            Err(error) => vec![Err(error); files.len()],
        };
        let missing = |path: &str| {
            let attempted = format!("read {path} on the branch {branch} of {remote}");
            Error::new(ErrorKind::NotFound, attempted, "the branch has no such file")
                .help("correct `spec-path` of the service, or add the file to the branch")
        };
        let read = files.into_iter().zip(contents).map(|((key, path), content)| {
            let file = content.and_then(|content| content.ok_or_else(|| missing(&path)));
            (key, file)
        });
        read.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_git(branch: &str, path: &str, token: &str) -> Wanted {
        Wanted {
            remote: "https://git.example.com/shop.git".to_owned(),
            branch: branch.to_owned(),
            path: path.to_owned(),
            source: Source::Git(Credentials::Token(token.to_owned().into())),
        }
    }

    #[test]
    fn a_branch_is_fetched_once_for_all_of_its_files_with_the_same_credentials() {
        let wanted = BTreeMap::from([
            (1, of_git("main", "cart/openapi.yaml", "a")),
            (2, of_git("dev", "cart/openapi.yaml", "a")),
            (3, of_git("main", "orders/openapi.yaml", "a")),
            (4, of_git("main", "orders/openapi.yaml", "b")),
        ]);
        let (requests, fetches) = sorted(wanted);
        assert!(requests.is_empty());
        let keys: Vec<Vec<i32>> =
            fetches.iter().map(|fetch| fetch.files.iter().map(|(key, _)| *key).collect()).collect();
        assert_eq!(keys, [vec![1, 3], vec![2], vec![4]]);
    }
}
