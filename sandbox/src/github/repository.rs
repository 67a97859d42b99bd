//! An open repository: its git objects and references, and the metadata beside them.

use std::path::PathBuf;

use git2::{ErrorCode, Oid};
use jiff::Timestamp;

use super::errors::{ApiError, GitHubSandboxError};
use super::identity::permission::Permission;
use super::metadata::{Issue, Metadata};
use super::repo_name::RepoName;

/// One repository of the sandbox. Changes to `metadata` are lost unless they are saved.
pub(super) struct Repo {
    pub(super) name: RepoName,
    pub(super) git: git2::Repository,
    pub(super) metadata: Metadata,
    pub(super) metadata_file: PathBuf,
    /// The role of whoever asks, which answers show.
    pub(super) permission: Permission,
    /// True if the owner is a person, and not an organization.
    pub(super) is_of_person: bool,
}

impl Repo {
    /// Writes the metadata. The caller holds the repository's write lock.
    pub(super) fn save(&self) -> Result<(), GitHubSandboxError> {
        self.metadata.save(&self.metadata_file)
    }

    /// The issue or pull request with this number.
    pub(super) fn issue(&self, number: u64) -> Result<&Issue, ApiError> {
        self.metadata.issues.get(&number).ok_or_else(ApiError::not_found)
    }

    /// The branch that HEAD names, even if it has no commit.
    pub(super) fn default_branch(&self) -> Result<String, git2::Error> {
        let head = self.git.find_reference("HEAD")?;
        let target = head.symbolic_target()?.unwrap_or("refs/heads/main");
        Ok(target.strip_prefix("refs/heads/").unwrap_or(target).to_owned())
    }

    /// The commit at the tip of a branch, `None` if there is no such branch.
    pub(super) fn tip(&self, branch: &str) -> Result<Option<Oid>, git2::Error> {
        tip(&self.git, branch)
    }

    /// All branches and the commits at their tips, by name.
    pub(super) fn branches(&self) -> Result<Vec<(String, Oid)>, git2::Error> {
        let mut branches = Vec::new();
        for reference in self.git.references_glob("refs/heads/*")? {
            let reference = reference?;
            let name = reference.shorthand()?.to_owned();
            branches.push((name, reference.peel_to_commit()?.id()));
        }
        branches.sort();
        Ok(branches)
    }

    /// 409 if the repository has no branch yet, as GitHub's Git Data API answers.
    pub(super) fn require_history(&self) -> Result<(), ApiError> {
        match self.git.references_glob("refs/heads/*")?.next() {
            Some(_) => Ok(()),
            None => Err(ApiError::empty_repository()),
        }
    }

    /// The commit that a client names by a branch, a tag, a full reference, `HEAD` or an object id of at least seven
    /// digits. As on GitHub, the rest of git's revision syntax is not supported.
    pub(super) fn resolve(&self, revision: &str) -> Result<Option<git2::Commit<'_>>, git2::Error> {
        let names = [format!("refs/heads/{revision}"), format!("refs/tags/{revision}"), revision.to_owned()];
        for name in names {
            let is_reference = name == "HEAD" || name.starts_with("refs/");
            if let (true, Some(reference)) = (is_reference, find_reference(&self.git, &name)?) {
                return absent_as_none(reference.peel_to_commit());
            }
        }
        let digits = revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !digits || !(7..=40).contains(&revision.len()) {
            return Ok(None);
        }
        absent_as_none(self.git.find_commit_by_prefix(revision))
    }

    /// The time of the last push: that of the youngest tip, or of the repository's creation.
    pub(super) fn pushed_at(&self) -> Result<Timestamp, git2::Error> {
        let mut pushed_at = self.metadata.created_at;
        for (_, tip) in self.branches()? {
            pushed_at = pushed_at.max(timestamp(self.git.find_commit(tip)?.time()));
        }
        Ok(pushed_at)
    }

    /// The number of commits that `tip` has and `base` has not.
    pub(super) fn ahead_of(&self, base: Oid, tip: Oid) -> Result<usize, git2::Error> {
        Ok(self.git.graph_ahead_behind(tip, base)?.0)
    }

    /// The best common ancestor, `None` for unrelated histories.
    pub(super) fn merge_base(&self, one: Oid, two: Oid) -> Result<Option<Oid>, git2::Error> {
        absent_as_none(self.git.merge_base(one, two))
    }

    /// The commits that `tip` has and `base` has not, oldest first.
    pub(super) fn commits_between(&self, base: Oid, tip: Oid) -> Result<Vec<Oid>, git2::Error> {
        let mut walk = self.git.revwalk()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE)?;
        walk.push(tip)?;
        walk.hide(base)?;
        walk.collect()
    }
}

/// The commit at the tip of a branch, `None` if there is no such branch.
pub(super) fn tip(git: &git2::Repository, branch: &str) -> Result<Option<Oid>, git2::Error> {
    match find_reference(git, &format!("refs/heads/{branch}"))? {
        Some(reference) => Ok(Some(reference.peel_to_commit()?.id())),
        None => Ok(None),
    }
}

/// True if git accepts a full name for a reference. (git2 crashes on a NUL.)
pub(super) fn is_reference_name(name: &str) -> bool {
    !name.contains('\0') && git2::Reference::is_valid_name(name)
}

/// A reference by its full name; an invalid name is not found.
pub(super) fn find_reference<'git>(
    git: &'git git2::Repository,
    name: &str,
) -> Result<Option<git2::Reference<'git>>, git2::Error> {
    if !is_reference_name(name) {
        return Ok(None);
    }
    absent_as_none(git.find_reference(name))
}

/// An object id of forty digits, `None` for anything else.
pub(super) fn full_id(text: &str) -> Option<Oid> {
    let digits = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| Oid::from_str(text).ok()).flatten()
}

/// Separates "not found" from the other errors of git.
pub(super) fn absent_as_none<T>(found: Result<T, git2::Error>) -> Result<Option<T>, git2::Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if matches!(
                error.code(),
                ErrorCode::NotFound | ErrorCode::Ambiguous | ErrorCode::Peel | ErrorCode::InvalidSpec
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A git time in UTC, as GitHub shows it. A time that cannot be represented becomes the Unix epoch.
pub(super) fn timestamp(time: git2::Time) -> Timestamp {
    Timestamp::from_second(time.seconds()).unwrap_or(Timestamp::UNIX_EPOCH)
}
