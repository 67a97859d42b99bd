//! What can be done with a request: whoever asked withdraws it, and in the sandbox, what was merged is applied.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::server::app::App;
use crate::server::audit::Event;
use crate::server::error::{Answer, ApiError};
use crate::server::pages::forms;
use crate::server::pages::home::see;
use crate::server::pages::layout::Page;
use crate::server::pages::visitor::Visitor;
use crate::server::session::Session;
use crate::server::sign_in::check_again;
use crate::server::signed::ClientAddress;
use crate::server::work;

/// `POST /requests/{number}/withdraw`
pub(in crate::server::pages) async fn withdraw(
    State(app): State<App>,
    Extension(from): Extension<ClientAddress>,
    Visitor(session): Visitor,
    Path(number): Path<u64>,
    body: Bytes,
) -> Response {
    let request = Act { app: &app, session: &session, from, number, action: "withdraw" };
    let failed = "The request was not withdrawn";
    request.answer(failed, &body, withdrawn(&app, &session, number)).await
}

/// `POST /requests/{number}/apply`
pub(in crate::server::pages) async fn apply(
    State(app): State<App>,
    Extension(from): Extension<ClientAddress>,
    Visitor(session): Visitor,
    Path(number): Path<u64>,
    body: Bytes,
) -> Response {
    let request = Act { app: &app, session: &session, from, number, action: "apply" };
    request.answer("Not everything was applied", &body, applied(&app, &session)).await
}

/// Something that is done with a request.
struct Act<'a> {
    app: &'a App,
    session: &'a Session,
    from: ClientAddress,
    number: u64,
    action: &'static str,
}

impl Act<'_> {
    /// Does it if the form is one of ours, and records it. The answer leads back to the page of the request.
    async fn answer(&self, failed: &str, body: &Bytes, work: impl Future<Output = Answer<()>>) -> Response {
        let Self { app, session, from: ClientAddress(from), number, action } = *self;
        let page = Page { app, session: Some(session), path: "/requests", title: failed };
        if let Err(error) = forms::read(app, session, body) {
            return page.failed(error);
        }
        let done = work.await;
        let refused = done.as_ref().err().map(|error| error.message.clone());
        let (who, target) = (Some(session.login.clone()), Some(format!("#{number}")));
        app.record(from, Event { who, target, refused, ..Event::new(action) });
        match done {
            Ok(()) => see(app, &format!("/requests/{number}")),
            Err(error) => page.failed(error),
        }
    }
}

async fn withdrawn(app: &App, session: &Session, number: u64) -> Answer<()> {
    check_again(app, session).await?;
    let done = app.platform.onboarding.withdraw(number, &session.person.to_string()).await;
    app.platform.forget().await;
    done.map(drop).map_err(|failures| ApiError::of_platform(&failures))
}

async fn applied(app: &App, session: &Session) -> Answer<()> {
    check_again(app, session).await?;
    work::apply(app).await
}
