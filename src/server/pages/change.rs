//! Changing a service: what it is now can be edited, what would change is shown, and then asked for.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::choices::{Choices, chosen_environments, environments, hidden_environments};
use super::forms::{self, Field, STEP};
use super::layout::{Page, refused};
use super::sending::{Sending, Shown};
use super::visitor::Visitor;
use crate::manifest::model::EnvironmentType;
use crate::server::app::App;
use crate::server::changing::{self, AskedChange};
use crate::server::error::{Answer, ApiError};
use crate::server::owned::{Owned, owned};
use crate::server::places::listing;
use crate::server::session::Session;
use crate::server::signed::ClientAddress;

const PATH: &str = "/change";
const TITLE: &str = "Change a service";
/// The name of the field with the key.
const SERVICE: &str = "service";

/// What a text of the form fills in.
type Place = fn(&mut AskedChange) -> &mut String;

/// The texts of the form, by name.
const TEXTS: [(&str, Place); 6] = [
    ("name", |asked| &mut asked.name),
    ("description", |asked| &mut asked.description),
    ("specification", |asked| &mut asked.spec_path),
    ("production", |asked| &mut asked.prod_branch),
    ("development", |asked| &mut asked.dev_branch),
    ("note", |asked| &mut asked.note),
];

fn page<'a>(app: &'a App, session: &'a Session) -> Page<'a> {
    Page { app, session: Some(session), path: "/services", title: TITLE }
}

/// `GET /change?service=KEY`: the form.
pub(super) async fn show(
    State(app): State<App>,
    Visitor(session): Visitor,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let page = page(&app, &session);
    let key = parameters.get(SERVICE).map(String::as_str).unwrap_or_default();
    match offer(&app, &session, key).await {
        Ok((owned, choices)) => page.show(form(&page, &session, &owned, &choices, &now(&owned), None)),
        Err(error) => page.answer(error.status, refused("The service cannot be changed.", &error)),
    }
}

/// The service, and what its repository offers.
async fn offer(app: &App, session: &Session, key: &str) -> Answer<(Owned, Choices)> {
    let owned = owned(app, session, key, "change").await?;
    let service = &owned.service;
    let branches = [service.branch(EnvironmentType::Prod), service.branch(EnvironmentType::Dev)];
    let choices = Choices::of(&app.reader(session)?, &owned.repository, branches[0]).await?;
    let choices = choices.with(branches, &service.spec_path);
    Ok((owned, choices))
}

/// The service as it is, as if it was filled in.
fn now(owned: &Owned) -> AskedChange {
    let service = owned.service.clone();
    let listing = listing(owned.configuration.manifest());
    let takes_part = owned.environments();
    AskedChange {
        name: service.name,
        // Browsers take line breaks out of a field of one line, and leave nothing in their place.
        description: service.description.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
        spec_path: service.spec_path,
        prod_branch: service.prod_branch_name,
        dev_branch: service.dev_branch_name,
        environments: takes_part.into_iter().filter(|name| listing.contains_key(name)).collect::<BTreeSet<_>>(),
        note: String::new(),
    }
}

fn form(
    page: &Page<'_>,
    session: &Session,
    owned: &Owned,
    choices: &Choices,
    filled: &AskedChange,
    wrong: Option<&ApiError>,
) -> Markup {
    let field = |name, label, hint, value| Field { name, label, hint, value, wrong: None };
    html! {
        @if let Some(wrong) = wrong { (refused("The service was not changed.", wrong)) }
        p { "You ask to change " strong { (owned.key) } " of the team " (owned.team) ". What you leave as it is stays so." }
        form method="post" action=(page.link(PATH)) {
            (forms::token(page.app, session))
            input type="hidden" name=(SERVICE) value=(owned.key);
            (field("name", "Name", "Its APIs are named after it. If you rename it, they are renamed, and not made anew.",
                &filled.name).line())
            (field("description", "Description", "What the service is for.", &filled.description).line())
            (choices.specification(&filled.spec_path))
            (choices.production(&filled.prod_branch))
            (choices.development(&filled.dev_branch))
            (environments(owned.configuration.manifest(), &filled.environments))
            (field("note", "A word to the reviewer", "Optional.", &filled.note).line())
            p { "Next you see what would change. Nothing is sent yet." }
            button name=(STEP) value="preview" { "Check and preview" }
        }
    }
}

/// `POST /change`: the next step, which the button says.
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
    let asked = asked(&fields);
    let done = match fields.get(STEP).map(String::as_str) {
        Some("submit") => {
            let sending = Sending { app: &app, session: &session, from, action: "change-service", target: key };
            sending.send(changing::check(&app, &session, key, &asked)).await
        }
        Some("edit") => return filled_in(&page, &session, key, &asked, None).await,
        _ => changing::check(&app, &session, key, &asked).await.map(|checked| {
            let shown = Shown {
                preview: &checked.preview,
                path: PATH,
                filled: hidden(key, &asked),
                merging: "merging it changes the service.",
                button: "Ask to change the service",
            };
            page.show(shown.content(&page, &session))
        }),
    };
    match done {
        Ok(response) => response,
        // A session that is over cannot fill in the form again.
        Err(error) if error.status == StatusCode::UNAUTHORIZED => page.failed(error),
        Err(error) => filled_in(&page, &session, key, &asked, Some(error)).await,
    }
}

fn asked(fields: &BTreeMap<String, String>) -> AskedChange {
    let mut asked = AskedChange { environments: chosen_environments(fields), ..AskedChange::default() };
    for (name, text) in TEXTS {
        *text(&mut asked) = fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    }
    asked
}

/// What was filled in, as hidden fields.
fn hidden(key: &str, asked: &AskedChange) -> Markup {
    let mut asked = asked.clone();
    let texts: Vec<(&str, String)> = TEXTS.map(|(name, text)| (name, std::mem::take(text(&mut asked)))).into();
    html! {
        input type="hidden" name=(SERVICE) value=(key);
        @for (name, value) in texts { input type="hidden" name=(name) value=(value); }
        (hidden_environments(&asked.environments))
    }
}

/// The form as it was filled in, with what is wrong.
async fn filled_in(
    page: &Page<'_>,
    session: &Session,
    key: &str,
    asked: &AskedChange,
    wrong: Option<ApiError>,
) -> Response {
    match (offer(page.app, session, key).await, wrong) {
        (Ok((owned, choices)), wrong) => {
            let status = wrong.as_ref().map_or(StatusCode::OK, |error| error.status);
            page.answer(status, form(page, session, &owned, &choices, asked, wrong.as_ref()))
        }
        // Why the form cannot be shown matters less than why it was refused.
        (Err(_), Some(wrong)) => page.failed(wrong),
        (Err(error), None) => page.failed(error),
    }
}
