//! One pull request with its reviews, and what programs say of its commit.

use jiff::Timestamp;
use serde::Deserialize;
use transport::encode::segment;

use crate::client::Reader;
use crate::error::Result;
use crate::people::Owner;
use crate::pulls::{Base, Head};
use crate::repository::Repository;

/// A pull request, as `pulls/get` returns it.
#[derive(Debug, Clone, Deserialize)]
pub struct PullDetails {
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its description, in Markdown.
    #[serde(default)]
    pub body: Option<String>,
    /// The page that shows it.
    pub html_url: String,
    /// `open` or `closed`.
    pub state: String,
    /// Who opened it. `None` for a deleted account.
    pub user: Option<Owner>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was closed or merged.
    pub closed_at: Option<Timestamp>,
    /// When it was merged.
    pub merged_at: Option<Timestamp>,
    /// Who merged it.
    #[serde(default)]
    pub merged_by: Option<Owner>,
    /// True if it can be merged without a conflict. `None` if GitHub does not know it yet, or it is closed.
    #[serde(default)]
    pub mergeable: Option<bool>,
    /// The branch that it merges.
    pub head: Head,
    /// The branch that it is merged into.
    pub base: Base,
}

/// A review, as `pulls/list-reviews` returns it.
#[derive(Debug, Clone, Deserialize)]
pub struct Review {
    /// Who wrote it. `None` for a deleted account.
    pub user: Option<Owner>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    pub state: String,
    /// The page that shows it.
    pub html_url: String,
    /// When it was sent. `None` while it is pending.
    #[serde(default)]
    pub submitted_at: Option<Timestamp>,
}

/// A check of a commit, as `checks/list-for-ref` returns it.
#[derive(Debug, Clone, Deserialize)]
pub struct CheckRun {
    /// Its name.
    pub name: String,
    /// `queued`, `in_progress`, `completed`, or another word for a check that is not over.
    pub status: String,
    /// The result of a completed one: `success`, `failure`, `neutral`, `cancelled`, `skipped`, `timed_out`,
    /// `action_required`.
    pub conclusion: Option<String>,
    /// The page that shows it.
    #[serde(default)]
    pub html_url: Option<String>,
    /// When it was completed.
    #[serde(default)]
    pub completed_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct CheckRuns {
    check_runs: Vec<CheckRun>,
}

impl Reader {
    /// A pull request (`pulls/get`).
    ///
    /// # Errors
    /// [`crate::Error::is_absent`] if there is none of this number.
    pub async fn pull(&self, repository: &Repository, number: u64) -> Result<PullDetails> {
        self.get(&repository.route(&format!("/pulls/{number}"))).await
    }

    /// The reviews of a pull request, the oldest first (`pulls/list-reviews`).
    pub async fn reviews(&self, repository: &Repository, number: u64) -> Result<Vec<Review>> {
        self.pages(&repository.route(&format!("/pulls/{number}/reviews?")), |page: Vec<Review>| page).await
    }

    /// The latest checks of a commit (`checks/list-for-ref`).
    pub async fn check_runs(&self, repository: &Repository, commit: &str) -> Result<Vec<CheckRun>> {
        let route = repository.route(&format!("/commits/{}/check-runs?", segment(commit)));
        self.pages(&route, |page: CheckRuns| page.check_runs).await
    }
}
