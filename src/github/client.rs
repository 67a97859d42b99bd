//! Requests to GitHub, with errors that say what was attempted and what helps.
//!
//! The operations themselves are those of the crate `github-api`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use dryoc::dryocbox::{DryocBox, PublicKey as PublicKeyBytes};
use github_api::{
    AccessError, Author, Content, Details, LabelledPull, NewCommit, NewContent, NewPull, Pull, PullUpdate, Reader,
    Repository, TreeFile, Writer, absent_as_none,
};
use secrecy::{ExposeSecret, SecretString};

use super::access::Access;
use super::problem::{MOVED, explain};
use engine::{Error, ErrorKind};
use transport::Transport;

/// Reads from GitHub, and can do nothing else.
#[derive(Debug, Clone)]
pub struct ReadClient {
    api: Reader,
    access: Access,
    listed: Listed,
}

/// The open pull requests that clients listed last, by repository. Its clones share them.
#[derive(Debug, Clone, Default)]
pub struct Listed(Arc<Mutex<BTreeMap<Repository, Vec<Pull>>>>);

impl Listed {
    /// The open pull requests of a repository when they were listed last. Empty if they were not.
    #[must_use]
    pub fn pulls(&self, repository: &Repository) -> Vec<Pull> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(repository).cloned().unwrap_or_default()
    }

    fn keep(&self, repository: &Repository, pulls: &[Pull]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(repository.clone(), pulls.to_vec());
    }
}

/// Writes to GitHub.
#[derive(Debug, Clone)]
pub struct WriteClient {
    pub(super) api: Writer,
    read: ReadClient,
    author: Option<Author>,
}

/// The files of a commit: the ids of their blobs by path.
pub type Files = BTreeMap<String, String>;

/// A commit and the files in it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The id of the commit.
    pub commit: String,
    /// The id of its tree.
    pub tree: String,
    /// The ids of the commits before it.
    pub parents: Vec<String>,
    /// Its files.
    pub files: Files,
    /// The modes of those of its files that are not plain ones, by path.
    pub modes: BTreeMap<String, String>,
}

/// A change of a file by a commit: its path, and its new content.
pub type TreeChange = (String, NewFile);

/// The new content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewFile {
    /// A text.
    Text(String),
    /// The content and the mode that another commit has.
    Stored {
        /// The id of its blob.
        blob: String,
        /// Its mode.
        mode: String,
    },
    /// None: the file is deleted.
    Deleted,
}

/// The mode of a plain file.
const PLAIN_MODE: &str = "100644";

impl Snapshot {
    /// A file of the commit as the content of the same file in another one.
    #[must_use]
    pub fn stored(&self, path: &str) -> NewFile {
        match self.files.get(path) {
            None => NewFile::Deleted,
            Some(blob) => {
                let mode = self.modes.get(path).map_or(PLAIN_MODE, String::as_str);
                NewFile::Stored { blob: blob.clone(), mode: mode.to_owned() }
            }
        }
    }
}

impl ReadClient {
    /// A client over `transport`.
    ///
    /// # Errors
    /// If the address or the token cannot be part of a request.
    pub fn new(transport: Transport, access: Access) -> Result<Self, Error> {
        let api = github_api::Access { url: access.url.clone(), token: access.token.clone() };
        let api = Reader::new(transport, &api).map_err(|error| refused_access(&access, &error))?;
        Ok(Self { api, access, listed: Listed::default() })
    }

    /// The client, which keeps what it lists in `listed`.
    #[must_use]
    pub fn noting(self, listed: Listed) -> Self {
        Self { listed, ..self }
    }

    /// The operations that read.
    pub(super) fn api(&self) -> &Reader {
        &self.api
    }

    /// The error of the engine for an error of GitHub's.
    pub(super) fn explain(&self, attempted: &str, error: github_api::Error) -> Error {
        explain(attempted, &self.access, &error)
    }

