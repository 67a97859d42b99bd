//! Names of repositories, and their paths on disk: `ROOT/<owner>/<name>.git`, and beside it `ROOT/<owner>/<name>.json`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::errors::GitHubSandboxError;

/// `owner/name`, both valid: neither can lead out of the sandbox's folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RepoName {
    owner: String,
    name: String,
}

impl RepoName {
    /// Checks both halves against GitHub's rules.
    pub(super) fn parse(owner: &str, name: &str) -> Result<Self, GitHubSandboxError> {
        let refuse = |what, name: &str, rule| Err(GitHubSandboxError::Name { what, name: name.to_owned(), rule });
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=39).contains(&owner.len()) || owner.starts_with('-') || !owner.chars().all(word) {
            return refuse(
                "an owner",
                owner,
                "a name has 1 to 39 letters, digits, hyphens or underscores, and does not start with a hyphen",
            );
        }
        if !(1..=100).contains(&name.len()) || !name.chars().all(|c| word(c) || c == '.') {
            return refuse("a repository", name, "a name has 1 to 100 letters, digits, dots, hyphens or underscores");
        }
        if name == "." || name == ".." || name.to_ascii_lowercase().ends_with(".git") {
            return refuse("a repository", name, "a name is neither `.` nor `..`, and does not end in `.git`");
        }
        Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// The user or organization.
    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// The name without its owner.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn git_dir(&self, root: &Path) -> PathBuf {
        root.join(&self.owner).join(format!("{}.git", self.name))
    }

    pub(super) fn metadata_file(&self, root: &Path) -> PathBuf {
        root.join(&self.owner).join(format!("{}.json", self.name))
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}
