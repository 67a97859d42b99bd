//! The one issue of the platform repository that says what differs.

use crate::github::issues::{Issue, IssueText};
use crate::github::{Repository, WriteClient};
use crate::operations::{Failure, Session};
use engine::ErrorKind;
use engine::drift::DriftReport;

/// What marks the issue for people, who can look for it.
const LABEL: &str = "koctl-drift";
/// What marks it for koctl: an issue that somebody else gave the label is left alone.
const MARKER: &str = "<!-- koctl drift -->";
const TITLE: &str = "koctl found drift";
const GONE: &str = "koctl looked at everything and found no drift any more.";
/// Where two runs opened one each.
const TWICE: &str = "Another issue has the same.";

/// What became of the issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// There is none, and there need not be.
    Nothing,
    /// It was opened, at this address.
    Opened(String),
    /// It says something else now.
    Updated(String),
    /// It says already what it should.
    Unchanged(String),
    /// There is no drift any more.
    Closed(String),
}

impl Session {
    /// Has one open issue of the platform repository say what `page` says, as long as there is drift. It is opened,
    /// changed and closed; it is not closed while something could not be read, and not changed where it says the same.
    ///
    /// # Errors
    /// What GitHub answered, in its own words.
    pub async fn tell_issue(&self, report: &DriftReport, page: &str) -> Result<Told, Failure> {
        let client = WriteClient::new(self.github(self.platform.token.as_ref())?, None);
        let board = Board { client, repository: self.platform_repository()? };
        let mut open = board.open().await?.into_iter();
        let issue = open.next();
        for twice in open {
            board.close(&twice, TWICE).await?;
        }
        let text = IssueText { title: TITLE.to_owned(), body: format!("{MARKER}\n{page}") };
        match issue {
            Some(issue) if report.has_drift() => board.update(issue, &text).await,
            None if report.has_drift() => board.create(&text).await,
            Some(issue) if report.is_complete() => {
                board.close(&issue, GONE).await?;
                Ok(Told::Closed(issue.address))
            }
            Some(issue) => Ok(Told::Unchanged(issue.address)),
            None => Ok(Told::Nothing),
        }
    }
}

/// Where the issue hangs.
struct Board {
    client: WriteClient,
    repository: Repository,
}

impl Board {
    /// koctl's open issues, the oldest first: mostly one at most.
    async fn open(&self) -> Result<Vec<Issue>, Failure> {
        let mut issues = self.client.reader().open_issues(&self.repository, LABEL).await?;
        issues.retain(|issue| issue.text.body.starts_with(MARKER));
        issues.sort_by_key(|issue| issue.number);
        Ok(issues)
    }

    async fn create(&self, text: &IssueText) -> Result<Told, Failure> {
        match self.client.open_issue(&self.repository, text, LABEL).await {
            Ok(issue) => Ok(Told::Opened(issue.address)),
            // It may be there: then it is not opened twice (R13).
            Err(error) if error.kind == ErrorKind::FateUnknown => match self.open().await?.into_iter().next() {
                Some(issue) => Ok(Told::Opened(issue.address)),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    async fn update(&self, issue: Issue, text: &IssueText) -> Result<Told, Failure> {
        if issue.text.title == text.title && lines(&issue.text.body).eq(lines(&text.body)) {
            return Ok(Told::Unchanged(issue.address));
        }
        self.client.update_issue(&self.repository, issue.number, text).await?;
        Ok(Told::Updated(issue.address))
    }

    /// The reason first: a closed issue without one would leave people wondering.
    async fn close(&self, issue: &Issue, reason: &str) -> Result<(), Failure> {
        self.client.comment(&self.repository, issue.number, reason).await?;
        Ok(self.client.close_issue(&self.repository, issue.number).await?)
    }
}

/// The lines of a body, however they end: those that were written on GitHub's pages have other ends.
fn lines(body: &str) -> impl Iterator<Item = &str> {
    body.trim_end().lines()
}
