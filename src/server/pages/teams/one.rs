//! The page of a team: its members, its services and how far each has come, and its control planes.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use crate::manifest::model::Team;
use crate::operations::{Plane, Progress, Stage};
use crate::server::app::App;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::choices::purpose;
use crate::server::pages::layout::Page;
use crate::server::pages::services::acts;
use crate::server::pages::visitor::Visitor;
use transport::encode::segment;

/// What is known of a team.
struct Known {
    team: Team,
    /// How far its services have come, by their key in lower case.
    stages: BTreeMap<String, Vec<Stage>>,
    planes: Vec<Plane>,
}

/// `GET /team?name=NAME`
pub(in crate::server::pages) async fn show(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let name = parameters.get("name").map(String::as_str).unwrap_or_default();
    let page = |title| Page { app: &app, session: Some(&session), path: "/teams", title };
    match known(&app, name).await {
        Ok(known) => {
            let title = format!("Team {name}");
            let page = page(&title);
            page.show(content(&page, name, &known))
        }
        Err(error) => page("Team").failed(error),
    }
}

async fn known(app: &App, name: &str) -> Answer<Known> {
    let (configuration, pulls) = tokio::join!(app.platform.configuration(), app.platform.open_pulls());
    let (configuration, pulls) = (configuration?, pulls?);
    let missing = || ApiError::new(StatusCode::NOT_FOUND, "There is no team of this name");
    let team = configuration.manifest().teams.get(name).ok_or_else(missing)?.clone();
    let keys: BTreeSet<String> = team.services.keys().map(|key| key.to_lowercase()).collect();
    let onboarding = &app.platform.onboarding;
    let failed = |failures: &_| ApiError::of_platform(failures).about("read how far the services have come");
    let is_ours = |service: &str| keys.contains(&service.to_lowercase());
    let found = onboarding.stages_of(&configuration, &pulls, &is_ours).await.map_err(|failures| failed(&failures))?;
    let mut stages: BTreeMap<String, Vec<Stage>> = BTreeMap::new();
    for (service, stage) in found {
        stages.entry(service.to_lowercase()).or_default().push(stage);
    }
    let planes = onboarding.planes(&configuration, name).await.map_err(|failures| failed(&failures))?;
    Ok(Known { team, stages, planes })
}

fn content(page: &Page<'_>, name: &str, known: &Known) -> Markup {
    let Known { team, planes, .. } = known;
    html! {
        @if let Some(description) = &team.description { p.lead { (description) } }
        h2 { "Services" }
        @if team.services.is_empty() {
            p { "The team has no service on the platform yet. A service becomes an API in each environment that it takes part in." }
        } @else {
            (services(page, known))
        }
        p { a.button href={ (page.link("/onboard?team=")) (segment(name)) } { "Add a service for this team" } }
        h2 { "Members" }
        @if team.users.is_empty() {
            p { "The configuration names no members. The platform team adds them, or a group of the identity provider has them." }
        } @else {
            ul { @for user in &team.users { li.long { (user) } } }
        }
        h2 { "Control planes" }
        p.hint { "A control plane configures the gateways that requests to the team's services go through, one in each environment." }
        @if planes.is_empty() { p { "The team takes part in no environment." } }
        @else {
            table {
                thead { tr { th scope="col" { "Environment" } th scope="col" { "Control plane" } th scope="col" { "State" } } }
                tbody { @for plane in planes { (plane_row(plane)) } }
            }
        }
    }
}

fn services(page: &Page<'_>, Known { team, stages, .. }: &Known) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Service" } th scope="col" { "Where it is" } } }
            tbody {
                @for (key, service) in &team.services {
                    tr {
                        td data-name="Service" {
                            strong { (service.name) }
                            @if let Some(description) = &service.description { span.hint { (description) } }
                            (acts(page, key, &service.name))
                        }
                        td data-name="Where it is" {
                            @match stages.get(&key.to_lowercase()) {
                                Some(stages) => { @for stage in stages { (where_it_is(stage)) } },
                                None => "In no environment: the platform team, or Change, lists it where it is to be.",
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How far a service has come in an environment.
fn where_it_is(stage: &Stage) -> Markup {
    let (class, word) = match (stage.is_applied, stage.is_published) {
        (true, true) => ("good", "Published"),
        (true, false) => ("wait", "In Konnect, not published"),
        (false, _) => ("wait", "Waits for the next apply"),
    };
    let gateway = match (stage.is_linked, &stage.staged) {
        (Some(true), _) => "The gateway serves it.".to_owned(),
        (Some(false), Progress::Proposed(number, _)) => {
            format!("No gateway serves it yet: the pull request #{number} waits to be merged.")
        }
        (Some(false), _) => "No gateway serves it yet.".to_owned(),
        (None, _) => String::new(),
    };
    html! {
        div {
            (stage.place) ": " span class={ "state " (class) } { (word) }
            @if !gateway.is_empty() { span.hint { (gateway) } }
        }
    }
}

fn plane_row(plane: &Plane) -> Markup {
    let (class, word) = if plane.is_applied { ("good", "There") } else { ("wait", "Waits for the next apply") };
    html! {
        tr {
            td data-name="Environment" { (plane.place) " " span.hint { "for " (purpose(plane.kind)) } }
            td.long data-name="Control plane" { (plane.name) }
            td data-name="State" { span class={ "state " (class) } { (word) } }
        }
    }
}
