//! How a request has come along.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};

use super::steps::{Standing, Step, after_merge, to_merge};
use crate::operations::{Journey, Stage};
use crate::server::app::App;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::forms;
use crate::server::pages::layout::Page;
use crate::server::pages::visitor::Visitor;
use crate::server::session::Session;

/// `GET /requests/{number}`
pub(in crate::server::pages) async fn follow(
    State(app): State<App>,
    Visitor(session): Visitor,
    Path(number): Path<u64>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let title = format!("Request #{number}");
    let page = Page { app: &app, session: Some(&session), path: "/requests", title: &title };
    match read(&app, number).await {
        Ok((journey, stages)) => {
            let is_new = parameters.contains_key("new");
            page.show(content(&page, &session, &journey, &stages, is_new))
        }
        Err(error) => page.failed(error),
    }
}

/// The request, and how far its service has come since it was merged.
async fn read(app: &App, number: u64) -> Answer<(Journey, Vec<Stage>)> {
    let failed = |failures: &_| ApiError::of_platform(failures).about("read the request");
    let journey = app.platform.onboarding.journey(number).await.map_err(|failures| failed(&failures))?;
    let missing = || ApiError::new(StatusCode::NOT_FOUND, format!("There is no request #{number}"));
    let journey = journey.ok_or_else(missing)?;
    if journey.pull.merged_at.is_none() || journey.mark.service.is_empty() {
        return Ok((journey, Vec::new()));
    }
    let (configuration, pulls) = tokio::join!(app.platform.configuration(), app.platform.open_pulls());
    let (configuration, pulls) = (configuration?, pulls?);
    let stages = app.platform.onboarding.stages(&configuration, &pulls, &journey.mark.service).await;
    Ok((journey, stages.map_err(|failures| failed(&failures))?))
}

fn content(page: &Page<'_>, session: &Session, journey: &Journey, stages: &[Stage], is_new: bool) -> Markup {
    let pull = &journey.pull;
    let is_own = journey.mark.owner == session.person.to_string();
    let live: Vec<&str> = stages.iter().filter(|one| one.is_published).map(|one| one.place.as_str()).collect();
    html! {
        p.lead { (pull.title) }
        @if is_new {
            div.notice.good role="status" {
                p { "Your request is " a href=(pull.html_url) { "pull request #" (pull.number) } ". You can follow it here." }
            }
        }
        @if !live.is_empty() {
            div.notice.good role="status" { p { "Live in " (live.join(", ")) "." } }
        }
        (steps(&to_merge(journey, &page.app.settings.reviewers)))
        @if pull.state == "open" && page.app.platform.onboarding.is_in_sandbox() {
            p { "This is a sandbox: " a href=(pull.html_url) { "open the pull request" } " and merge it yourself, then reload this page." }
        }
        @if pull.state == "open" && is_own { (withdraw(page, session, pull.number)) }
        @if pull.merged_at.is_some() { (after(page, session, journey, stages)) }
    }
}

fn after(page: &Page<'_>, session: &Session, journey: &Journey, stages: &[Stage]) -> Markup {
    let apply = page.app.platform.workflow_page("koctl-apply.yml");
    html! {
        @if apply.is_none() { (apply_now(page, session, journey.pull.number)) }
        @if stages.is_empty() {
            @if journey.mark.action == "remove" {
                p { "The service is not in the configuration any more. The next apply removes its APIs." }
            } @else if !journey.mark.service.is_empty() {
                p { "The service takes part in no environment: the platform team lists it where it is to be." }
            }
        }
        @for stage in stages {
            h2 { (stage.place) }
            (steps(&after_merge(stage, apply.as_deref())))
        }
    }
}

fn steps(steps: &[Step]) -> Markup {
    html! {
        ol.journey {
            @for step in steps {
                @let (class, word) = words(step.standing);
                li class=(class) {
                    strong { (step.name) } span class={ "state " (class) } { (word) }
                    @if let Some(at) = step.at { " " (moment(at)) }
                    span.hint {
                        @match &step.link {
                            Some(link) => a href=(link) { (step.text) },
                            None => (step.text),
                        }
                    }
                }
            }
        }
    }
}

fn words(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Done => ("good", "Done"),
        Standing::Waits => ("wait", "Waits"),
        Standing::Wrong => ("bad", "Needs attention"),
        Standing::Later => ("later", "Later"),
        Standing::LeftOut => ("later", "Left out"),
    }
}

/// A time, as pages show it.
fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M UTC").to_string()) } }
}

/// The button that stands for the workflow, which the sandbox does not run.
fn apply_now(page: &Page<'_>, session: &Session, number: u64) -> Markup {
    html! {
        form method="post" action={ (page.link("/requests/")) (number) "/apply" } {
            (forms::token(page.app, session))
            p { "The sandbox runs no workflows. This button applies what was merged." }
            button { "Apply now" }
        }
    }
}

fn withdraw(page: &Page<'_>, session: &Session, number: u64) -> Markup {
    html! {
        form method="post" action={ (page.link("/requests/")) (number) "/withdraw" } {
            (forms::token(page.app, session))
            button.plain { "Withdraw the request" }
        }
    }
}
