//! Pull requests between branches of one repository (the sandbox has no forks).
//!
//! A pull request's record follows its branches: whoever looks at pull requests first lets the records
//! [`catch_up`], because the git program can push without the API noticing.

mod merge;
mod view;

use axum::http::StatusCode;
use git2::Oid;
use serde_json::Value;

use super::answer::{Answer, created, ok};
use super::diff::Change;
use super::errors::ApiError;
use super::metadata::{Issue, Merge, Pull, State, now};
use super::repos;
use super::repository::{Repo, tip};
use super::request::{ApiRequest, Fields};

pub(super) use merge::merge;

const RESOURCE: &str = "PullRequest";
/// How many files of a pull request the API tells about.
const MOST_FILES: usize = 3_000;

/// `GET /repos/{owner}/{repo}/pulls` (pulls/list).
pub(super) fn list(repo: &mut Repo, request: &ApiRequest) -> Answer {
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

/// Whether a pull request is from the asked-for branch, `owner:branch`. Without an owner, GitHub does not filter.
fn has_head(repo: &Repo, pull: &Pull, wanted: Option<&str>) -> bool {
    match wanted.and_then(|wanted| wanted.split_once(':')) {
        Some((owner, branch)) => owner == repo.name.owner() && branch == pull.head,
        None => true,
    }
}

fn all(repo: &Repo) -> impl Iterator<Item = (&Issue, &Pull)> {
    repo.metadata.issues.values().filter_map(with_pull)
}

fn with_pull(issue: &Issue) -> Option<(&Issue, &Pull)> {
    issue.pull.as_ref().map(|pull| (issue, pull))
}

/// `GET /repos/{owner}/{repo}/pulls/{pull_number}` (pulls/get).
pub(super) fn get(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let (issue, pull) = find(repo, request)?;
    ok(view::full(repo, &request.links, issue, pull)?)
}

fn find<'repo>(repo: &'repo Repo, request: &ApiRequest) -> Result<(&'repo Issue, &'repo Pull), ApiError> {
    let number = request.number("number")?;
    let issue = repo.metadata.issues.get(&number);
    issue.and_then(with_pull).ok_or_else(ApiError::not_found)
}

/// `POST /repos/{owner}/{repo}/pulls` (pulls/create).
pub(super) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
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
        None => open_issue(repo, &fields)?,
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

/// The branch that a body names as `head`, with or without the owner before a colon.
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

/// The tips of two branches that a pull request can lie between.
fn sides(repo: &Repo, fields: &Fields, head: &str, base: &str) -> Result<(Oid, Oid), ApiError> {
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

/// 422 where another open pull request is about the same branches.
fn require_unique(repo: &Repo, head: &str, base: &str, except: Option<u64>) -> Result<(), ApiError> {
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

fn open_issue(repo: &mut Repo, fields: &Fields) -> Result<u64, ApiError> {
    let title = fields.required_words("title")?.to_owned();
    let body = fields.text("body")?.map(str::to_owned);
    Ok(repo.metadata.open_issue(title, body, now()).number)
}

/// The open issue that a body wants to turn into a pull request.
fn convertible(repo: &Repo, fields: &Fields, number: Option<u64>) -> Result<u64, ApiError> {
    let issue = number.and_then(|number| repo.metadata.issues.get(&number));
    let plain = |issue: &&Issue| issue.pull.is_none() && issue.state == State::Open;
    issue.filter(plain).map(|issue| issue.number).ok_or_else(|| fields.invalid("issue"))
}

/// `PATCH /repos/{owner}/{repo}/pulls/{pull_number}` (pulls/update).
pub(super) fn update(repo: &mut Repo, request: &ApiRequest) -> Answer {
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

/// The `state` of a body: open, closed, or not given.
pub(super) fn wanted_state(fields: &Fields) -> Result<Option<State>, ApiError> {
    match fields.text("state")? {
        None => Ok(None),
        Some("open") => Ok(Some(State::Open)),
        Some("closed") => Ok(Some(State::Closed)),
        Some(_) => Err(fields.invalid("state")),
    }
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

/// Closes or reopens an issue or pull request. A pull request reopens only where it could be made anew.
pub(super) fn set_state(repo: &Repo, fields: &Fields, issue: &mut Issue, state: State) -> Result<(), ApiError> {
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

/// `GET /repos/{owner}/{repo}/pulls/{pull_number}/files` (pulls/list-files).
pub(super) fn files(repo: &mut Repo, request: &ApiRequest) -> Answer {
    catch_up(repo)?;
    let (issue, pull) = find(repo, request)?;
    let change = change(repo, issue, pull)?;
    let indexes = (0..change.len().min(MOST_FILES)).collect();
    let page = request.page(indexes);
    page.respond(|index| change.file(&request.links, index))
}

/// What a pull request changes: from where its branch left the base branch to its head.
fn change<'repo>(repo: &'repo Repo, issue: &Issue, pull: &Pull) -> Result<Change<'repo>, ApiError> {
    let base = current_base(repo, issue, pull)?;
    let fork = repo.merge_base(base, pull.head_sha)?.ok_or_else(|| {
        let message = "The branches of the pull request no longer share a commit.";
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    })?;
    Ok(Change::between(repo, fork, pull.head_sha)?)
}

/// The tip of the base branch, while the pull request is open; later, what it was.
fn current_base(repo: &Repo, issue: &Issue, pull: &Pull) -> Result<Oid, git2::Error> {
    let tip = match issue.state {
        State::Open => repo.tip(&pull.base)?,
        State::Closed => None,
    };
    Ok(tip.unwrap_or(pull.base_sha))
}

/// Lets the records of open pull requests follow their branches, and saves where that changes any. The caller
/// holds the write lock.
///
/// As on GitHub, a pull request whose branch is gone closes; one whose commits the base branch has got is merged;
/// one whose branch was moved back to the base, so that no commit is left, closes.
pub(super) fn catch_up(repo: &mut Repo) -> Result<(), ApiError> {
    let mut changed = false;
    for issue in repo.metadata.issues.values_mut() {
        if issue.state == State::Open {
            changed |= follow(&repo.git, issue)?;
        }
    }
    if changed {
        repo.save()?;
    }
    Ok(())
}

/// Brings one open issue up to date, and returns whether that changed it; one without a pull request is.
fn follow(git: &git2::Repository, issue: &mut Issue) -> Result<bool, git2::Error> {
    let Some(pull) = &mut issue.pull else {
        return Ok(false);
    };
    let (Some(head), Some(base)) = (tip(git, &pull.head)?, tip(git, &pull.base)?) else {
        issue.close(now());
        return Ok(true);
    };
    let moved = head != pull.head_sha;
    if head == base || git.graph_descendant_of(base, head)? {
        if !moved {
            pull.merge = Some(Merge { at: now(), commit: base });
        }
        issue.close(now());
        return Ok(true);
    }
    if moved {
        pull.head_sha = head;
        pull.base_sha = base;
        issue.updated_at = now();
    }
    Ok(moved)
}
