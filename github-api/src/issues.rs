//! Issues.

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

impl Reader {
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

    /// Writes a comment on an issue (`issues/create-comment`).
    pub async fn comment(&self, repository: &Repository, number: u64, text: &str) -> Result<()> {
        let route = repository.route(&format!("/issues/{number}/comments"));
        self.post::<Value>(&route, &json!({ "body": text })).await.map(drop)
    }
}
