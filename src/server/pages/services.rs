//! The services of the platform, by team.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};

use super::layout::Page;
use super::visitor::Visitor;
use crate::manifest::model::{Manifest, Service};
use crate::server::app::App;
use transport::encode::segment;

/// What can be asked for a service, with the page that does it.
const ACTS: [(&str, &str); 3] = [("/change", "Change"), ("/move", "Move"), ("/offboard", "Remove")];

/// `GET /services`
pub(super) async fn show(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = Page { app: &app, session: Some(&session), path: "/services", title: "Services" };
    let configuration = match app.platform.configuration().await {
        Ok(configuration) => configuration,
        Err(error) => return page.failed(error),
    };
    let wanted = parameters.get("q").map(|text| text.trim()).unwrap_or_default();
    page.show(content(&page, configuration.manifest(), wanted))
}

fn content(page: &Page<'_>, manifest: &Manifest, wanted: &str) -> Markup {
    let all: Vec<(&String, &String, &Service)> = manifest
        .teams
        .iter()
        .flat_map(|(team, configured)| configured.services.iter().map(move |(key, service)| (team, key, service)))
        .collect();
    if all.is_empty() {
        return html! {
            p { "No service is on the platform yet." }
            p { a.button href=(page.link("/onboard")) { "Add the first one" } }
        };
    }
    let has = |text: &str| text.to_lowercase().contains(&wanted.to_lowercase());
    let shown: Vec<_> = all.iter().filter(|(team, key, service)| has(team) || has(key) || has(&service.name)).collect();
    let places = places(manifest);
    html! {
        form method="get" action=(page.link("/services")) role="search" {
            div.field {
                label for="q" { "Find a service" }
                input type="search" id="q" name="q" value=(wanted);
            }
            button { "Find" }
        }
        p role="status" { (shown.len()) " of " (all.len()) " services" }
        table {
            thead { tr { th scope="col" { "Service" } th scope="col" { "Team" } th scope="col" { "OpenAPI document" }
                th scope="col" { "In" } } }
            tbody {
                @for (team, key, service) in shown {
                    (row(page, team, key, service, places.get(&(team.as_str(), key.as_str())).map_or(&[], Vec::as_slice)))
                }
            }
        }
    }
}

/// The environments of each service, by team and key.
fn places(manifest: &Manifest) -> BTreeMap<(&str, &str), Vec<String>> {
    let mut places: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (organization, configured) in &manifest.organizations {
        for (name, environment) in &configured.environments {
            for placed in environment.services(&manifest.teams) {
                let here = format!("{organization}/{name}, branch {}", placed.branch);
                places.entry((placed.team_name, placed.key)).or_default().push(here);
            }
        }
    }
    places
}

fn row(page: &Page<'_>, team: &str, key: &str, service: &Service, places: &[String]) -> Markup {
    html! {
        tr {
            td data-name="Service" {
                strong { (service.name) }
                @if let Some(description) = &service.description { span.hint { (description) } }
                (acts(page, key, &service.name))
            }
            td data-name="Team" { a href={ (page.link("/team?name=")) (segment(team)) } { (team) } }
            td.long data-name="OpenAPI document" { (service.spec_file()) span.hint { (service.git.remote) } }
            td data-name="In" {
                @if places.is_empty() { "no environment" } @else { @for place in places { div { (place) } } }
            }
        }
    }
}

/// The links to what can be asked for a service.
pub(super) fn acts(page: &Page<'_>, key: &str, name: &str) -> Markup {
    html! {
        span.actions {
            @for (path, act) in ACTS {
                a href={ (page.link(path)) "?service=" (segment(key)) } aria-label={ (act) " " (name) } { (act) }
            }
        }
    }
}
