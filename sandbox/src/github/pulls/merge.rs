//! Merging: checking that it is possible, and doing it.

use axum::http::StatusCode;
use git2::{Commit, Oid};
use serde_json::json;

use super::follow::catch_up;
use super::records::{RESOURCE, all, find, with_pull};
use crate::github::accounts::{operator, signature};
use crate::github::answer::{Answer, ok};
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::metadata::{Issue, Merge, Pull, State};
use crate::github::repository::Repo;
use crate::github::request::{ApiRequest, Fields};

/// The tree of a merge of two commits, `None` if they conflict.
pub(super) fn merged_tree(repo: &Repo, base: Oid, head: Oid) -> Result<Option<Oid>, git2::Error> {
    let (base, head) = (repo.git.find_commit(base)?, repo.git.find_commit(head)?);
    let mut index = repo.git.merge_commits(&base, &head, None)?;
    if index.has_conflicts() {
        return Ok(None);
    }
    index.write_tree_to(&repo.git).map(Some)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Merge,
    Squash,
}

/// `PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge` (pulls/merge).
pub(in crate::github) fn merge(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let fields = request.fields(RESOURCE)?;
    let (issue, pull) = find(repo, request)?;
    let method = method(repo, &fields)?;
    require_open(issue, pull)?;
    if fields.text("sha")?.is_some_and(|sha| sha != pull.head_sha.to_string()) {
        return Err(ApiError::new(StatusCode::CONFLICT, "Head branch was modified. Review and try the merge again."));
    }
    let base = repo.tip(&pull.base)?.ok_or_else(not_mergeable)?;
    let tree = merged_tree(repo, base, pull.head_sha)?.ok_or_else(not_mergeable)?;
    let message = message(repo, &fields, issue, pull, method)?;
    let at = now();
    let author = request.signature()?;
    let commit = commit(repo, pull, method, (base, tree), &message, &author)?;
    let by = request.author();
    let (number, head) = (issue.number, pull.head.clone());
    record(repo, number, base, Merge { at, by, commit })?;
    if repo.metadata.settings.delete_branch_on_merge && head != repo.default_branch()? {
        repo.git.find_reference(&format!("refs/heads/{head}"))?.delete()?;
    }
    ok(json!({
        "sha": commit.to_string(),
        "merged": true,
        "message": "Pull Request successfully merged",
    }))
}

/// Merges the open pull requests one after the other, as this operation does it. Returns the number and the title of
/// each, and if it could be merged: it stays open if it conflicts, or is a draft.
pub(in crate::github) fn merge_open(repo: &mut Repo) -> Result<Vec<(u64, String, bool)>, ApiError> {
    catch_up(repo)?;
    let open: Vec<u64> =
        all(repo).filter(|(issue, _)| issue.state == State::Open).map(|(issue, _)| issue.number).collect();
    let mut pulls = Vec::new();
    for number in open {
        // The one before can have brought its commits, too.
        catch_up(repo)?;
        pulls.extend(merge_number(repo, number)?.map(|(title, is_merged)| (number, title, is_merged)));
    }
    Ok(pulls)
}

/// Merges an open pull request, as this operation does it by default. Returns its title, and if it could be merged: it
/// stays open if it conflicts, or is a draft. `None` if it is not an open pull request.
pub(in crate::github) fn merge_number(repo: &mut Repo, number: u64) -> Result<Option<(String, bool)>, ApiError> {
    let found = repo.metadata.issues.get(&number).and_then(with_pull).filter(|(issue, _)| issue.state == State::Open);
    let Some((issue, pull)) = found else { return Ok(None) };
    let (issue, pull) = (issue.clone(), pull.clone());
    let base = repo.tip(&pull.base)?.ok_or_else(not_mergeable)?;
    let tree = if pull.draft { None } else { merged_tree(repo, base, pull.head_sha)? };
    if let Some(tree) = tree {
        let (title, text) = titled(repo, &issue, &pull);
        let at = now();
        let message = format!("{title}\n\n{text}");
        let commit = commit(repo, &pull, Method::Merge, (base, tree), &message, &signature(at)?)?;
        record(repo, number, base, Merge { at, by: operator(), commit })?;
    }
    Ok(Some((issue.title, tree.is_some())))
}

