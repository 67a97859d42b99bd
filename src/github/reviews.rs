//! How a pull request stands: itself, its reviews, and the checks of its commit.

use github_api::{CheckRun, PullDetails, Repository, Review, absent_as_none};

use super::client::ReadClient;
use engine::Error;

impl ReadClient {
    /// A pull request. `None` if there is none of this number.
    ///
    /// # Errors
    /// If GitHub does not say.
    pub async fn pull(&self, repository: &Repository, number: u64) -> Result<Option<PullDetails>, Error> {
        let attempted = format!("read the pull request {number} of {repository}");
        let found = absent_as_none(self.api().pull(repository, number).await);
        found.map_err(|error| self.explain(&attempted, error))
    }

    /// The reviews of a pull request, the oldest first.
    ///
    /// # Errors
    /// If GitHub does not say.
    pub async fn reviews(&self, repository: &Repository, number: u64) -> Result<Vec<Review>, Error> {
        let attempted = format!("read the reviews of the pull request {number} of {repository}");
        self.api().reviews(repository, number).await.map_err(|error| self.explain(&attempted, error))
    }

    /// The latest checks of a commit.
    ///
    /// # Errors
    /// If GitHub does not say.
    pub async fn check_runs(&self, repository: &Repository, commit: &str) -> Result<Vec<CheckRun>, Error> {
        let attempted = format!("read the checks of the commit {commit} of {repository}");
        self.api().check_runs(repository, commit).await.map_err(|error| self.explain(&attempted, error))
    }
}
