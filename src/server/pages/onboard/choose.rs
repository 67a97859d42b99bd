//! Adding a service: which repository it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use github_api::ListedRepository;
use maud::{Markup, html};

use super::form::{PATH, page};
use crate::manifest::model::Manifest;
use crate::operations::Configuration;
use crate::server::app::App;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::layout::Page;
use crate::server::pages::visitor::Visitor;
use crate::server::people::may_write;
use crate::server::session::Session;
use crate::server::submission::owner_of;
use transport::encode::segment;

/// The repositories that are shown at most: more are found by their name.
const MOST_SHOWN: usize = 30;

/// `GET /onboard`: which repository.
pub(in crate::server::pages) async fn choose(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = page(&app, &session, "Add a service");
    let wanted = parameters.get("q").map(|text| text.trim()).unwrap_or_default();
    let team = parameters.get("team").map(String::as_str);
    match repositories(&app, &session).await {
        Ok((all, configuration)) => {
            let manifest = configuration.manifest();
            let team = team.filter(|team| manifest.teams.contains_key(*team));
            page.show(choice(&page, &all, manifest, wanted, team))
        }
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

fn choice(page: &Page<'_>, all: &[ListedRepository], manifest: &Manifest, wanted: &str, team: Option<&str>) -> Markup {
    let has = |one: &&ListedRepository| one.full_name.to_lowercase().contains(&wanted.to_lowercase());
    let usable: Vec<&ListedRepository> = all.iter().filter(|one| may_write(one)).filter(has).collect();
    html! {
        p {
            "Which repository is it? You see those that you may write to; archived ones are left out."
            @if let Some(team) = team { " The service will be one of the team " strong { (team) } "." }
        }
        form method="get" action=(page.link(PATH)) role="search" {
            @if let Some(team) = team { input type="hidden" name="team" value=(team); }
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
                tbody { @for one in usable.iter().take(MOST_SHOWN) { (row(page, one, manifest, team)) } }
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

fn row(page: &Page<'_>, one: &ListedRepository, manifest: &Manifest, team: Option<&str>) -> Markup {
    let owner = owner_of(manifest, &one.full_name);
    let query = team.map(|team| format!("?team={}", segment(team))).unwrap_or_default();
    html! {
        tr {
            td data-name="Repository" {
                @if owner.is_some() { (one.full_name) }
                @else { a href={ (page.link(PATH)) "/" (one.full_name) (query) } { (one.full_name) } }
                @if let Some(description) = &one.description { span.hint { (description) } }
            }
            td data-name="On the platform" {
                @if let Some(team) = owner { span.state.good { "Yes, of " (team) } } @else { "No" }
            }
        }
    }
}
