//! What all pages have: head, navigation, foot; and the page of an error.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::forms;
use super::style;
use crate::server::app::App;
use crate::server::error::ApiError;
use crate::server::session::Session;

/// The pages in the navigation, by their path.
const PAGES: [(&str, &str); 4] =
    [("/services", "Services"), ("/teams", "Teams"), ("/requests", "Requests"), ("/onboard", "Add a service")];

/// A page for whoever is signed in, or for everybody.
pub(super) struct Page<'a> {
    pub(super) app: &'a App,
    pub(super) session: Option<&'a Session>,
    /// The path of the page in the navigation.
    pub(super) path: &'a str,
    pub(super) title: &'a str,
}

impl Page<'_> {
    /// The page with this content.
    pub(super) fn show(&self, content: Markup) -> Response {
        self.answer(StatusCode::OK, content)
    }

    /// The same with another status.
    pub(super) fn answer(&self, status: StatusCode, content: Markup) -> Response {
        (status, axum::response::Html(self.html(&content).into_string())).into_response()
    }

    /// The page for an error. What the error says is all there is: no address, no trace.
    pub(super) fn failed(&self, error: ApiError) -> Response {
        let content = html! {
            div.notice.bad role="alert" {
                p { (sentence(&error.message)) }
                @if error.status == StatusCode::UNAUTHORIZED {
                    p { a href=(self.link("/auth/github")) { "Sign in again" } }
                }
            }
        };
        let mut response = error.into_response();
        let html = self.html(&content).into_string();
        *response.body_mut() = html.into();
        let kind = http::HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
        response.headers_mut().remove(http::header::CONTENT_LENGTH);
        response
    }

    /// A path of the portal as a link.
    pub(super) fn link(&self, path: &str) -> String {
        link(self.app, path)
    }

    fn html(&self, content: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " · API platform" }
                    link rel="stylesheet" href=(self.link(style::PATH));
                    link rel="icon" href="data:,";
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header {
                        a.name href=(self.link("/")) { "API platform" }
                        @if let Some(session) = self.session { (self.navigation(session)) }
                    }
                    main #content {
                        h1 { (self.title) }
                        (content)
                    }
                    footer { "koctl " (env!("CARGO_PKG_VERSION")) " · " (self.app.platform.onboarding.repository()) }
                }
            }
        }
    }

    fn navigation(&self, session: &Session) -> Markup {
        html! {
            nav aria-label="Pages" {
                ul {
                    @for (path, name) in PAGES {
                        li { a href=(self.link(path)) aria-current=[(path == self.path).then_some("page")] { (name) } }
                    }
                }
            }
            form method="post" action=(self.link("/sign-out")) {
                (forms::token(self.app, session))
                span { (session.login) }
                button.plain { "Sign out" }
            }
        }
    }
}

/// Why something was not done: one problem a line, each with what to do.
pub(super) fn refused(what: &str, error: &ApiError) -> Markup {
    let only = match error.problems.as_slice() {
        [] => Some((error.message.as_str(), None)),
        [one] => Some((one.text.as_str(), one.help.as_deref())),
        _ => None,
    };
    html! {
        div.notice.bad role="alert" {
            @match only {
                Some((text, help)) => {
                    p { strong { (what) } " " (sentence(text)) }
                    @if let Some(help) = help { p.hint { "What to do: " (sentence(help)) } }
                }
                None => {
                    p { strong { (what) } " " (error.problems.len()) " things are to be corrected:" }
                    ul {
                        @for one in &error.problems {
                            li { (sentence(&one.text)) @if let Some(help) = &one.help { span.hint { "What to do: " (sentence(help)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// A path of the portal as a link.
pub(super) fn link(app: &App, path: &str) -> String {
    format!("{}{path}", app.cookies.path.trim_end_matches('/'))
}

/// A message as a sentence.
pub(super) fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
