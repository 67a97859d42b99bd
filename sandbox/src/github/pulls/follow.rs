//! Pull requests follow their branches, because the git program can push without the API noticing.

use crate::github::accounts::operator;
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::metadata::{Issue, Merge, State};
use crate::github::repository::{Repo, tip};

/// Lets the records of open pull requests follow their branches, and saves those that change. The caller holds the
/// write lock.
///
/// As on GitHub, a pull request closes if its branch is gone, or was moved back to the base so that no commit is left.
/// It is merged if the base branch contains its commits.
pub(in crate::github) fn catch_up(repo: &mut Repo) -> Result<(), ApiError> {
    let mut changed = false;
    for issue in repo.metadata.issues.values_mut() {
        if issue.state == State::Open {
            changed |= follow(&repo.git, issue)?;
        }
    }
    if changed {
        repo.save()?;
    }
    Ok(())
}

/// Updates one open issue, and returns true if that changed it.
fn follow(git: &git2::Repository, issue: &mut Issue) -> Result<bool, git2::Error> {
    let Some(pull) = &mut issue.pull else {
        return Ok(false);
    };
    let (Some(head), Some(base)) = (tip(git, &pull.head)?, tip(git, &pull.base)?) else {
        issue.close(now());
        return Ok(true);
    };
    let moved = head != pull.head_sha;
    if head == base || git.graph_descendant_of(base, head)? {
        if !moved {
            pull.merge = Some(Merge { at: now(), by: operator(), commit: base });
        }
        issue.close(now());
        return Ok(true);
    }
    if moved {
        pull.head_sha = head;
        pull.base_sha = base;
        issue.updated_at = now();
    }
    Ok(moved)
}
