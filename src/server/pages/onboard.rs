//! Adding a service: the repository is chosen, then the rest is asked on one page.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use github_api::{ListedRepository, Repository};
use http::StatusCode;
use maud::{Markup, html};

use super::forms::{self, Field};
use super::home::see;
use super::layout::{Page, sentence};
use super::visitor::Visitor;
use crate::manifest::model::{Manifest, Service};
use crate::operations::Configuration;
use crate::server::app::App;
use crate::server::audit::Event;
use crate::server::error::{Answer, ApiError};
use crate::server::people::{accessible, may_write, name};
use crate::server::session::Session;
use crate::server::sign_in::check_again;
use crate::server::signed::ClientAddress;
use crate::server::submission::{self, Asked, looks_like_specification, owner_of};

const PATH: &str = "/onboard";

/// The repositories that are shown at most: more are found by their name.
const MOST_SHOWN: usize = 30;
/// The files that are offered at most.
const MOST_FILES: usize = 50;

fn page<'a>(app: &'a App, session: &'a Session, title: &'a str) -> Page<'a> {
    Page { app, session: Some(session), path: PATH, title }
}

/// `GET /onboard`: which repository.
pub(super) async fn choose(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = page(&app, &session, "Add a service");
    let wanted = parameters.get("q").map(|text| text.trim()).unwrap_or_default();
    match repositories(&app, &session).await {
        Ok((all, configuration)) => page.show(choice(&page, &all, &configuration.manifest, wanted)),
        Err(error) => page.failed(error),
    }
}

/// The repositories that the person may write to, and the services that there are.
async fn repositories(app: &App, session: &Session) -> Answer<(Vec<ListedRepository>, Arc<Configuration>)> {
    let reader = app.reader(session)?;
    let (all, configuration) = tokio::join!(
        reader.my_repositories("all", "owner,collaborator,organization_member"),
        app.platform.configuration()
    );
    let mut all = all.map_err(|error| ApiError::of_github("list your repositories", &error))?;
    let platform = app.platform.onboarding.repository().to_string();
    all.retain(|one| !one.full_name.eq_ignore_ascii_case(&platform));
    Ok((all, configuration?))
}

fn choice(page: &Page<'_>, all: &[ListedRepository], manifest: &Manifest, wanted: &str) -> Markup {
    let has = |one: &&ListedRepository| one.full_name.to_lowercase().contains(&wanted.to_lowercase());
    let usable: Vec<&ListedRepository> = all.iter().filter(|one| may_write(one)).filter(has).collect();
    html! {
        p { "Which repository is it? You see those that you may write to; archived ones are left out." }
        form method="get" action=(page.link(PATH)) role="search" {
            div.field {
                label for="q" { "Find a repository" }
                input type="search" id="q" name="q" value=(wanted);
            }
            button { "Find" }
        }
        p role="status" {
            @if usable.len() > MOST_SHOWN { "The first " (MOST_SHOWN) " of " (usable.len()) ": find yours by its name." }
            @else if usable.is_empty() { (nothing(wanted, all)) }
            @else { (usable.len()) " found" }
        }
        @if !usable.is_empty() {
            table {
                thead { tr { th scope="col" { "Repository" } th scope="col" { "On the platform" } } }
                tbody { @for one in usable.iter().take(MOST_SHOWN) { (row(page, one, manifest)) } }
            }
        }
    }
}

fn nothing(wanted: &str, all: &[ListedRepository]) -> String {
    match (wanted.is_empty(), all.is_empty()) {
        (false, _) => format!("No repository of yours has {wanted} in its name."),
        (true, true) => {
            "GitHub shows this portal no repository of yours. Its app may not be installed on them: ask the \
                         platform team."
                .to_owned()
        }
        (true, false) => "You may not write to any of the repositories that GitHub shows here.".to_owned(),
    }
}

fn row(page: &Page<'_>, one: &ListedRepository, manifest: &Manifest) -> Markup {
    let owner = owner_of(manifest, &one.full_name);
    html! {
        tr {
            td data-name="Repository" {
                @if owner.is_some() { (one.full_name) }
                @else { a href={ (page.link(PATH)) "/" (one.full_name) } { (one.full_name) } }
                @if let Some(description) = &one.description { span.hint { (description) } }
            }
            td data-name="On the platform" {
                @if let Some(team) = owner { span.state.good { "Yes, of " (team) } } @else { "No" }
            }
        }
    }
}

/// Everything that the form asks, as it was filled in.
#[derive(Debug, Clone, Default)]
struct Filled {
    team: String,
    new_team: String,
    specification: String,
    production: String,
    development: String,
    note: String,
}

impl Filled {
    fn of(fields: &BTreeMap<String, String>) -> Self {
        let field = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self {
            team: field("team"),
            new_team: field("new-team"),
            specification: field("specification"),
            production: field("production"),
            development: field("development"),
            note: field("note"),
        }
    }

    fn asked(&self, repository: &Repository) -> Asked {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let team = if self.team.is_empty() { &self.new_team } else { &self.team };
        Asked::of(
            repository,
            given(team),
            given(&self.specification),
            [given(&self.production), given(&self.development)],
            given(&self.note),
        )
    }
}

/// What the form offers.
struct Offer {
    repository: Repository,
    branches: Vec<String>,
    specifications: Vec<String>,
    teams: Vec<String>,
}

/// `GET /onboard/{owner}/{repo}`: the form.
pub(super) async fn ask(
    State(app): State<App>,
    Visitor(session): Visitor,
    Path((owner, repo)): Path<(String, String)>,
) -> Response {
    let title = format!("Add {owner}/{repo}");
    let page = page(&app, &session, &title);
    match offer(&app, &session, &owner, &repo).await {
        Ok((offer, filled)) => page.show(form(&page, &session, &offer, &filled, None)),
        Err(error) => page.failed(error),
    }
}

