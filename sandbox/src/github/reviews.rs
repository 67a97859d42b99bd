//! Reviews of pull requests, without comments on single lines.

use serde_json::{Value, json};

use super::accounts::{LOGIN, person};
use super::answer::{Answer, ok};
use super::clock::now;
use super::errors::ApiError;
use super::ids::node_id;
use super::links::Links;
use super::metadata::{Issue, Review};
use super::pulls;
use super::repository::{Repo, full_id};
use super::request::ApiRequest;

const RESOURCE: &str = "PullRequestReview";

/// `GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews` (pulls/list-reviews), oldest first. Only their authors see those
/// that are pending.
pub(super) fn list(repo: &mut Repo, request: &ApiRequest) -> Answer {
    pulls::catch_up(repo)?;
    let (issue, _) = pulls::find(repo, request)?;
    let author = request.author();
    let is_seen = |review: &&Review| review.state != "PENDING" || review.author == author;
    let page = request.page(issue.reviews.iter().filter(is_seen).collect());
    page.respond(|review| Ok(to_json(repo, &request.links, issue, review)))
}

/// `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` (pulls/create-review). Nobody approves their own work.
pub(super) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    pulls::catch_up(repo)?;
    let (issue, pull) = pulls::find(repo, request)?;
    let (number, head, owner) = (issue.number, pull.head_sha, issue.author.clone());
    let fields = request.fields(RESOURCE)?;
    if fields.list("comments")?.is_some_and(|comments| !comments.is_empty()) {
        return Err(ApiError::sentence("The sandbox has no comments on single lines. Put them into the body."));
    }
    let state = match fields.text("event")? {
        None => "PENDING",
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        Some(_) => return Err(ApiError::sentence("The event must be APPROVE, REQUEST_CHANGES or COMMENT")),
    };
    let body = fields.text("body")?.unwrap_or_default().to_owned();
    if body.is_empty() && matches!(state, "CHANGES_REQUESTED" | "COMMENTED") {
        return Err(ApiError::sentence("Review body can't be blank"));
    }
    let author = request.author();
    // The sandbox's own user stands for everyone without a token of their own, and so may review what it opened.
    if author == owner && author != LOGIN && matches!(state, "APPROVED" | "CHANGES_REQUESTED") {
        let verb = if state == "APPROVED" { "approve" } else { "request changes on" };
        return Err(ApiError::sentence(format!("Can not {verb} your own pull request")));
    }
    let commit = match fields.text("commit_id")? {
        None => Some(head),
        Some(id) => full_id(id).filter(|id| repo.git.find_commit(*id).is_ok()),
    };
    let commit = commit.ok_or_else(|| ApiError::sentence("The commit_id is not that of a commit"))?;
    let review = Review { id: repo.metadata.next_id(), author, state: state.to_owned(), body, commit, at: now() };
    if let Some(issue) = repo.metadata.issues.get_mut(&number) {
        issue.updated_at = review.at;
        issue.reviews.push(review.clone());
    }
    repo.save()?;
    ok(to_json(repo, &request.links, repo.issue(number)?, &review))
}

/// The schema `pull-request-review`.
fn to_json(repo: &Repo, links: &Links, issue: &Issue, review: &Review) -> Value {
    let number = issue.number;
    let html_url = links.html(&repo.name, &format!("/pull/{number}#pullrequestreview-{}", review.id));
    let pull_url = links.repo(&repo.name, &format!("/pulls/{number}"));
    let mut body = json!({
        "id": review.id,
        "node_id": node_id("PullRequestReview", review.id),
        "user": person(links, &review.author),
        "body": review.body,
        "state": review.state,
        "html_url": html_url,
        "pull_request_url": pull_url,
        "author_association": if review.author == LOGIN { "OWNER" } else { "MEMBER" },
        "_links": {"html": {"href": html_url}, "pull_request": {"href": pull_url}},
        "commit_id": review.commit.to_string(),
    });
    if review.state != "PENDING" {
        body["submitted_at"] = json!(review.at);
    }
    body
}
