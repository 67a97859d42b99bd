//! The sandbox's GitHub: the REST API over real bare git repositories on disk.
//!
//! Written from GitHub's published API document, never from koctl's client of it, so that a wrong belief about the API
//! cannot hide in both. An operation is a plain function of a repository and a request. This module puts it on its
//! route, opens the repository, and admits one writer at a time. Git blocks, so operations run on the blocking threads
//! of the runtime.
//!
//! | area | operations |
//! | --- | --- |
//! | `users`, `repos`, `branches` | who, which repositories, their branches |
//! | `refs`, `objects`, `commits` | the Git Data API |
//! | `contents`, `compare` | files by path, and what differs between two commits |
//! | `pulls` | pull requests and their merging |
//! | `issues`, `labels`, `comments` | what pull requests share with issues |
//! | `secrets` | Actions secrets, in sealed boxes that are opened |
//! | `seed` | repositories made from folders |
//! | `git_http` | clones, fetches and pushes of git clients |
//!
//! Below these are `store` (folders, locks), `repository` (one open repository), `metadata` (what git does not keep),
//! `tree` and `diff`; and for the wire `request`, `answer`, `errors`, `links`, `limits`.
//!
//! Any credential signs in the same user.

mod accounts;
mod answer;
mod branches;
mod clock;
mod comments;
mod commits;
mod compare;
mod contents;
mod diff;
mod errors;
mod git_http;
mod ids;
mod issues;
mod labels;
mod limits;
mod links;
mod metadata;
mod objects;
mod pulls;
mod refs;
mod repo_name;
mod repos;
mod repository;
mod request;
mod sealed_secrets;
mod secrets;
mod seed;
mod state;
mod store;
mod tree;
mod users;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use serde_json::json;

pub use errors::GitHubSandboxError;
pub use secrets::secret;
pub use seed::{ensure_repository, seed};

use answer::Answer;
use errors::ApiError;
use repo_name::RepoName;
use repository::Repo;
use request::{ApiRequest, SignedIn};
use state::{GitHub, Routes};
use store::Store;

/// A blob of 100 MB, GitHub's largest, is a third longer in Base64, plus the JSON around it.
const LARGEST_BODY: usize = 140 * 1024 * 1024;

/// A pull request that was to be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The full name of its repository.
    pub repository: String,
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// False if it conflicts with its base, or is a draft.
    pub is_merged: bool,
}

/// Merges the open pull requests of the repositories below `root`, which no router may serve meanwhile.
pub(super) fn merge_open(root: PathBuf) -> Result<Vec<Merged>, GitHubSandboxError> {
    let store = Store::new(root);
    let mut merged = Vec::new();
    for name in store.list(None)? {
        let Some(mut repo) = store.open(&name)? else { continue };
        let repository = name.to_string();
        let pulls = pulls::merge_open(&mut repo).map_err(|error| {
            let (repository, reason) = (repository.clone(), error.message().to_owned());
            GitHubSandboxError::Merge { repository, reason }
        })?;
        merged.extend(pulls.into_iter().map(|(number, title, is_merged)| {
            let repository = repository.clone();
            Merged { repository, number, title, is_merged }
        }));
    }
    Ok(merged)
}

/// Routes of GitHub's REST API over the bare repositories below `root`, which need not exist yet; for example
/// `GET /repos/{owner}/{repo}/git/ref/{*ref}`.
///
/// The router may be nested at any path: URLs in answers start with the address that the client used. Repositories that
/// appear below `root` later are served too. Only one router at a time may serve a root, because it writes to it.
///
/// Source of paths, fields and status codes: GitHub's OpenAPI document, as in the npm package `@octokit/openapi`.
pub(super) fn router(root: PathBuf) -> Router {
    let github = Arc::new(GitHub::new(root));
    Router::new()
        .merge(account_routes())
        .merge(repository_routes())
        .merge(git_routes())
        .merge(collaboration_routes())
        .merge(secret_routes())
        .merge(git_http::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(&github), admit))
        .with_state(github)
}

