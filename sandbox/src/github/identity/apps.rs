//! OAuth Apps and GitHub Apps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::EVERY_OTHER;
use crate::github::ids::stable_id;
use crate::github::repo_name::RepoName;

/// A registered app. With `github_app` it is a GitHub App, otherwise an OAuth App.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct App {
    pub(in crate::github) client_id: String,
    pub(in crate::github) client_secret: String,
    pub(in crate::github) name: String,
    /// The homepage.
    pub(in crate::github) url: String,
    /// The addresses to which people come back. The first is the one without a `redirect_uri`.
    pub(in crate::github) callback_urls: Vec<String>,
    /// True if GitHub has suspended the app: nobody can sign in to it.
    #[serde(default)]
    pub(in crate::github) suspended: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::github) github_app: Option<GitHubApp>,
}

/// The part that makes an app a GitHub App.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct GitHubApp {
    pub(in crate::github) id: u64,
    pub(in crate::github) slug: String,
    /// The account that owns it.
    pub(in crate::github) owner: String,
    /// `read`, `write` or `admin` by resource, as in `contents`.
    pub(in crate::github) permissions: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::github) events: Vec<String>,
    /// The address of the app's own webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::github) webhook_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::github) webhook_secret: Option<String>,
    /// True if tokens of people expire after eight hours, and come with a refresh token.
    #[serde(default = "yes")]
    pub(in crate::github) expiring_user_tokens: bool,
    /// Where it is installed.
    #[serde(default)]
    pub(in crate::github) installations: Vec<Installed>,
}

/// An account on which a GitHub App is installed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::github) struct Installed {
    /// The login of the account, or `*` for every organization.
    pub(in crate::github) account: String,
    /// The names of the selected repositories; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::github) repositories: Option<Vec<String>>,
    #[serde(default)]
    pub(in crate::github) suspended: bool,
}

fn yes() -> bool {
    true
}

/// An installation of a GitHub App on one account.
#[derive(Clone, Copy, Debug)]
pub(in crate::github) struct Installation<'a> {
    pub(in crate::github) id: u64,
    pub(in crate::github) app: &'a App,
    pub(in crate::github) github_app: &'a GitHubApp,
    pub(in crate::github) account: &'a str,
    pub(in crate::github) repositories: Option<&'a Vec<String>>,
    pub(in crate::github) suspended: bool,
}

impl App {
    /// The installation on an account, `None` if the app is not installed there.
    pub(in crate::github) fn installed_on<'a>(&'a self, account: &'a str) -> Option<Installation<'a>> {
        let github_app = self.github_app.as_ref()?;
        let named = |installed: &&Installed| installed.account.eq_ignore_ascii_case(account);
        let others = |installed: &&Installed| installed.account == EVERY_OTHER;
        let list = &github_app.installations;
        let installed = list.iter().find(named).or_else(|| list.iter().find(others))?;
        Some(Installation {
            id: installation_id(github_app.id, account),
            app: self,
            github_app,
            account,
            repositories: installed.repositories.as_ref(),
            suspended: installed.suspended,
        })
    }
}

impl Installation<'_> {
    /// True if the installation has access to a repository.
    pub(in crate::github) fn covers(&self, repo: &RepoName) -> bool {
        let listed = |names: &Vec<String>| names.iter().any(|name| name.eq_ignore_ascii_case(repo.name()));
        !self.suspended && repo.owner().eq_ignore_ascii_case(self.account) && self.repositories.is_none_or(listed)
    }
}

/// The id of an installation, which depends on nothing but the app and the account.
pub(in crate::github) fn installation_id(app: u64, account: &str) -> u64 {
    stable_id(&format!("installation:{app}:{}", account.to_ascii_lowercase()))
}

/// True if `granted` includes `wanted`, of `read`, `write` and `admin`.
pub(in crate::github) fn includes(granted: Option<&String>, wanted: &str) -> bool {
    let level = |word: &str| ["read", "write", "admin"].iter().position(|known| *known == word);
    match granted {
        Some(granted) => level(wanted).is_some_and(|wanted| level(granted) >= Some(wanted)),
        None => false,
    }
}
