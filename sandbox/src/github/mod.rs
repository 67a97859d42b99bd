//! The sandbox's GitHub: the REST API over real bare git repositories on disk.
//!
//! Written from GitHub's published API document, never from koctl's client of it, so that a wrong belief about the API
//! cannot hide in both. An operation is a plain function of a repository and a request. `routes` puts it on its
//! route, with the rights that it needs, opens the repository, and admits one writer at a time. Git blocks, so operations
//! run on the blocking threads of the runtime.
//!
//! | area | operations |
//! | --- | --- |
//! | `users`, `organizations`, `teams`, `collaborators` | who there is, and who belongs where |
//! | `oauth` | signing in, and what apps do with their tokens |
//! | `apps` | GitHub Apps that act for themselves, and their installations |
//! | `admin` | the accounts and apps themselves, which the real GitHub has no API for |
//! | `repos`, `repo_lists`, `branches` | repositories, lists of them, their branches |
//! | `refs`, `objects`, `commits` | the Git Data API |
//! | `contents`, `compare` | files by path, and what differs between two commits |
//! | `pulls` | pull requests and their merging |
//! | `pull_pages` | pages on which a person looks at pull requests, and merges or closes them |
//! | `reviews`, `checks` | reviews of pull requests, and what programs say of commits |
//! | `webhooks` | events, signed and delivered |
//! | `issues`, `labels`, `comments` | what pull requests share with issues |
//! | `secrets` | Actions secrets, in sealed boxes that are opened |
//! | `seed` | repositories made from folders |
//! | `git_http` | clones, fetches and pushes of git clients |
//!
//! Below these are `identity` (who may do what), `store` (folders, locks), `repository` (one open repository), `metadata`
//! (what git does not keep), `tree` and `diff`; and for the wire `request`, `answer`, `errors`, `links`, `limits`,
//! `conditional`, `page`.
//!
//! Tokens that the sandbox issued are those of people and apps, and open what these may see. Any other credential signs in
//! the sandbox's own user, who may do everything.

mod accounts;
mod admin;
mod answer;
mod apps;
mod branches;
mod checks;
mod clock;
mod collaborators;
mod comments;
mod commits;
mod compare;
mod conditional;
mod contents;
mod diff;
mod errors;
mod files;
mod git_http;
mod identity;
mod ids;
mod issues;
mod labels;
mod limits;
mod links;
mod metadata;
mod oauth;
mod objects;
mod organizations;
mod page;
mod pull_pages;
mod pulls;
mod refs;
mod repo_lists;
mod repo_name;
mod repos;
mod repository;
mod request;
mod reviews;
mod routes;
mod sealed_secrets;
mod secrets;
mod seed;
mod state;
mod store;
mod teams;
mod tree;
mod users;
mod webhooks;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use errors::GitHubSandboxError;
pub use identity::defaults::GITHUB_APP;
pub use secrets::secret;
pub use seed::{ensure_repository, seed};

use errors::ApiError;
use identity::caller::{Caller, Credential};
use request::Visit;
use state::GitHub;
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
        .merge(routes::all())
        .merge(git_http::routes())
        .merge(pull_pages::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(&github), admit))
        .with_state(github)
}

async fn not_found() -> ApiError {
    ApiError::not_found()
}

/// The outermost layer: signs the client in, and reports its budget. As on GitHub, an answer that says that nothing
/// changed costs nothing.
async fn admit(State(github): State<Arc<GitHub>>, mut request: Request, next: Next) -> Response {
    let visit = match visit(&github, &request) {
        Ok(visit) => visit,
        Err(refusal) => {
            let mut response = refusal.into_response();
            github.budgets.spend("", 1).describe(response.headers_mut());
            return response;
        }
    };
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let path = request.uri().path();
    let is_free = path == "/rate_limit" || path.starts_with("/login/") || path.starts_with("/_sandbox/");
    request.extensions_mut().insert(visit.clone());
    let mut response = conditional::answer(&method, &headers, next.run(request).await).await;
    let cost = u64::from(!is_free && response.status() != StatusCode::NOT_MODIFIED);
    let budget = github.budgets.spend(&visit.caller.budget(), cost);
    budget.describe(response.headers_mut());
    if let Some(scopes) = visit.caller.issued().and_then(|issued| issued.grant.scopes())
        && let Ok(scopes) = HeaderValue::from_str(&scopes.to_string())
    {
        response.headers_mut().insert("x-oauth-scopes", scopes);
    }
    response
}

/// Who makes a request; 401 if the credential in its Authorization header is not valid. Git clients send theirs as the
/// password of HTTP's basic authentication.
fn visit(github: &GitHub, request: &Request) -> Result<Visit, ApiError> {
    let links = request::links(request.headers(), request.extensions());
    let directory = github.directory.load()?;
    let Some(header) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(Visit { caller: Arc::new(Caller::Anonymous), directory, links });
    };
    let text = header.to_str().unwrap_or_default();
    let (scheme, secret) = text.split_once(' ').unwrap_or((text, ""));
    let secret = secret.trim();
    let decoded = STANDARD.decode(secret).unwrap_or_default();
    let pair = std::str::from_utf8(&decoded).unwrap_or_default().split_once(':');
    let credential = match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" if !secret.is_empty() => Credential::Token(secret),
        "basic" => match pair {
            Some((name, password)) if !password.is_empty() => Credential::Basic(name, password),
            _ => return Err(ApiError::bad_credentials()),
        },
        _ => return Err(ApiError::bad_credentials()),
    };
    let signed = match credential {
        Credential::Token(token) => apps::caller(token, &directory),
        Credential::Basic(..) => None,
    };
    let caller = match signed {
        Some(app) => app?,
        None => Caller::of(&credential, &directory, &github.tokens)?.ok_or_else(ApiError::bad_credentials)?,
    };
    Ok(Visit { caller: Arc::new(caller), directory, links })
}