    /// What GitHub says of a repository. `None` if there is no such repository, or the token may not read it.
    ///
    /// # Errors
    /// Also if it has another name now: GitHub would redirect reads, but not writes, and a new repository may get the
    /// old name at any time.
    pub async fn repository_if_there(&self, repository: &Repository) -> Result<Option<Details>, Error> {
        let found = match self.api.repository(repository).await {
            Err(error) if error.moved_to().is_some() => return Err(self.moved(repository, &error).await),
            other => absent_as_none(other).map_err(|error| self.explain(&read_repository(repository), error))?,
        };
        let other = found.as_ref().filter(|found| !found.full_name.eq_ignore_ascii_case(&repository.to_string()));
        match other {
            Some(other) => Err(renamed(repository, &other.full_name)),
            None => Ok(found),
        }
    }

    /// The same for a repository that must exist.
    ///
    /// # Errors
    /// Also if there is none.
    pub async fn repository(&self, repository: &Repository) -> Result<Details, Error> {
        self.repository_if_there(repository).await?.ok_or_else(|| self.no_repository(repository))
    }

    /// The error for a repository that GitHub does not show. It does not say if that does not exist.
    fn no_repository(&self, repository: &Repository) -> Error {
        let attempted = read_repository(repository);
        let source = &self.access.token_source;
        let (cause, help) = match &self.access.token {
            Some(_) => (
                format!("there is none of this name that the GitHub token from {source} may see"),
                format!(
                    "check the name; if it is right, give the GitHub token from {source} access to the repository, or \
                     authorize it for the organization's single sign-on"
                ),
            ),
            None => (
                "there is no public repository of this name, and no GitHub token is configured".to_owned(),
                "check the name; if the repository is private, set GITHUB_TOKEN or a token under `git:` that may read it"
                    .to_owned(),
            ),
        };
        Error::new(ErrorKind::NotFound, attempted, cause).help(help)
    }

    /// The error for a repository that GitHub redirects to another place.
    async fn moved(&self, repository: &Repository, redirect: &github_api::Error) -> Error {
        match self.api.new_name(redirect).await {
            Some(name) => renamed(repository, &name),
            None => {
                let cause = "it was renamed or transferred, and GitHub does not show its new name to this token";
                Error::new(ErrorKind::Refused, read_repository(repository), cause).help(MOVED)
            }
        }
    }

    /// The commit at the tip of a branch. `None` if there is no such branch.
    pub async fn tip(&self, repository: &Repository, branch: &str) -> Result<Option<String>, Error> {
        let attempted = format!("read the branch {branch} of {repository}");
        let found = absent_as_none(self.api.reference(repository, &head(branch)).await);
        found.map_err(|error| self.explain(&attempted, error))
    }

    /// The files of a commit.
    ///
    /// # Errors
    /// Also if the tree is too large for one answer.
    pub async fn snapshot(&self, repository: &Repository, commit: &str) -> Result<Snapshot, Error> {
        let attempted = format!("read the commit {commit} of {repository}");
        let found = self.api.commit(repository, commit).await.map_err(|error| self.explain(&attempted, error))?;
        let attempted = format!("read the files of {repository} at {commit}");
        let files = self.api.files(repository, found.tree()).await;
        let files = files.map_err(|error| self.explain(&attempted, error))?;
        let special = files.iter().filter(|file| file.mode != PLAIN_MODE);
        let modes = special.map(|file| (file.path.clone(), file.mode.clone())).collect();
        let files = files.into_iter().map(|file| (file.path, file.blob)).collect();
        let parents = found.parents().map(str::to_owned).collect();
        Ok(Snapshot { commit: commit.to_owned(), tree: found.tree().to_owned(), parents, files, modes })
    }

    /// The last commit that two commits have in common. `None` if there is none.
    pub async fn merge_base(&self, repository: &Repository, one: &str, other: &str) -> Result<Option<String>, Error> {
        let attempted = format!("compare the commits {one} and {other} of {repository}");
        let found = absent_as_none(self.api.merge_base(repository, one, other).await);
        found.map_err(|error| self.explain(&attempted, error))
    }

    /// True if GitHub says that a pull request conflicts with its base. It may not know yet.
    pub async fn conflicts(&self, repository: &Repository, number: u64) -> Result<bool, Error> {
        let attempted = format!("read the pull request {number} of {repository}");
        let mergeable = self.api.is_mergeable(repository, number).await;
        mergeable.map(|mergeable| mergeable == Some(false)).map_err(|error| self.explain(&attempted, error))
    }

