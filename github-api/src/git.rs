//! The Git Data API: references, commits, trees and blobs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use transport::encode::{path, segment};

use crate::client::{Reader, Writer};
use crate::error::{Error, Result};
use crate::repository::Repository;

/// The largest content that is sent inside of a tree; more goes into a blob of its own.
const LARGEST_INLINE: usize = 1024 * 1024;

/// A commit, as `git/get-commit` and `git/create-commit` return it.
#[derive(Debug, Clone, Deserialize)]
pub struct Commit {
    /// Its id.
    pub sha: String,
    /// Its message.
    pub message: String,
    tree: Object,
    parents: Vec<Object>,
}

impl Commit {
    /// The id of its tree.
    #[must_use]
    pub fn tree(&self) -> &str {
        &self.tree.sha
    }

    /// The ids of the commits before it.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.parents.iter().map(|parent| parent.sha.as_str())
    }
}

/// A commit that is to be created.
#[derive(Debug, Clone, Serialize)]
pub struct NewCommit<'a> {
    /// Its message.
    pub message: &'a str,
    /// The id of its tree.
    pub tree: &'a str,
    /// The ids of the commits before it.
    pub parents: &'a [&'a str],
    /// Its author; without one, the token's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<&'a Author>,
}

/// The author of a commit.
#[derive(Debug, Clone, Serialize)]
pub struct Author {
    /// A name.
    pub name: String,
    /// An email address.
    pub email: String,
}

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Its path.
    pub path: String,
    /// The id of its blob.
    pub blob: String,
    /// The mode of git: `100644` of a plain file, others of a program and a symbolic link.
    pub mode: String,
}

/// A file that a new tree changes.
#[derive(Debug, Clone, Copy)]
pub struct TreeChange<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its new content.
    pub content: NewContent<'a>,
}

/// The content of a file in a new tree.
#[derive(Debug, Clone, Copy)]
pub enum NewContent<'a> {
    /// These bytes, in a plain file.
    Bytes(&'a [u8]),
    /// A blob that the repository has, with a mode of git.
    Stored {
        /// The id of the blob.
        blob: &'a str,
        /// The mode.
        mode: &'a str,
    },
    /// None: the file is deleted.
    Deleted,
}

#[derive(Debug, Clone, Deserialize)]
struct Object {
    sha: String,
}

#[derive(Deserialize)]
struct Reference {
    object: Object,
}

#[derive(Deserialize)]
struct Tree {
    tree: Vec<TreeEntry>,
    truncated: bool,
}

#[derive(Deserialize)]
struct TreeEntry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
    mode: String,
    sha: Option<String>,
}

/// The answer of `repos/compare-commits`, without its lists.
#[derive(Deserialize)]
struct Comparison {
    merge_base_commit: Object,
}

#[derive(Deserialize)]
struct Blob {
    content: String,
}

/// Decodes the Base64 of GitHub, which has line breaks in it.
pub(crate) fn decode(content: &str) -> Result<Vec<u8>> {
    let packed: String = content.chars().filter(|c| !c.is_whitespace()).collect();
    BASE64.decode(packed).map_err(|error| Error::Unexpected(format!("the content is not valid Base64: {error}")))
}

impl Reader {
    /// The commit that a reference points to (`git/get-ref`). `reference` is without `refs/`.
    pub async fn reference(&self, repository: &Repository, reference: &str) -> Result<String> {
        let route = repository.route(&format!("/git/ref/{}", path(reference)));
        Ok(self.get::<Reference>(&route).await?.object.sha)
    }

    /// A commit (`git/get-commit`).
    pub async fn commit(&self, repository: &Repository, commit: &str) -> Result<Commit> {
        self.get(&repository.route(&format!("/git/commits/{}", segment(commit)))).await
    }

