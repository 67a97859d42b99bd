//! What the pages of pull requests show and do, beside the operations of the API.

use serde_json::Value;

use super::change::change;
use super::records::{all, with_pull};
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::links::Links;
use crate::github::metadata::State;
use crate::github::repository::Repo;

/// The files of a page, at most.
const MOST_FILES: usize = 100;

/// The first files that a pull request changes, as the schema `diff-entry`; `None` if there is no such pull request.
pub(in crate::github) fn changed_files(
    repo: &Repo,
    links: &Links,
    number: u64,
) -> Result<Option<Vec<Value>>, ApiError> {
    let Some((issue, pull)) = repo.metadata.issues.get(&number).and_then(with_pull) else { return Ok(None) };
    let change = change(repo, issue, pull)?;
    (0..change.len().min(MOST_FILES)).map(|index| change.file(links, index)).collect::<Result<_, _>>().map(Some)
}

/// The open pull requests, with their titles, the newest first.
pub(in crate::github) fn open_numbers(repo: &Repo) -> Vec<(u64, String)> {
    let open = all(repo).filter(|(issue, _)| issue.state == State::Open);
    let mut open: Vec<(u64, String)> = open.map(|(issue, _)| (issue.number, issue.title.clone())).collect();
    open.reverse();
    open
}

/// Closes an open pull request without merging it. Returns false if it is not an open pull request.
pub(in crate::github) fn close_number(repo: &mut Repo, number: u64) -> Result<bool, ApiError> {
    let found = repo.metadata.issues.get_mut(&number);
    let Some(issue) = found.filter(|issue| issue.pull.is_some() && issue.state == State::Open) else {
        return Ok(false);
    };
    issue.close(now());
    repo.save()?;
    Ok(true)
}
