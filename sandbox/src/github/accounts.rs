//! Accounts as answers show them, and the sandbox's own user.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ids::{node_id, stable_id};
use super::links::{Links, encode_segment};

/// The login of every credential that the sandbox did not issue.
pub(super) const LOGIN: &str = "koctl-sandbox";
/// The end of the login under which a GitHub App acts.
pub(super) const BOT: &str = "[bot]";
pub(super) const NAME: &str = "koctl sandbox";
/// An address that cannot exist (RFC 2606 reserves `.invalid`).
pub(super) const EMAIL: &str = "koctl-sandbox@sandbox.invalid";

/// The login of every credential, as the author of records that name none.
pub(super) fn operator() -> String {
    LOGIN.to_owned()
}

/// The sandbox's user as the author of a commit.
pub(super) fn signature(time: Timestamp) -> Result<git2::Signature<'static>, git2::Error> {
    git2::Signature::new(NAME, EMAIL, &git2::Time::new(time.as_second(), 0))
}

/// A person as the schema `simple-user`. The login of an app ends in `[bot]`.
pub(super) fn person(links: &Links, login: &str) -> Value {
    account(links, login, if login.ends_with(BOT) { "Bot" } else { "User" })
}

/// The owner of repositories as the schema `simple-user`.
pub(super) fn owner(links: &Links, login: &str, is_person: bool) -> Value {
    account(links, login, if is_person { "User" } else { "Organization" })
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
    let segment = encode_segment(login);
    let api = |rest: &str| links.api(&format!("/users/{segment}{rest}"));
    json!({
        "login": login,
        "id": stable_id(login),
        "node_id": node_id("User", stable_id(login)),
        "avatar_url": links.api(&format!("/avatars/{segment}")),
        "gravatar_id": "",
        "url": api(""),
        "html_url": links.api(&format!("/{segment}")),
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