fn account_routes() -> Routes {
    Router::new()
        .route("/rate_limit", get(of_account(rate_limit)))
        .route("/user", get(of_account(users::get)))
        .route("/user/emails", get(of_account(users::emails)))
        .route("/user/orgs", get(of_account(users::organizations)))
        .route("/user/repos", get(of_account(repos::list_own)).post(of_account(repos::create_own)))
        .route("/users/{owner}/repos", get(of_account(repos::list_of)))
        .route("/orgs/{owner}/repos", get(of_account(repos::list_of)).post(of_account(repos::create_in_organization)))
}

fn repository_routes() -> Routes {
    Router::new()
        .route("/repos/{owner}/{repo}", get(reads(repos::get)))
        .route("/repos/{owner}/{repo}/branches", get(reads(branches::list)))
        .route("/repos/{owner}/{repo}/branches/{*branch}", get(reads(branches::get)))
        .route("/repos/{owner}/{repo}/contents", get(reads(contents::get)))
        .route("/repos/{owner}/{repo}/contents/", get(reads(contents::get)))
        .route(
            "/repos/{owner}/{repo}/contents/{*path}",
            get(reads(contents::get)).put(locked(contents::put)).delete(locked(contents::delete)),
        )
        .route("/raw/{owner}/{repo}/{ref}/{*path}", get(reads(contents::raw)))
        .route("/repos/{owner}/{repo}/compare/{*basehead}", get(reads(compare::get)))
        .route("/repos/{owner}/{repo}/commits", get(reads(commits::list)))
}

fn git_routes() -> Routes {
    Router::new()
        .route("/repos/{owner}/{repo}/git/ref/{*ref}", get(reads(refs::get)))
        .route("/repos/{owner}/{repo}/git/refs", post(locked(refs::create)))
        .route("/repos/{owner}/{repo}/git/refs/{*ref}", patch(locked(refs::update)).delete(locked(refs::delete)))
        .route("/repos/{owner}/{repo}/git/matching-refs/", get(reads(refs::matching)))
        .route("/repos/{owner}/{repo}/git/matching-refs/{*ref}", get(reads(refs::matching)))
        .route("/repos/{owner}/{repo}/git/blobs", post(locked(objects::create_blob)))
        .route("/repos/{owner}/{repo}/git/blobs/{sha}", get(reads(objects::get_blob)))
        .route("/repos/{owner}/{repo}/git/trees", post(locked(objects::create_tree)))
        .route("/repos/{owner}/{repo}/git/trees/{*sha}", get(reads(objects::get_tree)))
        .route("/repos/{owner}/{repo}/git/commits", post(locked(commits::create)))
        .route("/repos/{owner}/{repo}/git/commits/{sha}", get(reads(commits::get)))
}

fn collaboration_routes() -> Routes {
    Router::new()
        .route("/repos/{owner}/{repo}/pulls", get(locked(pulls::list)).post(locked(pulls::create)))
        .route("/repos/{owner}/{repo}/pulls/{number}", get(locked(pulls::get)).patch(locked(pulls::update)))
        .route("/repos/{owner}/{repo}/pulls/{number}/files", get(locked(pulls::files)))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge", put(locked(pulls::merge)))
        .route("/repos/{owner}/{repo}/issues", get(locked(issues::list)).post(locked(issues::create)))
        .route("/repos/{owner}/{repo}/issues/{number}", get(locked(issues::get)).patch(locked(issues::update)))
        .route(
            "/repos/{owner}/{repo}/issues/{number}/labels",
            get(reads(labels::list_on_issue)).post(locked(labels::add_to_issue)),
        )
        .route(
            "/repos/{owner}/{repo}/issues/{number}/comments",
            get(reads(comments::list)).post(locked(comments::create)),
        )
        .route("/repos/{owner}/{repo}/issues/comments/{id}", patch(locked(comments::update)))
        .route("/repos/{owner}/{repo}/labels", post(locked(labels::create)))
}

fn secret_routes() -> Routes {
    Router::new()
        .route("/repos/{owner}/{repo}/actions/secrets", get(reads(secrets::list)))
        .route("/repos/{owner}/{repo}/actions/secrets/public-key", get(locked(secrets::public_key)))
        .route(
            "/repos/{owner}/{repo}/actions/secrets/{name}",
            get(reads(secrets::get)).put(locked(secrets::put)).delete(locked(secrets::delete)),
        )
}

