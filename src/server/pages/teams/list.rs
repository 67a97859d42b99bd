//! All teams.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::manifest::model::{Manifest, Team};
use crate::report::count;
use crate::server::app::App;
use crate::server::pages::layout::Page;
use crate::server::pages::visitor::Visitor;
use crate::server::places;
use transport::encode::segment;

/// `GET /teams`
pub(in crate::server::pages) async fn show(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = Page { app: &app, session: Some(&session), path: "/teams", title: "Teams" };
    let wanted = parameters.get("q").map(|text| text.trim()).unwrap_or_default();
    match app.platform.configuration().await {
        Ok(configuration) => page.show(content(&page, configuration.manifest(), wanted)),
        Err(error) => page.failed(error),
    }
}

fn content(page: &Page<'_>, manifest: &Manifest, wanted: &str) -> Markup {
    if manifest.teams.is_empty() {
        return html! {
            p {
                "No team is on the platform yet. A team owns services, and its members see the gateways of these. You name yours \
                 when you add its first service."
            }
            p { a.button href=(page.link("/onboard")) { "Add a service" } }
        };
    }
    let has = |text: &str| text.to_lowercase().contains(&wanted.to_lowercase());
    let is_wanted = |(name, team): &(&String, &Team)| has(name) || team.description.as_deref().is_some_and(has);
    let shown: Vec<(&String, &Team)> = manifest.teams.iter().filter(is_wanted).collect();
    html! {
        p { "A team owns services. Its members see the gateways of these in Konnect." }
        form method="get" action=(page.link("/teams")) role="search" {
            div.field {
                label for="q" { "Find a team" }
                input type="search" id="q" name="q" value=(wanted);
            }
            button { "Find" }
        }
        p role="status" { (shown.len()) " of " (count(manifest.teams.len(), "team")) }
        @if !shown.is_empty() {
            table {
                thead { tr { th scope="col" { "Team" } th scope="col" { "Services" } th scope="col" { "Members" } th scope="col" { "In" } } }
                tbody { @for (name, team) in shown { (row(page, manifest, name, team)) } }
            }
        }
    }
}

fn row(page: &Page<'_>, manifest: &Manifest, name: &str, team: &Team) -> Markup {
    let takes_part = places::all(manifest)
        .filter(|(_, environment)| environment.members(&manifest.teams).iter().any(|(member, ..)| *member == name));
    let places: BTreeSet<String> = takes_part.map(|(place, _)| place.to_string()).collect();
    html! {
        tr {
            td data-name="Team" {
                a href={ (page.link("/team?name=")) (segment(name)) } { (name) }
                @if let Some(description) = &team.description { span.hint { (description) } }
            }
            td data-name="Services" { (team.services.len()) }
            td data-name="Members" { (team.users.len()) }
            td data-name="In" {
                @if places.is_empty() { "no environment" } @else { @for place in places { div { (place) } } }
            }
        }
    }
}
