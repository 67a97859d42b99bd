//! How far a request has come: from the pull request to a published API.
//!
//! A page about a request costs three requests to GitHub, however many services there are. What happens after the merge is
//! read from what the portal knows anyway: the files of the platform repository, its open pull requests, and the states.

use std::collections::BTreeSet;

use futures::try_join;

use super::failure::{Failure, Failures};
use super::onboarding::{Configuration, Onboarding};
use super::request_mark::RequestMark;
use crate::compiler::{self, Events, Held, Input, ReadSecrets, Specs, staging_branch};
use crate::github::{CheckRun, Pull, PullDetails, Review};
use crate::konnect::resources::{api_implementation, api_publication, control_plane};
use crate::manifest::model::{Environment, EnvironmentType, Manifest, Organization};
use engine::Address;
use transport::encode::segment;

/// A request, as GitHub shows it.
#[derive(Debug, Clone)]
pub struct Journey {
    /// What it is about.
    pub mark: RequestMark,
    /// The pull request.
    pub pull: PullDetails,
    /// Its reviews, the oldest first.
    pub reviews: Vec<Review>,
    /// The latest checks of its commit.
    pub checks: Vec<CheckRun>,
}

/// How far a service has come in one environment.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The environment, as `organization/environment`.
    pub place: String,
    /// True if the state has its API with the specification.
    pub is_applied: bool,
    /// True if the state has its publication in the portal.
    pub is_published: bool,
    /// Its specification in the platform repository.
    pub staged: Progress,
    /// What decK makes of that.
    pub converted: Progress,
    /// True if the API is linked to its gateway service. `None` if no gateway is to serve it.
    pub is_linked: Option<bool>,
}

/// The control plane of a team in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    /// The environment, as `organization/environment`.
    pub place: String,
    /// What the environment is for.
    pub kind: EnvironmentType,
    /// Its name in Konnect.
    pub name: String,
    /// True if the state has it.
    pub is_applied: bool,
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is on the base branch.
    Done,
    /// A pull request has it, which waits for a person: its number and its page.
    Proposed(u64, Option<String>),
    /// It is not there yet.
    Missing,
}

impl Onboarding {
    /// A request, by the number of its pull request. `None` if that is no request.
    ///
    /// # Errors
    /// If GitHub does not say.
    pub async fn journey(&self, number: u64) -> Result<Option<Journey>, Failures> {
        let (client, repository) = (self.reader(), self.repository());
        let Some(pull) = client.pull(repository, number).await? else { return Ok(None) };
        let Some(mark) = RequestMark::read(pull.body.as_deref().unwrap_or_default()) else { return Ok(None) };
        let (reviews, checks) =
            try_join!(client.reviews(repository, number), client.check_runs(repository, &pull.head.sha))?;
        Ok(Some(Journey { mark, pull, reviews, checks }))
    }

    /// Closes the open request of `owner`, without merging it. Returns what it was about.
    ///
    /// # Errors
    /// If it is no request of theirs, or not open any more; if GitHub refuses.
    pub async fn withdraw(&self, number: u64, owner: &str) -> Result<RequestMark, Failures> {
        let found = self.reader().pull(self.repository(), number).await?;
        let mark = found.as_ref().and_then(|pull| RequestMark::read(pull.body.as_deref().unwrap_or_default()));
        let Some((pull, mark)) = found.zip(mark).filter(|(_, mark)| mark.owner == owner) else {
            let failure = Failure::new(format!("the pull request {number} is not a request of yours"));
            return Err(failure.help("ask the platform team to close it").into());
        };
        if pull.state != "open" {
            let failure = Failure::new(format!("the request {number} is closed already"));
            return Err(failure.help("reload its page").into());
        }
        self.writer().close_pull(self.repository(), number).await?;
        Ok(mark)
    }

    /// The open pull requests of the platform repository.
    ///
    /// # Errors
    /// If GitHub does not say.
    pub async fn open_pulls(&self) -> Result<Vec<Pull>, Failures> {
        Ok(self.reader().open_pulls(self.repository()).await?)
    }

    /// How far the service of a key has come, in each environment that it takes part in. Empty if it takes part in none, or
    /// is not in the configuration.
    ///
    /// # Errors
    /// If a state cannot be read.
    pub async fn stages(
        &self,
        configuration: &Configuration,
        pulls: &[Pull],
        service: &str,
    ) -> Result<Vec<Stage>, Failures> {
        let is_meant = |one: &str| one.eq_ignore_ascii_case(service);
        let stages = self.stages_of(configuration, pulls, &is_meant).await?;
        Ok(stages.into_iter().map(|(_, stage)| stage).collect())
    }

