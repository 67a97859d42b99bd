//! The changes of a pull request.

use axum::http::StatusCode;
use git2::Oid;

use crate::github::diff::Change;
use crate::github::errors::ApiError;
use crate::github::metadata::{Issue, Pull, State};
use crate::github::repository::Repo;

/// The changes of a pull request: from the point where its branch left the base branch to its head.
pub(super) fn change<'repo>(repo: &'repo Repo, issue: &Issue, pull: &Pull) -> Result<Change<'repo>, ApiError> {
    let base = current_base(repo, issue, pull)?;
    let fork = repo.merge_base(base, pull.head_sha)?.ok_or_else(|| {
        let message = "The branches of the pull request no longer share a commit.";
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    })?;
    Ok(Change::between(repo, fork, pull.head_sha)?)
}

/// The tip of the base branch while the pull request is open; afterwards, the tip that was recorded.
pub(super) fn current_base(repo: &Repo, issue: &Issue, pull: &Pull) -> Result<Oid, git2::Error> {
    let tip = match issue.state {
        State::Open => repo.tip(&pull.base)?,
        State::Closed => None,
    };
    Ok(tip.unwrap_or(pull.base_sha))
}
