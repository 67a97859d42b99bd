//! Which operation is at which address, and which rights it needs.

use std::sync::PoisonError;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{delete, get, patch, post, put};
use futures::future::BoxFuture;
use serde_json::json;

use super::accounts::person;
use super::answer::{self, Answer};
use super::errors::ApiError;
use super::identity::permission::Need;
use super::repo_name::RepoName;
use super::repository::Repo;
use super::request::ApiRequest;
use super::state::Routes;
use super::store::Store;
use super::webhooks::{self, Announcer};
use super::{
    admin, apps, branches, checks, collaborators, comments, commits, compare, contents, issues, labels, oauth, objects,
    organizations, pulls, refs, repo_lists, repos, reviews, secrets, teams, users,
};

/// All routes of the API, and the pages to sign in.
pub(super) fn all() -> Routes {
    Router::new()
        .merge(account_routes())
        .merge(organization_routes())
        .merge(sign_in_routes())
        .merge(app_routes())
        .merge(admin_routes())
        .merge(repository_routes())
        .merge(git_routes())
        .merge(collaboration_routes())
        .merge(review_routes())
        .merge(webhook_routes())
        .merge(secret_routes())
}

fn account_routes() -> Routes {
    Router::new()
        .route("/rate_limit", get(of_account(rate_limit)))
        .route("/user", get(of_account(users::get)))
        .route("/user/emails", get(of_account(users::emails)))
        .route("/user/memberships/orgs/{owner}", get(of_account(users::membership)))
        .route("/user/orgs", get(of_account(users::organizations)))
        .route("/user/repos", get(of_account(repo_lists::list_own)).post(of_account(repos::create_own)))
        .route("/user/teams", get(of_account(users::teams)))
        .route("/users/{owner}", get(of_account(users::by_name)))
        .route("/users/{owner}/repos", get(of_account(repo_lists::list_of)))
        .route("/avatars/{owner}", get(of_account(users::avatar)))
        .route("/search/repositories", get(of_account(repo_lists::search)))
}

fn organization_routes() -> Routes {
    Router::new()
        .route("/orgs/{owner}", get(of_account(organizations::get)))
        .route("/orgs/{owner}/members/{username}", get(of_account(organizations::check_member)))
        .route("/orgs/{owner}/memberships/{username}", get(of_account(organizations::membership)))
        .route(
            "/orgs/{owner}/repos",
            get(of_account(repo_lists::list_of)).post(of_account(repos::create_in_organization)),
        )
        .route("/orgs/{owner}/sso", get(oauth::ask_to_authorize).post(oauth::authorize_token))
        .route("/orgs/{owner}/teams", get(of_account(teams::list)))
        .route("/orgs/{owner}/teams/{team_slug}", get(of_account(teams::get)))
        .route("/orgs/{owner}/teams/{team_slug}/members", get(of_account(teams::members)))
        .route("/orgs/{owner}/teams/{team_slug}/memberships/{username}", get(of_account(teams::membership)))
        .route("/orgs/{owner}/teams/{team_slug}/repos/{repo_owner}/{repo}", get(of_account(teams::check_repository)))
}

fn sign_in_routes() -> Routes {
    Router::new()
        .route("/login/oauth/authorize", get(oauth::ask).post(oauth::decide))
        .route("/login/oauth/access_token", post(oauth::exchange))
        .route("/applications/{client_id}/grant", delete(of_account(oauth::applications::delete_grant)))
        .route(
            "/applications/{client_id}/token",
            post(of_account(oauth::applications::check))
                .patch(of_account(oauth::applications::reset))
                .delete(of_account(oauth::applications::delete_token)),
        )
}

fn app_routes() -> Routes {
    Router::new()
        .route("/app", get(of_account(apps::get)))
        .route("/app/installations", get(of_account(apps::installations)))
        .route("/app/installations/{number}", get(of_account(apps::installation)))
        .route("/app/installations/{number}/access_tokens", post(of_account(apps::create_token)))
        .route("/orgs/{owner}/installation", get(of_account(apps::of_organization)))
        .route("/repos/{owner}/{repo}/installation", get(of_account(apps::of_repository)))
        .route("/installation/repositories", get(of_account(apps::repositories)))
        .route("/installation/token", delete(of_account(apps::revoke_token)))
        .route("/user/installations", get(of_account(apps::of_user)))
        .route("/user/installations/{number}/repositories", get(of_account(apps::repositories_of_user)))
}

fn admin_routes() -> Routes {
    Router::new()
        .route("/_sandbox/accounts", get(of_account(admin::accounts)).put(of_account(admin::replace_accounts)))
        .route("/_sandbox/apps/private-key", get(of_account(admin::private_key)))
        .route("/_sandbox/people/{owner}/tokens", post(of_account(admin::create_token)))
        .route("/_sandbox/people/{owner}/authorizations/{client_id}", delete(of_account(admin::revoke)))
}

