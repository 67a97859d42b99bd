//! Git's smart HTTP protocol, so that repositories can be cloned, fetched from and pushed to by their `clone_url`.
//!
//! Git itself serves it: its `http-backend` is a CGI program, which is run for each request. As on GitHub, anyone can
//! read a public repository, and only signed-in users can read a private one or push.

use std::io::{self, Write};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, PoisonError};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::accounts::{LOGIN, person};
use super::errors::ApiError;
use super::identity::access::Refusal;
use super::identity::permission::Need;
use super::pulls;
use super::repo_name::RepoName;
use super::request::Visit;
use super::state::{GitHub, Routes};
use super::webhooks::Announcer;

/// The routes, in addition to those of the API: `/{owner}/{name}.git/…`.
pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/{owner}/{repo}/info/refs", get(serve))
        .route("/{owner}/{repo}/git-upload-pack", post(serve))
        .route("/{owner}/{repo}/git-receive-pack", post(serve))
}

/// One request of a git client.
struct GitRequest {
    name: RepoName,
    /// `info/refs`, `git-upload-pack` or `git-receive-pack`.
    service: String,
    method: Method,
    query: String,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
}

async fn serve(
    State(github): State<Arc<GitHub>>,
    Extension(visit): Extension<Visit>,
    Path((owner, repo)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let repo = repo.strip_suffix(".git").unwrap_or(&repo);
    let name = RepoName::parse(&owner, repo).map_err(|_| ApiError::not_found())?;
    let service = uri.path().splitn(4, '/').nth(3).unwrap_or_default().to_owned();
    let query = uri.query().unwrap_or_default().to_owned();
    let request = GitRequest { name, service, method, query, headers, visit, body };
    let served = tokio::task::spawn_blocking(move || request.serve(&github)).await;
    served.unwrap_or_else(|error| Err(failed(&error.to_string())))
}

impl GitRequest {
    fn serve(&self, github: &GitHub) -> Result<Response, ApiError> {
        let repo = github.store.open(&self.name)?;
        let need = if self.pushes() { Need::WRITE_CONTENTS } else { Need::READ_CONTENTS };
        let private = repo.as_ref().is_none_or(|repo| repo.metadata.settings.private);
        let admitted = self.visit.access().admit(need, &self.name, private);
        if !self.visit.is_signed_in() && admitted.is_err() {
            return Ok(challenge());
        }
        match (repo, admitted) {
            (Some(_), Ok(_)) => {}
            (None, _) | (_, Err(Refusal::Hidden)) => return Err(ApiError::not_found()),
            (_, Err(_)) => return Err(ApiError::forbidden("Write access to repository not granted.")),
        }
        let lock = github.store.write_lock(&self.name);
        // A push is a writer like those of the API. The lock guards files that are replaced whole, so a panic elsewhere
        // leaves nothing half done.
        let _guard = self.pushes().then(|| lock.lock().unwrap_or_else(PoisonError::into_inner));
        let announcer = self.announcer(github)?;
        let output = self.run(github).map_err(|error| failed(&format!("git http-backend cannot be run: {error}")))?;
        if let (Some(announcer), Some(mut repo)) = (announcer, github.store.open(&self.name)?) {
            pulls::catch_up(&mut repo)?;
            let Visit { directory, links, caller } = &self.visit;
            let sender = person(links, caller.login().unwrap_or(LOGIN));
            announcer.announce(&repo, directory, links, &sender, &github.deliveries)?;
        }
        answer(&output)
    }

    /// For a push, the state before it. The caller holds the write lock.
    fn announcer(&self, github: &GitHub) -> Result<Option<Announcer>, ApiError> {
        match github.store.open(&self.name)? {
            Some(repo) if self.pushes() => Announcer::before(&repo, &self.visit.directory).map(Some),
            _ => Ok(None),
        }
    }

    fn pushes(&self) -> bool {
        self.service == "git-receive-pack" || self.query.contains("service=git-receive-pack")
    }

    fn run(&self, github: &GitHub) -> io::Result<Output> {
        let text =
            |name| self.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        let mut command = Command::new("git");
        command
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", std::path::absolute(github.store.root())?)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_PROTOCOL", text("git-protocol"))
            .env("PATH_INFO", format!("/{}.git/{}", self.name, self.service))
            .env("REQUEST_METHOD", self.method.as_str())
            .env("QUERY_STRING", &self.query)
            .env("CONTENT_TYPE", text("content-type"))
            .env("CONTENT_LENGTH", self.body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
            .env("REMOTE_ADDR", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.visit.is_signed_in() {
            // `http-backend` lets a named user push.
            command.env("REMOTE_USER", self.visit.caller.login().unwrap_or(LOGIN));
        }
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        // Git answers before it has read everything, so writing and reading must happen at the same time.
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| stdin.map_or(Ok(()), |mut stdin| stdin.write_all(&self.body)));
            let output = child.wait_with_output()?;
            match writing.join() {
                // Git may refuse before it has read everything; its answer says why.
                Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                _ => Ok(output),
            }
        })
    }
}

/// 401 that makes git ask for a password, or send it.
fn challenge() -> Response {
    let realm = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"GitHub\""))];
    (realm, ApiError::new(StatusCode::UNAUTHORIZED, "Requires authentication")).into_response()
}

fn failed(reason: &str) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The sandbox could not serve git: {reason}."))
}

/// The answer of a CGI program: header lines, an empty line, the body. The header `Status` holds the status; without
/// it, it is 200.
fn answer(output: &Output) -> Result<Response, ApiError> {
    let separator = output.stdout.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let Some(end) = separator else {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(failed(&format!("git http-backend printed no answer: {}", reason.trim())));
    };
    let mut response = Response::new(Body::from(output.stdout[end + 4..].to_vec()));
    for line in String::from_utf8_lossy(&output.stdout[..end]).lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse().ok());
            *response.status_mut() = code.ok_or_else(|| failed(&format!("git http-backend answered `{line}`")))?;
        } else if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