/// What can be chosen, and what is sensible to begin with.
async fn offer(app: &App, session: &Session, owner: &str, repo: &str) -> Answer<(Offer, Filled)> {
    let repository = Repository { owner: name(owner)?, name: name(repo)? };
    let reader = app.reader(session)?;
    let found = accessible(&reader, &repository).await?;
    let default = found.default_branch.clone().unwrap_or_else(|| Service::PROD_BRANCH.to_owned());
    let (branches, files, configuration) =
        tokio::join!(reader.branches(&repository), reader.files(&repository, &default), app.platform.configuration());
    let branches = branches.map_err(|error| ApiError::of_github("list the branches", &error))?;
    let branches: Vec<String> = branches.into_iter().map(|branch| branch.name).collect();
    let files = files.map_err(|error| ApiError::of_github("list the files", &error))?;
    let paths = files.into_iter().map(|file| file.path).filter(|path| looks_like_specification(path));
    let specifications: Vec<String> = paths.take(MOST_FILES).collect();
    let teams: Vec<String> = configuration?.manifest.teams.keys().cloned().collect();
    let branch = |preferred: &str| {
        let there = branches.iter().any(|branch| branch == preferred);
        if there { preferred.to_owned() } else { default.clone() }
    };
    let filled = Filled {
        team: teams.first().cloned().unwrap_or_default(),
        specification: specifications.first().cloned().unwrap_or_default(),
        production: branch(Service::PROD_BRANCH),
        development: branch(Service::DEV_BRANCH),
        ..Filled::default()
    };
    Ok((Offer { repository, branches, specifications, teams }, filled))
}

fn form(page: &Page<'_>, session: &Session, offer: &Offer, filled: &Filled, wrong: Option<&str>) -> Markup {
    let same = |names: &[String]| names.iter().map(|name| (name.clone(), name.clone())).collect::<Vec<_>>();
    let mut teams = same(&offer.teams);
    teams.push((String::new(), "A new team, named below".to_owned()));
    let field = |name, label, hint, value| Field { name, label, hint, value, wrong: None };
    html! {
        @if let Some(wrong) = wrong {
            div.notice.bad role="alert" {
                p { strong { "The service was not added. " } (sentence(wrong)) }
            }
        }
        form method="post" action={ (page.link(PATH)) "/" (offer.repository) } {
            (forms::token(page.app, session))
            (field("team", "Team", "The team that owns the service. It decides who sees its gateway.", &filled.team).choice(&teams))
            (field("new-team", "Name of the new team", "Only if the team is not in the list.", &filled.new_team).line())
            (specification(offer, filled))
            (field("production", "Branch for production", "Its document is published in production.", &filled.production)
                .choice(&same(&offer.branches)))
            (field("development", "Branch for development", "Its document is published in development.",
                &filled.development).choice(&same(&offer.branches)))
            (field("note", "A word to the reviewer", "Optional.", &filled.note).line())
            p { "Nothing is published yet: a pull request follows, and the platform team reviews it." }
            button { "Ask to add the service" }
        }
    }
}

fn specification(offer: &Offer, filled: &Filled) -> Markup {
    let (name, label) = ("specification", "OpenAPI document");
    if offer.specifications.is_empty() {
        let hint = "The path of the file. None of the files of the default branch looks like one.";
        return Field { name, label, hint, value: &filled.specification, wrong: None }.line();
    }
    let files: Vec<(String, String)> = offer.specifications.iter().map(|path| (path.clone(), path.clone())).collect();
    let hint = "The file that describes the API.";
    Field { name, label, hint, value: &filled.specification, wrong: None }.choice(&files)
}

/// `POST /onboard/{owner}/{repo}`
pub(super) async fn submit(
    State(app): State<App>,
    Extension(ClientAddress(from)): Extension<ClientAddress>,
    Visitor(session): Visitor,
    Path((owner, repo)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let title = format!("Add {owner}/{repo}");
    let page = page(&app, &session, &title);
    let fields = match forms::read(&app, &session, &body) {
        Ok(fields) => fields,
        Err(error) => return page.failed(error),
    };
    let filled = Filled::of(&fields);
    let mut event = Event { who: Some(session.login.clone()), ..Event::new("add-service") };
    event.target = Some(format!("{owner}/{repo}"));
    let submitted = submitted(&app, &session, &owner, &repo, &filled, &mut event).await;
    event.refused = submitted.as_ref().err().map(|error| error.message.clone());
    app.record(from, event);
    match submitted {
        Ok(number) => see(&app, &format!("/requests?new={number}")),
        // A session that is over cannot fill in the form again.
        Err(error) if error.status == StatusCode::UNAUTHORIZED => page.failed(error),
        Err(error) => match offer(&app, &session, &owner, &repo).await {
            Ok((offer, _)) => {
                let content = form(&page, &session, &offer, &filled, Some(&error.message));
                page.answer(error.status, content)
            }
            Err(_) => page.failed(error),
        },
    }
}

async fn submitted(
    app: &App,
    session: &Session,
    owner: &str,
    repo: &str,
    filled: &Filled,
    event: &mut Event,
) -> Answer<u64> {
    let repository = Repository { owner: name(owner)?, name: name(repo)? };
    check_again(app, session).await?;
    let (_, proposed) = submission::submit(app, session, &filled.asked(&repository)).await?;
    event.pull_request = proposed.url;
    app.platform.forget().await;
    Ok(proposed.number)
}
