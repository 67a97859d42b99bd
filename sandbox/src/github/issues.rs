//! Issues; every pull request is one too, under the same number.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::accounts::person;
use super::answer::{Answer, created, ok};
use super::clock::now;
use super::errors::ApiError;
use super::ids::node_id;
use super::labels;
use super::links::Links;
use super::metadata::{Issue, State};
use super::pulls;
use super::repository::Repo;
use super::request::{ApiRequest, Fields};

const RESOURCE: &str = "Issue";

/// `GET /repos/{owner}/{repo}/issues` (issues/list-for-repo), pull requests among them.
pub(super) fn list(repo: &mut Repo, request: &ApiRequest) -> Answer {
    pulls::catch_up(repo)?;
    let state = request.choice(RESOURCE, "state", &["open", "closed", "all"])?;
    let sort = request.choice(RESOURCE, "sort", &["created", "updated", "comments"])?;
    let direction = request.choice(RESOURCE, "direction", &["desc", "asc"])?;
    let since = request.moment(RESOURCE, "since")?;
    let in_list = |issue: &&Issue| {
        (state == "all" || issue.state.as_str() == state)
            && since.is_none_or(|since| issue.updated_at >= since)
            && has_labels(repo, issue, request.query("labels"))
            && has_people(issue, request)
    };
    let mut found: Vec<&Issue> = repo.metadata.issues.values().filter(in_list).collect();
    match sort {
        "updated" => found.sort_by_key(|issue| (issue.updated_at, issue.number)),
        "comments" => found.sort_by_key(|issue| (issue.comments.len(), issue.number)),
        _ => found.sort_by_key(|issue| (issue.created_at, issue.number)),
    }
    if direction == "desc" {
        found.reverse();
    }
    let page = request.page(found);
    page.respond(|issue| Ok(to_json(repo, &request.links, issue)))
}

/// True if an issue has all of the labels, given as names separated by commas.
fn has_labels(repo: &Repo, issue: &Issue, wanted: Option<&str>) -> bool {
    let has = |wanted: &str| {
        let mut labels = repo.metadata.labels_of(issue);
        labels.any(|label| label.name.eq_ignore_ascii_case(wanted.trim()))
    };
    wanted.is_none_or(|wanted| wanted.split(',').all(has))
}

/// The filters on people, and on values that are the same for all issues: there are no assignees, milestones, types and
/// fields.
fn has_people(issue: &Issue, request: &ApiRequest) -> bool {
    let none = |name| request.query(name).is_none_or(|wanted| wanted == "none");
    let body = issue.body.as_deref().unwrap_or_default();
    let mentions = |login: &str| body.contains(&format!("@{login}"));
    none("assignee")
        && none("milestone")
        && none("type")
        && request.query("issue_field_values").is_none()
        && request.query("creator").is_none_or(|wanted| wanted == issue.author)
        && request.query("mentioned").is_none_or(mentions)
}

/// `GET /repos/{owner}/{repo}/issues/{issue_number}` (issues/get).
pub(super) fn get(repo: &mut Repo, request: &ApiRequest) -> Answer {
    pulls::catch_up(repo)?;
    let issue = repo.issue(request.number("number")?)?;
    ok(to_json(repo, &request.links, issue))
}

/// `POST /repos/{owner}/{repo}/issues` (issues/create).
pub(super) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    if !repo.metadata.settings.has_issues {
        let message = "Issues has been disabled in this repository.";
        return Err(ApiError::new(StatusCode::GONE, message));
    }
    let fields = request.fields(RESOURCE)?;
    refuse_unknown(&fields)?;
    let title = title(&fields)?;
    let body = fields.text("body")?.map(str::to_owned);
    let labels = match fields.list("labels")? {
        Some(labels) => labels::ids_of(repo, labels)?,
        None => Vec::new(),
    };
    let issue = repo.metadata.open_issue(request.author(), title, body, now());
    issue.labels = labels;
    let number = issue.number;
    repo.save()?;
    created(to_json(repo, &request.links, &repo.metadata.issues[&number]))
}

