//! The one issue of the platform repository that shows the drift.

use crate::github::issues::{Issue, IssueText};
use crate::github::{Repository, WriteClient};
use crate::operations::connect::{github, platform_repository};
use crate::operations::failure::Failure;
use crate::operations::session::Session;
use engine::ErrorKind;
use engine::drift::DriftReport;

/// Marks the issue for people, who can search for it.
const LABEL: &str = "koctl-drift";
/// Marks it for koctl: an issue to which a person gave the label is left unchanged.
const MARKER: &str = "<!-- koctl drift -->";
const TITLE: &str = "koctl found drift";
const GONE: &str = "koctl compared everything, and there is no drift any more.";
/// If two runs opened one each.
const DUPLICATE: &str = "Another issue shows the same drift.";

/// The change that was made to the issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueChange {
    /// There is none, and none is needed.
    None,
    /// It was opened, at this address.
    Opened(String),
    /// Its text was updated, at this address.
    Updated(String),
    /// It shows the drift already.
    Unchanged(String),
    /// It was closed, because the drift is gone.
    Closed(String),
}

/// Makes one open issue of the platform repository say what `page` says, as long as there is drift. It is opened,
/// updated and closed. It is not closed while something could not be read, and not updated if it says the same.
///
/// # Errors
/// If GitHub cannot be reached, or refuses.
pub async fn update_issue(session: &Session, report: &DriftReport, page: &str) -> Result<IssueChange, Failure> {
    let client = WriteClient::new(github(session, session.platform.token.as_ref())?, None);
    let board = Board { client, repository: platform_repository(session)? };
    let mut open = board.open().await?.into_iter();
    let issue = open.next();
    for duplicate in open {
        board.close(&duplicate, DUPLICATE).await?;
    }
    let text = IssueText { title: TITLE.to_owned(), body: format!("{MARKER}\n{page}") };
    match issue {
        Some(issue) if report.has_drift() => board.update(issue, &text).await,
        None if report.has_drift() => board.create(&text).await,
        Some(issue) if report.is_complete() => {
            board.close(&issue, GONE).await?;
            Ok(IssueChange::Closed(issue.address))
        }
        Some(issue) => Ok(IssueChange::Unchanged(issue.address)),
        None => Ok(IssueChange::None),
    }
}

/// The issues of a repository.
struct Board {
    client: WriteClient,
    repository: Repository,
}

impl Board {
    /// koctl's open issues, oldest first. Usually there is at most one.
    async fn open(&self) -> Result<Vec<Issue>, Failure> {
        let mut issues = self.client.reader().open_issues(&self.repository, LABEL).await?;
        issues.retain(|issue| issue.text.body.starts_with(MARKER));
        issues.sort_by_key(|issue| issue.number);
        Ok(issues)
    }

    async fn create(&self, text: &IssueText) -> Result<IssueChange, Failure> {
        match self.client.open_issue(&self.repository, text, LABEL).await {
            Ok(issue) => Ok(IssueChange::Opened(issue.address)),
            // It may have been opened: then it must not be opened twice (R13).
            Err(error) if error.kind == ErrorKind::FateUnknown => match self.open().await?.into_iter().next() {
                Some(issue) => Ok(IssueChange::Opened(issue.address)),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    async fn update(&self, issue: Issue, text: &IssueText) -> Result<IssueChange, Failure> {
        if issue.text.title == text.title && lines(&issue.text.body).eq(lines(&text.body)) {
            return Ok(IssueChange::Unchanged(issue.address));
        }
        self.client.update_issue(&self.repository, issue.number, text).await?;
        Ok(IssueChange::Updated(issue.address))
    }

    /// Comments with the reason first: people must not find a closed issue without one.
    async fn close(&self, issue: &Issue, reason: &str) -> Result<(), Failure> {
        self.client.comment(&self.repository, issue.number, reason).await?;
        Ok(self.client.close_issue(&self.repository, issue.number).await?)
    }
}

/// The lines of a body, with any line ends: GitHub's pages write other ones than koctl.
fn lines(body: &str) -> impl Iterator<Item = &str> {
    body.trim_end().lines()
}
