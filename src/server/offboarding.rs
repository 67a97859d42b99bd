//! A service that somebody asks to take off the platform: whoever may add its repository may also ask for that.

use github_api::Repository;

use super::app::App;
use super::error::{Answer, ApiError};
use super::people::{accessible, may_write, name};
use super::services::repository;
use super::session::Session;
use super::submission::text;
use super::wish::Wish;
use super::work;
use crate::manifest::changes::Change;
use crate::manifest::model::{Manifest, Service};
use crate::operations::Preview;
use crate::report::code_span;

/// A request to remove a service, which was checked.
pub(super) struct Removal {
    /// What is asked for.
    pub(super) wish: Wish,
    /// What it does.
    pub(super) preview: Preview,
}

/// Checks a request to remove the service of a key.
///
/// # Errors
/// If there is no such service, if it is not one of a repository that the person may write to, if something protects it,
/// and if the configuration without it would not be valid.
pub(super) async fn check(app: &App, session: &Session, key: &str, note: Option<&str>) -> Answer<Removal> {
    let note = text("note", note)?;
    let configuration = app.platform.configuration().await?;
    let (team, key, service) = found(configuration.manifest(), key)?;
    let refused = || {
        ApiError::forbidden(format!(
            "{} cannot remove {key}: whoever removes a service must be allowed to write to its repository on GitHub",
            session.login
        ))
    };
    let (owner, repo) = repository(&service.git.remote).and_then(|name| name.split_once('/')).ok_or_else(refused)?;
    let repository = Repository { owner: name(owner)?, name: name(repo)? };
    let seen = accessible(&app.reader(session)?, &repository).await?;
    if !may_write(&seen) {
        return Err(refused());
    }
    let wish = Wish {
        change: Change::RemoveService { team: team.clone(), key: key.clone() },
        action: "remove",
        service: key.clone(),
        branch: format!("remove-service-{}-{}", repository.owner, repository.name),
        title: format!("[Konnect Orchestrator] - Remove Service: {}", service.name),
        request: format!("asks to remove the service {} from the team {}", code_span(key), code_span(team)),
        facts: Vec::new(),
        note,
        summary: format!("Remove the service {key} of {team}"),
    };
    let preview = work::preview(app, &configuration, &wish.change).await;
    Ok(Removal { wish, preview: preview.map_err(|error| error.about("remove the service"))? })
}

/// The service of a key, with its team.
fn found<'m>(manifest: &'m Manifest, key: &str) -> Answer<(&'m String, &'m String, &'m Service)> {
    let mut services = manifest
        .teams
        .iter()
        .flat_map(|(team, configured)| configured.services.iter().map(move |(found, service)| (team, found, service)));
    let found = services.find(|(_, found, _)| found.as_str() == key);
    found.ok_or_else(|| ApiError::new(http::StatusCode::NOT_FOUND, "There is no service of this key"))
}
