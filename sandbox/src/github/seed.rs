//! Repositories created from folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::errors::GitHubSandboxError;
use super::metadata::Settings;
use super::repo_name::RepoName;
use super::store::{self, NewBranch, io_error};
use super::tree::Files;

/// The time of seeded commits, 2024-01-01T00:00:00Z: it is fixed, so that the same files give the same object ids.
const SEEDED_AT: i64 = 1_704_067_200;

/// Creates `owner/name` with the default branch `main` and one initial commit of `files` (path, with slashes, to
/// bytes). Returns false if it exists already.
///
/// The same files give the same commit id every time.
///
/// # Errors
/// If the name is not valid on GitHub or would leave `root`, a path is not valid in a git tree, or the file system
/// fails. A repository is created whole or not at all.
pub fn ensure_repository(
    root: &Path,
    owner: &str,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<bool, GitHubSandboxError> {
    let name = RepoName::parse(owner, name)?;
    let branch = NewBranch { name: "main".to_owned(), files: files.clone(), message: "Initial commit".to_owned() };
    create(root, &name, &[branch])
}

/// Seeds service repositories from `services/<owner>/<repository>/<branch>/…`: each folder below a repository is a
/// branch with exactly those files. Returns the full names of the repositories that were created; existing ones are
/// left unchanged.
///
/// The default branch is `main`, or the first by name if there is no `main`. The other branches have its commit as
/// their parent, so that they can be merged into it. Hidden folders, and files beside the folders, are ignored.
///
/// # Errors
/// If a folder cannot be read, has a name that is not valid on GitHub, or holds no branch.
pub fn seed(root: &Path, services: &Path) -> Result<Vec<String>, GitHubSandboxError> {
    let mut made = Vec::new();
    for (owner, folder) in folders(services)? {
        for (name, folder) in folders(&folder)? {
            let name = RepoName::parse(&owner, &name)?;
            if create(root, &name, &branches(&folder)?)? {
                made.push(name.to_string());
            }
        }
    }
    Ok(made)
}

fn create(root: &Path, name: &RepoName, branches: &[NewBranch]) -> Result<bool, GitHubSandboxError> {
    let time = Timestamp::from_second(SEEDED_AT).expect("the constant is a moment of this century");
    store::create(root, name, branches, Settings::default(), time)
}

/// The branches in the folder of a repository, the default branch first.
fn branches(folder: &Path) -> Result<Vec<NewBranch>, GitHubSandboxError> {
    let mut branches = Vec::new();
    for (name, folder) in folders(folder)? {
        let message = match branches.len() {
            0 => "Initial commit".to_owned(),
            _ => format!("Work on {name}"),
        };
        let files = files(&folder)?;
        branches.push(NewBranch { name, files, message });
    }
    if branches.is_empty() {
        return Err(GitHubSandboxError::NoBranch { path: folder.to_owned() });
    }
    Ok(branches)
}

/// The folders in a folder by name, `main` before the others; hidden ones are left out.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, GitHubSandboxError> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io_error("list", folder))? {
        let path = entry.map_err(io_error("list", folder))?.path();
        if !path.is_dir() {
            continue;
        }
        let name = name_of(&path)?;
        if !name.starts_with('.') {
            folders.push((name, path));
        }
    }
    folders.sort_by_cached_key(|(name, _)| (name != "main", name.clone()));
    Ok(folders)
}

/// All files below a folder, at any depth.
fn files(folder: &Path) -> Result<Files, GitHubSandboxError> {
    let mut files = Files::new();
    let mut waiting = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).map_err(io_error("list", &folder))? {
            let path = entry.map_err(io_error("list", &folder))?.path();
            let name = format!("{prefix}{}", name_of(&path)?);
            if path.is_dir() {
                waiting.push((format!("{name}/"), path));
            } else if !path.is_file() {
                // Opening a pipe may wait for ever, and a device may have no end.
                let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file");
                return Err(GitHubSandboxError::Io { action: "read", path, source });
            } else {
                let content = std::fs::read(&path).map_err(io_error("read", &path))?;
                files.insert(name, content);
            }
        }
    }
    Ok(files)
}

fn name_of(path: &Path) -> Result<String, GitHubSandboxError> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| GitHubSandboxError::FileName { path: path.to_owned() });
    name.map(str::to_owned)
}
