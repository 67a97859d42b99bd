//! Pull requests.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::{Reader, Writer};
use crate::error::Result;
use crate::repository::Repository;

/// A pull request, as `pulls/list` and `pulls/create` return it.
#[derive(Debug, Clone, Deserialize)]
pub struct Pull {
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its description, in Markdown.
    #[serde(default)]
    pub body: Option<String>,
    /// Its page, where the answer names it.
    pub html_url: Option<String>,
    /// The branch that it merges.
    pub head: Head,
    /// The branch that it is merged into.
    pub base: Base,
}

/// The branch that a pull request merges.
#[derive(Debug, Clone, Deserialize)]
pub struct Head {
    /// Its name.
    #[serde(rename = "ref")]
    pub branch: String,
    /// The id of its last commit.
    pub sha: String,
    /// The repository that it is in. `None` if that was deleted.
    pub repo: Option<HeadRepository>,
}

/// The repository of a pull request's branch, which may be a fork.
#[derive(Debug, Clone, Deserialize)]
pub struct HeadRepository {
    /// `owner/name`.
    pub full_name: String,
}

/// The branch that a pull request is merged into.
#[derive(Debug, Clone, Deserialize)]
pub struct Base {
    /// Its name.
    #[serde(rename = "ref")]
    pub branch: String,
}

/// A pull request that is to be opened.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct NewPull<'a> {
    /// Its title.
    pub title: &'a str,
    /// The branch that it merges.
    pub head: &'a str,
    /// The branch that it is merged into.
    pub base: &'a str,
    /// Its description, in Markdown.
    pub body: &'a str,
}

/// A change of a pull request.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct PullUpdate<'a> {
    /// Another title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    /// Another description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    /// Another state: `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a str>,
}

#[derive(Deserialize)]
struct Mergeable {
    mergeable: Option<bool>,
}

impl Reader {
    /// True if a pull request can be merged without a conflict (`pulls/get`). `None` if GitHub does not know it yet.
    pub async fn is_mergeable(&self, repository: &Repository, number: u64) -> Result<Option<bool>> {
        Ok(self.get::<Mergeable>(&repository.route(&format!("/pulls/{number}"))).await?.mergeable)
    }

    /// The open pull requests (`pulls/list`).
    pub async fn open_pulls(&self, repository: &Repository) -> Result<Vec<Pull>> {
        self.pages(&repository.route("/pulls?state=open&"), |page: Vec<Pull>| page).await
    }
}

impl Writer {
    /// Opens a pull request (`pulls/create`).
    pub async fn create_pull(&self, repository: &Repository, pull: &NewPull<'_>) -> Result<Pull> {
        self.post(&repository.route("/pulls"), pull).await
    }

    /// Asks people and teams for a review (`pulls/request-reviewers`).
    pub async fn request_reviewers(
        &self,
        repository: &Repository,
        number: u64,
        people: &[&str],
        teams: &[&str],
    ) -> Result<()> {
        let route = repository.route(&format!("/pulls/{number}/requested_reviewers"));
        self.post::<Value>(&route, &json!({ "reviewers": people, "team_reviewers": teams })).await.map(drop)
    }

    /// Changes a pull request (`pulls/update`).
    pub async fn update_pull(&self, repository: &Repository, number: u64, update: &PullUpdate<'_>) -> Result<()> {
        self.patch(&repository.route(&format!("/pulls/{number}")), update).await
    }
}
