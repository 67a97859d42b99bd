//! Creating, changing, deleting and testing webhooks.

use serde_json::{Value, json};
use url::Url;

use super::delivery::{Outgoing, Source};
use super::hook::{Hook, Target};
use crate::github::accounts::person;
use crate::github::answer::{Answer, created, no_content, ok};
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::repos;
use crate::github::repository::Repo;
use crate::github::request::{ApiRequest, Fields};

const RESOURCE: &str = "Hook";

/// The events that the sandbox sends, those that GitHub has beside them and that clients ask for together with them, and
/// `*` for all.
const EVENTS: [&str; 20] = [
    "*",
    "push",
    "pull_request",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "label",
    "member",
    "pull_request_review",
    "pull_request_review_comment",
    "release",
    "repository",
    "status",
    "team_add",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
];

/// `GET /repos/{owner}/{repo}/hooks` (repos/list-webhooks).
pub(in crate::github) fn list(repo: &Repo, request: &ApiRequest) -> Answer {
    request.page(repo.metadata.hooks.iter().collect()).respond(|hook| Ok(to_json(repo, request, hook)))
}

/// `GET /repos/{owner}/{repo}/hooks/{hook_id}` (repos/get-webhook).
pub(in crate::github) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    ok(to_json(repo, request, find(repo, request)?))
}

/// `POST /repos/{owner}/{repo}/hooks` (repos/create-webhook). A new webhook that is active gets a ping.
pub(in crate::github) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let fields = request.fields(RESOURCE)?;
    if fields.text("name")?.is_some_and(|name| name != "web") {
        return Err(fields.invalid("name"));
    }
    let at = now();
    let config = fields.object("config")?.ok_or_else(|| ApiError::validation(RESOURCE, "config", "missing_field"))?;
    let hook = Hook {
        id: repo.metadata.next_id(),
        active: fields.flag("active")?.unwrap_or(true),
        events: events(&fields, "events")?.unwrap_or_else(|| vec!["push".to_owned()]),
        target: target(&config, None)?,
        created_at: at,
        updated_at: at,
    };
    let same = |other: &Hook| other.target.url == hook.target.url && other.events == hook.events;
    if repo.metadata.hooks.iter().any(same) {
        return Err(fields.refuse("url", "Hook already exists on this repository"));
    }
    repo.metadata.hooks.push(hook.clone());
    repo.save()?;
    // Before the answer to the ping, which can be here at once.
    let json = to_json(repo, request, &hook);
    if hook.active {
        send_ping(repo, request, &hook)?;
    }
    created(json)
}

/// `PATCH /repos/{owner}/{repo}/hooks/{hook_id}` (repos/update-webhook). As on GitHub, a `config` without the secret takes
/// the secret away.
pub(in crate::github) fn update(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let mut hook = find(repo, request)?.clone();
    let fields = request.fields(RESOURCE)?;
    if let Some(config) = fields.object("config")? {
        hook.target = target(&config, Some(&hook.target))?;
    }
    if let Some(events) = events(&fields, "events")? {
        hook.events = events;
    }
    let (added, removed) = (events(&fields, "add_events")?, events(&fields, "remove_events")?);
    hook.events.extend(added.unwrap_or_default());
    hook.events.sort();
    hook.events.dedup();
    hook.events.retain(|event| !removed.as_ref().is_some_and(|removed| removed.contains(event)));
    hook.active = fields.flag("active")?.unwrap_or(hook.active);
    hook.updated_at = now();
    for kept in repo.metadata.hooks.iter_mut().filter(|kept| kept.id == hook.id) {
        *kept = hook.clone();
    }
    repo.save()?;
    ok(to_json(repo, request, &hook))
}

/// `DELETE /repos/{owner}/{repo}/hooks/{hook_id}` (repos/delete-webhook).
pub(in crate::github) fn delete(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let id = find(repo, request)?.id;
    repo.metadata.hooks.retain(|hook| hook.id != id);
    repo.save()?;
    no_content()
}

