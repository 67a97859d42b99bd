//! References of the Git Data API. Paths name them without `refs/`: `heads/main`.

use axum::http::StatusCode;
use git2::{ErrorCode, ObjectType, Oid, Reference};
use serde_json::{Value, json};

use super::answer::{Answer, created, no_content, ok};
use super::errors::ApiError;
use super::ids::node_id;
use super::links::{Links, encode};
use super::pulls;
use super::repository::{Repo, find_reference, full_id, is_reference_name};
use super::request::ApiRequest;

const RESOURCE: &str = "Reference";

/// `GET /repos/{owner}/{repo}/git/ref/{ref}` (git/get-ref).
pub(super) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let name = full_name(request);
    let reference = find_reference(&repo.git, &name)?.ok_or_else(ApiError::not_found)?;
    ok(to_json(repo, &request.links, &reference)?)
}

/// `GET /repos/{owner}/{repo}/git/matching-refs/{ref}` (git/list-matching-refs): all that start with the name.
pub(super) fn matching(repo: &Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let prefix = full_name(request);
    let mut found = Vec::new();
    for reference in repo.git.references()? {
        let reference = reference?;
        if reference.name_bytes().starts_with(prefix.as_bytes()) {
            found.push(reference);
        }
    }
    found.sort_by_cached_key(|reference| reference.name_bytes().to_vec());
    let found =
        found.iter().map(|reference| to_json(repo, &request.links, reference)).collect::<Result<Vec<_>, _>>()?;
    ok(Value::Array(found))
}

/// `POST /repos/{owner}/{repo}/git/refs` (git/create-ref).
pub(super) fn create(repo: &mut Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let fields = request.fields(RESOURCE)?;
    let name = fields.required("ref")?;
    let target = existing_target(repo, name, fields.required("sha")?)?;
    let is_name = name.starts_with("refs/") && name.split('/').count() >= 3;
    if !is_name || !is_reference_name(name) || name.starts_with("refs/pull/") {
        return Err(ApiError::unprocessable(format!("{name} is not a valid ref name.")));
    }
    match repo.git.reference(name, target, false, "created through the API") {
        Ok(reference) => created(to_json(repo, &request.links, &reference)?),
        Err(error) if error.code() == ErrorCode::Exists => Err(ApiError::unprocessable("Reference already exists")),
        // A branch `a` and a branch `a/b` cannot both exist.
        Err(error) if error.code() == ErrorCode::Directory || is_in_the_way(repo, name)? => {
            Err(ApiError::unprocessable(format!("Reference cannot be created: {}", error.message())))
        }
        Err(error) => Err(error.into()),
    }
}

fn is_in_the_way(repo: &Repo, name: &str) -> Result<bool, ApiError> {
    for other in repo.git.references()?.names() {
        let other = other?;
        let below = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('/'));
        if below(name, other) || below(other, name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `PATCH /repos/{owner}/{repo}/git/refs/{ref}` (git/update-ref): forward only, unless `force` is given.
pub(super) fn update(repo: &mut Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let fields = request.fields(RESOURCE)?;
    let name = full_name(request);
    let target = existing_target(repo, &name, fields.required("sha")?)?;
    let force = fields.flag("force")?.unwrap_or(false);
    let mut reference = existing(repo, &name)?;
    if !force && !is_forward(repo, &reference, target)? {
        return Err(ApiError::unprocessable("Update is not a fast forward"));
    }
    let reference = reference.set_target(target, "updated through the API")?;
    ok(to_json(repo, &request.links, &reference)?)
}

fn is_forward(repo: &Repo, reference: &Reference<'_>, target: Oid) -> Result<bool, ApiError> {
    let Ok(from) = reference.peel_to_commit() else {
        return Ok(reference.target() == Some(target));
    };
    Ok(from.id() == target || repo.git.graph_descendant_of(target, from.id())?)
}

/// `DELETE /repos/{owner}/{repo}/git/refs/{ref}` (git/delete-ref). Open pull requests from the branch are closed.
pub(super) fn delete(repo: &mut Repo, request: &ApiRequest) -> Answer {
    repo.require_history()?;
    let name = full_name(request);
    existing(repo, &name)?;
    if name == format!("refs/heads/{}", repo.default_branch()?) {
        return Err(ApiError::unprocessable("Cannot delete the default branch"));
    }
    // First, so that the pull requests record the last commit of the branch.
    pulls::catch_up(repo)?;
    existing(repo, &name)?.delete()?;
    pulls::catch_up(repo)?;
    no_content()
}

fn existing<'repo>(repo: &'repo Repo, name: &str) -> Result<Reference<'repo>, ApiError> {
    find_reference(&repo.git, name)?.ok_or_else(|| ApiError::unprocessable("Reference does not exist"))
}

/// The object that a reference will point at: it exists, and is a commit if the reference is a branch.
fn existing_target(repo: &Repo, reference: &str, sha: &str) -> Result<Oid, ApiError> {
    let id = full_id(sha).ok_or_else(|| ApiError::validation(RESOURCE, "sha", "invalid"))?;
    let Ok((_, kind)) = repo.git.odb()?.read_header(id) else {
        return Err(ApiError::unprocessable("Object does not exist"));
    };
    if reference.starts_with("refs/heads/") && kind != ObjectType::Commit {
        return Err(ApiError::unprocessable("Object is not a commit"));
    }
    Ok(id)
}

fn full_name(request: &ApiRequest) -> String {
    format!("refs/{}", request.param("ref"))
}

/// The schema `git-ref`.
fn to_json(repo: &Repo, links: &Links, reference: &Reference<'_>) -> Result<Value, ApiError> {
    let name = reference.name()?;
    let target = reference.resolve()?.target().ok_or_else(|| {
        let message = format!("The reference {name} has no target.");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    })?;
    let (_, kind) = repo.git.odb()?.read_header(target)?;
    let folder = match kind {
        ObjectType::Tag => "tags",
        ObjectType::Tree => "trees",
        ObjectType::Blob => "blobs",
        _ => "commits",
    };
    Ok(json!({
        "ref": name,
        "node_id": node_id("Ref", format!("{}:{name}", repo.name)),
        "url": links.repo(&repo.name, &format!("/git/{}", encode(name))),
        "object": {
            "type": kind.str(),
            "sha": target.to_string(),
            "url": links.object(&repo.name, folder, target),
        },
    }))
}
