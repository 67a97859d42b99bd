//! The rules about a pull request's branches and its state.

use git2::Oid;

use super::records::{RESOURCE, all};
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::metadata::{Issue, State};
use crate::github::repository::Repo;
use crate::github::request::Fields;

/// The tips of the two branches, checked to be fit for a pull request.
pub(super) fn sides(repo: &Repo, fields: &Fields, head: &str, base: &str) -> Result<(Oid, Oid), ApiError> {
    let head_sha = repo.tip(head)?.ok_or_else(|| fields.invalid("head"))?;
    let base_sha = repo.tip(base)?.ok_or_else(|| fields.invalid("base"))?;
    if repo.merge_base(base_sha, head_sha)?.is_none() {
        let message = format!("The {head} branch has no history in common with {base}");
        return Err(fields.refuse("base", message));
    }
    if repo.ahead_of(base_sha, head_sha)? == 0 {
        return Err(fields.refuse("head", format!("No commits between {base} and {head}")));
    }
    Ok((head_sha, base_sha))
}

/// 422 if another open pull request is about the same branches.
pub(super) fn require_unique(repo: &Repo, head: &str, base: &str, except: Option<u64>) -> Result<(), ApiError> {
    let same = all(repo).any(|(issue, pull)| {
        issue.state == State::Open && Some(issue.number) != except && pull.head == head && pull.base == base
    });
    if same {
        let owner = repo.name.owner();
        let message = format!("A pull request already exists for {owner}:{head}.");
        return Err(ApiError::custom(RESOURCE, "head", message));
    }
    Ok(())
}

/// The `state` of a body, `None` if it is not given.
pub(in crate::github) fn wanted_state(fields: &Fields) -> Result<Option<State>, ApiError> {
    match fields.text("state")? {
        None => Ok(None),
        Some("open") => Ok(Some(State::Open)),
        Some("closed") => Ok(Some(State::Closed)),
        Some(_) => Err(fields.invalid("state")),
    }
}

/// Closes or reopens an issue or pull request. A pull request reopens only if it could be opened again.
pub(in crate::github) fn set_state(
    repo: &Repo,
    fields: &Fields,
    issue: &mut Issue,
    state: State,
) -> Result<(), ApiError> {
    if issue.state == state {
        return Ok(());
    }
    if let (State::Open, Some(pull)) = (state, &mut issue.pull) {
        if pull.merge.is_some() {
            return Err(fields.refuse("state", "A merged pull request cannot be reopened."));
        }
        if repo.tip(&pull.head)?.is_none() {
            let message = format!("The {} branch has been deleted.", pull.head);
            return Err(fields.refuse("state", message));
        }
        require_unique(repo, &pull.head, &pull.base, Some(issue.number))?;
        (pull.head_sha, pull.base_sha) = sides(repo, fields, &pull.head, &pull.base)?;
    }
    issue.state = state;
    issue.closed_at = (state == State::Closed).then(now);
    Ok(())
}