fn repository_routes() -> Routes {
    let collaborators = "/repos/{owner}/{repo}/collaborators";
    Router::new()
        .route("/repos/{owner}/{repo}", get(reads(Need::METADATA, repos::get)))
        .route(collaborators, get(reads(Need::SEE_COLLABORATORS, collaborators::list)))
        .route(&format!("{collaborators}/{{username}}"), get(reads(Need::SEE_COLLABORATORS, collaborators::check)))
        .route(
            &format!("{collaborators}/{{username}}/permission"),
            get(reads(Need::SEE_COLLABORATORS, collaborators::permission)),
        )
        .route("/repos/{owner}/{repo}/branches", get(reads(Need::READ_CONTENTS, branches::list)))
        .route("/repos/{owner}/{repo}/branches/{*branch}", get(reads(Need::READ_CONTENTS, branches::get)))
        .route("/repos/{owner}/{repo}/contents", get(reads(Need::READ_CONTENTS, contents::get)))
        .route("/repos/{owner}/{repo}/contents/", get(reads(Need::READ_CONTENTS, contents::get)))
        .route(
            "/repos/{owner}/{repo}/contents/{*path}",
            get(reads(Need::READ_CONTENTS, contents::get))
                .put(locked(Need::WRITE_CONTENTS, contents::put))
                .delete(locked(Need::WRITE_CONTENTS, contents::delete)),
        )
        .route("/raw/{owner}/{repo}/{ref}/{*path}", get(reads(Need::READ_CONTENTS, contents::raw)))
        .route("/repos/{owner}/{repo}/compare/{*basehead}", get(reads(Need::READ_CONTENTS, compare::get)))
        .route("/repos/{owner}/{repo}/commits", get(reads(Need::READ_CONTENTS, commits::list)))
}

fn git_routes() -> Routes {
    let (read, write) = (Need::READ_CONTENTS, Need::WRITE_CONTENTS);
    Router::new()
        .route("/repos/{owner}/{repo}/git/ref/{*ref}", get(reads(read, refs::get)))
        .route("/repos/{owner}/{repo}/git/refs", post(locked(write, refs::create)))
        .route(
            "/repos/{owner}/{repo}/git/refs/{*ref}",
            patch(locked(write, refs::update)).delete(locked(write, refs::delete)),
        )
        .route("/repos/{owner}/{repo}/git/matching-refs/", get(reads(read, refs::matching)))
        .route("/repos/{owner}/{repo}/git/matching-refs/{*ref}", get(reads(read, refs::matching)))
        .route("/repos/{owner}/{repo}/git/blobs", post(locked(write, objects::create_blob)))
        .route("/repos/{owner}/{repo}/git/blobs/{sha}", get(reads(read, objects::get_blob)))
        .route("/repos/{owner}/{repo}/git/trees", post(locked(write, objects::create_tree)))
        .route("/repos/{owner}/{repo}/git/trees/{*sha}", get(reads(read, objects::get_tree)))
        .route("/repos/{owner}/{repo}/git/commits", post(locked(write, commits::create)))
        .route("/repos/{owner}/{repo}/git/commits/{sha}", get(reads(read, commits::get)))
}

fn collaboration_routes() -> Routes {
    let (read_pulls, read_issues) = (Need::READ_PULLS, Need::READ_ISSUES);
    Router::new()
        .route(
            "/repos/{owner}/{repo}/pulls",
            get(locked(read_pulls, pulls::list)).post(locked(Need::WRITE_PULLS, pulls::create)),
        )
        .route(
            "/repos/{owner}/{repo}/pulls/{number}",
            get(locked(read_pulls, pulls::get)).patch(locked(Need::WRITE_PULLS, pulls::update)),
        )
        .route("/repos/{owner}/{repo}/pulls/{number}/files", get(locked(read_pulls, pulls::files)))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge", put(locked(Need::WRITE_CONTENTS, pulls::merge)))
        .route(
            "/repos/{owner}/{repo}/issues",
            get(locked(read_issues, issues::list)).post(locked(Need::WRITE_ISSUES, issues::create)),
        )
        .route(
            "/repos/{owner}/{repo}/issues/{number}",
            get(locked(read_issues, issues::get)).patch(locked(Need::LABEL_ISSUES, issues::update)),
        )
        .route(
            "/repos/{owner}/{repo}/issues/{number}/labels",
            get(reads(read_issues, labels::list_on_issue)).post(locked(Need::LABEL_ISSUES, labels::add_to_issue)),
        )
        .route(
            "/repos/{owner}/{repo}/issues/{number}/comments",
            get(reads(read_issues, comments::list)).post(locked(Need::WRITE_ISSUES, comments::create)),
        )
        .route("/repos/{owner}/{repo}/issues/comments/{id}", patch(locked(Need::LABEL_ISSUES, comments::update)))
        .route("/repos/{owner}/{repo}/labels", post(locked(Need::WRITE_LABELS, labels::create)))
}