/// The title and the text of a merge, as GitHub writes them.
fn titled(repo: &Repo, issue: &Issue, pull: &Pull) -> (String, String) {
    let from = format!("{}/{}", repo.name.owner(), pull.head);
    (format!("Merge pull request #{} from {from}", issue.number), issue.title.clone())
}

fn method(repo: &Repo, fields: &Fields) -> Result<Method, ApiError> {
    let settings = &repo.metadata.settings;
    let (method, allowed, name) = match fields.text("merge_method")?.unwrap_or("merge") {
        "merge" => (Some(Method::Merge), settings.allow_merge_commit, "Merge commits"),
        "squash" => (Some(Method::Squash), settings.allow_squash_merge, "Squash merges"),
        "rebase" => (None, false, "Rebase merges"),
        _ => return Err(fields.invalid("merge_method")),
    };
    method.filter(|_| allowed).ok_or_else(|| {
        let message = format!("{name} are not allowed on this repository.");
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message)
    })
}

fn not_mergeable() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Pull Request is not mergeable")
}

fn require_open(issue: &Issue, pull: &Pull) -> Result<(), ApiError> {
    if issue.state != State::Open {
        return Err(not_mergeable());
    }
    if pull.draft {
        let message = "Pull Request is still a draft";
        return Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message));
    }
    Ok(())
}

/// The message of the commit: from the body, or as GitHub writes it.
fn message(repo: &Repo, fields: &Fields, issue: &Issue, pull: &Pull, method: Method) -> Result<String, ApiError> {
    let (title, text) = match method {
        Method::Merge => titled(repo, issue, pull),
        Method::Squash => (format!("{} (#{})", issue.title, issue.number), squashed(repo, pull)?),
    };
    let title = fields.plain("commit_title")?.unwrap_or(&title).to_owned();
    let text = fields.plain("commit_message")?.unwrap_or(&text);
    Ok(if text.is_empty() { title } else { format!("{title}\n\n{text}") })
}

/// The messages of the commits that are squashed: as a list, or the body of a single message.
fn squashed(repo: &Repo, pull: &Pull) -> Result<String, ApiError> {
    let base = repo.tip(&pull.base)?.unwrap_or(pull.base_sha);
    let commits = repo.commits_between(base, pull.head_sha)?;
    let messages = commits
        .iter()
        .map(|id| {
            let commit = repo.git.find_commit(*id)?;
            Ok(String::from_utf8_lossy(commit.message_bytes()).trim_end().to_owned())
        })
        .collect::<Result<Vec<_>, git2::Error>>()?;
    if let [only] = messages.as_slice() {
        let body = only.split_once('\n').map_or("", |(_, body)| body);
        return Ok(body.trim().to_owned());
    }
    let items: Vec<String> = messages.iter().map(|text| format!("* {text}")).collect();
    Ok(items.join("\n\n"))
}

/// Writes the commit, of a tree on top of a base, and moves the base branch to it.
fn commit(
    repo: &Repo,
    pull: &Pull,
    method: Method,
    (base, tree): (Oid, Oid),
    message: &str,
    author: &git2::Signature<'_>,
) -> Result<Oid, git2::Error> {
    let (base, head) = (repo.git.find_commit(base)?, repo.git.find_commit(pull.head_sha)?);
    let parents: &[&Commit<'_>] = match method {
        Method::Merge => &[&base, &head],
        Method::Squash => &[&base],
    };
    let branch = format!("refs/heads/{}", pull.base);
    let tree = repo.git.find_tree(tree)?;
    repo.git.commit(Some(&branch), author, author, message, &tree, parents)
}

fn record(repo: &mut Repo, number: u64, base: Oid, merge: Merge) -> Result<(), ApiError> {
    if let Some(issue) = repo.metadata.issues.get_mut(&number) {
        issue.close(merge.at);
        if let Some(pull) = &mut issue.pull {
            pull.base_sha = base;
            pull.merge = Some(merge);
        }
    }
    repo.save()?;
    Ok(())
}
