//! A service that somebody asks to change: its name, its description, where its OpenAPI document is, and the environments
//! that it takes part in.

use std::collections::{BTreeMap, BTreeSet};

use super::app::App;
use super::error::{Answer, ApiError};
use super::owned::{Owned, owned};
use super::places::listing;
use super::session::Session;
use super::submission::{check_branches, text};
use super::wish::{Previewed, Wish};
use crate::manifest::changes::{Change, EnvironmentName, ServiceChange};
use crate::manifest::model::{EnvironmentType, Service};
use crate::report::code_span;

/// A service as somebody asks it to be, each text as it was filled in.
#[derive(Debug, Clone, Default)]
pub(super) struct AskedChange {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) spec_path: String,
    pub(super) prod_branch: String,
    pub(super) dev_branch: String,
    /// The environments that it is to take part in, of those that list their teams: `organization/environment`.
    pub(super) environments: BTreeSet<String>,
    /// A word to the reviewer.
    pub(super) note: String,
}

/// Checks a request to change the service of a key.
///
/// # Errors
/// Everything that is wrong with it. Also if nothing would change.
pub(super) async fn check(app: &App, session: &Session, key: &str, asked: &AskedChange) -> Answer<Previewed> {
    let owned = owned(app, session, key, "change").await?;
    let change = wanted(&owned, asked)?;
    let Owned { team, key, service, repository, configuration, .. } = &owned;
    let now = [EnvironmentType::Prod, EnvironmentType::Dev].map(|kind| service.branch(kind));
    let new = [&change.prod_branch, &change.dev_branch].into_iter().zip(now).filter(|(new, now)| new != now);
    check_branches(&app.reader(session)?, repository, new.map(|(new, _)| new.as_str()).collect()).await?;
    let wish = Wish {
        action: "change",
        service: key.clone(),
        branch: format!("change-service-{}-{}", repository.owner, repository.name),
        title: format!("[Konnect Orchestrator] - Change Service: {}", service.name),
        request: format!("asks to change the service {} of the team {}", code_span(key), code_span(team)),
        facts: facts(&owned, &change),
        told: Vec::new(),
        note: text("note", Some(&asked.note))?,
        summary: format!("Change the service {key} of {team}"),
        change: Change::ChangeService(Box::new(change)),
    };
    wish.previewed(app, configuration, "change the service").await
}

/// The service as it is to be.
fn wanted(owned: &Owned, asked: &AskedChange) -> Answer<ServiceChange> {
    let service = &owned.service;
    let given = |field, value: &str, now: &str, default: &str| {
        // A field of one line shows a text of several lines without its breaks, and people have not changed it then.
        if value.split_whitespace().eq(now.split_whitespace()) {
            return Ok(now.to_owned());
        }
        text(field, Some(value)).map(|value| value.unwrap_or_else(|| default.to_owned()))
    };
    let name = given("name", &asked.name, &service.name, "")?;
    if name.is_empty() {
        return Err(ApiError::unprocessable("A service needs a name"));
    }
    let description = service.description.as_deref().unwrap_or_default();
    let (prod_branch, dev_branch) = (&service.prod_branch_name, &service.dev_branch_name);
    Ok(ServiceChange {
        team: owned.team.clone(),
        key: owned.key.clone(),
        name,
        description: given("description", &asked.description, description, "")?,
        spec_path: given("specification", &asked.spec_path, &service.spec_path, Service::SPEC_PATH)?,
        prod_branch: given("production", &asked.prod_branch, prod_branch, Service::PROD_BRANCH)?,
        dev_branch: given("development", &asked.dev_branch, dev_branch, Service::DEV_BRANCH)?,
        environments: environments(owned, &asked.environments)?,
    })
}

/// The environments that list their teams, and whether the service is to take part. Only those in which that changes: in
/// others, the configuration may say it in another way.
fn environments(owned: &Owned, asked: &BTreeSet<String>) -> Answer<BTreeMap<EnvironmentName, bool>> {
    let places = listing(owned.configuration.manifest());
    if let Some(unknown) = asked.iter().find(|name| !places.contains_key(*name)) {
        return Err(ApiError::unprocessable(format!("There is no environment {unknown} that lists its teams")));
    }
    let now = owned.environments();
    let changed = places.into_iter().filter(|(name, _)| asked.contains(name) != now.contains(name));
    Ok(changed.map(|(name, environment)| (environment, asked.contains(&name))).collect())
}

/// What changes, with the value before and after it.
fn facts(owned: &Owned, change: &ServiceChange) -> Vec<(&'static str, String)> {
    let service = &owned.service;
    let texts = [
        ("name", service.name.as_str(), &change.name),
        ("description", service.description.as_deref().unwrap_or_default(), &change.description),
        ("specification", &service.spec_path, &change.spec_path),
        ("branch for production", &service.prod_branch_name, &change.prod_branch),
        ("branch for development", &service.dev_branch_name, &change.dev_branch),
    ];
    let or_none = |text: &str| if text.is_empty() { "(none)".to_owned() } else { text.to_owned() };
    let texts = texts.into_iter().filter(|(_, before, after)| before != after);
    let texts = texts.map(|(name, before, after)| (name, format!("{} -> {}", or_none(before), or_none(after))));
    let places = change.environments.iter().map(|(environment, takes_part)| match takes_part {
        true => ("takes part in", environment.to_string()),
        false => ("no longer in", environment.to_string()),
    });
    texts.chain(places).collect()
}
