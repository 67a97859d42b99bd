//! The first page, and how a session of the portal begins and ends.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use maud::html;

use super::forms;
use super::layout::{Page, link};
use crate::server::app::App;
use crate::server::session::{FORGERY, SESSION, Session};
use crate::server::sign_in::end;
use crate::server::signed::ClientAddress;

/// `GET /`
pub(super) async fn show(State(app): State<App>, session: Option<Session>) -> Response {
    let page = Page { app: &app, session: session.as_ref(), path: "/", title: "Publish your API" };
    let circles: Vec<String> = app.settings.sign_in.iter().map(ToString::to_string).collect();
    page.show(html! {
        p {
            "Here you add your team's service to the company's API platform. Its OpenAPI document becomes an API in Kong \
             Konnect, with a gateway in front of it and a page in the developer portal."
        }
        ol {
            li { "Choose the repository of your service." }
            li { "Say which team it belongs to, and which branches hold the OpenAPI document." }
            li { "A pull request follows. The platform team reviews it, and merging it publishes your API." }
        }
        @if session.is_some() {
            p { a.button href=(page.link("/onboard")) { "Add a service" } }
        } @else {
            p { a.button href=(page.link("/auth/github")) { "Sign in with GitHub" } }
            p.hint { "For members of " (circles.join(", ")) "." }
        }
    })
}

/// `GET /auth/success`: the sign-in ended here, and not at another UI.
pub(super) async fn arrive(State(app): State<App>) -> Response {
    see(&app, "/services")
}

/// `POST /sign-out`
pub(super) async fn sign_out(
    State(app): State<App>,
    Extension(ClientAddress(from)): Extension<ClientAddress>,
    session: Option<Session>,
    body: Bytes,
) -> Response {
    let Some(session) = session else { return see(&app, "/") };
    if let Err(error) = forms::read(&app, &session, &body) {
        return Page { app: &app, session: Some(&session), path: "", title: "You are still signed in" }.failed(error);
    }
    end(&app, from, session).await;
    let mut response = see(&app, "/");
    for name in [SESSION, FORGERY] {
        response.headers_mut().append(SET_COOKIE, app.cookies.cleared(name));
    }
    response
}

/// A redirect to a page, which the browser then gets.
pub(super) fn see(app: &App, path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(target) = HeaderValue::try_from(link(app, path)) {
        response.headers_mut().insert(LOCATION, target);
    }
    response
}