    /// The content of a blob.
    pub async fn blob(&self, repository: &Repository, id: &str) -> Result<Vec<u8>, Error> {
        let attempted = format!("read the file {id} of {repository}");
        self.api.blob(repository, id).await.map_err(|error| self.explain(&attempted, error))
    }

    /// The content of the file `file` on a branch.
    ///
    /// # Errors
    /// If there is none: GitHub says the same of a repository, a branch and a file that it does not show, so that each
    /// is looked for before it is called missing.
    pub async fn file(&self, repository: &Repository, branch: &str, file: &str) -> Result<Vec<u8>, Error> {
        let attempted = format!("read {file} on the branch {branch} of {repository}");
        match self.api.content(repository, branch, file).await {
            Ok(Content::File(bytes)) => Ok(bytes),
            Ok(Content::Other) => {
                let cause = "it is not a file, but a folder or a link to another repository";
                Err(Error::new(ErrorKind::Refused, attempted, cause).help("correct `spec-path`"))
            }
            Err(error) if error.moved_to().is_some() => Err(self.moved(repository, &error).await),
            Err(error) if error.is_absent() => Err(self.missing(repository, branch, attempted).await?),
            Err(error) => Err(self.explain(&attempted, error)),
        }
    }

    /// The files on a branch, in all of its folders.
    ///
    /// # Errors
    /// Also if there are too many for one answer.
    pub async fn tree(&self, repository: &Repository, branch: &str) -> Result<Vec<TreeFile>, Error> {
        let attempted = format!("list the files on the branch {branch} of {repository}");
        match self.api.files(repository, branch).await {
            Ok(files) => Ok(files),
            Err(error) if error.moved_to().is_some() => Err(self.moved(repository, &error).await),
            Err(error) if error.is_absent() => Err(self.missing(repository, branch, attempted).await?),
            Err(github_api::Error::Truncated) => {
                let cause = "the repository has more files than GitHub lists at once";
                let help = "give the service an SSH key in `git.auth`: then koctl reads its repository with git";
                Err(Error::new(ErrorKind::Refused, attempted, cause).help(help))
            }
            Err(error) => Err(self.explain(&attempted, error)),
        }
    }

    /// The source of the token, which tells what the client may read from what another one may.
    pub(super) fn token_source(&self) -> &str {
        &self.access.token_source
    }

    /// The error for a file that GitHub does not show: what is missing, one step after the other.
    async fn missing(&self, repository: &Repository, branch: &str, attempted: String) -> Result<Error, Error> {
        let Details { default_branch, .. } = self.repository(repository).await?;
        let missing = |cause: String, help: String| Error::new(ErrorKind::NotFound, attempted, cause).help(help);
        Ok(match self.tip(repository, branch).await? {
            Some(_) => missing(
                "the branch has no such file".to_owned(),
                "correct `spec-path` of the service, or add the file to the branch".to_owned(),
            ),
            None => missing(
                "the repository has no such branch".to_owned(),
                format!("correct the branch of the service (the default branch is {default_branch}), or push it"),
            ),
        })
    }

    /// The names of the Actions secrets of a repository.
    pub async fn secrets(&self, repository: &Repository) -> Result<Vec<String>, Error> {
        let attempted = format!("read the names of the Actions secrets of {repository}");
        self.api.secrets(repository).await.map_err(|error| self.explain(&attempted, error))
    }

    /// The pull requests of a repository that have a label, newest first. `state` is `open`, `closed` or `all`.
    pub async fn labelled_pulls(
        &self,
        repository: &Repository,
        label: &str,
        state: &str,
    ) -> Result<Vec<LabelledPull>, Error> {
        let attempted = format!("read the pull requests of {repository} with the label {label}");
        let pulls = self.api.labelled_pulls(repository, label, state).await;
        pulls.map_err(|error| self.explain(&attempted, error))
    }

