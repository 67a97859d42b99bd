//! A change that was checked: it is shown with what it does, and then sent.

use std::net::IpAddr;

use axum::response::Response;
use maud::{Markup, html};

use super::forms::{self, STEP};
use super::home::see;
use super::layout::Page;
use super::preview;
use crate::operations::{Preview, Proposed};
use crate::server::app::App;
use crate::server::audit::Event;
use crate::server::error::Answer;
use crate::server::session::Session;
use crate::server::sign_in::check_again;
use crate::server::wish::Previewed;

/// What would change, and the buttons that send it or go back.
pub(super) struct Shown<'a> {
    pub(super) preview: &'a Preview,
    /// The path that the form is sent to.
    pub(super) path: &'a str,
    /// What was filled in, as hidden fields.
    pub(super) filled: Markup,
    /// What merging the pull request does.
    pub(super) merging: &'a str,
    /// The button that sends it.
    pub(super) button: &'a str,
}

impl Shown<'_> {
    pub(super) fn content(&self, page: &Page<'_>, session: &Session) -> Markup {
        html! {
            (preview::content(self.preview))
            form method="post" action=(page.link(self.path)) {
                (forms::token(page.app, session))
                (self.filled)
                p { "A pull request with this change follows. The platform team reviews it, and " (self.merging) }
                div.buttons {
                    button name=(STEP) value="submit" { (self.button) }
                    button.plain name=(STEP) value="edit" { "Change something" }
                }
            }
        }
    }
}

/// A change that is sent.
pub(super) struct Sending<'a> {
    pub(super) app: &'a App,
    pub(super) session: &'a Session,
    /// Where the request comes from.
    pub(super) from: IpAddr,
    /// What is done, as it is recorded: `add-service`.
    pub(super) action: &'static str,
    /// The key of the service, or what was given for one.
    pub(super) target: &'a str,
}

impl Sending<'_> {
    /// Opens the pull request of a change, after GitHub was asked again if the person may sign in. It is recorded, whatever
    /// comes of it. The answer leads to the page of the request.
    pub(super) async fn send(&self, checked: impl Future<Output = Answer<Previewed>>) -> Answer<Response> {
        let sent = self.sent(checked).await;
        let mut event = Event { who: Some(self.session.login.clone()), ..Event::new(self.action) };
        event.target = Some(self.target.to_owned());
        event.pull_request = sent.as_ref().ok().and_then(|proposed| proposed.url.clone());
        event.refused = sent.as_ref().err().map(|error| error.message.clone());
        self.app.record(self.from, event);
        Ok(see(self.app, &format!("/requests/{}?new=1", sent?.number)))
    }

    async fn sent(&self, checked: impl Future<Output = Answer<Previewed>>) -> Answer<Proposed> {
        check_again(self.app, self.session).await?;
        let Previewed { wish, preview } = checked.await?;
        let proposed = wish.submit(self.app, self.session, &preview).await?;
        for warning in &proposed.warnings {
            tracing::warn!(warning, "a part of a request could not be done");
        }
        Ok(proposed)
    }
}
