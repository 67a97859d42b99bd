//! Issues of a repository, for what people should look at.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{PAGE_SIZE, ReadClient, WriteClient};
use super::remote::Repository;
use engine::{Error, ErrorKind};

/// What an issue says. GitHub gives line ends back as they were sent.
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
    /// By which the repository knows it.
    pub number: u64,
    /// The page that shows it.
    pub address: String,
    /// What it says.
    pub text: IssueText,
}

#[derive(Deserialize)]
struct Listed {
    number: u64,
    html_url: String,
    title: String,
    body: Option<String>,
    /// Every pull request is an issue too.
    pull_request: Option<Value>,
}

impl From<Listed> for Issue {
    fn from(Listed { number, html_url, title, body, .. }: Listed) -> Self {
        Self { number, address: html_url, text: IssueText { title, body: body.unwrap_or_default() } }
    }
}

fn route(repository: &Repository, number: u64) -> String {
    format!("/repos/{repository}/issues/{number}")
}

impl ReadClient {
    /// The open issues that have a label, all pages (`issues/list-for-repo`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn open_issues(&self, repository: &Repository, label: &str) -> Result<Vec<Issue>, Error> {
        let attempted = format!("read the issues of {repository} with the label {label}");
        let label: String = url::form_urlencoded::byte_serialize(label.as_bytes()).collect();
        let mut all = Vec::new();
        for number in 1u32.. {
            let route =
                format!("/repos/{repository}/issues?state=open&labels={label}&per_page={PAGE_SIZE}&page={number}");
            let page: Vec<Listed> = self.get(&attempted, &route).await?;
            let last = page.len() < usize::from(PAGE_SIZE);
            all.extend(page.into_iter().filter(|one| one.pull_request.is_none()).map(Issue::from));
            if last {
                break;
            }
        }
        Ok(all)
    }
}

impl WriteClient {
    /// Opens an issue with a label, which GitHub makes where the repository does not have it (`issues/create`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn open_issue(&self, repository: &Repository, text: &IssueText, label: &str) -> Result<Issue, Error> {
        let attempted = format!("open an issue in {repository}");
        let body = json!({ "title": text.title, "body": text.body, "labels": [label] });
        let made = self.post(&attempted, &format!("/repos/{repository}/issues"), &body).await?;
        let made: Listed = serde_json::from_value(made).map_err(|error| {
            Error::new(ErrorKind::Unexpected, attempted, format!("the answer is not as the document says: {error}"))
        })?;
        Ok(made.into())
    }

    /// Changes what an issue says (`issues/update`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn update_issue(&self, repository: &Repository, number: u64, text: &IssueText) -> Result<(), Error> {
        let attempted = format!("change the issue {number} of {repository}");
        let body = json!({ "title": text.title, "body": text.body });
        self.patch(&attempted, &route(repository, number), &body).await.map(drop)
    }

    /// Closes an issue as done (`issues/update`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn close_issue(&self, repository: &Repository, number: u64) -> Result<(), Error> {
        let attempted = format!("close the issue {number} of {repository}");
        let body = json!({ "state": "closed", "state_reason": "completed" });
        self.patch(&attempted, &route(repository, number), &body).await.map(drop)
    }

    /// Writes a comment on an issue (`issues/create-comment`).
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn comment(&self, repository: &Repository, number: u64, text: &str) -> Result<(), Error> {
        let attempted = format!("comment on the issue {number} of {repository}");
        self.post(&attempted, &format!("{}/comments", route(repository, number)), &json!({ "body": text }))
            .await
            .map(drop)
    }
}