    /// The open pull requests of a repository.
    pub async fn open_pulls(&self, repository: &Repository) -> Result<Vec<Pull>, Error> {
        let attempted = format!("read the open pull requests of {repository}");
        let pulls = self.api.open_pulls(repository).await.map_err(|error| self.explain(&attempted, error))?;
        self.listed.keep(repository, &pulls);
        Ok(pulls)
    }
}

impl WriteClient {
    /// A client that may also write, as `author`, or as the token's owner.
    #[must_use]
    pub fn new(read: ReadClient, author: Option<Author>) -> Self {
        Self { api: Writer::new(read.api.clone()), read, author }
    }

    /// The client that can only read.
    #[must_use]
    pub fn reader(&self) -> &ReadClient {
        &self.read
    }

    /// The error of the engine for an error of GitHub's.
    pub(super) fn explain(&self, attempted: &str, error: github_api::Error) -> Error {
        self.read.explain(attempted, error)
    }

    /// Creates a private repository with a README.
    pub async fn create_repository(&self, repository: &Repository, description: &str) -> Result<(), Error> {
        let attempted = format!("create the repository {repository}");
        let created = self.api.create_repository(repository, description).await;
        created.map_err(|error| self.explain(&attempted, error))
    }

    /// Sets an Actions secret. Its value leaves in a sealed box, which only GitHub can open.
    ///
    /// # Errors
    /// Also if the repository's public key cannot be used.
    pub async fn set_secret(&self, repository: &Repository, name: &str, value: &SecretString) -> Result<(), Error> {
        let attempted = format!("set the Actions secret {name} of {repository}");
        let key = self.api.reader().secrets_key(repository).await;
        let key = key.map_err(|error| self.explain(&attempted, error))?;
        let sealed = seal(&attempted, &key.key, value)?;
        let set = self.api.set_secret(repository, name, &sealed, &key.key_id).await;
        set.map_err(|error| self.explain(&attempted, error))
    }

