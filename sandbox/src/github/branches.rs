//! Branches, none of which is ever protected.

use serde_json::{Value, json};

use super::answer::{Answer, ok};
use super::commits;
use super::errors::ApiError;
use super::links::{Links, encode};
use super::repository::Repo;
use super::request::ApiRequest;

/// `GET /repos/{owner}/{repo}/branches` (repos/list-branches).
pub(super) fn list(repo: &Repo, request: &ApiRequest) -> Answer {
    let mut branches = repo.branches()?;
    if request.query("protected") == Some("true") {
        branches.clear();
    }
    request.page(branches).respond(|(name, tip)| {
        let mut branch = unprotected(repo, &request.links, &name);
        let url = request.links.repo(&repo.name, &format!("/commits/{tip}"));
        branch["commit"] = json!({"sha": tip.to_string(), "url": url});
        Ok(branch)
    })
}

/// `GET /repos/{owner}/{repo}/branches/{branch}` (repos/get-branch).
pub(super) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    let name = request.param("branch");
    let Some(tip) = repo.tip(name)? else {
        let message = "Branch not found";
        return Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, message));
    };
    let mut branch = unprotected(repo, &request.links, name);
    branch["commit"] = commits::to_json(repo, &request.links, tip)?;
    branch["_links"] = json!({
        "self": request.links.repo(&repo.name, &format!("/branches/{}", encode(name))),
        "html": request.links.html(&repo.name, &format!("/tree/{}", encode(name))),
    });
    ok(branch)
}

/// The fields that the schemas `short-branch` and `branch-with-protection` share.
fn unprotected(repo: &Repo, links: &Links, name: &str) -> Value {
    let path = format!("/branches/{}/protection", encode(name));
    json!({
        "name": name,
        "protected": false,
        "protection": {
            "enabled": false,
            "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
        },
        "protection_url": links.repo(&repo.name, &path),
    })
}
