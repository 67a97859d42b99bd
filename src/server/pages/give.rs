//! Moving a service to another team: what would change is shown, and then asked for.

use std::collections::BTreeMap;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::choices;
use super::forms::{self, Field, STEP};
use super::layout::{Page, refused};
use super::sending::{Sending, Shown};
use super::visitor::Visitor;
use crate::server::app::App;
use crate::server::error::ApiError;
use crate::server::moving;
use crate::server::owned::{Owned, owned};
use crate::server::session::Session;
use crate::server::signed::ClientAddress;

const PATH: &str = "/move";
const TITLE: &str = "Move a service to another team";
/// The name of the field with the key.
const SERVICE: &str = "service";

/// Everything that the form asks, as it was filled in.
#[derive(Debug, Default)]
struct Filled {
    team: String,
    new_team: String,
    note: String,
}

impl Filled {
    fn of(fields: &BTreeMap<String, String>) -> Self {
        let field = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self { team: field("team"), new_team: field("new-team"), note: field("note") }
    }

    /// The team that gets the service.
    fn target(&self) -> &str {
        if self.team.is_empty() { &self.new_team } else { &self.team }
    }

    /// The same, as hidden fields of a form.
    fn hidden(&self, key: &str) -> Markup {
        let fields = [(SERVICE, key), ("team", &self.team), ("new-team", &self.new_team), ("note", &self.note)];
        html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value); } }
    }
}

fn page<'a>(app: &'a App, session: &'a Session) -> Page<'a> {
    Page { app, session: Some(session), path: "/services", title: TITLE }
}

/// `GET /move?service=KEY`: the form.
pub(super) async fn show(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = page(&app, &session);
    let key = parameters.get(SERVICE).map(String::as_str).unwrap_or_default();
    match owned(&app, &session, key, "move").await {
        Ok(owned) => {
            let team = others(&owned).first().cloned().unwrap_or_default();
            page.show(form(&page, &session, &owned, &Filled { team, ..Filled::default() }, None))
        }
        Err(error) => page.answer(error.status, refused("The service cannot be moved.", &error)),
    }
}

/// The teams that can get the service.
fn others(owned: &Owned) -> Vec<String> {
    let teams = owned.configuration.manifest().teams.keys();
    teams.filter(|team| **team != owned.team).cloned().collect()
}

fn form(page: &Page<'_>, session: &Session, owned: &Owned, filled: &Filled, wrong: Option<&ApiError>) -> Markup {
    let (name, label, hint) = ("note", "A word to the reviewer", "Optional.");
    html! {
        @if let Some(wrong) = wrong { (refused("The service was not moved.", wrong)) }
        p {
            "You ask to move " strong { (owned.key) } " from the team " strong { (owned.team) } " to another one. Its APIs \
             stay as they are; its gateway is from then on that of the other team. Agree with that team first."
        }
        form method="post" action=(page.link(PATH)) {
            (forms::token(page.app, session))
            input type="hidden" name=(SERVICE) value=(owned.key);
            (choices::team(&others(owned), &filled.team, &filled.new_team))
            (Field { name, label, hint, value: &filled.note, wrong: None }.line())
            p { "Next you see what would change. Nothing is sent yet." }
            button name=(STEP) value="preview" { "Check and preview" }
        }
    }
}

/// `POST /move`: the next step, which the button says.
pub(super) async fn send(
    State(app): State<App>,
    Extension(ClientAddress(from)): Extension<ClientAddress>,
    Visitor(session): Visitor,
    body: Bytes,
) -> Response {
    let page = page(&app, &session);
    let fields = match forms::read(&app, &session, &body) {
        Ok(fields) => fields,
        Err(error) => return page.failed(error),
    };
    let key = fields.get(SERVICE).map(String::as_str).unwrap_or_default();
    let filled = Filled::of(&fields);
    let check = moving::check(&app, &session, key, Some(filled.target()), Some(&filled.note));
    let done = match fields.get(STEP).map(String::as_str) {
        Some("submit") => {
            let sending = Sending { app: &app, session: &session, from, action: "move-service", target: key };
            sending.send(check).await
        }
        Some("edit") => return filled_in(&page, &session, key, &filled, None).await,
        _ => check.await.map(|checked| {
            let shown = Shown {
                preview: &checked.preview,
                path: PATH,
                filled: filled.hidden(key),
                merging: "merging it moves the service. The pull request says so to both teams.",
                button: "Ask to move the service",
            };
            page.show(shown.content(&page, &session))
        }),
    };
    match done {
        Ok(response) => response,
        // A session that is over cannot fill in the form again.
        Err(error) if error.status == StatusCode::UNAUTHORIZED => page.failed(error),
        Err(error) => filled_in(&page, &session, key, &filled, Some(error)).await,
    }
}

/// The form as it was filled in, with what is wrong.
async fn filled_in(
    page: &Page<'_>,
    session: &Session,
    key: &str,
    filled: &Filled,
    wrong: Option<ApiError>,
) -> Response {
    match (owned(page.app, session, key, "move").await, wrong) {
        (Ok(owned), wrong) => {
            let status = wrong.as_ref().map_or(StatusCode::OK, |error| error.status);
            page.answer(status, form(page, session, &owned, filled, wrong.as_ref()))
        }
        // Why the form cannot be shown matters less than why it was refused.
        (Err(_), Some(wrong)) => page.failed(wrong),
        (Err(error), None) => page.failed(error),
    }
}
