//! The records of pull requests.

use crate::github::errors::ApiError;
use crate::github::metadata::{Issue, Pull};
use crate::github::repository::Repo;
use crate::github::request::ApiRequest;

/// The name of a pull request in validation errors.
pub(super) const RESOURCE: &str = "PullRequest";

/// All pull requests, by number.
pub(super) fn all(repo: &Repo) -> impl Iterator<Item = (&Issue, &Pull)> {
    repo.metadata.issues.values().filter_map(with_pull)
}

/// An issue as a pull request, `None` if it is only an issue.
pub(super) fn with_pull(issue: &Issue) -> Option<(&Issue, &Pull)> {
    issue.pull.as_ref().map(|pull| (issue, pull))
}

/// The pull request that the path names.
pub(in crate::github) fn find<'repo>(
    repo: &'repo Repo,
    request: &ApiRequest,
) -> Result<(&'repo Issue, &'repo Pull), ApiError> {
    let number = request.number("number")?;
    let issue = repo.metadata.issues.get(&number);
    issue.and_then(with_pull).ok_or_else(ApiError::not_found)
}
