//! Apps and installations as answers show them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::github::accounts::owner;
use crate::github::errors::ApiError;
use crate::github::identity::apps::{App, GitHubApp, Installation};
use crate::github::identity::directory::Directory;
use crate::github::identity::names::EVERY_OTHER;
use crate::github::ids::{node_id, stable_id};
use crate::github::links::encode_segment;
use crate::github::request::ApiRequest;
use crate::github::store::Store;

/// All installations of an app: on the accounts that it names, and for `*` on every organization with repositories.
pub(super) fn installations<'a>(
    store: &Store,
    directory: &Directory,
    app: &'a App,
    accounts: &'a mut Vec<String>,
) -> Result<Vec<Installation<'a>>, ApiError> {
    let named = app.github_app.iter().flat_map(|app| &app.installations).map(|installed| installed.account.clone());
    accounts.extend(named.filter(|account| account != EVERY_OTHER));
    accounts.extend(directory.listed_organizations().map(str::to_owned));
    accounts.extend(store.owners()?.into_iter().filter(|owner| !directory.is_person(owner)));
    accounts.sort_by_key(|account| account.to_ascii_lowercase());
    accounts.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    Ok(accounts.iter().filter_map(|account| app.installed_on(account)).collect())
}

/// The schema `integration`.
pub(super) fn app_json(request: &ApiRequest, app: &App, github_app: &GitHubApp, installations: usize) -> Value {
    let is_person = request.visit.directory.is_person(&github_app.owner);
    json!({
        "id": github_app.id,
        "slug": github_app.slug,
        "node_id": node_id("App", github_app.id),
        "client_id": app.client_id,
        "owner": owner(&request.links, &github_app.owner, is_person),
        "name": app.name,
        "description": null,
        "external_url": app.url,
        "html_url": request.links.api(&format!("/apps/{}", encode_segment(&github_app.slug))),
        // The app has no registration to date it by.
        "created_at": Timestamp::UNIX_EPOCH,
        "updated_at": Timestamp::UNIX_EPOCH,
        "permissions": github_app.permissions,
        "events": github_app.events,
        "installations_count": installations,
    })
}

/// The schema `installation`.
pub(super) fn installation_json(request: &ApiRequest, installation: &Installation<'_>) -> Value {
    let Installation { id, app, github_app, account, .. } = installation;
    let is_person = request.visit.directory.is_person(account);
    let selection = if installation.repositories.is_some() { "selected" } else { "all" };
    json!({
        "id": id,
        "account": owner(&request.links, account, is_person),
        "repository_selection": selection,
        "access_tokens_url": request.links.api(&format!("/app/installations/{id}/access_tokens")),
        "repositories_url": request.links.api("/installation/repositories"),
        "html_url": request.links.api(&format!("/settings/installations/{id}")),
        "app_id": github_app.id,
        "client_id": app.client_id,
        "app_slug": github_app.slug,
        "target_id": stable_id(account),
        "target_type": if is_person { "User" } else { "Organization" },
        "permissions": github_app.permissions,
        "events": github_app.events,
        "created_at": Timestamp::UNIX_EPOCH,
        "updated_at": Timestamp::UNIX_EPOCH,
        "single_file_name": null,
        "has_multiple_single_files": false,
        "single_file_paths": [],
        "suspended_by": null,
        "suspended_at": installation.suspended.then_some(Timestamp::UNIX_EPOCH),
    })
}