fn review_routes() -> Routes {
    let reviews = "/repos/{owner}/{repo}/pulls/{number}/reviews";
    Router::new()
        .route(reviews, get(locked(Need::READ_PULLS, reviews::list)).post(locked(Need::REVIEW_PULLS, reviews::create)))
        .route("/repos/{owner}/{repo}/commits/{*ref}", get(reads(Need::METADATA, checks::of_commit)))
        .route("/repos/{owner}/{repo}/statuses/{sha}", post(locked(Need::WRITE_STATUSES, checks::create_status)))
        .route("/repos/{owner}/{repo}/check-runs", post(locked(Need::WRITE_CHECKS, checks::create_run)))
        .route("/repos/{owner}/{repo}/actions/runs", get(reads(Need::READ_ACTIONS, checks::workflow_runs)))
}

fn webhook_routes() -> Routes {
    let (read, write) = (Need::READ_HOOKS, Need::WRITE_HOOKS);
    let hook = "/repos/{owner}/{repo}/hooks/{number}";
    Router::new()
        .route("/repos/{owner}/{repo}/hooks", get(reads(read, webhooks::list)).post(locked(write, webhooks::create)))
        .route(
            hook,
            get(reads(read, webhooks::get))
                .patch(locked(write, webhooks::update))
                .delete(locked(write, webhooks::delete)),
        )
        .route(&format!("{hook}/pings"), post(locked(write, webhooks::ping)))
        .route(&format!("{hook}/deliveries"), get(reads(read, webhooks::deliveries)))
        .route(&format!("{hook}/deliveries/{{delivery}}"), get(reads(read, webhooks::delivery)))
        .route(&format!("{hook}/deliveries/{{delivery}}/attempts"), post(locked(write, webhooks::redeliver)))
}

fn secret_routes() -> Routes {
    let (read, write) = (Need::READ_SECRETS, Need::WRITE_SECRETS);
    Router::new()
        .route("/repos/{owner}/{repo}/actions/secrets", get(reads(read, secrets::list)))
        .route("/repos/{owner}/{repo}/actions/secrets/public-key", get(locked(read, secrets::public_key)))
        .route(
            "/repos/{owner}/{repo}/actions/secrets/{name}",
            get(reads(read, secrets::get)).put(locked(write, secrets::put)).delete(locked(write, secrets::delete)),
        )
}

/// `GET /rate_limit` (rate-limit/get), which costs nothing.
fn rate_limit(_: &Store, request: &ApiRequest) -> Answer {
    let core = request.github.budgets.spend(&request.visit.caller.budget(), 0).to_json();
    answer::ok(json!({"resources": {"core": core, "search": core}, "rate": core}))
}

/// The handler of an operation that is not about a single repository.
fn of_account(operation: fn(&Store, &ApiRequest) -> Answer) -> impl Handle {
    move |request: ApiRequest| in_background(move || operation(&request.github.store, &request))
}

/// The handler of an operation that only reads a repository.
fn reads(need: Need, operation: fn(&Repo, &ApiRequest) -> Answer) -> impl Handle {
    move |request: ApiRequest| in_background(move || operation(&open(&request, need)?, &request))
}

/// The handler of an operation that may change a repository: one at a time. Reading pull requests is one of them,
/// because their records first follow the branches.
fn locked(need: Need, operation: fn(&mut Repo, &ApiRequest) -> Answer) -> impl Handle {
    move |request: ApiRequest| {
        in_background(move || {
            // Only existing repositories get a lock, so that made-up names take no memory.
            let name = open(&request, need)?.name;
            let lock = request.github.store.write_lock(&name);
            // The lock guards files that are replaced whole, so a panic elsewhere leaves nothing half done.
            let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
            let mut repo = open(&request, need)?;
            let directory = &request.visit.directory;
            let announcer = Announcer::before(&repo, directory)?;
            let answer = operation(&mut repo, &request);
            if announcer.is_heard() {
                // A pull request hears at once that its branch moved.
                pulls::catch_up(&mut repo)?;
            }
            let sender = person(&request.links, &request.author());
            announcer.announce(&repo, directory, &request.links, &sender, &request.github.deliveries)?;
            answer
        })
    }
}

/// The repository that the path names, if the caller has the rights that an operation needs.
fn open(request: &ApiRequest, need: Need) -> Result<Repo, ApiError> {
    let name = RepoName::parse(request.param("owner"), request.param("repo")).map_err(|_| ApiError::not_found())?;
    let mut repo = request.github.store.open(&name)?.ok_or_else(ApiError::not_found)?;
    request.admit(need, &mut repo)?;
    Ok(repo)
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
