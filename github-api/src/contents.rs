//! Files by their path, and the commits that changed them.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use transport::encode::{path, segment};

use crate::client::Reader;
use crate::error::Result;
use crate::git::decode;
use crate::repository::Repository;

/// The content of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A file, with its content.
    File(Vec<u8>),
    /// A folder, a submodule, or something else that is not a file.
    Other,
}

/// A commit, as `repos/list-commits` returns it.
#[derive(Debug, Deserialize)]
pub struct ListedCommit {
    /// Its id.
    pub sha: String,
    /// The page that shows it.
    pub html_url: String,
    commit: CommitDetails,
}

impl ListedCommit {
    /// The time when it was committed. `None` if GitHub does not say.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.commit.committer.as_ref()?.date
    }
}

#[derive(Debug, Deserialize)]
struct CommitDetails {
    committer: Option<Committer>,
}

#[derive(Debug, Deserialize)]
struct Committer {
    date: Option<Timestamp>,
}

#[derive(Deserialize)]
struct FileContent {
    content: String,
    encoding: String,
    #[serde(default)]
    sha: String,
}

impl Reader {
    /// The content at a path (`repos/get-content`). `revision` is a branch or a commit.
    pub async fn content(&self, repository: &Repository, revision: &str, file: &str) -> Result<Content> {
        let found: Value = self.get(&route(repository, revision, file)).await?;
        let Ok(found) = serde_json::from_value::<FileContent>(found) else { return Ok(Content::Other) };
        let bytes = match found.encoding.as_str() {
            // Files of more than a megabyte come without their content.
            "none" => self.blob(repository, &found.sha).await?,
            _ => decode(&found.content)?,
        };
        Ok(Content::File(bytes))
    }

    /// A file with its content in Base64, or the entries of a folder, as GitHub lists them (`repos/get-content`). Without a
    /// revision, those of the default branch.
    pub async fn listing(&self, repository: &Repository, folder: &str, revision: Option<&str>) -> Result<Value> {
        let query = revision.map(|revision| format!("?ref={}", segment(revision))).unwrap_or_default();
        self.get(&repository.route(&format!("/contents/{}{query}", path(folder)))).await
    }

    /// The bytes of a file that is known to be one (`repos/get-content` as raw bytes, up to 100 MB).
    pub async fn raw_content(&self, repository: &Repository, revision: &str, file: &str) -> Result<Bytes> {
        self.get_raw(&route(repository, revision, file)).await
    }

    /// The commits up to `start`, a branch or a commit, that changed the file `file`: newest first, at most `most` of
    /// them, which is 100 or less (`repos/list-commits`).
    pub async fn changes(
        &self,
        repository: &Repository,
        start: &str,
        file: &str,
        most: u8,
    ) -> Result<Vec<ListedCommit>> {
        let query = format!("sha={}&path={}&per_page={most}", segment(start), segment(file));
        self.get(&repository.route(&format!("/commits?{query}"))).await
    }
}

fn route(repository: &Repository, revision: &str, file: &str) -> String {
    repository.route(&format!("/contents/{}?ref={}", path(file), segment(revision)))
}
