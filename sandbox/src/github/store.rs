//! The repositories on disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use git2::RepositoryInitOptions;
use jiff::Timestamp;

use super::accounts::{LOGIN, signature};
use super::clock::now;
use super::errors::GitHubSandboxError;
use super::identity::permission::Permission;
use super::metadata::{Metadata, Settings};
use super::repo_name::RepoName;
use super::repository::Repo;
use super::tree::{Edits, Files, is_tree_path};

/// All repositories of one sandbox. One server at a time may write below a root.
#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    locks: Mutex<HashMap<RepoName, Arc<Mutex<()>>>>,
}

impl Store {
    /// The repositories below `root`, which need not exist yet.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, locks: Mutex::default() }
    }

    /// The folder of the repositories.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The lock that a writer holds while it changes a repository.
    pub(super) fn write_lock(&self, name: &RepoName) -> Arc<Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(name.clone()).or_default())
    }

    /// Opens a repository, `None` if there is none. A bare repository without metadata, put there by hand, is served
    /// like any other.
    pub(super) fn open(&self, name: &RepoName) -> Result<Option<Repo>, GitHubSandboxError> {
        open(&self.root, name)
    }

    /// The repositories of one owner, or of all, by name.
    pub(super) fn list(&self, owner: Option<&str>) -> Result<Vec<RepoName>, GitHubSandboxError> {
        let owners = match owner {
            Some(owner) => vec![owner.to_owned()],
            None => names_in(&self.root)?,
        };
        let mut found = Vec::new();
        for owner in owners {
            // The owner is checked before its name becomes part of a path.
            if RepoName::parse(&owner, "any").is_err() {
                continue;
            }
            for file in names_in(&self.root.join(&owner))? {
                let name = file.strip_suffix(".git");
                found.extend(name.and_then(|name| RepoName::parse(&owner, name).ok()));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The owners that have repositories, by name.
    pub(super) fn owners(&self) -> Result<Vec<String>, GitHubSandboxError> {
        let repositories = self.list(None)?;
        let mut owners: Vec<String> = repositories.into_iter().map(|name| name.owner().to_owned()).collect();
        owners.dedup();
        Ok(owners)
    }
}

fn open(root: &Path, name: &RepoName) -> Result<Option<Repo>, GitHubSandboxError> {
    let path = name.git_dir(root);
    if !path.join("HEAD").is_file() {
        return Ok(None);
    }
    let git = git2::Repository::open_bare(&path).map_err(git_error("open", &path))?;
    let metadata_file = name.metadata_file(root);
    let metadata = match Metadata::load(&metadata_file)? {
        Some(metadata) => metadata,
        None => Metadata::new(&name.to_string(), made_at(&path)?, Settings::default()),
    };
    let (permission, is_of_person) = (Permission::Admin, name.owner() == LOGIN);
    Ok(Some(Repo { name: name.clone(), git, metadata, metadata_file, permission, is_of_person }))
}

/// The time at which git created the repository: git writes `config` then, and the sandbox never changes it.
fn made_at(git_dir: &Path) -> Result<Timestamp, GitHubSandboxError> {
    let config = git_dir.join("config");
    let modified =
        std::fs::metadata(&config).and_then(|metadata| metadata.modified()).map_err(io_error("read", &config))?;
    Ok(Timestamp::try_from(modified)
        .and_then(|time| Timestamp::from_second(time.as_second()))
        .unwrap_or(Timestamp::UNIX_EPOCH))
}

/// One branch of a new repository. Its commit's only parent is the first branch's commit.
#[derive(Debug)]
pub(super) struct NewBranch {
    pub(super) name: String,
    pub(super) files: Files,
    pub(super) message: String,
}

/// Creates a repository, whole or not at all. Returns false if it exists already.
///
/// The first branch is the default branch. Without branches the repository is empty, and its default branch is `main`.
/// `time` is the time of the commits; a fixed one gives the same object ids every time.
pub(super) fn create(
    root: &Path,
    name: &RepoName,
    branches: &[NewBranch],
    settings: Settings,
    time: Timestamp,
) -> Result<bool, GitHubSandboxError> {
    let target = name.git_dir(root);
    if target.exists() {
        return Ok(false);
    }
    let owner = root.join(name.owner());
    check_names(branches)?;
    std::fs::create_dir_all(&owner).map_err(io_error("create", &owner))?;
    let scratch =
        tempfile::Builder::new().prefix(".new-").tempdir_in(&owner).map_err(io_error("create a folder in", &owner))?;
    write_branches(scratch.path(), branches, time).map_err(git_error("create", &target))?;
    match std::fs::rename(scratch.path(), &target) {
        Ok(()) => {}
        // Another process has created it in the meantime.
        Err(_) if target.join("HEAD").is_file() => return Ok(false),
        Err(source) => {
            return Err(GitHubSandboxError::Io { action: "create", path: target, source });
        }
    }
    Metadata::new(&name.to_string(), now(), settings).save(&name.metadata_file(root))?;
    Ok(true)
}

fn check_names(branches: &[NewBranch]) -> Result<(), GitHubSandboxError> {
    let refuse = |what, name: &str, rule| Err(GitHubSandboxError::Name { what, name: name.to_owned(), rule });
    for branch in branches {
        // The check itself fails only on a NUL, which a name must not contain either.
        if !git2::Branch::name_is_valid(&branch.name).unwrap_or(false) {
            let rule = "a name follows the rules of `git check-ref-format --branch`";
            return refuse("a branch", &branch.name, rule);
        }
        if let Some(path) = branch.files.keys().find(|path| !is_tree_path(path)) {
            let rule = "a path is relative, and has no part that is empty, `.`, `..` or `.git`";
            return refuse("a file", path, rule);
        }
    }
    Ok(())
}

fn write_branches(path: &Path, branches: &[NewBranch], time: Timestamp) -> Result<(), git2::Error> {
    let default = branches.first().map_or("main", |branch| branch.name.as_str());
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false).initial_head(default);
    let git = git2::Repository::init_opts(path, &options)?;
    let author = signature(time)?;
    let mut first = None;
    for branch in branches {
        let tree = Edits::of_files(&git, &branch.files)?.apply(&git, None)?;
        let tree = git.find_tree(tree)?;
        let parents: Vec<&git2::Commit<'_>> = first.iter().collect();
        let head = format!("refs/heads/{}", branch.name);
        let commit = git.commit(Some(&head), &author, &author, &branch.message, &tree, &parents)?;
        if first.is_none() {
            first = Some(git.find_commit(commit)?);
        }
    }
    Ok(())
}

/// The names in a folder; empty if it does not exist. Names that are not UTF-8 are ignored.
fn names_in(folder: &Path) -> Result<Vec<String>, GitHubSandboxError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(io_error("list", folder)(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io_error("list", folder))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

/// Turns an error of the file system into the sandbox's error.
pub(super) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> GitHubSandboxError {
    let path = path.to_owned();
    move |source| GitHubSandboxError::Io { action, path, source }
}

fn git_error(action: &'static str, path: &Path) -> impl FnOnce(git2::Error) -> GitHubSandboxError {
    let path = path.to_owned();
    move |source| GitHubSandboxError::Git { action, path, source }
}
