//! A service that somebody asks to add. Of what the browser sends, only names are used: GitHub says what they are.

use std::collections::BTreeSet;

use github_api::{ListedRepository, Reader, Repository};
use serde::Deserialize;

use super::app::App;
use super::error::{Answer, ApiError, Problem};
use super::people::{accessible, may_write, name};
use super::places::listed;
use super::session::Session;
use super::wish::{Previewed, Wish};
use crate::manifest::changes::{Change, NewService};
use crate::manifest::model::{Manifest, Service};
use crate::operations::{Preview, Proposed};
use crate::report::code_span;

/// The longest text that a person may send, in characters.
const LONGEST_TEXT: usize = 500;

/// The file names of specifications, in the order in which they are looked for.
const SPECIFICATIONS: [&str; 5] =
    ["openapi.yaml", "openapi.yml", "openapi.json", "api/openapi.yaml", "docs/openapi.yaml"];

/// A request, as the UI sends it: the repository as it was listed, with the team and the branches.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) owner: AskedOwner,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    team: Option<String>,
    #[serde(default, rename = "prodBranch")]
    prod_branch: Option<String>,
    #[serde(default, rename = "devBranch")]
    dev_branch: Option<String>,
    /// The path of the specification, which the Go koctl's UI does not send.
    #[serde(default, rename = "specPath")]
    spec_path: Option<String>,
    /// A word to the reviewer.
    #[serde(default)]
    note: Option<String>,
    /// The environments that it is to take part in, of those that list their teams: `organization/environment`.
    #[serde(default)]
    environments: Vec<String>,
}

impl Asked {
    /// A request for a repository.
    pub(super) fn of(
        repository: &Repository,
        team: Option<String>,
        spec_path: Option<String>,
        [prod_branch, dev_branch]: [Option<String>; 2],
        note: Option<String>,
        environments: Vec<String>,
    ) -> Self {
        Self {
            name: repository.name.clone(),
            owner: AskedOwner { login: repository.owner.clone() },
            description: None,
            team,
            prod_branch,
            dev_branch,
            spec_path,
            note,
            environments,
        }
    }
}

/// True for a file that may be a specification, by its name.
pub(super) fn looks_like_specification(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_document = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
    is_document && ["openapi", "oas", "api-spec", "apispec", "swagger"].iter().any(|word| name.contains(word))
}

/// The owner of a repository in a request.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AskedOwner {
    #[serde(default)]
    pub(super) login: String,
}

/// A request that was checked.
pub(super) struct Checked {
    /// The repository, as GitHub says.
    pub(super) found: ListedRepository,
    /// What is asked for.
    pub(super) wish: Wish,
    /// What it does.
    pub(super) preview: Preview,
}

/// Checks a request to add a service: who asks, the repository, the branches, the specification, and the platform's rules.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) async fn check(app: &App, session: &Session, asked: &Asked) -> Answer<Checked> {
    if asked.name.is_empty() || asked.owner.login.is_empty() {
        return Err(ApiError::bad_request("Repository name and owner are required"));
    }
    let reader = app.reader(session)?;
    let repository = Repository { owner: name(&asked.owner.login)?, name: name(&asked.name)? };
    let found = accessible(&reader, &repository).await?;
    if !may_write(&found) {
        return Err(ApiError::forbidden(format!(
            "{} cannot add {}: whoever adds a repository must be allowed to write to it, and it must not be archived",
            session.login, found.full_name
        )));
    }
    let onboarding = &app.platform.onboarding;
    let configuration = app.platform.configuration().await?;
    let remote = onboarding.remote_of(&found.full_name);
    let mut service = service(asked, &found, remote, configuration.manifest())?;
    let branches = [&service.prod_branch, &service.dev_branch].into_iter().flatten();
    check_branches(&reader, &repository, branches.map(String::as_str).collect()).await?;
    if service.spec_path.is_none() {
        service.spec_path = specification(&reader, &repository, &service).await?;
    }
    let is_new_team = !configuration.manifest().teams.contains_key(&service.team);
    let note = text("note", asked.note.as_deref())?;
    let wish = wish(&repository, service, is_new_team, note);
    let Previewed { wish, preview } = wish.previewed(app, &configuration, "add the service").await?;
    Ok(Checked { found, wish, preview })
}

/// Checks that the branches are there that a request names.
///
/// # Errors
/// Each that is not.
pub(super) async fn check_branches(reader: &Reader, repository: &Repository, named: BTreeSet<&str>) -> Answer<()> {
    if named.is_empty() {
        return Ok(());
    }
    let found = reader.branches(repository).await;
    let found = found.map_err(|error| ApiError::of_github(&format!("list the branches of {repository}"), &error))?;
    let missing = named.into_iter().filter(|branch| found.iter().all(|one| one.name != *branch));
    let problem = |branch: &str| Problem {
        text: format!("{repository} has no branch {branch}"),
        help: Some("push the branch, or choose another one".to_owned()),
    };
    let problems: Vec<Problem> = missing.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(ApiError::wrong(problems)) }
}

