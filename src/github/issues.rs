//! Issues of a repository, for what people should look at.

use github_api::{IssueUpdate, Repository};

use super::client::{ReadClient, WriteClient};
use engine::Error;

/// The text of an issue. GitHub returns line ends as they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueText {
    /// Its title.
    pub title: String,
    /// Its body, in Markdown.
    pub body: String,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u64,
    /// The page that shows it.
    pub address: String,
    /// Its title and body.
    pub text: IssueText,
}

impl From<github_api::Issue> for Issue {
    fn from(issue: github_api::Issue) -> Self {
        let text = IssueText { title: issue.title, body: issue.body.unwrap_or_default() };
        Self { number: issue.number, address: issue.html_url, text }
    }
}

impl ReadClient {
    /// The open issues that have a label.
    pub async fn open_issues(&self, repository: &Repository, label: &str) -> Result<Vec<Issue>, Error> {
        let attempted = format!("read the issues of {repository} with the label {label}");
        let issues = self.api().open_issues(repository, label).await;
        Ok(issues.map_err(|error| self.explain(&attempted, error))?.into_iter().map(Issue::from).collect())
    }
}

impl WriteClient {
    /// Opens an issue with a label, which GitHub creates if the repository does not have it.
    pub async fn open_issue(&self, repository: &Repository, text: &IssueText, label: &str) -> Result<Issue, Error> {
        let attempted = format!("open an issue in {repository}");
        let opened = self.api.create_issue(repository, &text.title, &text.body, label).await;
        opened.map(Issue::from).map_err(|error| self.explain(&attempted, error))
    }

    /// Changes the title and the body of an issue.
    pub async fn update_issue(&self, repository: &Repository, number: u64, text: &IssueText) -> Result<(), Error> {
        let attempted = format!("change the issue {number} of {repository}");
        let update = IssueUpdate { title: Some(&text.title), body: Some(&text.body), ..IssueUpdate::default() };
        self.api.update_issue(repository, number, &update).await.map_err(|error| self.explain(&attempted, error))
    }

    /// Closes an issue as completed.
    pub async fn close_issue(&self, repository: &Repository, number: u64) -> Result<(), Error> {
        let attempted = format!("close the issue {number} of {repository}");
        let update = IssueUpdate { state: Some("closed"), state_reason: Some("completed"), ..IssueUpdate::default() };
        self.api.update_issue(repository, number, &update).await.map_err(|error| self.explain(&attempted, error))
    }

    /// Writes a comment on an issue.
    pub async fn comment(&self, repository: &Repository, number: u64, text: &str) -> Result<(), Error> {
        let attempted = format!("comment on the issue {number} of {repository}");
        self.api.comment(repository, number, text).await.map_err(|error| self.explain(&attempted, error))
    }
}
