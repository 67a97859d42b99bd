//! Taking a service off the platform: what would go is shown, and then asked for.

use std::collections::BTreeMap;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};

use super::forms::{self, Field};
use super::layout::{Page, refused};
use super::preview;
use super::sending::Sending;
use super::visitor::Visitor;
use crate::server::app::App;
use crate::server::offboarding;
use crate::server::session::Session;
use crate::server::signed::ClientAddress;
use crate::server::wish::Previewed;

const PATH: &str = "/offboard";
const TITLE: &str = "Remove a service";
/// The name of the field with the key.
const SERVICE: &str = "service";

/// `GET /offboard?service=KEY`: what would go.
pub(super) async fn show(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = Page { app: &app, session: Some(&session), path: "/services", title: TITLE };
    let key = parameters.get(SERVICE).map(String::as_str).unwrap_or_default();
    match offboarding::check(&app, &session, key, None).await {
        Ok(removal) => page.show(content(&page, &session, &removal)),
        Err(error) => page.answer(error.status, refused("The service cannot be removed.", &error)),
    }
}

fn content(page: &Page<'_>, session: &Session, removal: &Previewed) -> Markup {
    let note = Field { name: "note", label: "A word to the reviewer", hint: "Optional.", value: "", wrong: None };
    html! {
        p { "You ask to take " strong { (removal.wish.service) } " off the platform. Its repository stays as it is." }
        (preview::content(&removal.preview))
        form method="post" action=(page.link(PATH)) {
            (forms::token(page.app, session))
            input type="hidden" name=(SERVICE) value=(removal.wish.service);
            (note.line())
            p { "A pull request with this change follows. The platform team reviews it, and merging it removes the APIs." }
            button { "Ask to remove the service" }
        }
    }
}

/// `POST /offboard`
pub(super) async fn send(
    State(app): State<App>,
    Extension(ClientAddress(from)): Extension<ClientAddress>,
    Visitor(session): Visitor,
    body: Bytes,
) -> Response {
    let page = Page { app: &app, session: Some(&session), path: "/services", title: TITLE };
    let fields = match forms::read(&app, &session, &body) {
        Ok(fields) => fields,
        Err(error) => return page.failed(error),
    };
    let key = fields.get(SERVICE).map(String::as_str).unwrap_or_default();
    let note = fields.get("note").map(String::as_str);
    let sending = Sending { app: &app, session: &session, from, action: "remove-service", target: key };
    match sending.send(offboarding::check(&app, &session, key, note)).await {
        Ok(response) => response,
        Err(error) => page.failed(error),
    }
}