/// Checks a request, and opens its pull request.
pub(super) async fn submit(app: &App, session: &Session, asked: &Asked) -> Answer<(ListedRepository, Proposed)> {
    let Checked { found, wish, preview } = check(app, session, asked).await?;
    Ok((found, wish.submit(app, session, &preview).await?))
}

/// The service that is to be added.
fn service(asked: &Asked, found: &ListedRepository, remote: String, manifest: &Manifest) -> Answer<NewService> {
    let team = text("team", asked.team.as_deref())?;
    let team = team.ok_or_else(|| ApiError::bad_request("A team is required"))?;
    let key = found.full_name.clone();
    if let Some(owner) = owner_of(manifest, &key) {
        let whose = if *owner == team { "in the team already" } else { "a service of another team already" };
        return Err(ApiError::conflict(format!("{key} is {whose}: {owner}")));
    }
    Ok(NewService {
        team,
        name: found.name.clone(),
        description: text("description", asked.description.as_deref().or(found.description.as_deref()))?,
        remote,
        spec_path: text("specPath", asked.spec_path.as_deref())?.filter(|path| path != Service::SPEC_PATH),
        prod_branch: text("prodBranch", asked.prod_branch.as_deref())?,
        dev_branch: text("devBranch", asked.dev_branch.as_deref())?,
        environments: listed(manifest, &asked.environments)?,
        key,
    })
}

/// The team that has a service, whatever the case of its key.
pub(super) fn owner_of<'m>(manifest: &'m Manifest, key: &str) -> Option<&'m String> {
    let mut teams = manifest.teams.iter();
    teams.find(|(_, team)| team.services.keys().any(|one| one.eq_ignore_ascii_case(key))).map(|(name, _)| name)
}

/// A text that a person wrote, on one line. `None` if there is none.
pub(super) fn text(field: &str, given: Option<&str>) -> Answer<Option<String>> {
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else { return Ok(None) };
    if given.chars().count() > LONGEST_TEXT {
        return Err(ApiError::bad_request(format!("`{field}` has more than {LONGEST_TEXT} characters")));
    }
    if given.chars().any(|c| c.is_control() || transport::visible::is_hidden(c)) {
        return Err(ApiError::bad_request(format!("`{field}` has characters that cannot be seen")));
    }
    Ok(Some(given.to_owned()))
}

/// The path of the specification, if it is not where it is by default: the only file of the usual names.
async fn specification(reader: &Reader, repository: &Repository, service: &NewService) -> Answer<Option<String>> {
    let branch = service.prod_branch.as_deref().unwrap_or(Service::PROD_BRANCH);
    let files = reader.files(repository, branch).await.map_err(|error| {
        if error.is_absent() {
            return ApiError::unprocessable(format!("{repository} has no branch {branch}"));
        }
        ApiError::of_github(&format!("read the branch {branch} of {repository}"), &error)
    })?;
    let has = |path: &&&str| files.iter().any(|file| file.path == **path);
    match SPECIFICATIONS.iter().find(has) {
        Some(path) => Ok(Some((*path).to_owned()).filter(|path| path != Service::SPEC_PATH)),
        None => Err(ApiError::unprocessable(format!(
            "The branch {branch} of {repository} has no specification of a usual name: {}",
            SPECIFICATIONS.join(", ")
        ))),
    }
}

/// The change: with a team that is new, both at once.
fn change(service: NewService, is_new_team: bool) -> Change {
    let team = service.team.clone();
    let add = Change::AddService(Box::new(service));
    if !is_new_team {
        return add;
    }
    let team = Change::AddTeam { description: Some(team.clone()), team, users: Vec::new(), environments: Vec::new() };
    Change::All(vec![team, add])
}

/// What is asked for, in words.
fn wish(repository: &Repository, service: NewService, is_new_team: bool, note: Option<String>) -> Wish {
    let or = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
    let new = if is_new_team { "new " } else { "" };
    let NewService { key, team, .. } = &service;
    Wish {
        action: "add",
        service: key.clone(),
        // Only characters that a repository may have are in it.
        branch: format!("add-service-{}-{}", repository.owner, repository.name),
        title: format!("[Konnect Orchestrator] - Add Service: {}", service.name),
        request: format!("asks to add the service {} to the {new}team {}", code_span(key), code_span(team)),
        facts: vec![
            ("specification", or(&service.spec_path, Service::SPEC_PATH)),
            ("branch for production", or(&service.prod_branch, Service::PROD_BRANCH)),
            ("branch for development", or(&service.dev_branch, Service::DEV_BRANCH)),
        ],
        told: Vec::new(),
        note,
        summary: format!("Add the service {key} of {team}"),
        change: change(service, is_new_team),
    }
}
