//! Tokens of installations, and what they open.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::operations::require_app;
use super::view::installations;
use crate::github::answer::{Answer, no_content};
use crate::github::errors::ApiError;
use crate::github::identity::apps::{Installation, includes};
use crate::github::identity::names::same;
use crate::github::identity::tokens::{Grant, Issued};
use crate::github::repo_lists::list_counted;
use crate::github::repos::to_json;
use crate::github::request::{ApiRequest, Fields};
use crate::github::store::Store;

/// The lifetime of a token.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// `POST /app/installations/{installation_id}/access_tokens` (apps/create-installation-access-token). The token can be for
/// some of the repositories, and for fewer permissions.
pub(in crate::github) fn create_token(store: &Store, request: &ApiRequest) -> Answer {
    let (app, _) = require_app(request)?;
    let id = request.number("number")?;
    let mut accounts = Vec::new();
    let found = installations(store, &request.visit.directory, app, &mut accounts)?;
    let installation = found.iter().find(|installation| installation.id == id).ok_or_else(ApiError::not_found)?;
    if installation.suspended {
        return Err(ApiError::forbidden("This installation has been suspended"));
    }
    let fields = request.fields("InstallationToken")?;
    let repositories = repositories_of(store, &fields, installation)?;
    let permissions = permissions_of(&fields, installation)?;
    let mut body = json!({
        "permissions": permissions,
        "repository_selection": if repositories.is_some() || installation.repositories.is_some() { "selected" } else { "all" },
    });
    if let Some(names) = &repositories {
        let mut shown = Vec::new();
        for name in store.list(Some(installation.account))? {
            if let Some(repo) = store.open(&name)?
                && names.iter().any(|wanted| same(wanted, name.name()))
            {
                shown.push(to_json(&repo, &request.links)?);
            }
        }
        body["repositories"] = Value::Array(shown);
    }
    let account = installation.account.to_owned();
    let grant = Grant::Installation { app: installation.github_app.id, account, repositories, permissions };
    let (token, issued) = request.github.tokens.issue(grant, Some(LIFETIME))?;
    body["token"] = token.into();
    body["expires_at"] = json!(issued.expires_at);
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// The repositories that a body names, by name or by id; `None` for all of the installation.
fn repositories_of(
    store: &Store,
    fields: &Fields,
    installation: &Installation<'_>,
) -> Result<Option<Vec<String>>, ApiError> {
    let (names, ids) = (fields.list("repositories")?, fields.list("repository_ids")?);
    if names.is_none() && ids.is_none() {
        return Ok(None);
    }
    let mut known = BTreeMap::new();
    for name in store.list(Some(installation.account))? {
        if let Some(repo) = store.open(&name)?
            && installation.covers(&name)
        {
            known.insert(name.name().to_owned(), repo.metadata.id);
        }
    }
    let by_name = |wanted: &Value| {
        let wanted = wanted.as_str()?;
        known.keys().find(|name| same(name, wanted))
    };
    let by_id = |wanted: &Value| {
        let wanted = wanted.as_u64()?;
        known.iter().find(|(_, id)| **id == wanted).map(|(name, _)| name)
    };
    let found = names.into_iter().flatten().map(by_name).chain(ids.into_iter().flatten().map(by_id));
    let found: Option<Vec<String>> = found.map(|name| name.cloned()).collect();
    let found = found.ok_or_else(|| {
        let message =
            "There is at least one repository that does not exist or is not accessible to the parent installation.";
        ApiError::unprocessable(message)
    })?;
    Ok(Some(found))
}

/// The permissions that a body asks for, none of which the installation lacks.
fn permissions_of(fields: &Fields, installation: &Installation<'_>) -> Result<BTreeMap<String, String>, ApiError> {
    let granted = &installation.github_app.permissions;
    let Some(wanted) = fields.value("permissions") else { return Ok(granted.clone()) };
    let wanted: BTreeMap<String, String> =
        serde_json::from_value(wanted.clone()).map_err(|_| fields.invalid("permissions"))?;
    for (resource, level) in &wanted {
        if !includes(granted.get(resource), level) {
            let message = "The permissions requested are not granted to this installation.";
            return Err(ApiError::unprocessable(message));
        }
    }
    Ok(wanted)
}

/// `GET /installation/repositories` (apps/list-repos-accessible-to-installation).
pub(in crate::github) fn repositories(store: &Store, request: &ApiRequest) -> Answer {
    let issued = require_installation(request)?;
    let Grant::Installation { account, repositories, .. } = &issued.grant else { return Err(ApiError::not_found()) };
    let access = request.access();
    let installation = access.installation(account).ok_or_else(ApiError::not_found)?;
    list_counted(store, request, |name| {
        let selected = |names: &Vec<String>| names.iter().any(|wanted| same(wanted, name.name()));
        installation.covers(name) && repositories.as_ref().is_none_or(selected)
    })
}

/// `DELETE /installation/token` (apps/revoke-installation-access-token).
pub(in crate::github) fn revoke_token(_: &Store, request: &ApiRequest) -> Answer {
    request.github.tokens.revoke(require_installation(request)?)?;
    no_content()
}

fn require_installation(request: &ApiRequest) -> Result<&Issued, ApiError> {
    let issued = request.visit.caller.issued();
    let issued = issued.filter(|issued| matches!(issued.grant, Grant::Installation { .. }));
    issued.ok_or_else(|| {
        ApiError::forbidden("You must authenticate with an installation access token in order to do this.")
    })
}
