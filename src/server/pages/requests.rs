//! The requests to add a service, and how they stand.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use github_api::LabelledPull;
use maud::{Markup, html};

use super::layout::Page;
use super::visitor::Visitor;
use crate::server::app::App;

/// `GET /requests`
pub(super) async fn show(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = Page { app: &app, session: Some(&session), path: "/requests", title: "Requests" };
    let label = app.settings.labels.first().map(String::as_str).unwrap_or_default();
    let all = match app.platform.requests(label).await {
        Ok(all) => all,
        Err(error) => return page.failed(error),
    };
    let new = parameters.get("new").and_then(|number| number.parse::<u64>().ok());
    let new = new.and_then(|number| all.iter().find(|pull| pull.number == number));
    page.show(html! {
        @if let Some(new) = new {
            div.notice.good role="status" {
                p { "Your request is " a href=(new.html_url) { "pull request #" (new.number) } ". "
                    "The platform team reviews it now; you can follow it here." }
            }
        }
        (content(&page, &all))
    })
}

fn content(page: &Page<'_>, all: &[LabelledPull]) -> Markup {
    if all.is_empty() {
        return html! {
            p { "Nobody has asked to add a service yet." }
            p { a.button href=(page.link("/onboard")) { "Add a service" } }
        };
    }
    html! {
        table {
            thead { tr { th scope="col" { "Request" } th scope="col" { "State" } th scope="col" { "Opened" } } }
            tbody {
                @for pull in all {
                    tr {
                        td data-name="Request" { a href=(pull.html_url) { "#" (pull.number) " " (pull.title) } }
                        td data-name="State" { (state(pull)) }
                        td data-name="Opened" { (pull.created_at.strftime("%Y-%m-%d %H:%M UTC").to_string()) }
                    }
                }
            }
        }
    }
}

fn state(pull: &LabelledPull) -> Markup {
    let merged = pull.pull_request.as_ref().is_some_and(|pull| pull.merged_at.is_some());
    let (kind, text) = match (merged, pull.state.as_str()) {
        (true, _) => ("good", "Merged"),
        (false, "open") => ("wait", "Waits for review"),
        (false, _) => ("bad", "Closed without merging"),
    };
    html! { span class={ "state " (kind) } { (text) } }
}
