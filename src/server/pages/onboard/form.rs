//! Adding a service: what is asked of it, on one page.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use github_api::Repository;
use maud::{Markup, html};

use crate::manifest::model::Service;
use crate::server::app::App;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::forms::{self, Field, STEP};
use crate::server::pages::layout::{Page, refused};
use crate::server::pages::visitor::Visitor;
use crate::server::people::{accessible, name};
use crate::server::session::Session;
use crate::server::submission::{Asked, looks_like_specification};

pub(super) const PATH: &str = "/onboard";

/// The files that are offered at most.
const MOST_FILES: usize = 50;

pub(super) fn page<'a>(app: &'a App, session: &'a Session, title: &'a str) -> Page<'a> {
    Page { app, session: Some(session), path: PATH, title }
}

/// Everything that the form asks, as it was filled in.
#[derive(Debug, Clone, Default)]
pub(super) struct Filled {
    team: String,
    new_team: String,
    specification: String,
    production: String,
    development: String,
    note: String,
}

impl Filled {
    pub(super) fn of(fields: &BTreeMap<String, String>) -> Self {
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

    /// The same, as hidden fields of a form.
    pub(super) fn hidden(&self) -> Markup {
        let fields = [
            ("team", &self.team),
            ("new-team", &self.new_team),
            ("specification", &self.specification),
            ("production", &self.production),
            ("development", &self.development),
            ("note", &self.note),
        ];
        html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value); } }
    }

    pub(super) fn asked(&self, repository: &Repository) -> Asked {
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
pub(super) struct Offer {
    repository: Repository,
    branches: Vec<String>,
    specifications: Vec<String>,
    teams: Vec<String>,
}

/// `GET /onboard/{owner}/{repo}`: the form.
pub(in crate::server::pages) async fn ask(
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
pub(super) async fn offer(app: &App, session: &Session, owner: &str, repo: &str) -> Answer<(Offer, Filled)> {
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
    let teams: Vec<String> = configuration?.manifest().teams.keys().cloned().collect();
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

pub(super) fn form(
    page: &Page<'_>,
    session: &Session,
    offer: &Offer,
    filled: &Filled,
    wrong: Option<&ApiError>,
) -> Markup {
    let same = |names: &[String]| names.iter().map(|name| (name.clone(), name.clone())).collect::<Vec<_>>();
    let mut teams = same(&offer.teams);
    teams.push((String::new(), "A new team, named below".to_owned()));
    let field = |name, label, hint, value| Field { name, label, hint, value, wrong: None };
    html! {
        @if let Some(wrong) = wrong { (refused("The service was not added.", wrong)) }
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
            p { "Next you see what would change. Nothing is sent yet." }
            button name=(STEP) value="preview" { "Check and preview" }
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
