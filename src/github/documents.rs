//! Reading the Markdown files below folders of service repositories.
//!
//! Both ways of reading a repository give the same files: the tree of a branch is listed once, and each text is read once,
//! also if several environments have it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};
use github_api::{Repository, TreeFile};
use tokio::sync::OnceCell;

use super::fetch;
use super::specs::{Source, Wanted};
use engine::{Error, ErrorKind};

/// The number of folders that are read at the same time, and of files of a folder.
const AT_ONCE: usize = 10;
/// The most files of a folder. On GitHub, each is a request.
const MOST: usize = 1_000;
/// The mode that git gives to a symbolic link.
const LINK: &str = "120000";

/// Files by their path below the folder, with `.md`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Reads the Markdown files below the folders `wanted`, whose `path` is that of the folder: the files, or the errors.
pub async fn read<K: Ord>(wanted: BTreeMap<K, Wanted>) -> BTreeMap<K, Result<Files, Error>> {
    let shared = Shared::default();
    let read = stream::iter(wanted).map(|(key, wanted)| {
        let shared = &shared;
        async move { (key, read_folder(&wanted, shared).await) }
    });
    read.buffer_unordered(AT_ONCE).collect().await
}

async fn read_folder(Wanted { remote, branch, path, source }: &Wanted, shared: &Shared) -> Result<Files, Error> {
    let place = |path: &str| format!("read {path} on the branch {branch} of {remote}");
    match source {
        Source::GitHub(client, repository) => {
            let source = client.token_source().to_owned();
            let key = (source.clone(), repository.clone(), branch.clone());
            let tree = shared.trees.get(key, client.tree(repository, branch)).await?;
            let files = markdown(&tree, path).map_err(|error| error.of(place(path)))?;
            let read = files.into_iter().map(async |(name, blob)| {
                let key = (source.clone(), repository.clone(), blob.to_owned());
                let bytes = shared.blobs.get(key, client.blob(repository, blob)).await;
                let bytes = bytes.map_err(|error| Error { attempted: place(&format!("{path}/{name}")), ..error })?;
                Ok((name, bytes.to_vec()))
            });
            stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await
        }
        Source::Git(credentials) => {
            let fetched = fetch::Fetched::new(remote, branch, credentials).await?;
            let files = fetched.tree().await?;
            let mut read = Files::new();
            for (name, blob) in markdown(&files, path).map_err(|error| error.of(place(path)))? {
                let bytes = fetched.blob(blob, &format!("{path}/{name}")).await?;
                read.insert(name, bytes);
            }
            Ok(read)
        }
    }
}

/// The Markdown files below a folder, each with the id of its blob. Those with a name that begins with a dot, or in such a
/// folder, are of editors and tools.
fn markdown<'t>(tree: &'t [TreeFile], folder: &str) -> Result<Vec<(String, &'t str)>, Unreadable> {
    let mut found = Vec::new();
    let mut exists = false;
    for TreeFile { path, blob, mode } in tree {
        let below = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        let Some(below) = below else { continue };
        exists = true;
        if !below.ends_with(".md") || below.split('/').any(|segment| segment.starts_with('.')) {
            continue;
        }
        if mode == LINK {
            return Err(Unreadable::Link(below.to_owned()));
        }
        found.push((below.to_owned(), blob.as_str()));
    }
    match found.len() {
        _ if !exists => Err(Unreadable::Missing),
        number if number > MOST => Err(Unreadable::TooMany(number)),
        _ => Ok(found),
    }
}

/// Why the files below a folder are not read.
#[derive(Debug, PartialEq, Eq)]
enum Unreadable {
    Missing,
    Link(String),
    TooMany(usize),
}

impl Unreadable {
    fn of(self, attempted: String) -> Error {
        match self {
            Self::Missing => Error::new(ErrorKind::NotFound, attempted, "the branch has no such folder")
                .help("correct `docs` of the service, or add the folder to the branch"),
            Self::Link(file) => Error::new(ErrorKind::Refused, attempted, format!("{file} is a symbolic link"))
                .help("put the text itself there: links are not followed"),
            Self::TooMany(number) => {
                let cause = format!("it has {number} Markdown files, and koctl reads up to {MOST}");
                Error::new(ErrorKind::Refused, attempted, cause)
                    .help("name a folder in `docs` that has the documents of this service only")
            }
        }
    }
}

/// What was read of GitHub already, by the source of the token, the repository, and a branch or the id of a blob.
#[derive(Default)]
struct Shared {
    trees: Once<Vec<TreeFile>>,
    blobs: Once<Vec<u8>>,
}

type Key = (String, Repository, String);
type Read<V> = Arc<OnceCell<Result<Arc<V>, Error>>>;

/// Values that are read once.
struct Once<V>(Mutex<BTreeMap<Key, Read<V>>>);

impl<V> Default for Once<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V> Once<V> {
    async fn get(&self, key: Key, read: impl Future<Output = Result<V, Error>>) -> Result<Arc<V>, Error> {
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        cell.get_or_init(|| async move { read.await.map(Arc::new) }).await.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> Vec<TreeFile> {
        let file = |path: &&str| TreeFile { path: (*path).to_owned(), blob: "b".to_owned(), mode: "100644".to_owned() };
        paths.iter().map(file).collect()
    }

    fn found(paths: &[&str]) -> Result<Vec<String>, Unreadable> {
        let tree = tree(paths);
        markdown(&tree, "docs").map(|found| found.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn the_markdown_files_below_a_folder_are_found_and_no_others() {
        let paths = ["README.md", "docs/a.md", "docs/b/c.md", "docs/logo.png", "docs/.github/x.md", "docs2/d.md"];
        assert_eq!(found(&paths), Ok(vec!["a.md".to_owned(), "b/c.md".to_owned()]));
        assert_eq!(found(&["docs/logo.png"]), Ok(vec![]));
    }

    #[test]
    fn what_is_not_read_is_named() {
        assert_eq!(found(&["docs.md", "docs2/a.md"]), Err(Unreadable::Missing));
        let mut linked = tree(&["docs/a.md"]);
        linked[0].mode = LINK.to_owned();
        assert_eq!(markdown(&linked, "docs"), Err(Unreadable::Link("a.md".to_owned())));
        let many: Vec<String> = (0..=MOST).map(|number| format!("docs/{number}.md")).collect();
        assert_eq!(found(&many.iter().map(String::as_str).collect::<Vec<_>>()), Err(Unreadable::TooMany(MOST + 1)));
    }

    #[tokio::test]
    async fn what_several_folders_share_is_read_once() {
        let once = Once::default();
        let key = || ("token".to_owned(), "Acme/a".parse::<Repository>().unwrap(), "main".to_owned());
        assert_eq!(*once.get(key(), async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(*once.get(key(), async { Ok(2) }).await.unwrap(), 1);
    }
}
