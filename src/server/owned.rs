//! A service that somebody asks to change: it must be one of a repository that they may write to on GitHub.

use std::collections::BTreeSet;
use std::sync::Arc;

use github_api::Repository;
use http::StatusCode;

use super::app::App;
use super::error::{Answer, ApiError};
use super::people::{accessible, may_write, name};
use super::places;
use super::services::repository;
use super::session::Session;
use crate::manifest::model::{Environment, Manifest, Service};
use crate::operations::Configuration;

/// A service of the platform whose repository the person may write to.
pub(super) struct Owned {
    /// The team that has it.
    pub(super) team: String,
    pub(super) key: String,
    /// What the configuration says of it.
    pub(super) service: Service,
    pub(super) repository: Repository,
    pub(super) configuration: Arc<Configuration>,
}

impl Owned {
    /// The environments that the service takes part in, as `organization/environment`.
    pub(super) fn environments(&self) -> BTreeSet<String> {
        let manifest = self.configuration.manifest();
        let has = |environment: &Environment| {
            let mut services = environment.services(&manifest.teams).into_iter();
            services.any(|one| one.team_name == self.team && one.key == self.key)
        };
        places::all(manifest).filter(|(_, environment)| has(environment)).map(|(name, _)| name.to_string()).collect()
    }
}

/// The service of a key, which the person may `act` on: change, move or remove it.
///
/// # Errors
/// If there is no such service, and if it is not one of a repository that the person may write to.
pub(super) async fn owned(app: &App, session: &Session, key: &str, act: &str) -> Answer<Owned> {
    let configuration = app.platform.configuration().await?;
    let (team, key, service) = found(configuration.manifest(), key)?;
    let refused = || {
        ApiError::forbidden(format!(
            "{} cannot {act} {key}: whoever {act}s a service must be allowed to write to its repository on GitHub",
            session.login
        ))
    };
    let (owner, repo) = repository(&service.git.remote).and_then(|name| name.split_once('/')).ok_or_else(refused)?;
    let repository = Repository { owner: name(owner)?, name: name(repo)? };
    if !may_write(&accessible(&app.reader(session)?, &repository).await?) {
        return Err(refused());
    }
    let (team, key, service) = (team.clone(), key.clone(), service.clone());
    Ok(Owned { team, key, service, repository, configuration })
}

/// The service of a key, with its team.
fn found<'m>(manifest: &'m Manifest, key: &str) -> Answer<(&'m String, &'m String, &'m Service)> {
    let mut services = manifest
        .teams
        .iter()
        .flat_map(|(team, configured)| configured.services.iter().map(move |(found, service)| (team, found, service)));
    let found = services.find(|(_, found, _)| found.as_str() == key);
    found.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "There is no service of this key"))
}
