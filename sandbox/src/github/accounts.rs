//! Accounts: the one user of the sandbox, and the owners and committers that it meets.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ids::{node_id, stable_id};
use super::links::Links;

/// The login of every credential.
pub(super) const LOGIN: &str = "koctl-sandbox";
pub(super) const NAME: &str = "koctl sandbox";
/// An address that cannot exist (RFC 2606 reserves `.invalid`).
pub(super) const EMAIL: &str = "koctl-sandbox@sandbox.invalid";

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
        "node_id": node_id("User", stable_id(login)),
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
