//! Adding a service: what was filled in is checked and shown, and then sent.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use github_api::Repository;
use http::StatusCode;
use maud::{Markup, html};

use super::form::{Filled, PATH, form, offer, page};
use crate::server::app::App;
use crate::server::audit::Event;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::forms::{self, STEP};
use crate::server::pages::home::see;
use crate::server::pages::layout::Page;
use crate::server::pages::preview;
use crate::server::pages::visitor::Visitor;
use crate::server::people::name;
use crate::server::session::Session;
use crate::server::sign_in::check_again;
use crate::server::signed::ClientAddress;
use crate::server::submission::{self, Asked, Checked};

/// `POST /onboard/{owner}/{repo}`: the next step, which the button says.
pub(in crate::server::pages) async fn send(
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
    let asked = match repository(&owner, &repo) {
        Ok(repository) => filled.asked(&repository),
        Err(error) => return page.failed(error),
    };
    let done = match fields.get(STEP).map(String::as_str) {
        Some("submit") => {
            let mut event = Event { who: Some(session.login.clone()), ..Event::new("add-service") };
            event.target = Some(format!("{owner}/{repo}"));
            let submitted = submitted(&app, &session, &asked, &mut event).await;
            event.refused = submitted.as_ref().err().map(|error| error.message.clone());
            app.record(from, event);
            submitted.map(|number| see(&app, &format!("/requests/{number}?new=1")))
        }
        Some("edit") => return filled_in(&page, &session, &owner, &repo, &filled, None).await,
        _ => submission::check(&app, &session, &asked)
            .await
            .map(|checked| page.show(shown(&page, &session, &checked, &filled))),
    };
    match done {
        Ok(response) => response,
        // A session that is over cannot fill in the form again.
        Err(error) if error.status == StatusCode::UNAUTHORIZED => page.failed(error),
        Err(error) => filled_in(&page, &session, &owner, &repo, &filled, Some(error)).await,
    }
}

fn repository(owner: &str, repo: &str) -> Answer<Repository> {
    Ok(Repository { owner: name(owner)?, name: name(repo)? })
}

/// The form as it was filled in, with what is wrong.
async fn filled_in(
    page: &Page<'_>,
    session: &Session,
    owner: &str,
    repo: &str,
    filled: &Filled,
    wrong: Option<ApiError>,
) -> Response {
    match (offer(page.app, session, owner, repo).await, wrong) {
        (Ok((offer, _)), wrong) => {
            let status = wrong.as_ref().map_or(StatusCode::OK, |error| error.status);
            page.answer(status, form(page, session, &offer, filled, wrong.as_ref()))
        }
        // Why the form cannot be shown matters less than why it was refused.
        (Err(_), Some(wrong)) => page.failed(wrong),
        (Err(error), None) => page.failed(error),
    }
}

/// What would change, and the buttons that send it or go back.
fn shown(page: &Page<'_>, session: &Session, checked: &Checked, filled: &Filled) -> Markup {
    html! {
        (preview::content(&checked.preview))
        form method="post" action={ (page.link(PATH)) "/" (checked.found.full_name) } {
            (forms::token(page.app, session))
            (filled.hidden())
            p { "A pull request with this change follows. The platform team reviews it, and merging it publishes the API." }
            div.buttons {
                button name=(STEP) value="submit" { "Ask to add the service" }
                button.plain name=(STEP) value="edit" { "Change something" }
            }
        }
    }
}

async fn submitted(app: &App, session: &Session, asked: &Asked, event: &mut Event) -> Answer<u64> {
    check_again(app, session).await?;
    let (_, proposed) = submission::submit(app, session, asked).await?;
    event.pull_request = proposed.url;
    for warning in &proposed.warnings {
        tracing::warn!(warning, "a part of a request could not be done");
    }
    Ok(proposed.number)
}
