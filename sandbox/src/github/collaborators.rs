//! The people with access to a repository.

use serde_json::{Value, json};

use super::accounts::person;
use super::answer::{Answer, extend, no_content, ok};
use super::errors::ApiError;
use super::identity::access::Affiliation;
use super::identity::permission::Permission;
use super::repository::Repo;
use super::request::ApiRequest;

/// `GET /repos/{owner}/{repo}/collaborators` (repos/list-collaborators): all with a role that is not everyone's.
pub(super) fn list(repo: &Repo, request: &ApiRequest) -> Answer {
    let affiliation = request.choice("Collaborator", "affiliation", &["all", "outside", "direct"])?;
    let least = request.query("permission");
    let mut found = Vec::new();
    for person in &request.visit.directory.people {
        let Some(related) = request.access().affiliation(&person.login, &repo.name) else { continue };
        let permission = role_of(repo, request, &person.login);
        let listed = affiliation == "all" || related != Affiliation::OrganizationMember;
        if listed && least.is_none_or(|least| permission.to_json()[least] == true) {
            found.push((person.login.as_str(), permission));
        }
    }
    request.page(found).respond(|(login, permission)| Ok(to_json(request, login, permission)))
}

/// `GET /repos/{owner}/{repo}/collaborators/{username}` (repos/check-collaborator).
pub(super) fn check(repo: &Repo, request: &ApiRequest) -> Answer {
    let login = request.param("username");
    let known = request.visit.directory.person(login).is_some();
    let related = known && request.access().affiliation(login, &repo.name).is_some();
    if related { no_content() } else { Err(ApiError::not_found()) }
}

/// `GET /repos/{owner}/{repo}/collaborators/{username}/permission` (repos/get-collaborator-permission-level).
pub(super) fn permission(repo: &Repo, request: &ApiRequest) -> Answer {
    let login = request.param("username");
    if !request.visit.directory.is_person(login) {
        return Err(ApiError::not_found());
    }
    let permission = role_of(repo, request, login);
    ok(json!({
        "permission": permission.legacy_name(),
        "role_name": permission.role_name(),
        "user": to_json(request, login, permission),
    }))
}

fn role_of(repo: &Repo, request: &ApiRequest, login: &str) -> Permission {
    request.access().of_person(login, &repo.name, repo.metadata.settings.private)
}

/// The schema `collaborator`.
fn to_json(request: &ApiRequest, login: &str, permission: Permission) -> Value {
    let login = request.visit.directory.person(login).map_or(login, |person| &person.login);
    let mut body = person(&request.links, login);
    extend(&mut body, json!({"permissions": permission.to_json(), "role_name": permission.role_name()}));
    body
}
