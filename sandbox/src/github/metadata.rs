//! The part of a repository that git does not keep: settings, issues, pull requests, labels, comments, times.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::accounts::operator;
use super::errors::GitHubSandboxError;
use super::files::replace_file;
use super::ids::stable_id;
use super::sealed_secrets::Secrets;
use super::webhooks::Hook;

/// The JSON document beside a bare repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Metadata {
    /// The repository's id: a hash of its full name, in practice unique in the sandbox.
    pub(super) id: u64,
    pub(super) created_at: Timestamp,
    pub(super) settings: Settings,
    /// Issues and pull requests share one sequence of numbers, as on GitHub.
    pub(super) issues: BTreeMap<u64, Issue>,
    pub(super) labels: Vec<Label>,
    /// Files of older versions have none.
    #[serde(default)]
    pub(super) secrets: Secrets,
    #[serde(default)]
    pub(super) hooks: Vec<Hook>,
    #[serde(default)]
    pub(super) statuses: Vec<CommitStatus>,
    #[serde(default)]
    pub(super) check_runs: Vec<CheckRun>,
    last_number: u64,
    last_id: u64,
}

/// The settings that a repository is created with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) description: Option<String>,
    pub(super) homepage: Option<String>,
    pub(super) private: bool,
    pub(super) is_template: bool,
    pub(super) has_issues: bool,
    pub(super) has_projects: bool,
    pub(super) has_wiki: bool,
    pub(super) has_discussions: bool,
    pub(super) has_downloads: bool,
    pub(super) allow_merge_commit: bool,
    pub(super) allow_squash_merge: bool,
    pub(super) delete_branch_on_merge: bool,
}

impl Default for Settings {
    /// The defaults that GitHub's API document gives for a new repository.
    fn default() -> Self {
        Self {
            description: None,
            homepage: None,
            private: false,
            is_template: false,
            has_issues: true,
            has_projects: true,
            has_wiki: true,
            has_discussions: false,
            has_downloads: true,
            allow_merge_commit: true,
            allow_squash_merge: true,
            delete_branch_on_merge: false,
        }
    }
}

/// A label of the repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) id: u64,
    pub(super) name: String,
    /// Six hexadecimal digits.
    pub(super) color: String,
    pub(super) description: Option<String>,
}

/// The state of an issue or pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Open,
    Closed,
}

impl State {
    /// Its name in the API.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// An issue. With `pull` it is a pull request, which on GitHub is an issue too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) number: u64,
    /// The login of the person who opened it. Files of older versions have none.
    #[serde(default = "operator")]
    pub(super) author: String,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) state: State,
    /// The reason why an issue was closed or reopened; never set on a pull request.
    pub(super) state_reason: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) closed_at: Option<Timestamp>,
    /// Ids of labels.
    pub(super) labels: Vec<u64>,
    pub(super) comments: Vec<Comment>,
    #[serde(default)]
    pub(super) reviews: Vec<Review>,
    pub(super) pull: Option<Pull>,
}

impl Issue {
    /// Closes the issue or pull request.
    pub(super) fn close(&mut self, at: Timestamp) {
        self.state = State::Closed;
        self.closed_at = Some(at);
        self.updated_at = at;
    }
}

/// A comment on an issue or pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default = "operator")]
    pub(super) author: String,
    pub(super) body: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// A review of a pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) author: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `PENDING`.
    pub(super) state: String,
    pub(super) body: String,
    #[serde(with = "object_id")]
    pub(super) commit: git2::Oid,
    pub(super) at: Timestamp,
}

/// A status of a commit, that a program sets for what it checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CommitStatus {
    pub(super) id: u64,
    pub(super) author: String,
    #[serde(with = "object_id")]
    pub(super) commit: git2::Oid,
    /// `error`, `failure`, `pending` or `success`.
    pub(super) state: String,
    /// The name of the check.
    pub(super) context: String,
    pub(super) description: Option<String>,
    pub(super) target_url: Option<String>,
    pub(super) at: Timestamp,
}