    /// The files of a tree, in all of its folders (`git/get-tree`). `tree` is its id, or a branch.
    ///
    /// # Errors
    /// [`Error::Truncated`] if GitHub does not list all of them.
    pub async fn files(&self, repository: &Repository, tree: &str) -> Result<Vec<TreeFile>> {
        let route = repository.route(&format!("/git/trees/{}?recursive=1", segment(tree)));
        let Tree { tree, truncated } = self.get(&route).await?;
        if truncated {
            return Err(Error::Truncated);
        }
        let blobs = tree.into_iter().filter(|entry| entry.kind == "blob");
        Ok(blobs.filter_map(|entry| Some(TreeFile { path: entry.path, blob: entry.sha?, mode: entry.mode })).collect())
    }

    /// The last commit that two commits have in common (`repos/compare-commits`).
    ///
    /// # Errors
    /// [`Error::is_absent`] if there is none.
    pub async fn merge_base(&self, repository: &Repository, one: &str, other: &str) -> Result<String> {
        // The lists of files and commits are on the first page, which is not needed.
        let route = format!("/compare/{}...{}?per_page=1&page=2", segment(one), segment(other));
        Ok(self.get::<Comparison>(&repository.route(&route)).await?.merge_base_commit.sha)
    }

    /// The content of a blob (`git/get-blob`).
    pub async fn blob(&self, repository: &Repository, blob: &str) -> Result<Vec<u8>> {
        let found: Blob = self.get(&repository.route(&format!("/git/blobs/{}", segment(blob)))).await?;
        decode(&found.content)
    }
}

impl Writer {
    /// Creates a reference (`git/create-ref`), which fails if there is one of that name. `reference` is without
    /// `refs/`.
    pub async fn create_reference(&self, repository: &Repository, reference: &str, commit: &str) -> Result<()> {
        let body = json!({ "ref": format!("refs/{reference}"), "sha": commit });
        self.post::<Value>(&repository.route("/git/refs"), &body).await.map(drop)
    }

    /// Makes a reference point to `commit` (`git/update-ref`). This fails if `commit` does not come after the commit that
    /// the reference points to: nothing that someone pushed meanwhile is lost.
    pub async fn update_reference(&self, repository: &Repository, reference: &str, commit: &str) -> Result<()> {
        let route = repository.route(&format!("/git/refs/{}", path(reference)));
        self.patch(&route, &json!({ "sha": commit, "force": false })).await
    }

    /// Creates a commit (`git/create-commit`). Nothing points to it yet.
    pub async fn create_commit(&self, repository: &Repository, commit: &NewCommit<'_>) -> Result<Commit> {
        self.post_object(&repository.route("/git/commits"), commit).await
    }

    /// Creates a tree with `changes` to the tree `base` (`git/create-tree`), or with nothing else, and returns its id.
    pub async fn create_tree(
        &self,
        repository: &Repository,
        base: Option<&str>,
        changes: &[TreeChange<'_>],
    ) -> Result<String> {
        let mut entries = Vec::new();
        for TreeChange { path, content } in changes {
            let mut entry = json!({ "path": path, "mode": "100644", "type": "blob" });
            match content {
                NewContent::Deleted => entry["sha"] = Value::Null,
                NewContent::Stored { blob, mode } => {
                    entry["sha"] = (*blob).into();
                    entry["mode"] = (*mode).into();
                }
                NewContent::Bytes(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) if !text.is_empty() && text.len() <= LARGEST_INLINE => entry["content"] = text.into(),
                    _ => entry["sha"] = self.create_blob(repository, bytes).await?.into(),
                },
            }
            entries.push(entry);
        }
        let mut body = json!({ "tree": entries });
        if let Some(base) = base {
            body["base_tree"] = base.into();
        }
        Ok(self.post_object::<Object>(&repository.route("/git/trees"), &body).await?.sha)
    }

    /// Stores bytes (`git/create-blob`) and returns their id.
    async fn create_blob(&self, repository: &Repository, content: &[u8]) -> Result<String> {
        let body = json!({ "content": BASE64.encode(content), "encoding": "base64" });
        Ok(self.post_object::<Object>(&repository.route("/git/blobs"), &body).await?.sha)
    }
}
