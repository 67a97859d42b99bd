//! Pages of pull requests, where the addresses in answers lead: a person looks at one, and merges or closes it.
//!
//! The pages of GitHub are not documented; these are the sandbox's own. Nobody signs in to them: whoever opens one is the
//! sandbox's own user, as is every client without a token of a person. A page of another site cannot send their forms.

use std::sync::{Arc, PoisonError};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{HOST, LOCATION, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::accounts::{operator, person};
use super::errors::ApiError;
use super::page::{escape, page, refuse_foreign};
use super::pulls;
use super::repo_name::RepoName;
use super::repository::Repo;
use super::request::Visit;
use super::state::{GitHub, Routes};
use super::webhooks::Announcer;

/// The routes of the pages.
pub(super) fn routes() -> Routes {
    Routes::new().route("/{owner}/{repo}/pulls", get(list)).route("/{owner}/{repo}/pull/{number}", get(show).post(act))
}

/// `GET /{owner}/{repo}/pulls`: the open pull requests.
async fn list(
    State(github): State<Arc<GitHub>>,
    Extension(visit): Extension<Visit>,
    Path((owner, repo)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    on_repository(github, visit, owner, repo, |repo, _| {
        let name = repo.name.to_string();
        let open = pulls::open_numbers(repo);
        let items: String = open
            .iter()
            .map(|(number, title)| format!("<li><a href=\"pull/{number}\">#{number} {}</a></li>\n", escape(title)))
            .collect();
        let content =
            if open.is_empty() { "<p>No pull request is open.</p>".to_owned() } else { format!("<ul>\n{items}</ul>") };
        Ok(page(StatusCode::OK, &format!("Pull requests of {name}"), &content, None))
    })
    .await
}

/// `GET /{owner}/{repo}/pull/{number}`
async fn show(
    State(github): State<Arc<GitHub>>,
    Extension(visit): Extension<Visit>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
) -> Result<Response, ApiError> {
    on_repository(github, visit, owner, repo, move |repo, visit| shown(repo, visit, number, "")).await
}

/// `POST /{owner}/{repo}/pull/{number}`: the buttons of the page.
async fn act(
    State(github): State<Arc<GitHub>>,
    Extension(visit): Extension<Visit>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    if let Err(refusal) = refuse_foreign(&headers) {
        return Ok(*refusal);
    }
    if is_of_other_origin(&headers) {
        return Err(ApiError::forbidden("The form was sent by another site."));
    }
    let merges = url::form_urlencoded::parse(&body).any(|(name, value)| name == "do" && value == "merge");
    on_repository(github, visit, owner, repo, move |repo, visit| {
        let is_done = match merges {
            true => pulls::merge_number(repo, number)?.is_some_and(|(_, is_merged)| is_merged),
            false => pulls::close_number(repo, number)?,
        };
        if !is_done {
            return shown(repo, visit, number, "<p><strong>It could not be done.</strong></p>\n");
        }
        let mut response = StatusCode::SEE_OTHER.into_response();
        // To the same page, which says what became of it.
        response.headers_mut().insert(LOCATION, HeaderValue::from(number));
        Ok(response)
    })
    .await
}

/// True if a browser names another origin than this server.
fn is_of_other_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    text(ORIGIN).is_some_and(|origin| text(HOST).is_none_or(|host| origin != format!("http://{host}")))
}

/// Works on a repository, one at a time, and announces what happened.
async fn on_repository(
    github: Arc<GitHub>,
    visit: Visit,
    owner: String,
    repo: String,
    work: impl FnOnce(&mut Repo, &Visit) -> Result<Response, ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let working = tokio::task::spawn_blocking(move || {
        let name = RepoName::parse(&owner, &repo).map_err(|_| ApiError::not_found())?;
        // Only existing repositories get a lock, so that made-up names take no memory.
        let name = github.store.open(&name)?.ok_or_else(ApiError::not_found)?.name;
        let lock = github.store.write_lock(&name);
        let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut repo = github.store.open(&name)?.ok_or_else(ApiError::not_found)?;
        pulls::catch_up(&mut repo)?;
        let announcer = Announcer::before(&repo, &visit.directory)?;
        let answer = work(&mut repo, &visit);
        if announcer.is_heard() {
            pulls::catch_up(&mut repo)?;
        }
        let sender = person(&visit.links, &operator());
        announcer.announce(&repo, &visit.directory, &visit.links, &sender, &github.deliveries)?;
        answer
    });
    working.await.unwrap_or_else(|error| {
        let message = format!("The sandbox could not finish the page: {error}.");
        Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message))
    })
}