/// A check of a commit by a GitHub App.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CheckRun {
    pub(super) id: u64,
    #[serde(with = "object_id")]
    pub(super) commit: git2::Oid,
    pub(super) name: String,
    /// `queued`, `in_progress` or `completed`.
    pub(super) status: String,
    pub(super) conclusion: Option<String>,
    pub(super) details_url: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) text: Option<String>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) completed_at: Option<Timestamp>,
}

/// The part that makes an issue a pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pull {
    pub(super) id: u64,
    /// The branch with the changes.
    pub(super) head: String,
    /// The branch that receives them.
    pub(super) base: String,
    /// The tip of `head`: followed while the pull request is open, frozen when it closes.
    #[serde(with = "object_id")]
    pub(super) head_sha: git2::Oid,
    /// The tip of `base` when `head` last moved, or when the pull request was merged.
    #[serde(with = "object_id")]
    pub(super) base_sha: git2::Oid,
    pub(super) draft: bool,
    pub(super) merge: Option<Merge>,
}

/// The merge of a pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Merge {
    pub(super) at: Timestamp,
    /// The login of the person who merged it.
    #[serde(default = "operator")]
    pub(super) by: String,
    #[serde(with = "object_id")]
    pub(super) commit: git2::Oid,
}

impl Metadata {
    /// The document of a new repository.
    pub(super) fn new(full_name: &str, created_at: Timestamp, settings: Settings) -> Self {
        Self {
            id: stable_id(full_name),
            created_at,
            settings,
            issues: BTreeMap::new(),
            labels: Vec::new(),
            secrets: Secrets::default(),
            hooks: Vec::new(),
            statuses: Vec::new(),
            check_runs: Vec::new(),
            last_number: 0,
            last_id: 0,
        }
    }

    /// The next number of an issue or pull request.
    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A new id for anything in this repository. It starts with the repository's id, so that ids differ between
    /// repositories, and stays below 2^53, which every JSON reader holds exactly.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        (self.id << 21) + self.last_id
    }

    /// Opens an issue under the next number.
    pub(super) fn open_issue(
        &mut self,
        author: String,
        title: String,
        body: Option<String>,
        at: Timestamp,
    ) -> &mut Issue {
        let (id, number) = (self.next_id(), self.next_number());
        self.issues.entry(number).or_insert(Issue {
            id,
            number,
            author,
            title,
            body,
            state: State::Open,
            state_reason: None,
            created_at: at,
            updated_at: at,
            closed_at: None,
            labels: Vec::new(),
            comments: Vec::new(),
            reviews: Vec::new(),
            pull: None,
        })
    }

    /// The number of open issues and pull requests, which GitHub counts together.
    pub(super) fn open_issues(&self) -> usize {
        let open = |issue: &&Issue| issue.state == State::Open;
        self.issues.values().filter(open).count()
    }

    /// The label of that name, compared without case.
    pub(super) fn label(&self, name: &str) -> Option<&Label> {
        let same = |label: &&Label| label.name.eq_ignore_ascii_case(name);
        self.labels.iter().find(same)
    }

    /// The labels that an issue carries.
    pub(super) fn labels_of<'a>(&'a self, issue: &'a Issue) -> impl Iterator<Item = &'a Label> {
        let by_id = |id: &u64| self.labels.iter().find(|label| label.id == *id);
        issue.labels.iter().filter_map(by_id)
    }

    /// Reads the document, `None` if there is no file.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, GitHubSandboxError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(GitHubSandboxError::Io { action: "read", path: path.to_owned(), source });
            }
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| GitHubSandboxError::Metadata { path: path.to_owned(), source })
    }

    /// Writes the document so that a reader, or a crash, sees either the old or the new one.
    pub(super) fn save(&self, path: &Path) -> Result<(), GitHubSandboxError> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| GitHubSandboxError::Metadata { path: path.to_owned(), source })?;
        replace_file(path, &bytes).map_err(|source| GitHubSandboxError::Io {
            action: "write",
            path: path.to_owned(),
            source,
        })
    }
}

/// Object ids as their forty hexadecimal digits.
mod object_id {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &git2::Oid, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<git2::Oid, D::Error> {
        let text = String::deserialize(deserializer)?;
        git2::Oid::from_str(&text).map_err(D::Error::custom)
    }
}
