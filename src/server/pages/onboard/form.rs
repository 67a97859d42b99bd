//! Adding a service: what is asked of it, on one page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use github_api::Repository;
use maud::{Markup, html};

use crate::manifest::model::Service;
use crate::operations::Configuration;
use crate::server::app::App;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::choices::{self, Choices, chosen_environments, hidden_environments, usual_environments};
use crate::server::pages::forms::{self, Field, STEP};
use crate::server::pages::layout::{Page, refused};
use crate::server::pages::visitor::Visitor;
use crate::server::people::{accessible, name};
use crate::server::session::Session;
use crate::server::submission::Asked;

pub(super) const PATH: &str = "/onboard";

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
    environments: BTreeSet<String>,
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
            environments: chosen_environments(fields),
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
        html! {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            (hidden_environments(&self.environments))
        }
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
            self.environments.iter().cloned().collect(),
        )
    }
}

/// What the form offers.
pub(super) struct Offer {
    repository: Repository,
    choices: Choices,
    configuration: Arc<Configuration>,
}

/// `GET /onboard/{owner}/{repo}`: the form.
pub(in crate::server::pages) async fn ask(
    State(app): State<App>,
    Visitor(session): Visitor,
    Path((owner, repo)): Path<(String, String)>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let title = format!("Add {owner}/{repo}");
    let page = page(&app, &session, &title);
    match offer(&app, &session, &owner, &repo).await {
        Ok((offer, filled)) => {
            let teams = &offer.configuration.manifest().teams;
            let team = parameters.get("team").filter(|team| teams.contains_key(*team)).cloned();
            let filled = Filled { team: team.unwrap_or_else(|| filled.team.clone()), ..filled };
            page.show(form(&page, &session, &offer, &filled, None))
        }
        Err(error) => page.failed(error),
    }
}

/// What can be chosen, and what is sensible to begin with.
pub(super) async fn offer(app: &App, session: &Session, owner: &str, repo: &str) -> Answer<(Offer, Filled)> {
    let repository = Repository { owner: name(owner)?, name: name(repo)? };
    let reader = app.reader(session)?;
    let found = accessible(&reader, &repository).await?;
    let default = found.default_branch.clone().unwrap_or_else(|| Service::PROD_BRANCH.to_owned());
    let (choices, configuration) =
        tokio::join!(Choices::of(&reader, &repository, &default), app.platform.configuration());
    let (choices, configuration) = (choices?, configuration?);
    let branch = |preferred: &str| {
        let there = choices.branches.iter().any(|branch| branch == preferred);
        if there { preferred.to_owned() } else { default.clone() }
    };
    let manifest = configuration.manifest();
    let filled = Filled {
        team: manifest.teams.keys().next().cloned().unwrap_or_default(),
        specification: choices.specifications.first().cloned().unwrap_or_default(),
        production: branch(Service::PROD_BRANCH),
        development: branch(Service::DEV_BRANCH),
        environments: usual_environments(manifest),
        ..Filled::default()
    };
    Ok((Offer { repository, choices, configuration }, filled))
}

pub(super) fn form(
    page: &Page<'_>,
    session: &Session,
    offer: &Offer,
    filled: &Filled,
    wrong: Option<&ApiError>,
) -> Markup {
    let manifest = offer.configuration.manifest();
    let teams: Vec<String> = manifest.teams.keys().cloned().collect();
    let (name, label, hint) = ("note", "A word to the reviewer", "Optional.");
    html! {
        @if let Some(wrong) = wrong { (refused("The service was not added.", wrong)) }
        form method="post" action={ (page.link(PATH)) "/" (offer.repository) } {
            (forms::token(page.app, session))
            (choices::team(&teams, &filled.team, &filled.new_team))
            (offer.choices.specification(&filled.specification))
            (offer.choices.production(&filled.production))
            (offer.choices.development(&filled.development))
            (choices::environments(manifest, &filled.environments))
            (Field { name, label, hint, value: &filled.note, wrong: None }.line())
            p { "Next you see what would change. Nothing is sent yet." }
            button name=(STEP) value="preview" { "Check and preview" }
        }
    }
}