/// The handler of an operation that is not about a single repository.
fn of_account(operation: fn(&Store, &ApiRequest) -> Answer) -> impl Handle {
    move |request: ApiRequest| in_background(move || operation(&request.github.store, &request))
}

/// The handler of an operation that only reads a repository.
fn reads(operation: fn(&Repo, &ApiRequest) -> Answer) -> impl Handle {
    move |request: ApiRequest| in_background(move || operation(&open(&request)?, &request))
}

/// The handler of an operation that may change a repository: one at a time. Reading pull requests is one of them,
/// because their records first follow the branches.
fn locked(operation: fn(&mut Repo, &ApiRequest) -> Answer) -> impl Handle {
    move |request: ApiRequest| {
        in_background(move || {
            // Only existing repositories get a lock, so that made-up names take no memory.
            let name = open(&request)?.name;
            let lock = request.github.store.write_lock(&name);
            // The lock guards files that are replaced whole, so a panic elsewhere leaves nothing half done.
            let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
            operation(&mut open(&request)?, &request)
        })
    }
}

/// A handler of an [`ApiRequest`], in axum's terms.
trait Handle: Fn(ApiRequest) -> BoxFuture<'static, Answer> + Clone + Send + Sync + 'static {}

impl<F> Handle for F where F: Fn(ApiRequest) -> BoxFuture<'static, Answer> + Clone + Send + Sync + 'static {}

fn in_background(work: impl FnOnce() -> Answer + Send + 'static) -> BoxFuture<'static, Answer> {
    Box::pin(async {
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
            let message = format!("The sandbox could not finish the operation: {error}.");
            Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message))
        })
    })
}

/// The repository that the path names. A private one exists only for signed-in users.
fn open(request: &ApiRequest) -> Result<Repo, ApiError> {
    let name = RepoName::parse(request.param("owner"), request.param("repo")).map_err(|_| ApiError::not_found())?;
    let repo = request.github.store.open(&name)?;
    repo.filter(|repo| request.signed_in || !repo.metadata.settings.private).ok_or_else(ApiError::not_found)
}

/// `GET /rate_limit` (rate-limit/get), which costs nothing.
fn rate_limit(_: &Store, request: &ApiRequest) -> Answer {
    let core = request.github.budgets.spend(request.signed_in, 0).to_json();
    answer::ok(json!({"resources": {"core": core, "search": core}, "rate": core}))
}

async fn not_found() -> ApiError {
    ApiError::not_found()
}

/// The outermost layer: signs the client in, and reports its budget.
async fn admit(State(github): State<Arc<GitHub>>, mut request: Request, next: Next) -> Response {
    let cost = u64::from(request.uri().path() != "/rate_limit");
    let credential = credential(request.headers());
    let signed_in = matches!(credential, Ok(true));
    let budget = github.budgets.spend(signed_in, cost);
    let mut response = match credential {
        Ok(_) => {
            request.extensions_mut().insert(SignedIn(signed_in));
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    budget.describe(response.headers_mut());
    response
}

/// True if a request carries a credential; 401 if its Authorization header holds none. Git clients send theirs as the
/// password of HTTP's basic authentication.
fn credential(headers: &HeaderMap) -> Result<bool, ApiError> {
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return Ok(false);
    };
    let text = header.to_str().unwrap_or_default();
    let (scheme, secret) = text.split_once(' ').unwrap_or((text, ""));
    let known = match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => !secret.trim().is_empty(),
        "basic" => has_password(secret),
        _ => false,
    };
    if known { Ok(true) } else { Err(ApiError::new(StatusCode::UNAUTHORIZED, "Bad credentials")) }
}

/// True if the Base64 text of a name, a colon and a password has a password.
fn has_password(secret: &str) -> bool {
    let decoded = STANDARD.decode(secret.trim()).unwrap_or_default();
    decoded.iter().position(|byte| *byte == b':').is_some_and(|colon| colon + 1 < decoded.len())
}