/// The page of a pull request. `notice` is HTML.
fn shown(repo: &Repo, visit: &Visit, number: u64, notice: &str) -> Result<Response, ApiError> {
    let pull = pulls::to_json(repo, &visit.links, number)?.ok_or_else(ApiError::not_found)?;
    let files = pulls::changed_files(repo, &visit.links, number)?.unwrap_or_default();
    let text = |value: &Value| escape(value.as_str().unwrap_or_default());
    let (state, buttons) = standing(&pull);
    let head = format!(
        "<p><strong>{state}</strong> · {} into {} · by {}</p>\n",
        text(&pull["head"]["ref"]),
        text(&pull["base"]["ref"]),
        text(&pull["user"]["login"])
    );
    let body = format!("<h2>Description</h2>\n<pre>{}</pre>\n", text(&pull["body"]));
    let files: String = files.iter().map(file).collect();
    let content = format!("{notice}{head}{buttons}{}{body}<h2>Files</h2>\n{files}", checks(repo, &pull));
    let title = format!("#{number} {}", pull["title"].as_str().unwrap_or_default());
    Ok(page(StatusCode::OK, &title, &content, None))
}

/// How it stands, and the buttons for what can be done.
fn standing(pull: &Value) -> (&'static str, String) {
    let form = |buttons: &str| format!("<form method=\"post\">\n{buttons}</form>\n");
    let merge = "<button name=\"do\" value=\"merge\">Merge</button>\n";
    let close = "<button name=\"do\" value=\"close\">Close without merging</button>\n";
    match (pull["merged"].as_bool(), pull["state"].as_str(), pull["mergeable"].as_bool()) {
        (Some(true), ..) => ("Merged", String::new()),
        (_, Some("closed"), _) => ("Closed", String::new()),
        (_, _, Some(false)) => ("Conflicts with its base", form(close)),
        _ if pull["draft"] == true => ("Draft", form(close)),
        _ => ("Open", form(&format!("{merge}{close}"))),
    }
}

/// What programs say of its commit. Empty if there is nothing.
fn checks(repo: &Repo, pull: &Value) -> String {
    let sha = pull["head"]["sha"].as_str().unwrap_or_default();
    let runs = repo.metadata.check_runs.iter().filter(|run| run.commit.to_string() == sha);
    let items: String = runs
        .map(|run| {
            let result = run.conclusion.as_deref().unwrap_or(&run.status);
            format!("<li>{}: {}</li>\n", escape(&run.name), escape(result))
        })
        .collect();
    if items.is_empty() { items } else { format!("<h2>Checks</h2>\n<ul>\n{items}</ul>\n") }
}

fn file(file: &Value) -> String {
    let text = |name: &str| file[name].as_str().unwrap_or_default();
    let lines: String = text("patch")
        .lines()
        .map(|line| match line.as_bytes().first() {
            Some(b'+') => format!("<ins>{}</ins>\n", escape(line)),
            Some(b'-') => format!("<del>{}</del>\n", escape(line)),
            _ => format!("{}\n", escape(line)),
        })
        .collect();
    format!("<h3>{} ({})</h3>\n<pre>{lines}</pre>\n", escape(text("filename")), escape(text("status")))
}