    /// The same for all services whose key is meant, each with its key. Each organization is compiled, and its state read,
    /// once.
    ///
    /// # Errors
    /// If a state cannot be read.
    pub async fn stages_of(
        &self,
        configuration: &Configuration,
        pulls: &[Pull],
        is_meant: &(dyn Fn(&str) -> bool + Send + Sync),
    ) -> Result<Vec<(String, Stage)>, Failures> {
        let manifest = configuration.manifest();
        let mut stages = Vec::new();
        for (name, organization) in &manifest.organizations {
            let held = resources(manifest, name, organization)?;
            let ours: Vec<&Held> = held.iter().filter(|one| is_meant(&one.service)).collect();
            if ours.is_empty() {
                continue;
            }
            let known = self.known(name).await?;
            let stage = |one: &Held| (one.service.clone(), stage(one, &known, configuration.paths(), pulls));
            stages.extend(ours.into_iter().map(stage));
        }
        Ok(stages)
    }

    /// The control planes of a team, in each environment that it takes part in.
    ///
    /// # Errors
    /// If a state cannot be read.
    pub async fn planes(&self, configuration: &Configuration, team: &str) -> Result<Vec<Plane>, Failures> {
        let manifest = configuration.manifest();
        let mut planes = Vec::new();
        for (organization, configured) in &manifest.organizations {
            let of_team = |(name, environment): (&String, &Environment)| {
                let members = environment.members(&manifest.teams);
                let (.., part) = members.into_iter().find(|(member, ..)| *member == team)?;
                let plane = part.and_then(|part| part.control_plane_name.clone());
                Some((
                    name.clone(),
                    environment.r#type,
                    plane.unwrap_or_else(|| Environment::control_plane_name(team, name)),
                ))
            };
            let ours: Vec<_> = configured.environments.iter().filter_map(of_team).collect();
            let known = if ours.is_empty() { BTreeSet::new() } else { self.known(organization).await? };
            planes.extend(ours.into_iter().map(|(environment, kind, name)| {
                let key = format!("{environment}/{name}");
                let address = Address::new(organization, control_plane::SCHEMA.type_name, &key);
                let place = format!("{organization}/{environment}");
                Plane { place, kind, name, is_applied: known.contains(address.as_str()) }
            }));
        }
        Ok(planes)
    }
}

/// What each service of an organization consists of. No specification is needed for that.
fn resources(manifest: &Manifest, name: &str, organization: &Organization) -> Result<Vec<Held>, Failures> {
    let specs = Specs::new();
    let secrets = ReadSecrets::blank();
    let events = Events::from([(name.to_owned(), Ok(Vec::new()))]);
    let input = Input { manifest, specs: &specs, secrets: &secrets, events: &events, platform_repository: "" };
    Ok(compiler::compile(input, name, organization)?.held)
}

fn stage(one: &Held, known: &BTreeSet<String>, paths: &BTreeSet<String>, pulls: &[Pull]) -> Stage {
    let has = |address: &Address| known.contains(address.as_str());
    let of_type = |type_name: &str| one.addresses.iter().find(|address| address.type_name() == type_name);
    let link = of_type(api_implementation::SCHEMA.type_name);
    let (organization, environment) = one.place.split_once('/').unwrap_or((&one.place, ""));
    let staged = one.staged.first().map(String::as_str).unwrap_or_default();
    let converted = staged.rsplit_once('/').map(|(folder, _)| format!("{folder}/kong-from-oas.yaml"));
    Stage {
        is_applied: one.addresses.iter().filter(|address| Some(*address) != link).all(has),
        is_published: of_type(api_publication::SCHEMA.type_name).is_some_and(has),
        staged: progress(staged, &staging_branch(organization, environment), paths, pulls),
        converted: progress(
            converted.as_deref().unwrap_or_default(),
            // As the workflow `OpenAPI to decK` names it.
            &format!("deck/openapi/{}/{}", segment(organization), segment(environment)),
            paths,
            pulls,
        ),
        is_linked: link.map(has),
        place: one.place.clone(),
    }
}

fn progress(path: &str, branch: &str, paths: &BTreeSet<String>, pulls: &[Pull]) -> Progress {
    if paths.contains(path) {
        return Progress::Done;
    }
    match pulls.iter().find(|pull| pull.head.branch == branch) {
        Some(pull) => Progress::Proposed(pull.number, pull.html_url.clone()),
        None => Progress::Missing,
    }
}
