//! Commits: as git objects, and as the history of a branch.

use axum::http::StatusCode;
use git2::{Commit, ErrorCode, Oid, Signature};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts::committer_account;
use super::answer::{Answer, created, ok};
use super::errors::ApiError;
use super::ids::node_id;
use super::links::Links;
use super::repository::{Repo, absent_as_none, full_id, timestamp};
use super::request::{ApiRequest, Fields};

const RESOURCE: &str = "Commit";

/// `POST /repos/{owner}/{repo}/git/commits` (git/create-commit).
pub(super) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let fields = request.fields(RESOURCE)?;
    let message = fields.message()?;
    let tree = full_id(fields.required("tree")?)
        .map(|id| absent_as_none(repo.git.find_tree(id)))
        .transpose()?
        .flatten()
        .ok_or_else(|| ApiError::unprocessable("Tree SHA does not exist"))?;
    let parents = parents(repo, &fields)?;
    let parents: Vec<&Commit<'_>> = parents.iter().collect();
    let user = request.signature()?;
    let author = person(&fields, "author", &user)?;
    let committer = person(&fields, "committer", &author)?;
    let id = match fields.plain("signature")? {
        None => repo.git.commit(None, &author, &committer, message, &tree, &parents)?,
        Some(signature) => {
            let content = repo.git.commit_create_buffer(&author, &committer, message, &tree, &parents)?;
            let content = std::str::from_utf8(&content).map_err(|_| fields.invalid("message"))?;
            repo.git.commit_signed(content, signature, None)?
        }
    };
    created(git_commit(repo, &request.links, id)?)
}

fn parents<'repo>(repo: &'repo Repo, fields: &Fields) -> Result<Vec<Commit<'repo>>, ApiError> {
    let missing = || ApiError::unprocessable("Parent SHA does not exist or is not a commit object");
    let mut parents = Vec::new();
    for parent in fields.list("parents")?.into_iter().flatten() {
        let id = parent.as_str().and_then(full_id).ok_or_else(missing)?;
        parents.push(absent_as_none(repo.git.find_commit(id))?.ok_or_else(missing)?);
    }
    Ok(parents)
}

/// An author or committer in a body; fields that are left out come from `default`.
pub(super) fn person(fields: &Fields, field: &str, default: &Signature<'_>) -> Result<Signature<'static>, ApiError> {
    let Some(person) = fields.object(field)? else {
        return Ok(default.to_owned());
    };
    let name = person.text("name")?;
    let email = person.text("email")?;
    let time = match person.text("date")? {
        Some(date) => date.parse::<Timestamp>().map_err(|_| fields.invalid(&format!("{field}.date")))?,
        None => timestamp(default.when()),
    };
    let default_name = String::from_utf8_lossy(default.name_bytes());
    let default_email = String::from_utf8_lossy(default.email_bytes());
    Signature::new(
        name.unwrap_or(&default_name),
        email.unwrap_or(&default_email),
        &git2::Time::new(time.as_second(), 0),
    )
    .map_err(|_| fields.invalid(field))
}

/// `GET /repos/{owner}/{repo}/git/commits/{commit_sha}` (git/get-commit).
pub(super) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let id = full_id(request.param("sha")).ok_or_else(ApiError::not_found)?;
    let commit = absent_as_none(repo.git.find_commit(id))?.ok_or_else(ApiError::not_found)?;
    ok(git_commit(repo, &request.links, commit.id())?)
}

/// `GET /repos/{owner}/{repo}/commits` (repos/list-commits), youngest first.
pub(super) fn list(repo: &Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let start = request.query("sha").unwrap_or("HEAD");
    let start = repo.resolve(start)?.ok_or_else(|| {
        let message = format!("No commit found for SHA: {start}");
        ApiError::new(StatusCode::NOT_FOUND, message)
    })?;
    let filter = Filter::new(request)?;
    let mut walk = repo.git.revwalk()?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)?;
    walk.push(start.id())?;
    let mut found = Vec::new();
    for id in walk {
        let id = id?;
        if filter.lets_pass(&repo.git.find_commit(id)?)? {
            found.push(id);
        }
    }
    let page = request.page(found);
    page.respond(|id| to_json(repo, &request.links, id))
}

/// The filters of a list of commits.
struct Filter<'a> {
    path: Option<&'a str>,
    author: Option<&'a str>,
    committer: Option<&'a str>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    links: &'a Links,
}

impl<'a> Filter<'a> {
    fn new(request: &'a ApiRequest) -> Result<Self, ApiError> {
        Ok(Self {
            path: request.query("path"),
            author: request.query("author"),
            committer: request.query("committer"),
            since: request.moment(RESOURCE, "since")?,
            until: request.moment(RESOURCE, "until")?,
            links: &request.links,
        })
    }

