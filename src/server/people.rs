//! What GitHub shows to whoever is signed in: themselves, their organizations, and repositories with their branches and
//! files. Read with their own token, so that nobody sees more here than on GitHub.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use github_api::{Branch, ListedRepository, OrganizationOf, Owner, Person, Reader, Repository};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::access::is_name;
use super::app::App;
use super::error::{Answer, ApiError};
use super::session::Session;
use super::sign_in::verified_email;

/// The longest name that GitHub has: that of a repository, in characters.
const LONGEST_NAME: usize = 100;

/// The parameters of an address.
type Parameters = Query<BTreeMap<String, String>>;

/// A repository, as the UI lists it and sends it back.
#[derive(Debug, Serialize)]
pub(super) struct RepositoryView {
    id: u64,
    name: String,
    full_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    private: bool,
    html_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clone_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_url: Option<String>,
    owner: Owner,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    is_enterprise: bool,
    archived: bool,
    /// True if the person may write to it, and so may add it to the platform.
    writable: bool,
}

impl From<ListedRepository> for RepositoryView {
    fn from(found: ListedRepository) -> Self {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            is_enterprise: !found.html_url.contains("github.com"),
            writable: may_write(&found),
            id: found.id,
            name: found.name,
            full_name: found.full_name,
            description: given(found.description),
            private: found.private,
            html_url: found.html_url,
            clone_url: given(found.clone_url),
            ssh_url: given(found.ssh_url),
            owner: found.owner,
            default_branch: given(found.default_branch),
            created_at: found.created_at,
            updated_at: found.updated_at,
            archived: found.archived,
        }
    }
}

/// True if the person may change the contents of a repository.
pub(super) fn may_write(found: &ListedRepository) -> bool {
    let may = found.permissions;
    !found.archived && (may.push || may.maintain || may.admin)
}

/// `GET /api/user`
pub(super) async fn user(State(app): State<App>, session: Session) -> Answer {
    let reader = app.reader(&session)?;
    let (person, email) = tokio::join!(reader.me(), verified_email(&reader));
    let person: Person = person.map_err(|error| ApiError::of_github("get user profile", &error))?;
    let mut body = serde_json::to_value(&person).unwrap_or_default();
    body["email"] = email.into();
    if let Value::Object(fields) = &mut body {
        fields.retain(|name, value| !(matches!(name.as_str(), "bio" | "company" | "location") && *value == ""));
    }
    Ok(Json(body).into_response())
}

/// `GET /api/orgs`
pub(super) async fn organizations(State(app): State<App>, session: Session) -> Answer {
    let found = app.reader(&session)?.my_organizations().await;
    let found: Vec<OrganizationOf> = found.map_err(|error| ApiError::of_github("get organizations", &error))?;
    Ok(Json(json!({ "organizations": found })).into_response())
}

/// `GET /api/repos`
pub(super) async fn repositories(State(app): State<App>, session: Session, Query(parameters): Parameters) -> Answer {
    let visibility = one_of(&parameters, "visibility", "all", &["all", "public", "private"])?;
    let affiliation = parameters.get("affiliation").map_or("owner", String::as_str);
    let known = ["owner", "collaborator", "organization_member"];
    if let Some(unknown) = affiliation.split(',').find(|part| !known.contains(part)) {
        return Err(ApiError::bad_request(format!("`{unknown}` is not an affiliation: use {}", known.join(", "))));
    }
    let found = app.reader(&session)?.my_repositories(visibility, affiliation).await;
    let found = found.map_err(|error| ApiError::of_github("get repositories", &error))?;
    Ok(Json(json!({ "repositories": views(found) })).into_response())
}

/// `GET /api/orgs/{org}/repos`
pub(super) async fn repositories_of_organization(
    State(app): State<App>,
    session: Session,
    Path(organization): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let kinds = ["all", "public", "private", "forks", "sources", "member"];
    let kind = one_of(&parameters, "visibility", "all", &kinds)?;
    let found = app.reader(&session)?.organization_repositories(&name(&organization)?, kind).await;
    let found = found.map_err(|error| ApiError::of_github("get organization repositories", &error))?;
    Ok(Json(json!({ "organization": organization, "repositories": views(found) })).into_response())
}

/// `GET /api/users/{username}/repos`
pub(super) async fn repositories_of_person(
    State(app): State<App>,
    session: Session,
    Path(login): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let kind = one_of(&parameters, "visibility", "all", &["all", "owner", "member"])?;
    let found = app.reader(&session)?.repositories_of(&name(&login)?, kind).await;
    let found = found.map_err(|error| ApiError::of_github("get user repositories", &error))?;
    Ok(Json(json!({ "username": login, "repositories": views(found) })).into_response())
}

