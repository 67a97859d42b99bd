//! Listing, reading, opening and changing pull requests.

use serde_json::Value;

use super::change::change;
use super::follow::catch_up;
use super::records::{RESOURCE, all, find, with_pull};
use super::state::{require_unique, set_state, sides, wanted_state};
use super::view;
use crate::github::answer::{Answer, created, ok};
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::metadata::{Issue, Pull, State};
use crate::github::repos;
use crate::github::repository::Repo;
use crate::github::request::{ApiRequest, Fields};

/// The most files of a pull request that the API lists.
const MOST_FILES: usize = 3_000;

/// `GET /repos/{owner}/{repo}/pulls` (pulls/list).
pub(in crate::github) fn list(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let state = request.choice(RESOURCE, "state", &["open", "closed", "all"])?;
    let sorts = ["created", "updated", "popularity", "long-running"];
    let sort = request.choice(RESOURCE, "sort", &sorts)?;
    let default = if sort == "created" { ["desc", "asc"] } else { ["asc", "desc"] };
    let direction = request.choice(RESOURCE, "direction", &default)?;
    let mut found: Vec<(&Issue, &Pull)> = all(repo)
        .filter(|(issue, pull)| {
            (state == "all" || issue.state.as_str() == state)
                && has_head(repo, pull, request.query("head"))
                && request.query("base").is_none_or(|base| pull.base == base)
        })
        .collect();
    match sort {
        "updated" => found.sort_by_key(|(issue, _)| (issue.updated_at, issue.number)),
        "popularity" => found.sort_by_key(|(issue, _)| (issue.comments.len(), issue.number)),
        _ => found.sort_by_key(|(issue, _)| (issue.created_at, issue.number)),
    }
    if direction == "desc" {
        found.reverse();
    }
    let page = request.page(found);
    let links = &request.links;
    let repository = repos::to_json(repo, links)?;
    page.respond(|(issue, pull)| Ok(view::simple(repo, links, &repository, issue, pull)))
}

/// True if a pull request is from the branch that was asked for, `owner:branch`. Without an owner, GitHub does not
/// filter.
fn has_head(repo: &Repo, pull: &Pull, wanted: Option<&str>) -> bool {
    match wanted.and_then(|wanted| wanted.split_once(':')) {
        Some((owner, branch)) => owner == repo.name.owner() && branch == pull.head,
        None => true,
    }
}

/// `GET /repos/{owner}/{repo}/pulls/{pull_number}` (pulls/get).
pub(in crate::github) fn get(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let (issue, pull) = find(repo, request)?;
    ok(view::full(repo, &request.links, issue, pull)?)
}

/// `POST /repos/{owner}/{repo}/pulls` (pulls/create).
pub(in crate::github) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let fields = request.fields(RESOURCE)?;
    let head = head_branch(repo, &fields)?;
    let base = fields.required_words("base")?;
    let (head_sha, base_sha) = sides(repo, &fields, head, base)?;
    require_unique(repo, head, base, None)?;
    let pull = Pull {
        id: repo.metadata.next_id(),
        head: head.to_owned(),
        base: base.to_owned(),
        head_sha,
        base_sha,
        draft: fields.flag("draft")?.unwrap_or(false),
        merge: None,
    };
    let number = match fields.value("issue").map(Value::as_u64) {
        None => open_issue(repo, request.author(), &fields)?,
        Some(number) => convertible(repo, &fields, number)?,
    };
    if let Some(issue) = repo.metadata.issues.get_mut(&number) {
        issue.pull = Some(pull);
        issue.updated_at = now();
    }
    repo.save()?;
    let issue = repo.metadata.issues.get(&number);
    let (issue, pull) = issue.and_then(with_pull).ok_or_else(ApiError::not_found)?;
    created(view::full(repo, &request.links, issue, pull)?)
}

/// The branch that a body names as `head`, with or without the owner and a colon.
fn head_branch<'a>(repo: &Repo, fields: &'a Fields) -> Result<&'a str, ApiError> {
    let head = fields.required_words("head")?;
    if let Some(fork) = fields.text("head_repo")?
        && fork != repo.name.to_string()
    {
        return Err(fields.invalid("head_repo"));
    }
    match head.split_once(':') {
        None => Ok(head),
        Some((owner, branch)) if owner == repo.name.owner() => Ok(branch),
        Some(_) => Err(fields.invalid("head")),
    }
}

fn open_issue(repo: &mut Repo, author: String, fields: &Fields) -> Result<u64, ApiError> {
    let title = fields.required_words("title")?.to_owned();
    let body = fields.text("body")?.map(str::to_owned);
    Ok(repo.metadata.open_issue(author, title, body, now()).number)
}

/// The open issue that a body turns into a pull request.
fn convertible(repo: &Repo, fields: &Fields, number: Option<u64>) -> Result<u64, ApiError> {
    let issue = number.and_then(|number| repo.metadata.issues.get(&number));
    let plain = |issue: &&Issue| issue.pull.is_none() && issue.state == State::Open;
    issue.filter(plain).map(|issue| issue.number).ok_or_else(|| fields.invalid("issue"))
}

/// `PATCH /repos/{owner}/{repo}/pulls/{pull_number}` (pulls/update).
pub(in crate::github) fn update(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let (mut issue, mut pull) = {
        let (issue, pull) = find(repo, request)?;
        (issue.clone(), pull.clone())
    };
    let fields = request.fields(RESOURCE)?;
    if fields.has("title") {
        issue.title = fields.required_words("title")?.to_owned();
    }
    if fields.has("body") {
        issue.body = fields.text("body")?.map(str::to_owned);
    }
    let state = wanted_state(&fields)?;
    if let Some(base) = fields.text("base")? {
        change_base(repo, &fields, &issue, &mut pull, base)?;
    }
    issue.pull = Some(pull);
    if let Some(state) = state {
        set_state(repo, &fields, &mut issue, state)?;
    }
    issue.updated_at = now();
    let number = issue.number;
    repo.metadata.issues.insert(number, issue);
    repo.save()?;
    let (issue, pull) = find(repo, request)?;
    ok(view::full(repo, &request.links, issue, pull)?)
}

fn change_base(repo: &Repo, fields: &Fields, issue: &Issue, pull: &mut Pull, base: &str) -> Result<(), ApiError> {
    if base == pull.base {
        return Ok(());
    }
    if issue.state == State::Closed {
        let message = "Cannot change the base branch of a closed pull request.";
        return Err(fields.refuse("base", message));
    }
    let (_, base_sha) = sides(repo, fields, &pull.head, base)?;
    require_unique(repo, &pull.head, base, Some(issue.number))?;
    pull.base = base.to_owned();
    pull.base_sha = base_sha;
    Ok(())
}

/// `GET /repos/{owner}/{repo}/pulls/{pull_number}/files` (pulls/list-files).
pub(in crate::github) fn files(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let (issue, pull) = find(repo, request)?;
    let change = change(repo, issue, pull)?;
    let indexes = (0..change.len().min(MOST_FILES)).collect();
    let page = request.page(indexes);
    page.respond(|index| change.file(&request.links, index))
}
