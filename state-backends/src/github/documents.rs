//! The document of one key: a file on the branch.

use std::collections::HashMap;

use github_api::{Error as GitHubError, ListedCommit, NewCommit, NewContent, TreeChange, absent_as_none};
use jiff::Timestamp;

use super::branch::{KeyOnBranch, Refused, pauses};
use super::failure;
use super::files::README;
use super::known::KnownBranch;
use super::tip::writing;
use crate::{Document, Expected, Kind, LockId, Result, Revision, Version};

/// The number of versions that are listed. Git keeps all of them.
const MOST_VERSIONS: u8 = 100;

/// How a try to write ended.
enum WriteTry {
    Written(Revision),
    /// Another writer moved the branch, or the answer was lost; the commit may be in the branch or not.
    Again {
        commit: String,
        error: GitHubError,
    },
}

impl KeyOnBranch<'_> {
    fn branch_name(&self) -> &str {
        &self.branch.address.branch
    }

    /// The branch as a reference, without `refs/`.
    fn head(&self) -> String {
        format!("heads/{}", self.branch_name())
    }

    /// The commits up to `start` that changed the document, newest first. `None` if `start` does not exist.
    async fn changes(&self, start: &str, most: u8) -> Result<Option<Vec<ListedCommit>>, GitHubError> {
        absent_as_none(self.api().reader().changes(self.repository(), start, &self.path, most).await)
    }

    /// The document as it is in a commit. `None` if it is not there.
    async fn content(&self, commit: &str) -> Result<Option<Vec<u8>>, GitHubError> {
        let content = self.api().reader().raw_content(self.repository(), commit, &self.path).await;
        Ok(absent_as_none(content)?.map(Vec::from))
    }

    pub(super) async fn read(&self) -> Result<Option<Document>> {
        let changes = self.changes(self.branch_name(), 1).await.map_err(|error| self.failed(&error))?;
        let Some(changes) = changes else {
            self.branch.require_repository(&self.attempt).await?;
            return Ok(None);
        };
        let Some(ListedCommit { sha, .. }) = changes.into_iter().next() else { return Ok(None) };
        // Nothing is there if the last change deleted the file.
        let content = self.content(&sha).await.map_err(|error| self.failed(&error))?;
        Ok(content.map(|bytes| Document { bytes, revision: Revision::new(sha) }))
    }

    pub(super) async fn history(&self) -> Result<Vec<Version>> {
        let changes = self.changes(self.branch_name(), MOST_VERSIONS).await;
        let Some(changes) = changes.map_err(|error| self.failed(&error))? else {
            self.branch.require_repository(&self.attempt).await?;
            return Ok(Vec::new());
        };
        let version = |commit: ListedCommit| Version {
            written: commit.date().unwrap_or(Timestamp::UNIX_EPOCH),
            location: commit.html_url,
            revision: Revision::new(commit.sha),
        };
        Ok(changes.into_iter().skip(1).map(version).collect())
    }

    pub(super) async fn read_version(&self, revision: &Revision) -> Result<Document> {
        let content = self.content(revision.as_str()).await.map_err(|error| self.failed(&error))?;
        let Some(bytes) = content else {
            self.branch.require_repository(&self.attempt).await?;
            return Err(self.attempt.failed(Kind::NotFound));
        };
        Ok(Document { bytes, revision: revision.clone() })
    }

    pub(super) async fn write(&self, bytes: &[u8], expected: &Expected, lock: &LockId) -> Result<Revision> {
        let mut known = self.branch.known.lock().await;
        // The commits that were created for this write: one of them may have got into the branch unnoticed.
        let mut created: Vec<String> = Vec::new();
        let mut refused = None;
        for pause in pauses() {
            if !known.as_ref().is_some_and(|known| known.meets(&self.path, expected)) {
                *known = self.look(expected).await.map_err(|error| self.failed(&error))?;
            }
            let tip = known.as_ref().map(|known| known.commit.clone());
            if let Some(Refused { error, before }) = refused.take()
                && before == tip
            {
                return Err(self.failed(&error));
            }
            let found = known.as_ref().and_then(|known| known.revision(&self.path)).cloned();
            if let Some(found) = found.as_ref().filter(|found| created.iter().any(|commit| commit == found.as_str())) {
                return Ok(found.clone());
            }
            if !expected.is_met_by(found.as_ref()) {
                self.in_force(lock).await?;
                return Err(self.attempt.failed(Kind::Conflict { expected: expected.clone(), found }));
            }
            match self.try_to_write(bytes, lock, &mut known).await? {
                WriteTry::Written(revision) => return Ok(revision),
                WriteTry::Again { commit, error } => {
                    created.push(commit);
                    *known = None;
                    refused = Refused::of(error, tip);
                }
            }
            tokio::time::sleep(pause).await;
        }
        Err(self.attempt.failed_by(Kind::Unavailable, "others write to the branch all the time"))
    }

    /// The branch as it is now, with the revision of this document. `None` if there is no branch.
    async fn look(&self, expected: &Expected) -> Result<Option<KnownBranch>, GitHubError> {
        let reader = self.api().reader();
        let reference = reader.reference(self.repository(), &self.head()).await;
        let Some(commit) = absent_as_none(reference)? else { return Ok(None) };
        let missing = || GitHubError::Unexpected(format!("the branch points to {commit}, which is not a commit"));
        let found = absent_as_none(reader.commit(self.repository(), &commit).await)?;
        let tree = found.ok_or_else(missing)?.tree().to_owned();
        let changes = self.changes(&commit, 1).await?.ok_or_else(missing)?;
        let mut revision = changes.into_iter().next().map(|listed| Revision::new(listed.sha));
        // A writer that expects no document may be right: the last change may have deleted the file.
        if let (Some(last), Expected::Absent) = (&revision, expected)
            && self.content(last.as_str()).await?.is_none()
        {
            revision = None;
        }
        let revisions = HashMap::from([(self.path.clone(), revision)]);
        Ok(Some(KnownBranch { commit, tree, revisions }))
    }

    /// Creates the commit while checking that the lock is still in force, and moves the branch to it.
    async fn try_to_write(&self, bytes: &[u8], lock: &LockId, known: &mut Option<KnownBranch>) -> Result<WriteTry> {
        // If both fail, the lock is what matters.
        let (in_force, tree) = tokio::join!(self.in_force(lock), self.create_tree(bytes, known.as_ref()));
        let in_force = in_force?;
        let tree = tree.map_err(|error| self.failed(&error))?;
        if let Some(unchanged) = known.as_ref().filter(|known| known.tree == tree) {
            // The document is stored already: git would not count a commit of it among the changes of the file.
            let found = unchanged.revision(&self.path).cloned();
            return Ok(WriteTry::Written(found.unwrap_or_else(|| Revision::new(&unchanged.commit))));
        }
        let commit = self.create_commit(&writing(self.key, &in_force), &tree, known.as_ref()).await;
        let commit = commit.map_err(|error| self.failed(&error))?;
        match self.move_branch(&commit, known.is_some()).await {
            Ok(()) => {
                let revision = Revision::new(&commit);
                let mut revisions = known.take().map(|known| known.revisions).unwrap_or_default();
                revisions.insert(self.path.clone(), Some(revision.clone()));
                *known = Some(KnownBranch { commit, tree, revisions });
                Ok(WriteTry::Written(revision))
            }
            Err(error) if failure::may_be_contention(&error) || error.is_fate_unknown() => {
                Ok(WriteTry::Again { commit, error })
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The tree with the document in it; on a new branch, with a README as well.
    async fn create_tree(&self, bytes: &[u8], known: Option<&KnownBranch>) -> Result<String, GitHubError> {
        let document = TreeChange { path: &self.path, content: NewContent::Bytes(bytes) };
        let readme = TreeChange { path: "README.md", content: NewContent::Bytes(README.as_bytes()) };
        let changes: &[TreeChange<'_>] = if known.is_some() { &[document] } else { &[document, readme] };
        self.api().create_tree(self.repository(), known.map(|known| known.tree.as_str()), changes).await
    }

    async fn create_commit(
        &self,
        message: &str,
        tree: &str,
        known: Option<&KnownBranch>,
    ) -> Result<String, GitHubError> {
        let parents: Vec<&str> = known.iter().map(|known| known.commit.as_str()).collect();
        let commit = NewCommit { message, tree, parents: &parents, author: None };
        Ok(self.api().create_commit(self.repository(), &commit).await?.sha)
    }

    async fn move_branch(&self, commit: &str, exists: bool) -> Result<(), GitHubError> {
        if exists {
            self.api().update_reference(self.repository(), &self.head(), commit).await
        } else {
            self.api().create_reference(self.repository(), &self.head(), commit).await
        }
    }
}
