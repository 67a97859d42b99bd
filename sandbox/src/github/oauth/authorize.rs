//! `/login/oauth/authorize`: a person is chosen, and goes back to the app with a code.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::codes::Code;
use super::form::Form;
use super::redirect::{redirect, resolve};
use crate::github::clock::now;
use crate::github::errors::ApiError;
use crate::github::identity::apps::App;
use crate::github::identity::directory::{Directory, OrganizationRole, Person};
use crate::github::identity::names::{EVERY_OTHER, same};
use crate::github::identity::scopes::Scopes;
use crate::github::page::{escape, hidden, page, refuse_foreign};
use crate::github::request::Visit;
use crate::github::state::GitHub;

/// The page that explains the errors below.
const ERRORS: &str =
    "/apps/building-integrations/setting-up-and-registering-oauth-apps/troubleshooting-authorization-request-errors/";

/// The parameters that the page passes on.
const PASSED_ON: [&str; 6] = ["client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];

/// A valid request for authorization.
struct Asked<'a> {
    app: &'a App,
    /// The address that the person comes back to.
    target: String,
    form: &'a Form,
}

/// `GET /login/oauth/authorize`: the page with the people.
pub(in crate::github) async fn ask(Extension(visit): Extension<Visit>, RawQuery(query): RawQuery) -> Response {
    let form = Form::of_query(query.as_deref());
    match Asked::check(&visit.directory, &form) {
        Ok(asked) => asked.page(&visit.directory),
        Err(refusal) => *refusal,
    }
}

/// `POST /login/oauth/authorize`: the page's form. It sends the person back with a code, or with the refusal.
pub(in crate::github) async fn decide(
    State(github): State<Arc<GitHub>>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    if let Err(refusal) = refuse_foreign(&headers) {
        return Ok(*refusal);
    }
    let form = Form::of_body(None, &headers, &body);
    let asked = match Asked::check(&visit.directory, &form) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(*refusal),
    };
    let Some(person) = form.get("person").and_then(|login| visit.directory.person(login)) else {
        return Ok(asked.refuse(&asked.target, "access_denied", "The user has denied your application access."));
    };
    let scopes = match (&asked.app.github_app, form.get("scope")) {
        // Permissions of a GitHub App are those that it is registered with.
        (Some(_), _) => Scopes::default(),
        (None, Some(scope)) => Scopes::parse(scope),
        (None, None) => github.tokens.scopes_of(&asked.app.client_id, &person.login)?,
    };
    let code = github.codes.add(Code {
        client_id: asked.app.client_id.clone(),
        login: person.login.clone(),
        redirect_uri: asked.target.clone(),
        scopes,
        challenge: form.get("code_challenge").map(str::to_owned),
        at: now(),
    });
    let mut parameters = vec![("code", code.as_str())];
    parameters.extend(form.get("state").map(|state| ("state", state)));
    Ok(redirect(&asked.target, &parameters))
}

impl<'a> Asked<'a> {
    fn check(directory: &'a Directory, form: &'a Form) -> Result<Self, Box<Response>> {
        let Some(app) = form.get("client_id").and_then(|client_id| directory.app(client_id)) else {
            let content =
                "<p>No app has this <code>client_id</code>. The apps of the sandbox are in its list of accounts.</p>";
            return Err(Box::new(page(StatusCode::NOT_FOUND, "No such app", content, None)));
        };
        let registered = resolve(app, None).unwrap_or_default();
        let asked = |target: String| Self { app, target, form };
        if app.suspended {
            let description = "Your application has been suspended. Contact support@github.com.";
            return Err(Box::new(asked(String::new()).refuse(&registered, "application_suspended", description)));
        }
        let Some(target) = resolve(app, form.get("redirect_uri")) else {
            let description = "The redirect_uri MUST match the registered callback URL for this application.";
            return Err(Box::new(asked(String::new()).refuse(&registered, "redirect_uri_mismatch", description)));
        };
        let asked = asked(target);
        if !has_usable_challenge(form) {
            let description = "The code_challenge must have 43 characters, and the code_challenge_method must be S256.";
            return Err(Box::new(asked.refuse(&asked.target, "invalid_request", description)));
        }
        Ok(asked)
    }

    fn refuse(&self, target: &str, error: &str, description: &str) -> Response {
        let explained = format!("{ERRORS}#{}", error.replace('_', "-"));
        let mut parameters = vec![("error", error), ("error_description", description), ("error_uri", &explained)];
        parameters.extend(self.form.get("state").map(|state| ("state", state)));
        redirect(target, &parameters)
    }

    fn page(&self, directory: &Directory) -> Response {
        let fields = PASSED_ON.into_iter().filter_map(|name| Some(hidden(name, self.form.get(name)?)));
        let fields: String = fields.collect();
        let mut people: Vec<&Person> = directory.people.iter().collect();
        let suggested = self.form.get("login");
        people.sort_by_key(|person| !suggested.is_some_and(|login| same(login, &person.login)));
        let buttons: String = people.into_iter().map(|person| button(directory, person)).collect();
        let name = escape(&self.app.name);
        let content = format!(
            "<p><strong>{name}</strong> wants to know who you are, and asks for {}. This is a sandbox: be anyone.</p>\n\
             <form method=\"post\" action=\"authorize\">\n{fields}{buttons}\
             <button name=\"cancel\" value=\"1\">Cancel</button>\n</form>",
            self.wishes()
        );
        page(StatusCode::OK, "Sign in to the sandbox", &content, Some(&self.target))
    }

    /// The rights that the app asks for, in words.
    fn wishes(&self) -> String {
        let scopes = Scopes::parse(self.form.get("scope").unwrap_or_default());
        match &self.app.github_app {
            Some(github_app) => {
                let list = github_app.permissions.iter().map(|(resource, level)| format!("{resource}: {level}"));
                escape(&list.collect::<Vec<_>>().join(", "))
            }
            None if scopes.iter().next().is_none() => "public information only".to_owned(),
            None => escape(&scopes.to_string()),
        }
    }
}

/// True if there is no challenge of PKCE, or one that GitHub supports.
fn has_usable_challenge(form: &Form) -> bool {
    let Some(challenge) = form.get("code_challenge") else { return form.get("code_challenge_method").is_none() };
    challenge.len() == 43 && form.get("code_challenge_method") == Some("S256")
}

/// The button of a person, who signs in with one click.
fn button(directory: &Directory, person: &Person) -> String {
    let (login, name) = (escape(&person.login), escape(person.display_name()));
    let roles = escape(&roles(directory, person));
    format!(
        "<button name=\"person\" value=\"{login}\"><strong>{login}</strong> {name}<small>{roles}</small></button>\n"
    )
}

/// The organizations of a person, in words.
fn roles(directory: &Directory, person: &Person) -> String {
    let in_words = directory.organizations.iter().filter_map(|organization| {
        let role = match organization.role_of(&person.login)? {
            OrganizationRole::Admin => "owner",
            OrganizationRole::Member => "member",
        };
        let others = if directory.organizations.len() > 1 { "every other organization" } else { "every organization" };
        let name = if organization.login == EVERY_OTHER { others } else { &organization.login };
        Some(format!("{role} of {name}"))
    });
    let in_words = in_words.collect::<Vec<_>>().join(", ");
    if in_words.is_empty() { "member of no organization".to_owned() } else { in_words }
}
