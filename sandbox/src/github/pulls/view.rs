//! Pull requests as answers show them.

use serde_json::{Value, json};

use super::change::{change, current_base};
use super::merge::merged_tree;
use super::records::with_pull;
use crate::github::accounts::{owner, person};
use crate::github::answer::extend;
use crate::github::errors::ApiError;
use crate::github::ids::node_id;
use crate::github::labels;
use crate::github::links::Links;
use crate::github::metadata::{Issue, Pull, State};
use crate::github::repos;
use crate::github::repository::Repo;

/// The schema `pull-request-simple`; `repository` is the repository as [`repos::to_json`] shows it.
pub(super) fn simple(repo: &Repo, links: &Links, repository: &Value, issue: &Issue, pull: &Pull) -> Value {
    let mut body = record(repo, links, issue, pull);
    extend(&mut body, urls(repo, links, issue));
    body["head"] = side(repo, links, repository, &pull.head, pull.head_sha);
    body["base"] = side(repo, links, repository, &pull.base, pull.base_sha);
    body
}

/// A pull request by its number as the schema `pull-request`, `None` if there is none.
pub(in crate::github) fn to_json(repo: &Repo, links: &Links, number: u64) -> Result<Option<Value>, ApiError> {
    let found = repo.metadata.issues.get(&number).and_then(with_pull);
    found.map(|(issue, pull)| full(repo, links, issue, pull)).transpose()
}

/// The schema `pull-request`.
pub(super) fn full(repo: &Repo, links: &Links, issue: &Issue, pull: &Pull) -> Result<Value, ApiError> {
    let mut body = simple(repo, links, &repos::to_json(repo, links)?, issue, pull);
    let change = change(repo, issue, pull)?;
    let (additions, deletions) = change.line_counts()?;
    let base = current_base(repo, issue, pull)?;
    let (mergeable, mergeable_state) = match (issue.state, pull.draft) {
        (State::Closed, _) => (None, "unknown"),
        (State::Open, draft) => match merged_tree(repo, base, pull.head_sha)? {
            None => (Some(false), "dirty"),
            Some(_) if draft => (Some(true), "draft"),
            Some(_) => (Some(true), "clean"),
        },
    };
    let merged_by = pull.merge.as_ref().map(|merge| person(links, &merge.by));
    let more = json!({
        "merged": pull.merge.is_some(),
        "mergeable": mergeable,
        // Merging by rebase is not allowed on any repository of the sandbox.
        "rebaseable": false,
        "mergeable_state": mergeable_state,
        "merged_by": merged_by,
        "comments": issue.comments.len(),
        "review_comments": 0,
        "maintainer_can_modify": false,
        "commits": repo.commits_between(base, pull.head_sha)?.len(),
        "additions": additions,
        "deletions": deletions,
        "changed_files": change.len(),
    });
    extend(&mut body, more);
    Ok(body)
}

fn record(repo: &Repo, links: &Links, issue: &Issue, pull: &Pull) -> Value {
    let labels = repo.metadata.labels_of(issue).map(|label| {
        let mut label = labels::to_json(repo, links, label);
        // Here, unlike in the schema `label`, a description is always a string.
        if label["description"].is_null() {
            label["description"] = "".into();
        }
        label
    });
    let merge = pull.merge.as_ref();
    json!({
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "number": issue.number,
        "state": issue.state.as_str(),
        "locked": false,
        "active_lock_reason": null,
        "title": issue.title,
        "body": issue.body,
        "user": person(links, &issue.author),
        "labels": labels.collect::<Vec<_>>(),
        "milestone": null,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "author_association": "OWNER",
        "auto_merge": null,
        "draft": pull.draft,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.closed_at,
        "merged_at": merge.map(|merge| merge.at),
        "merge_commit_sha": merge.map(|merge| merge.commit.to_string()),
    })
}

fn urls(repo: &Repo, links: &Links, issue: &Issue) -> Value {
    let number = issue.number;
    let api = |rest: &str| links.repo(&repo.name, rest);
    let url = api(&format!("/pulls/{number}"));
    let issue_url = api(&format!("/issues/{number}"));
    let html_url = links.html(&repo.name, &format!("/pull/{number}"));
    let head = issue.pull.as_ref().map(|pull| pull.head_sha.to_string());
    let statuses_url = api(&format!("/statuses/{}", head.unwrap_or_default()));
    let (comments, commits) = (format!("{issue_url}/comments"), format!("{url}/commits"));
    let review_comments = format!("{url}/comments");
    let review_comment = api("/pulls/comments{/number}");
    json!({
        "url": url,
        "html_url": html_url,
        "diff_url": format!("{html_url}.diff"),
        "patch_url": format!("{html_url}.patch"),
        "issue_url": issue_url,
        "commits_url": commits,
        "review_comments_url": review_comments,
        "review_comment_url": review_comment,
        "comments_url": comments,
        "statuses_url": statuses_url,
        "_links": {
            "self": {"href": url},
            "html": {"href": html_url},
            "issue": {"href": issue_url},
            "comments": {"href": comments},
            "review_comments": {"href": review_comments},
            "review_comment": {"href": review_comment},
            "commits": {"href": commits},
            "statuses": {"href": statuses_url},
        },
    })
}

fn side(repo: &Repo, links: &Links, repository: &Value, branch: &str, sha: git2::Oid) -> Value {
    let login = repo.name.owner();
    json!({
        "label": format!("{login}:{branch}"),
        "ref": branch,
        "sha": sha.to_string(),
        "user": owner(links, login, repo.is_of_person),
        "repo": repository,
    })
}
