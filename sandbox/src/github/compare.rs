//! The differences between two commits.

use axum::http::StatusCode;
use git2::{Email, EmailCreateOptions, Oid};
use serde_json::{Value, json};

use super::answer::{Answer, bytes, extend, ok, with_link};
use super::commits;
use super::diff::Change;
use super::errors::ApiError;
use super::links::encode;
use super::repository::Repo;
use super::request::ApiRequest;

/// The number of commits in an answer if the client asks for no page: the youngest ones.
const MOST_COMMITS: usize = 250;
/// The number of files in an answer; they are on its first page only.
const MOST_FILES: usize = 300;

/// `GET /repos/{owner}/{repo}/compare/{basehead}` (repos/compare-commits-with-basehead), as JSON, diff or patch.
pub(super) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    let basehead = request.param("basehead");
    let (base, head) = basehead.split_once("...").ok_or_else(ApiError::not_found)?;
    let (base_id, head_id) = (side(repo, base)?, side(repo, head)?);
    let fork = repo.merge_base(base_id, head_id)?.ok_or_else(|| {
        let message = format!("No common ancestor between {base} and {head}.");
        ApiError::new(StatusCode::NOT_FOUND, message)
    })?;
    let change = Change::between(repo, fork, head_id)?;
    if request.wants("diff") {
        return bytes("application/vnd.github.diff; charset=utf-8", change.to_text()?);
    }
    let between = repo.commits_between(base_id, head_id)?;
    if request.wants("patch") {
        return bytes("application/vnd.github.patch; charset=utf-8", patches(repo, &between)?);
    }
    let (commits, link) = page(request, between);
    let mut body = comparison(repo, request, base_id, head_id, fork)?;
    let commits = commits.into_iter().map(|id| commits::to_json(repo, &request.links, id));
    body["commits"] = Value::Array(commits.collect::<Result<Vec<_>, _>>()?);
    if matches!(request.query("page"), None | Some("1")) {
        let files = (0..change.len().min(MOST_FILES)).map(|i| change.file(&request.links, i));
        body["files"] = Value::Array(files.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(with_link(ok(body)?, link))
}

/// The commits of the page that the client asked for, or the youngest ones if it asked for none.
fn page(request: &ApiRequest, between: Vec<Oid>) -> (Vec<Oid>, Option<String>) {
    if request.has_query("page") || request.has_query("per_page") {
        let page = request.page(between);
        return (page.items, page.link);
    }
    let skipped = between.len().saturating_sub(MOST_COMMITS);
    (between[skipped..].to_vec(), None)
}

/// The schema `commit-comparison` without its lists of commits and files.
fn comparison(repo: &Repo, request: &ApiRequest, base: Oid, head: Oid, fork: Oid) -> Result<Value, ApiError> {
    let (ahead, behind) = repo.git.graph_ahead_behind(head, base)?;
    let mut body = json!({
        "base_commit": commits::to_json(repo, &request.links, base)?,
        "merge_base_commit": commits::to_json(repo, &request.links, fork)?,
        "status": status(ahead, behind),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
    });
    extend(&mut body, urls(repo, request, base, head));
    Ok(body)
}

/// A side of the comparison, a revision with or without the owner before a colon.
fn side(repo: &Repo, side: &str) -> Result<Oid, ApiError> {
    let revision = match side.split_once(':') {
        None => side,
        Some((owner, revision)) if owner.eq_ignore_ascii_case(repo.name.owner()) => revision,
        // The sandbox has no forks.
        Some(_) => return Err(ApiError::not_found()),
    };
    let commit = repo.resolve(revision)?.ok_or_else(ApiError::not_found)?;
    Ok(commit.id())
}

fn status(ahead: usize, behind: usize) -> &'static str {
    match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    }
}

fn urls(repo: &Repo, request: &ApiRequest, base: Oid, head: Oid) -> Value {
    let path = format!("/compare/{}", encode(request.param("basehead")));
    let html = request.links.html(&repo.name, &path);
    let owner = repo.name.owner();
    let permalink = format!("/compare/{owner}:{base}...{owner}:{head}");
    json!({
        "url": request.links.repo(&repo.name, &path),
        "html_url": html,
        "permalink_url": request.links.html(&repo.name, &permalink),
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
    })
}

/// The commits as mails, as `git format-patch` writes them. A merge has no patch of its own.
fn patches(repo: &Repo, commits: &[Oid]) -> Result<Vec<u8>, git2::Error> {
    let mut text = Vec::new();
    for id in commits {
        let commit = repo.git.find_commit(*id)?;
        if commit.parent_count() < 2 {
            let email = Email::from_commit(&commit, &mut EmailCreateOptions::new())?;
            text.extend_from_slice(email.as_slice());
        }
    }
    Ok(text)
}
