//! Adding a service: what was filled in is checked and shown, and then sent.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use github_api::Repository;
use http::StatusCode;
use maud::Markup;

use super::form::{Filled, PATH, form, offer, page};
use crate::server::app::App;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::forms::{self, STEP};
use crate::server::pages::layout::Page;
use crate::server::pages::sending::{Sending, Shown};
use crate::server::pages::visitor::Visitor;
use crate::server::people::name;
use crate::server::session::Session;
use crate::server::signed::ClientAddress;
use crate::server::submission::{self, Checked};
use crate::server::wish::Previewed;

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
            let target = format!("{owner}/{repo}");
            let sending = Sending { app: &app, session: &session, from, action: "add-service", target: &target };
            let checked = async {
                let Checked { wish, preview, .. } = submission::check(&app, &session, &asked).await?;
                Ok(Previewed { wish, preview })
            };
            sending.send(checked).await
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
    let shown = Shown {
        preview: &checked.preview,
        path: &format!("{PATH}/{}", checked.found.full_name),
        filled: filled.hidden(),
        merging: "merging it publishes the API.",
        button: "Ask to add the service",
    };
    shown.content(page, session)
}
