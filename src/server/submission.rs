//! A service that somebody asks to add. Of what the browser sends, only names are used: GitHub says what they are.

use github_api::{ListedRepository, Repository};
use serde::Deserialize;

use super::app::App;
use super::error::{Answer, ApiError};
use super::people::{accessible, may_write, name};
use super::session::Session;
use crate::manifest::changes::{Change, NewService};
use crate::manifest::model::{Manifest, Service};
use crate::operations::{Proposed, Submission};
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
}

impl Asked {
    /// A request for a repository.
    pub(super) fn of(
        repository: &Repository,
        team: Option<String>,
        spec_path: Option<String>,
        [prod_branch, dev_branch]: [Option<String>; 2],
        note: Option<String>,
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

/// Checks a request, and opens its pull request.
pub(super) async fn submit(app: &App, session: &Session, asked: &Asked) -> Answer<(ListedRepository, Proposed)> {
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
    let mut service = service(asked, &found, remote, &configuration.manifest)?;
    if service.spec_path.is_none() {
        service.spec_path = specification(&reader, &repository, &service).await?;
    }
    let is_new_team = !configuration.manifest.teams.contains_key(&service.team);
    let change = change(service.clone(), is_new_team);
    let failed = |failures: &_| ApiError::of_platform(failures);
    let manifest = configuration.changed(&change).map_err(|failures| failed(&failures))?;
    onboarding
        .check(&service, &manifest)
        .await
        .map_err(|failures| failed(&failures).about("read the specification"))?;
    let submission = Submission {
        branch: branch(&repository),
        title: format!("[Konnect Orchestrator] - Add Service: {}", service.name),
        body: body(session, asked, &service, is_new_team),
        owner: session.person.to_string(),
        message: format!(
            "Add the service {} of {}\n\nRequested-by: {} <{}+{}@users.noreply.github.com>",
            service.key, service.team, session.login, session.person, session.login
        ),
        labels: app.settings.labels.clone(),
        reviewers: app.settings.reviewers.clone(),
        change,
    };
    let proposed = onboarding.submit(&submission).await.map_err(|failures| failed(&failures))?;
    Ok((found, proposed))
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
        environments: Vec::new(),
        key,
    })
}

/// The team that has a service, whatever the case of its key.
pub(super) fn owner_of<'m>(manifest: &'m Manifest, key: &str) -> Option<&'m String> {
    let mut teams = manifest.teams.iter();
    teams.find(|(_, team)| team.services.keys().any(|one| one.eq_ignore_ascii_case(key))).map(|(name, _)| name)
}

/// A text that a person wrote, on one line. `None` if there is none.
fn text(field: &str, given: Option<&str>) -> Answer<Option<String>> {
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
async fn specification(
    reader: &github_api::Reader,
    repository: &Repository,
    service: &NewService,
) -> Answer<Option<String>> {
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

/// The branch of a request. Only characters that a repository may have are in it.
fn branch(repository: &Repository) -> String {
    format!("add-service-{}-{}", repository.owner, repository.name)
}

/// The description of the pull request. Texts of people are code spans, in which nothing has an effect.
fn body(session: &Session, asked: &Asked, service: &NewService, is_new_team: bool) -> String {
    let line = |name: &str, value: &str| format!("| {name} | {} |\n", code_span(value));
    let or = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
    let mut body = format!(
        "@{} asks to add the service {} to the {}team {}.\n\n| | |\n| --- | --- |\n",
        session.login,
        code_span(&service.key),
        if is_new_team { "new " } else { "" },
        code_span(&service.team)
    );
    body += &line("specification", &or(&service.spec_path, Service::SPEC_PATH));
    body += &line("branch for production", &or(&service.prod_branch, Service::PROD_BRANCH));
    body += &line("branch for development", &or(&service.dev_branch, Service::DEV_BRANCH));
    if let Some(note) = asked.note.as_deref().map(str::trim).filter(|note| !note.is_empty()) {
        body += &line("note", note);
    }
    body + "\nThe plan of this pull request says what it changes in Konnect."
}