/// `GET /api/repos/{owner}/{repo}/branches`
pub(super) async fn branches(
    State(app): State<App>,
    session: Session,
    Path((owner, repo)): Path<(String, String)>,
) -> Answer {
    let repository = Repository { owner: name(&owner)?, name: name(&repo)? };
    let reader = app.reader(&session)?;
    let default = accessible(&reader, &repository).await?.default_branch;
    let found = reader.branches(&repository).await;
    let found = found.map_err(|error| ApiError::of_github("get repository branches", &error))?;
    let view = |branch: Branch| {
        let mut view = json!({
            "name": branch.name,
            "commit_sha": branch.commit.sha,
            "protected": branch.protected,
        });
        if default.as_deref() == Some(branch.name.as_str()) {
            view["is_default"] = true.into();
        }
        view
    };
    let branches: Vec<Value> = found.into_iter().map(view).collect();
    Ok(Json(json!({ "branches": branches })).into_response())
}

/// `GET /api/repos/{owner}/{repo}/contents/`
pub(super) async fn root(
    state: State<App>,
    session: Session,
    Path((owner, repo)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer {
    contents(state, session, Path((owner, repo, String::new())), parameters).await
}

/// `GET /api/repos/{owner}/{repo}/contents/{path}`
pub(super) async fn contents(
    State(app): State<App>,
    session: Session,
    Path((owner, repo, path)): Path<(String, String, String)>,
    Query(parameters): Parameters,
) -> Answer {
    let failed =
        |reason: &str| ApiError::bad_request(format!("Failed to get repository content: invalid path: {reason}"));
    if path.split('/').any(|part| part == "..") {
        return Err(failed("contains path traversal sequences"));
    }
    if !path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.')) {
        return Err(failed("contains unauthorized characters"));
    }
    let repository = Repository { owner: name(&owner)?, name: name(&repo)? };
    let reader = app.reader(&session)?;
    accessible(&reader, &repository).await?;
    let revision = parameters.get("ref").map(String::as_str).filter(|revision| !revision.is_empty());
    let found = reader.listing(&repository, path.trim_matches('/'), revision).await;
    let found = found.map_err(|error| ApiError::of_github("get repository content", &error))?;
    let body = match found {
        Value::Array(entries) => entries.iter().map(entry).collect(),
        file => with_text(&file)?,
    };
    Ok(Json(body).into_response())
}

/// A file or a folder in a list.
fn entry(found: &Value) -> Value {
    let mut view = json!({});
    for name in ["name", "path", "sha", "size", "type", "url"] {
        view[name] = found[name].clone();
    }
    for name in ["download_url", "html_url"] {
        if found[name].as_str().is_some_and(|text| !text.is_empty()) {
            view[name] = found[name].clone();
        }
    }
    view
}

/// A file with its text.
fn with_text(file: &Value) -> Answer<Value> {
    let mut view = entry(file);
    let packed: String = file["content"].as_str().unwrap_or_default().split_whitespace().collect();
    if let Some(encoding) = file["encoding"].as_str() {
        view["encoding"] = encoding.into();
    }
    if !packed.is_empty() {
        let bytes = STANDARD.decode(packed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = bytes.ok_or_else(|| ApiError::unprocessable("Failed to get repository content: it is not text"))?;
        view["content"] = text.into();
    }
    Ok(view)
}

/// A repository that the person may read.
pub(super) async fn accessible(reader: &Reader, repository: &Repository) -> Answer<ListedRepository> {
    reader.listed_repository(repository).await.map_err(|error| {
        if error.status() == Some(StatusCode::NOT_FOUND) || error.moved_to().is_some() {
            return ApiError::forbidden("Repository not accessible");
        }
        ApiError::of_github("check repository access", &error)
    })
}

fn views(found: Vec<ListedRepository>) -> Vec<RepositoryView> {
    found.into_iter().map(RepositoryView::from).collect()
}

/// A name of GitHub, which becomes a part of an address.
///
/// # Errors
/// If it has other characters, or leads elsewhere.
pub(super) fn name(text: &str) -> Answer<String> {
    if !is_name(text) || text.len() > LONGEST_NAME {
        return Err(ApiError::bad_request("Missing owner or repository parameter"));
    }
    Ok(text.to_owned())
}

/// A parameter with one of these values.
fn one_of<'p>(
    parameters: &'p BTreeMap<String, String>,
    name: &str,
    default: &'p str,
    known: &[&str],
) -> Answer<&'p str> {
    let value = parameters.get(name).map_or(default, String::as_str);
    if known.contains(&value) {
        return Ok(value);
    }
    Err(ApiError::bad_request(format!("`{name}` is not one of {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_github_leads_nowhere_else() {
        for text in ["acme", "a-b_c.d", ".github"] {
            assert_eq!(name(text), Ok(text.to_owned()));
        }
        for text in ["", ".", "..", "a/b", "a%2fb", "a b", "a?b", "ä", &"a".repeat(101)] {
            assert!(name(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_text_of_a_file_is_decoded_once() {
        let file = json!({ "name": "a", "content": "b3BlbmFwaTogMy4x\nLjAK\n", "encoding": "base64" });
        assert_eq!(with_text(&file).unwrap()["content"], "openapi: 3.1.0\n");
        assert_eq!(
            with_text(&json!({ "name": "a", "content": "", "encoding": "base64" })).unwrap().get("content"),
            None
        );
        assert!(with_text(&json!({ "content": "/w==" })).is_err());
    }
}