    /// Deletes an Actions secret. One that does not exist counts as deleted.
    pub async fn delete_secret(&self, repository: &Repository, name: &str) -> Result<(), Error> {
        let attempted = format!("delete the Actions secret {name} of {repository}");
        match self.api.delete_secret(repository, name).await.map_err(|error| self.explain(&attempted, error)) {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Renames a pull request.
    pub async fn rename_pull(&self, repository: &Repository, number: u64, title: &str) -> Result<(), Error> {
        let attempted = format!("rename the pull request {number} of {repository}");
        let update = PullUpdate { title: Some(title), ..PullUpdate::default() };
        self.api.update_pull(repository, number, &update).await.map_err(|error| self.explain(&attempted, error))
    }

    /// Creates a commit with the tree of `start` and `changes` to it, after `parents`, and returns its id. No branch points
    /// to it yet.
    pub async fn commit(
        &self,
        repository: &Repository,
        start: &Snapshot,
        parents: &[&str],
        changes: &[TreeChange],
        message: &str,
    ) -> Result<String, Error> {
        let explain = |error| self.explain(&format!("make a commit in {repository}"), error);
        let changes: Vec<_> = changes.iter().map(change).collect();
        let tree = self.api.create_tree(repository, Some(&start.tree), &changes).await.map_err(explain)?;
        let commit = NewCommit { message, tree: &tree, parents, author: self.author.as_ref() };
        Ok(self.api.create_commit(repository, &commit).await.map_err(explain)?.sha)
    }

    /// Makes `branch` point to `commit`.
    ///
    /// # Errors
    /// Also if it has commits that do not come before `commit`: someone pushed meanwhile.
    pub async fn point(&self, repository: &Repository, branch: &str, commit: &str, exists: bool) -> Result<(), Error> {
        let attempted = format!("update the branch {branch} of {repository}");
        let pointed = if exists {
            self.api.update_reference(repository, &head(branch), commit).await
        } else {
            self.api.create_reference(repository, &head(branch), commit).await
        };
        pointed.map_err(|error| self.explain(&attempted, error))
    }

    /// Opens a pull request from `branch` into `base`.
    pub async fn open_pull(
        &self,
        repository: &Repository,
        branch: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<Pull, Error> {
        let attempted = format!("open a pull request from {branch} in {repository}");
        let pull = NewPull { title, head: branch, base, body };
        self.api.create_pull(repository, &pull).await.map_err(|error| self.explain(&attempted, error))
    }

    /// Gives a pull request another title and description.
    pub async fn describe_pull(
        &self,
        repository: &Repository,
        number: u64,
        title: &str,
        body: &str,
    ) -> Result<(), Error> {
        let attempted = format!("describe the pull request {number} of {repository}");
        let update = PullUpdate { title: Some(title), body: Some(body), ..PullUpdate::default() };
        self.api.update_pull(repository, number, &update).await.map_err(|error| self.explain(&attempted, error))
    }

    /// Adds labels to a pull request.
    pub async fn label_pull(&self, repository: &Repository, number: u64, labels: &[String]) -> Result<(), Error> {
        let attempted = format!("label the pull request {number} of {repository}");
        self.api.add_labels(repository, number, labels).await.map_err(|error| self.explain(&attempted, error))
    }

    /// Asks people, and teams as `organization/team`, to review a pull request.
    pub async fn ask_for_review(
        &self,
        repository: &Repository,
        number: u64,
        reviewers: &[String],
    ) -> Result<(), Error> {
        let attempted = format!("ask for a review of the pull request {number} of {repository}");
        let people: Vec<&str> = reviewers.iter().map(String::as_str).filter(|name| !name.contains('/')).collect();
        let teams: Vec<&str> = reviewers.iter().filter_map(|name| Some(name.split_once('/')?.1)).collect();
        let asked = self.api.request_reviewers(repository, number, &people, &teams).await;
        asked.map_err(|error| self.explain(&attempted, error))
    }

    /// Closes a pull request without merging it.
    pub async fn close_pull(&self, repository: &Repository, number: u64) -> Result<(), Error> {
        let attempted = format!("close the pull request {number} of {repository}");
        let update = PullUpdate { state: Some("closed"), ..PullUpdate::default() };
        self.api.update_pull(repository, number, &update).await.map_err(|error| self.explain(&attempted, error))
    }
}

fn refused_access(access: &Access, error: &AccessError) -> Error {
    let attempted = format!("set up access to {}", access.url);
    match error {
        AccessError::Url(_) => {
            Error::new(ErrorKind::Refused, attempted, error.to_string()).help("check KOCTL_GITHUB_URL")
        }
        AccessError::Token => {
            let cause = format!("{} has characters that no token has", access.token_source);
            Error::new(ErrorKind::Refused, attempted, cause).help("check it for line breaks and spaces")
        }
    }
}

/// `value` in a sealed box (libsodium's `crypto_box_seal`) for a public key in Base64, in Base64 as well.
fn seal(attempted: &str, key: &str, value: &SecretString) -> Result<String, Error> {
    let unusable = || {
        let cause =
            "the repository's public key is not one of 32 bytes in Base64, which the published document promises";
        Error::new(ErrorKind::Unexpected, attempted, cause)
    };
    let key: [u8; 32] = BASE64.decode(key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(unusable)?;
    let sealed = DryocBox::seal_to_vecbox(value.expose_secret().as_bytes(), &PublicKeyBytes::from(key));
    Ok(BASE64.encode(sealed.map_err(|_| unusable())?.to_vec()))
}

fn change((path, file): &TreeChange) -> github_api::TreeChange<'_> {
    let content = match file {
        NewFile::Text(text) => NewContent::Bytes(text.as_bytes()),
        NewFile::Stored { blob, mode } => NewContent::Stored { blob, mode },
        NewFile::Deleted => NewContent::Deleted,
    };
    github_api::TreeChange { path, content }
}

fn renamed(repository: &Repository, name: &str) -> Error {
    let cause = format!("it was renamed or transferred: {repository} is now {name}");
    Error::new(ErrorKind::Refused, read_repository(repository), cause).help(format!("{MOVED}, to {name}"))
}

fn read_repository(repository: &Repository) -> String {
    format!("read the repository {repository}")
}

/// The reference of a branch, without `refs/`.
fn head(branch: &str) -> String {
    format!("heads/{branch}")
}