/// A title is a string; a number becomes one.
fn title(fields: &Fields) -> Result<String, ApiError> {
    match fields.value("title") {
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Ok(fields.required_words("title")?.to_owned()),
    }
}

/// 422 for a milestone or a type: the sandbox's repositories have none. Assignees are dropped silently, as GitHub drops
/// those who may not be assigned.
fn refuse_unknown(fields: &Fields) -> Result<(), ApiError> {
    for field in ["milestone", "type", "issue_field_values"] {
        if fields.value(field).is_some() {
            return Err(fields.invalid(field));
        }
    }
    Ok(())
}

/// `PATCH /repos/{owner}/{repo}/issues/{issue_number}` (issues/update), pull requests included.
pub(super) fn update(repo: &mut Repo, request: &ApiRequest) -> Answer {
    pulls::catch_up(repo)?;
    let mut issue = repo.issue(request.number("number")?)?.clone();
    let fields = request.fields(RESOURCE)?;
    refuse_unknown(&fields)?;
    if fields.value("title").is_some() {
        issue.title = title(&fields)?;
    }
    if fields.has("body") {
        issue.body = fields.text("body")?.map(str::to_owned);
    }
    if let Some(labels) = fields.list("labels")? {
        issue.labels = labels::ids_of(repo, labels)?;
    }
    if let Some(state) = pulls::wanted_state(&fields)? {
        pulls::set_state(repo, &fields, &mut issue, state)?;
        if issue.pull.is_none() {
            issue.state_reason = state_reason(&fields, state)?;
        }
    }
    issue.updated_at = now();
    let body = to_json(repo, &request.links, &issue);
    repo.metadata.issues.insert(issue.number, issue);
    repo.save()?;
    ok(body)
}

fn state_reason(fields: &Fields, state: State) -> Result<Option<String>, ApiError> {
    let (default, allowed): (_, &[&str]) = match state {
        State::Open => ("reopened", &["reopened"]),
        State::Closed => ("completed", &["completed", "not_planned", "duplicate"]),
    };
    let reason = fields.text("state_reason")?.unwrap_or(default);
    if !allowed.contains(&reason) {
        return Err(fields.invalid("state_reason"));
    }
    Ok(Some(reason.to_owned()))
}

/// The schema `issue`.
fn to_json(repo: &Repo, links: &Links, issue: &Issue) -> Value {
    let number = issue.number;
    let url = links.repo(&repo.name, &format!("/issues/{number}"));
    let page = if issue.pull.is_some() { "pull" } else { "issues" };
    let html_url = links.html(&repo.name, &format!("/{page}/{number}"));
    let labels = repo.metadata.labels_of(issue);
    let labels = labels.map(|label| labels::to_json(repo, links, label));
    let closed_by = issue.pull.as_ref().and_then(|pull| pull.merge.as_ref()).map(|merge| person(links, &merge.by));
    let mut body = json!({
        "id": issue.id,
        "node_id": node_id("Issue", issue.id),
        "url": url,
        "repository_url": links.repo(&repo.name, ""),
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "timeline_url": format!("{url}/timeline"),
        "html_url": html_url,
        "number": number,
        "state": issue.state.as_str(),
        "state_reason": issue.state_reason,
        "title": issue.title,
        "body": issue.body,
        "user": person(links, &issue.author),
        "labels": labels.collect::<Vec<_>>(),
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "locked": false,
        "active_lock_reason": null,
        "comments": issue.comments.len(),
        "closed_at": issue.closed_at,
        "closed_by": closed_by,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "author_association": "OWNER",
        "performed_via_github_app": null,
    });
    if let Some(pull) = &issue.pull {
        body["draft"] = pull.draft.into();
        body["pull_request"] = json!({
            "url": links.repo(&repo.name, &format!("/pulls/{number}")),
            "html_url": html_url,
            "diff_url": format!("{html_url}.diff"),
            "patch_url": format!("{html_url}.patch"),
            "merged_at": pull.merge.as_ref().map(|merge| merge.at),
        });
    }
    body
}