/// `POST /repos/{owner}/{repo}/hooks/{hook_id}/pings` (repos/ping-webhook).
pub(in crate::github) fn ping(repo: &mut Repo, request: &ApiRequest) -> Answer {
    send_ping(repo, request, find(repo, request)?)?;
    no_content()
}

fn send_ping(repo: &Repo, request: &ApiRequest, hook: &Hook) -> Result<(), ApiError> {
    let payload = json!({
        "zen": "Keep it logically awesome.",
        "hook_id": hook.id,
        "hook": to_json(repo, request, hook),
        "repository": repos::to_json(repo, &request.links)?,
        "sender": person(&request.links, &request.author()),
    });
    request.github.deliveries.send(Outgoing {
        source: Source::Repository { hook: hook.id },
        target: hook.target.clone(),
        event: "ping".to_owned(),
        action: None,
        installation: None,
        repository: repo.metadata.id,
        payload,
    });
    Ok(())
}

/// The webhook of the path.
pub(super) fn find<'a>(repo: &'a Repo, request: &ApiRequest) -> Result<&'a Hook, ApiError> {
    let id = request.number("number")?;
    repo.metadata.hooks.iter().find(|hook| hook.id == id).ok_or_else(ApiError::not_found)
}

fn target(config: &Fields, present: Option<&Target>) -> Result<Target, ApiError> {
    let url = config.text("url")?.or(present.map(|present| present.url.as_str()));
    let url = url.ok_or_else(|| ApiError::validation(RESOURCE, "url", "missing_field"))?;
    if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return Err(config.refuse("url", "url is not a valid address"));
    }
    let as_json = match config.text("content_type")? {
        None => present.is_some_and(|present| present.as_json),
        Some("json") => true,
        Some("form") => false,
        Some(_) => return Err(config.invalid("content_type")),
    };
    Ok(Target { url: url.to_owned(), as_json, secret: config.text("secret")?.map(str::to_owned) })
}

fn events(fields: &Fields, field: &str) -> Result<Option<Vec<String>>, ApiError> {
    let Some(list) = fields.list(field)? else { return Ok(None) };
    let known = |event: &Value| event.as_str().filter(|event| EVENTS.contains(event)).map(str::to_owned);
    let mut events: Vec<String> = list.iter().map(known).collect::<Option<_>>().ok_or_else(|| fields.invalid(field))?;
    events.sort();
    events.dedup();
    Ok(Some(events))
}

/// The schema `hook`. The secret is never shown.
fn to_json(repo: &Repo, request: &ApiRequest, hook: &Hook) -> Value {
    let url = request.links.repo(&repo.name, &format!("/hooks/{}", hook.id));
    let last = request.github.deliveries.of(Source::Repository { hook: hook.id }).into_iter().next();
    let last_response = match last.map(|delivery| delivery.answer) {
        None => json!({"code": null, "status": "unused", "message": null}),
        Some(Ok(received)) if (200..300).contains(&received.status) => {
            json!({"code": received.status, "status": "active", "message": "OK"})
        }
        Some(Ok(received)) => {
            let message = format!("Invalid HTTP Response: {}", received.status);
            json!({"code": received.status, "status": "misconfigured", "message": message})
        }
        Some(Err(reason)) => json!({"code": 502, "status": "failed to connect to host", "message": reason}),
    };
    let mut config = json!({
        "url": hook.target.url,
        "content_type": if hook.target.as_json { "json" } else { "form" },
        "insecure_ssl": "0",
    });
    if hook.target.secret.is_some() {
        config["secret"] = "********".into();
    }
    json!({
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": config,
        "created_at": hook.created_at,
        "updated_at": hook.updated_at,
        "test_url": format!("{url}/tests"),
        "ping_url": format!("{url}/pings"),
        "deliveries_url": format!("{url}/deliveries"),
        "url": url,
        "last_response": last_response,
    })
}
