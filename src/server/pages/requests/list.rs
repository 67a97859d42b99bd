//! All requests, and how they stand.

use axum::extract::State;
use axum::response::Response;
use github_api::LabelledPull;
use maud::{Markup, html};

use crate::server::app::App;
use crate::server::pages::layout::Page;
use crate::server::pages::visitor::Visitor;

/// `GET /requests`
pub(in crate::server::pages) async fn show(State(app): State<App>, Visitor(session): Visitor) -> Response {
    let page = Page { app: &app, session: Some(&session), path: "/requests", title: "Requests" };
    match app.platform.requests(app.settings.label()).await {
        Ok(all) => page.show(content(&page, &all)),
        Err(error) => page.failed(error),
    }
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
                        td data-name="Request" { a href={ (page.link("/requests/")) (pull.number) } { "#" (pull.number) " " (pull.title) } }
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
