//! Actions secrets of a repository: sealed by the client with the repository's public key, and never returned.
//!
//! The sandbox holds the private key and opens every box that it accepts, so that a client that seals wrongly gets an
//! error. It stores the box.

use std::path::Path;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dryoc::dryocbox::StackKeyPair;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::answer::{Answer, no_content, ok, with_link};
use super::clock::now;
use super::errors::{ApiError, GitHubSandboxError};
use super::repo_name::RepoName;
use super::repository::Repo;
use super::request::ApiRequest;
use super::sealed_secrets::{Secret, key_id};
use super::store::Store;

const RESOURCE: &str = "ActionsSecret";
/// The largest secret that Actions takes: 48 KB.
const LARGEST: usize = 48 * 1024;

/// `GET /repos/{owner}/{repo}/actions/secrets/public-key` (actions/get-repo-public-key).
pub(super) fn public_key(repo: &mut Repo, request: &ApiRequest) -> Answer {
    request.require_user()?;
    let keys = match repo.metadata.secrets.keys() {
        Some(keys) => keys,
        None => {
            let keys = StackKeyPair::generate();
            repo.metadata.secrets.private_key = Some(STANDARD.encode(&keys.secret_key));
            repo.save()?;
            keys
        }
    };
    ok(json!({ "key_id": key_id(&keys.public_key), "key": STANDARD.encode(&keys.public_key) }))
}

/// `GET /repos/{owner}/{repo}/actions/secrets` (actions/list-repo-secrets): names and times, no values.
pub(super) fn list(repo: &Repo, request: &ApiRequest) -> Answer {
    request.require_user()?;
    let all: Vec<(&String, &Secret)> = repo.metadata.secrets.by_name.iter().collect();
    let total = all.len();
    let page = request.page(all);
    let secrets: Vec<Value> = page.items.into_iter().map(|(name, secret)| to_json(name, secret)).collect();
    Ok(with_link(ok(json!({ "total_count": total, "secrets": secrets }))?, page.link))
}

/// `GET /repos/{owner}/{repo}/actions/secrets/{secret_name}` (actions/get-repo-secret).
pub(super) fn get(repo: &Repo, request: &ApiRequest) -> Answer {
    request.require_user()?;
    let name = request.param("name").to_ascii_uppercase();
    let secret = repo.metadata.secrets.by_name.get(&name).ok_or_else(ApiError::not_found)?;
    ok(to_json(&name, secret))
}

/// `PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}` (actions/create-or-update-repo-secret): 201 with an empty
/// object for a new secret, 204 for an existing one.
pub(super) fn put(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let name = request.param("name").to_ascii_uppercase();
    check_name(&name)?;
    let fields = request.fields(RESOURCE)?;
    let (sealed, key) = (fields.required("encrypted_value")?, fields.required("key_id")?);
    let secrets = &mut repo.metadata.secrets;
    if secrets.keys().is_none_or(|keys| key_id(&keys.public_key) != key) {
        return Err(fields.refuse("key_id", "is not the id of the repository's public key"));
    }
    match secrets.open(sealed) {
        None => return Err(fields.refuse("encrypted_value", "was not sealed with the repository's public key")),
        Some(value) if value.len() > LARGEST => {
            return Err(fields.refuse("encrypted_value", "must not exceed 48 KB"));
        }
        Some(_) => {}
    }
    let at = now();
    let before = secrets.by_name.get(&name).map(|secret| secret.created_at);
    let secret = Secret { sealed: sealed.to_owned(), created_at: before.unwrap_or(at), updated_at: at };
    secrets.by_name.insert(name, secret);
    repo.save()?;
    match before {
        Some(_) => no_content(),
        None => Ok((StatusCode::CREATED, axum::Json(json!({}))).into_response()),
    }
}

/// `DELETE /repos/{owner}/{repo}/actions/secrets/{secret_name}` (actions/delete-repo-secret).
pub(super) fn delete(repo: &mut Repo, request: &ApiRequest) -> Answer {
    let name = request.param("name").to_ascii_uppercase();
    repo.metadata.secrets.by_name.remove(&name).ok_or_else(ApiError::not_found)?;
    repo.save()?;
    no_content()
}

/// GitHub's rules for names: letters, digits and underscores, no leading digit, no prefix `GITHUB_`.
fn check_name(name: &str) -> Result<(), ApiError> {
    let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !word || name.starts_with(|c: char| c.is_ascii_digit()) {
        let rule = "Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). \
                    Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_).";
        return Err(ApiError::unprocessable(rule));
    }
    if name.starts_with("GITHUB_") {
        return Err(ApiError::unprocessable("Secret names must not start with GITHUB_."));
    }
    Ok(())
}

fn to_json(name: &str, secret: &Secret) -> Value {
    json!({ "name": name, "created_at": secret.created_at, "updated_at": secret.updated_at })
}

/// The value of an Actions secret of `owner/name` below `root`, as a workflow gets it; `None` if there is no such
/// secret.
///
/// # Errors
/// If the name is not valid on GitHub, or the repository cannot be read.
pub fn secret(root: &Path, owner: &str, name: &str, secret: &str) -> Result<Option<SecretString>, GitHubSandboxError> {
    let Some(repo) = Store::new(root.to_owned()).open(&RepoName::parse(owner, name)?)? else { return Ok(None) };
    let secrets = &repo.metadata.secrets;
    let value = secrets.by_name.get(&secret.to_ascii_uppercase()).and_then(|secret| secrets.open(&secret.sealed));
    Ok(value.and_then(|value| String::from_utf8(value).ok()).map(SecretString::from))
}