    fn lets_pass(&self, commit: &Commit<'_>) -> Result<bool, git2::Error> {
        let time = timestamp(commit.time());
        let in_time = self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until);
        let by = |wanted: Option<&str>, person: &Signature<'_>| wanted.is_none_or(|wanted| self.is_by(wanted, person));
        if !in_time || !by(self.author, &commit.author()) {
            return Ok(false);
        }
        if !by(self.committer, &commit.committer()) {
            return Ok(false);
        }
        match self.path {
            None => Ok(true),
            Some(path) => touches(commit, path),
        }
    }

    /// A person is named by login or by e-mail address.
    fn is_by(&self, wanted: &str, person: &Signature<'_>) -> bool {
        person.email_bytes() == wanted.as_bytes() || committer_account(self.links, person)["login"] == wanted
    }
}

/// True if a commit differs at a path from all of its parents.
fn touches(commit: &Commit<'_>, path: &str) -> Result<bool, git2::Error> {
    let path = std::path::Path::new(path);
    let at = |commit: &Commit<'_>| -> Result<Option<(Oid, i32)>, git2::Error> {
        let entry = absent_as_none(commit.tree()?.get_path(path))?;
        Ok(entry.map(|entry| (entry.id(), entry.filemode())))
    };
    let here = at(commit)?;
    for parent in commit.parents() {
        if at(&parent)? == here {
            return Ok(false);
        }
    }
    Ok(here.is_some() || commit.parent_count() > 0)
}

/// The schema `commit`.
pub(super) fn to_json(repo: &Repo, links: &Links, id: Oid) -> Result<Value, ApiError> {
    let commit = repo.git.find_commit(id)?;
    let url = links.repo(&repo.name, &format!("/commits/{id}"));
    let parents = commit.parent_ids().map(|parent| {
        json!({
            "sha": parent.to_string(),
            "url": links.repo(&repo.name, &format!("/commits/{parent}")),
            "html_url": links.html(&repo.name, &format!("/commit/{parent}")),
        })
    });
    Ok(json!({
        "sha": id.to_string(),
        "node_id": node_id("Commit", format!("{}:{id}", repo.name)),
        "url": url,
        "html_url": links.html(&repo.name, &format!("/commit/{id}")),
        "comments_url": format!("{url}/comments"),
        "commit": {
            "url": links.object(&repo.name, "commits", id),
            "author": person_json(&commit.author()),
            "committer": person_json(&commit.committer()),
            "message": String::from_utf8_lossy(commit.message_bytes()),
            "comment_count": 0,
            "tree": tree_json(repo, links, &commit),
            "verification": verification(repo, id)?,
        },
        "author": committer_account(links, &commit.author()),
        "committer": committer_account(links, &commit.committer()),
        "parents": parents.collect::<Vec<_>>(),
    }))
}

/// The schema `git-commit`.
pub(super) fn git_commit(repo: &Repo, links: &Links, id: Oid) -> Result<Value, ApiError> {
    let commit = repo.git.find_commit(id)?;
    let parents = commit.parent_ids().map(|parent| {
        json!({
            "sha": parent.to_string(),
            "url": links.object(&repo.name, "commits", parent),
            "html_url": links.html(&repo.name, &format!("/commit/{parent}")),
        })
    });
    Ok(json!({
        "sha": id.to_string(),
        "node_id": node_id("Commit", format!("{}:{id}", repo.name)),
        "url": links.object(&repo.name, "commits", id),
        "html_url": links.html(&repo.name, &format!("/commit/{id}")),
        "author": person_json(&commit.author()),
        "committer": person_json(&commit.committer()),
        "message": String::from_utf8_lossy(commit.message_bytes()),
        "tree": tree_json(repo, links, &commit),
        "parents": parents.collect::<Vec<_>>(),
        "verification": verification(repo, id)?,
    }))
}

fn person_json(person: &Signature<'_>) -> Value {
    json!({
        "name": String::from_utf8_lossy(person.name_bytes()),
        "email": String::from_utf8_lossy(person.email_bytes()),
        "date": timestamp(person.when()),
    })
}

fn tree_json(repo: &Repo, links: &Links, commit: &Commit<'_>) -> Value {
    let id = commit.tree_id();
    json!({"sha": id.to_string(), "url": links.object(&repo.name, "trees", id)})
}

/// The schema `verification`. The sandbox knows no keys, so a signature is kept and never confirmed.
fn verification(repo: &Repo, id: Oid) -> Result<Value, git2::Error> {
    match repo.git.extract_signature(&id, None) {
        Ok((signature, payload)) => Ok(json!({
            "verified": false,
            "reason": "unknown_key",
            "signature": String::from_utf8_lossy(&signature),
            "payload": String::from_utf8_lossy(&payload),
            "verified_at": null,
        })),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(json!({
            "verified": false,
            "reason": "unsigned",
            "signature": null,
            "payload": null,
            "verified_at": null,
        })),
        Err(error) => Err(error),
    }
}
