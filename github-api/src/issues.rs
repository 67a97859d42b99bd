//! Issues.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use transport::encode::segment;

use crate::client::{Reader, Writer};
use crate::error::Result;
use crate::repository::Repository;

/// An issue, as `issues/list-for-repo` and `issues/create` return it.
#[derive(Debug, Clone, Deserialize)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u64,
    /// The page that shows it.
    pub html_url: String,
    /// Its title.
    pub title: String,
    /// Its description, in Markdown.
    pub body: Option<String>,
    /// Every pull request is an issue too.
    pull_request: Option<Value>,
}

/// A change of an issue.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct IssueUpdate<'a> {
    /// Another title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    /// Another description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    /// Another state: `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a str>,
    /// The reason for that state: `completed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<&'a str>,
}

/// A pull request in a list of issues (`issues/list-for-repo`), which has more of it than a list of pull requests, and
/// can be narrowed to a label.
#[derive(Debug, Clone, Deserialize)]
pub struct LabelledPull {
    /// The number of the issue that the pull request is.
    pub id: u64,
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// `open` or `closed`.
    pub state: String,
    /// Who opened it. `None` for a deleted account.
    pub user: Option<PullAuthor>,
    /// Its description, in Markdown.
    pub body: Option<String>,
    /// The page that shows it.
    pub html_url: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// When it was closed or merged.
    pub closed_at: Option<Timestamp>,
    /// What issues lack. `None` for an issue.
    pub pull_request: Option<PullOfIssue>,
}

/// Who opened a pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct PullAuthor {
    /// The login.
    pub login: String,
    /// The number.
    pub id: u64,
    /// The address of the picture.
    #[serde(default)]
    pub avatar_url: String,
    /// The page of the person or the app.
    #[serde(default)]
    pub html_url: String,
}

/// What a pull request has and an issue does not.
#[derive(Debug, Clone, Deserialize)]
pub struct PullOfIssue {
    /// When it was merged.
    pub merged_at: Option<Timestamp>,
}

impl Reader {
    /// The pull requests that have a label, newest first, with `state` one of `open`, `closed` and `all`
    /// (`issues/list-for-repo`).
    pub async fn labelled_pulls(&self, repository: &Repository, label: &str, state: &str) -> Result<Vec<LabelledPull>> {
        let route = repository.route(&format!("/issues?state={}&labels={}&", segment(state), segment(label)));
        let all = self.pages(&route, |page: Vec<LabelledPull>| page).await?;
        Ok(all.into_iter().filter(|issue| issue.pull_request.is_some()).collect())
    }

    /// The open issues that have a label, without pull requests (`issues/list-for-repo`).
    pub async fn open_issues(&self, repository: &Repository, label: &str) -> Result<Vec<Issue>> {
        let route = repository.route(&format!("/issues?state=open&labels={}&", segment(label)));
        let all = self.pages(&route, |page: Vec<Issue>| page).await?;
        Ok(all.into_iter().filter(|issue| issue.pull_request.is_none()).collect())
    }
}

impl Writer {
    /// Opens an issue with a label, which GitHub creates if the repository does not have it (`issues/create`).
    pub async fn create_issue(&self, repository: &Repository, title: &str, body: &str, label: &str) -> Result<Issue> {
        let body = json!({ "title": title, "body": body, "labels": [label] });
        self.post(&repository.route("/issues"), &body).await
    }

    /// Changes an issue (`issues/update`).
    pub async fn update_issue(&self, repository: &Repository, number: u64, update: &IssueUpdate<'_>) -> Result<()> {
        self.patch(&repository.route(&format!("/issues/{number}")), update).await
    }

    /// Adds labels to an issue or a pull request; the repository gets those that it does not have (`issues/add-labels`).
    pub async fn add_labels(&self, repository: &Repository, number: u64, labels: &[String]) -> Result<()> {
        let route = repository.route(&format!("/issues/{number}/labels"));
        self.post::<Value>(&route, &json!({ "labels": labels })).await.map(drop)
    }

    /// Writes a comment on an issue (`issues/create-comment`).
    pub async fn comment(&self, repository: &Repository, number: u64, text: &str) -> Result<()> {
        let route = repository.route(&format!("/issues/{number}/comments"));
        self.post::<Value>(&route, &json!({ "body": text })).await.map(drop)
    }
}
