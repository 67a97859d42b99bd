//! What programs say of commits: statuses, check runs and runs of workflows, of which the sandbox has none.

use axum::Json;
use axum::response::IntoResponse;
use git2::Oid;
use serde_json::{Value, json};

use super::accounts::person;
use super::answer::{Answer, created, ok, with_link};
use super::clock::now;
use super::errors::ApiError;
use super::identity::caller::Caller;
use super::identity::permission::Need;
use super::ids::{node_id, stable_id};
use super::links::{Links, encode_segment};
use super::metadata::{CheckRun, CommitStatus};
use super::repos::minimal;
use super::repository::{Repo, full_id};
use super::request::{ApiRequest, Fields};

/// The name of a status that has none of its own.
const CONTEXT: &str = "default";

/// `GET /repos/{owner}/{repo}/commits/{ref}/…`: the reference may hold slashes, and so the last part decides which
/// operation it is.
pub(super) fn of_commit(repo: &Repo, request: &ApiRequest) -> Answer {
    let (name, operation) = request.param("ref").rsplit_once('/').ok_or_else(ApiError::not_found)?;
    let need = match operation {
        "status" => Need::READ_STATUSES,
        "check-runs" => Need::READ_CHECKS,
        _ => return Err(ApiError::not_found()),
    };
    request.check(need, repo)?;
    let message = || ApiError::unprocessable(format!("No commit found for SHA: {name}"));
    let commit = repo.resolve(name)?.ok_or_else(message)?.id();
    if operation == "status" { combined(repo, request, commit) } else { runs(repo, request, commit) }
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/status` (repos/get-combined-status-for-ref): the latest of each context.
fn combined(repo: &Repo, request: &ApiRequest, commit: Oid) -> Answer {
    let mut latest: Vec<&CommitStatus> = Vec::new();
    for status in repo.metadata.statuses.iter().filter(|status| status.commit == commit) {
        latest.retain(|other| other.context != status.context);
        latest.push(status);
    }
    let any = |states: &[&str]| latest.iter().any(|status| states.contains(&status.state.as_str()));
    let state = if any(&["error", "failure"]) {
        "failure"
    } else if latest.is_empty() || any(&["pending"]) {
        "pending"
    } else {
        "success"
    };
    let count = latest.len();
    let page = request.page(latest);
    let statuses: Vec<Value> = page.items.into_iter().map(|status| simple(repo, &request.links, status)).collect();
    let body = json!({
        "state": state,
        "statuses": statuses,
        "sha": commit.to_string(),
        "total_count": count,
        "repository": minimal(repo, &request.links)?,
        "commit_url": request.links.repo(&repo.name, &format!("/commits/{commit}")),
        "url": request.links.repo(&repo.name, &format!("/commits/{commit}/status")),
    });
    Ok(with_link(Json(body).into_response(), page.link))
}

/// `POST /repos/{owner}/{repo}/statuses/{sha}` (repos/create-commit-status).
pub(super) fn create_status(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let fields = request.fields("Status")?;
    let commit = existing(repo, request.param("sha"), &fields, "sha")?;
    let state = fields.required("state")?;
    if !["error", "failure", "pending", "success"].contains(&state) {
        return Err(fields.invalid("state"));
    }
    let text = |field| fields.text(field).map(|text| text.map(str::to_owned));
    let status = CommitStatus {
        id: repo.metadata.next_id(),
        author: request.author(),
        commit,
        state: state.to_owned(),
        context: text("context")?.unwrap_or_else(|| CONTEXT.to_owned()),
        description: text("description")?,
        target_url: text("target_url")?,
        at: now(),
    };
    repo.metadata.statuses.push(status.clone());
    repo.save()?;
    let mut body = simple(repo, &request.links, &status);
    body["creator"] = person(&request.links, &status.author);
    created(body)
}

/// The schema `simple-commit-status`.
fn simple(repo: &Repo, links: &Links, status: &CommitStatus) -> Value {
    json!({
        "id": status.id,
        "node_id": node_id("StatusContext", status.id),
        "url": links.repo(&repo.name, &format!("/statuses/{}", status.commit)),
        "avatar_url": links.api(&format!("/avatars/{}", encode_segment(&status.author))),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.at,
        "updated_at": status.at,
    })
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/check-runs` (checks/list-for-ref): the latest of each name, or all.
fn runs(repo: &Repo, request: &ApiRequest, commit: Oid) -> Answer {
    let filter = request.choice("CheckRun", "filter", &["latest", "all"])?;
    let mut found: Vec<&CheckRun> = Vec::new();
    for run in repo.metadata.check_runs.iter().filter(|run| run.commit == commit) {
        if filter == "latest" {
            found.retain(|other| other.name != run.name);
        }
        found.push(run);
    }
    found.retain(|run| {
        request.query("check_name").is_none_or(|name| run.name == name)
            && request.query("status").is_none_or(|status| run.status == status)
    });
    let count = found.len();
    let page = request.page(found);
    let runs: Vec<Value> = page.items.into_iter().map(|run| run_json(repo, &request.links, run)).collect();
    let body = json!({"total_count": count, "check_runs": runs});
    Ok(with_link(Json(body).into_response(), page.link))
}

/// `POST /repos/{owner}/{repo}/check-runs` (checks/create), for GitHub Apps, and for the sandbox's own user in their place.
pub(super) fn create_run(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let is_app = request.visit.caller.github_app(&request.visit.directory).is_some();
    if !is_app && !matches!(*request.visit.caller, Caller::Operator) {
        return Err(ApiError::forbidden("You must authenticate via a GitHub App."));
    }
    let fields = request.fields("CheckRun")?;
    let commit = existing(repo, fields.required("head_sha")?, &fields, "head_sha")?;
    let conclusion = one_of(
        &fields,
        "conclusion",
        &["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"],
    )?;
    let status = one_of(&fields, "status", &["queued", "in_progress", "completed"])?;
    let status =
        if conclusion.is_some() { "completed".to_owned() } else { status.unwrap_or_else(|| "queued".to_owned()) };
    if status == "completed" && conclusion.is_none() {
        return Err(ApiError::validation("CheckRun", "conclusion", "missing_field"));
    }
    let output = fields.object("output")?;
    let of_output = |field: &str| match &output {
        Some(output) => output.text(field).map(|text| text.map(str::to_owned)),
        None => Ok(None),
    };
    let moment = |field| match fields.text(field)? {
        Some(text) => text.parse().map(Some).map_err(|_| fields.invalid(field)),
        None => Ok(None),
    };
    let run = CheckRun {
        commit,
        name: fields.required_words("name")?.to_owned(),
        details_url: fields.text("details_url")?.map(str::to_owned),
        external_id: fields.text("external_id")?.map(str::to_owned),
        title: of_output("title")?,
        summary: of_output("summary")?,
        text: of_output("text")?,
        started_at: Some(moment("started_at")?.unwrap_or_else(now)),
        completed_at: moment("completed_at")?.or_else(|| conclusion.is_some().then(now)),
        status,
        conclusion,
        id: repo.metadata.next_id(),
    };
    repo.metadata.check_runs.push(run.clone());
    repo.save()?;
    created(run_json(repo, &request.links, &run))
}

/// The schema `check-run`.
fn run_json(repo: &Repo, links: &Links, run: &CheckRun) -> Value {
    let url = links.repo(&repo.name, &format!("/check-runs/{}", run.id));
    let html_url = links.html(&repo.name, &format!("/runs/{}", run.id));
    json!({
        "id": run.id,
        "head_sha": run.commit.to_string(),
        "node_id": node_id("CheckRun", run.id),
        "external_id": run.external_id,
        "details_url": run.details_url.as_ref().unwrap_or(&html_url),
        "html_url": html_url,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_count": 0,
            "annotations_url": format!("{url}/annotations"),
        },
        "url": url,
        "name": run.name,
        // All runs of a commit are in one suite.
        "check_suite": {"id": stable_id(&format!("suite:{}:{}", repo.name, run.commit))},
        "app": null,
        "pull_requests": [],
    })
}

/// `GET /repos/{owner}/{repo}/actions/runs` (actions/list-workflow-runs-for-repo): the sandbox runs no workflows.
pub(super) fn workflow_runs(_: &Repo, _: &ApiRequest) -> Answer {
    ok(json!({"total_count": 0, "workflow_runs": []}))
}

/// A commit that a client names by its whole id.
fn existing(repo: &Repo, id: &str, fields: &Fields, field: &str) -> Result<Oid, ApiError> {
    let id = full_id(id).ok_or_else(|| fields.invalid(field))?;
    match repo.git.find_commit(id) {
        Ok(_) => Ok(id),
        Err(_) => Err(ApiError::unprocessable(format!("No commit found for SHA: {id}"))),
    }
}

fn one_of(fields: &Fields, field: &str, words: &[&str]) -> Result<Option<String>, ApiError> {
    match fields.text(field)? {
        None => Ok(None),
        Some(word) if words.contains(&word) => Ok(Some(word.to_owned())),
        Some(_) => Err(fields.invalid(field)),
    }
}
