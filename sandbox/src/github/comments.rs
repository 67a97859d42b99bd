//! Comments on issues and pull requests.

use serde_json::{Value, json};

use super::accounts::person;
use super::answer::{Answer, created, ok};
use super::clock::now;
use super::errors::ApiError;
use super::ids::node_id;
use super::links::Links;
use super::metadata::{Comment, Issue};
use super::repository::Repo;
use super::request::ApiRequest;

const RESOURCE: &str = "IssueComment";

/// `GET /repos/{owner}/{repo}/issues/{issue_number}/comments` (issues/list-comments), oldest first.
pub(super) fn list(repo: &Repo, request: &ApiRequest) -> Answer {
    let issue = repo.issue(request.number("number")?)?;
    let since = request.moment(RESOURCE, "since")?;
    let young = |comment: &&Comment| since.is_none_or(|since| comment.updated_at >= since);
    let page = request.page(issue.comments.iter().filter(young).collect());
    page.respond(|comment| Ok(to_json(repo, &request.links, issue, comment)))
}

/// `POST /repos/{owner}/{repo}/issues/{issue_number}/comments` (issues/create-comment).
pub(super) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let number = repo.issue(request.number("number")?)?.number;
    let body = request.fields(RESOURCE)?.required_words("body")?.to_owned();
    let at = now();
    let comment =
        Comment { id: repo.metadata.next_id(), author: request.author(), body, created_at: at, updated_at: at };
    if let Some(issue) = repo.metadata.issues.get_mut(&number) {
        issue.comments.push(comment.clone());
        issue.updated_at = at;
    }
    repo.save()?;
    let issue = repo.issue(request.number("number")?)?;
    created(to_json(repo, &request.links, issue, &comment))
}

/// `PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}` (issues/update-comment).
pub(super) fn update(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let id = request.number("id")?;
    let body = request.fields(RESOURCE)?.required_words("body")?.to_owned();
    let has_it = |issue: &&mut Issue| issue.comments.iter().any(|comment| comment.id == id);
    let mut issues = repo.metadata.issues.values_mut();
    let issue = issues.find(has_it).ok_or_else(ApiError::not_found)?;
    let number = issue.number;
    for comment in issue.comments.iter_mut().filter(|comment| comment.id == id) {
        comment.body.clone_from(&body);
        comment.updated_at = now();
    }
    repo.save()?;
    let issue = &repo.metadata.issues[&number];
    let comment = issue.comments.iter().find(|comment| comment.id == id);
    let comment = comment.ok_or_else(ApiError::not_found)?;
    ok(to_json(repo, &request.links, issue, comment))
}

/// The schema `issue-comment`.
fn to_json(repo: &Repo, links: &Links, issue: &Issue, comment: &Comment) -> Value {
    let Comment { id, body, .. } = comment;
    let number = issue.number;
    let page = if issue.pull.is_some() { "pull" } else { "issues" };
    json!({
        "id": id,
        "node_id": node_id("IssueComment", id),
        "url": links.repo(&repo.name, &format!("/issues/comments/{id}")),
        "html_url": links.html(&repo.name, &format!("/{page}/{number}#issuecomment-{id}")),
        "issue_url": links.repo(&repo.name, &format!("/issues/{number}")),
        "body": body,
        "user": person(links, &comment.author),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": "OWNER",
        "performed_via_github_app": null,
    })
}
