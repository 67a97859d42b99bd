//! Who acts in the sandbox: one user, whatever the credential, and the owners and committers that it meets.

use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, ok};
use super::errors::ApiError;
use super::links::Links;
use super::metadata::stable_id;
use super::request::ApiRequest;
use super::store::Store;

/// Whom every credential signs in.
pub(super) const LOGIN: &str = "koctl-sandbox";
const NAME: &str = "koctl sandbox";
/// An address that can belong to nobody (RFC 2606 reserves `.invalid`).
const EMAIL: &str = "koctl-sandbox@sandbox.invalid";

/// The sandbox's user as the author of a commit.
pub(super) fn signature(time: Timestamp) -> Result<git2::Signature<'static>, git2::Error> {
    git2::Signature::new(NAME, EMAIL, &git2::Time::new(time.as_second(), 0))
}

/// The schema `simple-user`. Owners other than the sandbox's user are organizations.
pub(super) fn simple_user(links: &Links, login: &str) -> Value {
    let kind = if login == LOGIN { "User" } else { "Organization" };
    account(links, login, kind)
}

/// The account behind an author or committer. On GitHub an account is found by the e-mail address; here every
/// address has one, named after what stands before the `@`.
pub(super) fn committer_account(links: &Links, person: &git2::Signature<'_>) -> Value {
    let email = String::from_utf8_lossy(person.email_bytes());
    let local = email.split('@').next().unwrap_or_default();
    let login: String = local.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    account(links, if login.is_empty() { "unknown" } else { &login }, "User")
}

fn account(links: &Links, login: &str, kind: &str) -> Value {
    let api = |rest: &str| links.api(&format!("/users/{login}{rest}"));
    json!({
        "login": login,
        "id": stable_id(login),
        "node_id": super::answer::node_id("User", stable_id(login)),
        "avatar_url": links.api(&format!("/{login}.png")),
        "gravatar_id": "",
        "url": api(""),
        "html_url": links.api(&format!("/{login}")),
        "followers_url": api("/followers"),
        "following_url": api("/following{/other_user}"),
        "gists_url": api("/gists{/gist_id}"),
        "starred_url": api("/starred{/owner}{/repo}"),
        "subscriptions_url": api("/subscriptions"),
        "organizations_url": api("/orgs"),
        "repos_url": api("/repos"),
        "events_url": api("/events{/privacy}"),
        "received_events_url": api("/received_events"),
        "type": kind,
        "site_admin": false,
        "user_view_type": "public",
    })
}

/// `GET /user` (users/get-authenticated).
pub(super) fn get(store: &Store, request: &ApiRequest) -> Answer {
    request.require_user()?;
    let repositories = store.list(Some(LOGIN))?;
    let mut private = 0_usize;
    for name in &repositories {
        let repo = store.open(name)?;
        private += usize::from(repo.is_some_and(|repo| repo.metadata.settings.private));
    }
    let mut user = simple_user(&request.links, LOGIN);
    let more = json!({
        "name": NAME,
        "company": null,
        "blog": null,
        "location": null,
        "email": EMAIL,
        "notification_email": EMAIL,
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "public_repos": repositories.len() - private,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        // The account is as old as the sandbox's first notion of it: there is no sign-up to date it by.
        "created_at": Timestamp::UNIX_EPOCH,
        "updated_at": Timestamp::UNIX_EPOCH,
        "private_gists": 0,
        "total_private_repos": private,
        "owned_private_repos": private,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": false,
        // Tells the schema `private-user` from `public-user`.
        "user_view_type": "private",
    });
    super::answer::extend(&mut user, more);
    ok(user)
}

/// `GET /user/emails` (users/list-emails-for-authenticated-user).
pub(super) fn emails(_: &Store, request: &ApiRequest) -> Answer {
    request.require_user()?;
    let email = json!({"email": EMAIL, "primary": true, "verified": true, "visibility": "public"});
    request.page(vec![email]).respond(Ok)
}

/// `GET /user/orgs` (orgs/list-for-authenticated-user): the sandbox's user belongs to every organization.
pub(super) fn organizations(store: &Store, request: &ApiRequest) -> Result<Response, ApiError> {
    request.require_user()?;
    let mut owners = store.owners()?;
    owners.retain(|owner| owner != LOGIN);
    request.page(owners).respond(|owner| Ok(organization(&request.links, &owner)))
}

/// The schema `organization-simple`.
fn organization(links: &Links, login: &str) -> Value {
    let api = |rest: &str| links.api(&format!("/orgs/{login}{rest}"));
    json!({
        "login": login,
        "id": stable_id(login),
        "node_id": super::answer::node_id("Organization", stable_id(login)),
        "url": api(""),
        "repos_url": api("/repos"),
        "events_url": api("/events"),
        "hooks_url": api("/hooks"),
        "issues_url": api("/issues"),
        "members_url": api("/members{/member}"),
        "public_members_url": api("/public_members{/member}"),
        "avatar_url": links.api(&format!("/{login}.png")),
        "description": null,
    })
}
