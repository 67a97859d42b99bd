//! Teams of organizations.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts::person;
use super::answer::{Answer, extend, no_content, ok};
use super::errors::ApiError;
use super::identity::directory::Team;
use super::identity::permission::Permission;
use super::ids::{node_id, stable_id};
use super::links::{Links, encode_segment};
use super::organizations::{described, is_insider, require};
use super::repo_name::RepoName;
use super::request::ApiRequest;
use super::store::Store;

/// `GET /orgs/{org}/teams` (teams/list): those that the caller sees.
pub(super) fn list(store: &Store, request: &ApiRequest) -> Answer {
    let organization = require_insider(store, request)?;
    let entry = request.visit.directory.organization(organization);
    let teams: Vec<&Team> = entry.into_iter().flat_map(|entry| &entry.teams).collect();
    let teams = teams.into_iter().filter(|team| is_visible(request, organization, team)).collect();
    request.page(teams).respond(|team| {
        let mut body = base(&request.links, organization, team);
        extend(&mut body, json!({"permissions": permission(team).to_json(), "parent": null}));
        Ok(body)
    })
}

/// `GET /orgs/{org}/teams/{team_slug}` (teams/get-by-name).
pub(super) fn get(store: &Store, request: &ApiRequest) -> Answer {
    let (organization, team) = find(store, request)?;
    ok(full(store, request, organization, team)?)
}

/// `GET /orgs/{org}/teams/{team_slug}/members` (teams/list-members-in-org).
pub(super) fn members(store: &Store, request: &ApiRequest) -> Answer {
    let (_, team) = find(store, request)?;
    let role = request.choice("Team", "role", &["all", "member", "maintainer"])?;
    let members = team.members.iter().filter(|member| role == "all" || member.role.as_str() == role).collect();
    request.page(members).respond(|member| {
        let mut body = person(&request.links, &member.login);
        extend(&mut body, json!({"role": member.role.as_str(), "inherited": false}));
        Ok(body)
    })
}

/// `GET /orgs/{org}/teams/{team_slug}/memberships/{username}` (teams/get-membership-for-user-in-org).
pub(super) fn membership(store: &Store, request: &ApiRequest) -> Answer {
    let (organization, team) = find(store, request)?;
    let login = request.param("username");
    let role = team.role_of(login).ok_or_else(ApiError::not_found)?;
    let path = format!("{}/memberships/{}", path(organization, team), encode_segment(login));
    ok(json!({"url": request.links.api(&path), "role": role.as_str(), "state": "active"}))
}

/// `GET /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}` (teams/check-permissions-for-repo-in-org): 204 if the team
/// has a role in the repository.
pub(super) fn check_repository(store: &Store, request: &ApiRequest) -> Answer {
    let (organization, team) = find(store, request)?;
    let name =
        RepoName::parse(request.param("repo_owner"), request.param("repo")).map_err(|_| ApiError::not_found())?;
    let known = name.owner() == organization && store.open(&name)?.is_some();
    if known && team.permission(name.name()) > Permission::None { no_content() } else { Err(ApiError::not_found()) }
}

/// The team of the path, if the caller sees it.
fn find<'a>(store: &Store, request: &'a ApiRequest) -> Result<(&'a str, &'a Team), ApiError> {
    let organization = require_insider(store, request)?;
    let entry = request.visit.directory.organization(organization);
    let team = entry.and_then(|entry| entry.team(request.param("team_slug")));
    let team = team.filter(|team| is_visible(request, organization, team));
    team.map(|team| (organization, team)).ok_or_else(ApiError::not_found)
}

/// The organization of the path; 403 for whoever does not see its teams.
fn require_insider<'a>(store: &Store, request: &'a ApiRequest) -> Result<&'a str, ApiError> {
    require(store, request)?;
    let organization = request.param("owner");
    if !request.access().is_signed_on(organization) {
        return Err(request.requires_single_sign_on(organization));
    }
    if is_insider(request, organization) {
        return Ok(organization);
    }
    request.require_scope(&["read:org"], "members")?;
    Err(ApiError::forbidden("Must be a member of the organization to see its teams."))
}

/// True if the caller sees a team: a secret one only its members and the owners of the organization.
fn is_visible(request: &ApiRequest, organization: &str, team: &Team) -> bool {
    let Some(login) = request.visit.caller.login() else { return !team.secret };
    let owns = || request.access().role_in(organization, login).is_some_and(|role| role.as_str() == "admin");
    !team.secret || team.role_of(login).is_some() || owns()
}

/// The team's role in a repository that it gets from now on: the one for all others, or reading.
fn permission(team: &Team) -> Permission {
    team.permission("").max(Permission::Read)
}

fn path(organization: &str, team: &Team) -> String {
    format!("/orgs/{}/teams/{}", encode_segment(organization), encode_segment(&team.slug))
}

/// The fields that the schemas `team` and `team-full` share.
fn base(links: &Links, organization: &str, team: &Team) -> Value {
    let id = stable_id(&format!("team:{organization}/{}", team.slug));
    let url = links.api(&path(organization, team));
    json!({
        "id": id,
        "node_id": node_id("Team", id),
        "name": team.name,
        "slug": team.slug,
        "description": team.description,
        "privacy": if team.secret { "secret" } else { "closed" },
        "notification_setting": "notifications_enabled",
        "permission": permission(team).team_name(),
        "html_url": links.api(&path(organization, team)),
        "members_url": format!("{url}/members{{/member}}"),
        "repositories_url": format!("{url}/repos"),
        "url": url,
        "type": "organization",
        "organization_id": stable_id(organization),
    })
}

/// The schema `team-full`.
pub(super) fn full(store: &Store, request: &ApiRequest, organization: &str, team: &Team) -> Result<Value, ApiError> {
    let repositories = store.list(Some(organization))?;
    let own = repositories.iter().filter(|repo| team.permission(repo.name()) > Permission::None).count();
    let mut body = base(&request.links, organization, team);
    let more = json!({
        "parent": null,
        "members_count": team.members.len(),
        "repos_count": own,
        "created_at": Timestamp::UNIX_EPOCH,
        "updated_at": Timestamp::UNIX_EPOCH,
        "organization": described(store, request, organization)?,
    });
    extend(&mut body, more);
    Ok(body)
}
