//! The document of one key: a file on the branch.

use std::collections::HashMap;

use jiff::Timestamp;

use super::api::{Listed, Trouble};
use super::{MOST_VERSIONS, Place, Refusal, pauses};
use crate::{Document, Expected, Kind, LockId, Result, Revision, Version, name};

const FOLDER: &str = "state/";
const SUFFIX: &str = ".json";
/// What the branch says to people who come across it.
const README: &str = "# State of koctl\n\n\
    What koctl made, one file an organization. koctl writes this branch; what anybody else writes to it is damage.\n";

/// The tip of the branch, and what is known to be in it.
#[derive(Debug)]
pub(super) struct Known {
    commit: String,
    tree: String,
    /// The revisions of documents in it, by path: those that were looked at, or written.
    revisions: HashMap<String, Option<Revision>>,
}

pub(super) fn path_of(stem: &str) -> String {
    format!("{FOLDER}{stem}{SUFFIX}")
}

/// The keys of the documents among `files`, or which of them is wrongly named: it would be overlooked in silence, and
/// its objects made twice.
pub(super) fn keys_of(files: &[String]) -> Result<Vec<String>, String> {
    let stems = files.iter().filter_map(|file| file.strip_prefix(FOLDER)?.strip_suffix(SUFFIX));
    let key_of =
        |stem| name::to_key(stem).ok_or_else(|| format!("the name of the file `{}` is no key's", path_of(stem)));
    let mut keys = stems.map(key_of).collect::<Result<Vec<_>, _>>()?;
    keys.sort();
    Ok(keys)
}

/// How a try to write ended.
enum Tried {
    Written(Revision),
    /// Somebody else moved the branch, or the answer was lost; the commit may be in the branch or not.
    Again {
        commit: String,
        refused: Trouble,
    },
}

impl Place<'_> {
    fn branch(&self) -> &str {
        &self.inner.address.branch
    }

    /// The name of the branch as a reference, without `refs/`.
    fn head(&self) -> String {
        format!("heads/{}", self.branch())
    }

    pub(super) async fn read(&self) -> Result<Option<Document>> {
        let changes = self.api().changes(self.branch(), &self.path, 1).await.map_err(|trouble| self.told(trouble))?;
        let Some(changes) = changes else {
            self.inner.require_repository(&self.attempt).await?;
            return Ok(None);
        };
        let Some(Listed { sha, .. }) = changes.into_iter().next() else { return Ok(None) };
        // Nothing is there where the last change was somebody's deleting it.
        let content = self.api().content(&sha, &self.path).await.map_err(|trouble| self.told(trouble))?;
        Ok(content.map(|bytes| Document { bytes, revision: Revision::new(sha) }))
    }

    pub(super) async fn history(&self) -> Result<Vec<Version>> {
        let changes = self.api().changes(self.branch(), &self.path, MOST_VERSIONS).await;
        let Some(changes) = changes.map_err(|trouble| self.told(trouble))? else {
            self.inner.require_repository(&self.attempt).await?;
            return Ok(Vec::new());
        };
        let version = |listed: Listed| Version {
            written: listed.date().unwrap_or(Timestamp::UNIX_EPOCH),
            location: listed.html_url,
            revision: Revision::new(listed.sha),
        };
        Ok(changes.into_iter().skip(1).map(version).collect())
    }

    pub(super) async fn read_version(&self, revision: &Revision) -> Result<Document> {
        let content = self.api().content(revision.as_str(), &self.path).await.map_err(|trouble| self.told(trouble))?;
        let Some(bytes) = content else {
            self.inner.require_repository(&self.attempt).await?;
            return Err(self.attempt.failed(Kind::NotFound));
        };
        Ok(Document { bytes, revision: revision.clone() })
    }

    pub(super) async fn write(&self, bytes: &[u8], expected: &Expected, lock: &LockId) -> Result<Revision> {
        let mut known = self.inner.known.lock().await;
        // The commits that were made for this write: one of them may have got into the branch unnoticed.
        let mut made: Vec<String> = Vec::new();
        let mut refused = None;
        for pause in pauses() {
            if !known.as_ref().is_some_and(|known| known.has(&self.path, expected)) {
                *known = self.look(expected).await.map_err(|trouble| self.told(trouble))?;
            }
            let tip = known.as_ref().map(|known| known.commit.clone());
            if let Some(Refusal { trouble, before }) = refused.take()
                && before == tip
            {
                return Err(self.told(trouble));
            }
            let found = known.as_ref().and_then(|known| known.revisions.get(&self.path).cloned().flatten());
            if let Some(found) = found.as_ref().filter(|found| made.iter().any(|commit| commit == found.as_str())) {
                return Ok(found.clone());
            }
            if !expected.is_met_by(found.as_ref()) {
                self.in_force(lock).await?;
                return Err(self.attempt.failed(Kind::Conflict { expected: expected.clone(), found }));
            }
            match self.try_to_write(bytes, lock, &mut known).await? {
                Tried::Written(revision) => return Ok(revision),
                Tried::Again { commit, refused: trouble } => {
                    made.push(commit);
                    *known = None;
                    refused = Refusal::of(trouble, tip);
                }
            }
            tokio::time::sleep(pause).await;
        }
        Err(self.attempt.failed_by(Kind::Unavailable, "others write to the branch all the time"))
    }

    /// The branch as it is now, with the revision of this document; nothing where there is no branch.
    async fn look(&self, expected: &Expected) -> Result<Option<Known>, Trouble> {
        let Some(commit) = self.api().reference(&self.head()).await? else { return Ok(None) };
        let missing = || Trouble::Strange(format!("the branch points to {commit}, which is no commit"));
        let tree = self.api().commit(&commit).await?.ok_or_else(missing)?.tree().to_owned();
        let changes = self.api().changes(&commit, &self.path, 1).await?.ok_or_else(missing)?;
        let mut revision = changes.into_iter().next().map(|listed| Revision::new(listed.sha));
        // Who expects nothing may be right: somebody may have deleted the file, and that was its last change.
        if let (Some(last), Expected::Absent) = (&revision, expected)
            && self.api().content(last.as_str(), &self.path).await?.is_none()
        {
            revision = None;
        }
        let revisions = HashMap::from([(self.path.clone(), revision)]);
        Ok(Some(Known { commit, tree, revisions }))
    }

    /// Makes the commit while looking whether the lock is still in force, and moves the branch to it.
    async fn try_to_write(&self, bytes: &[u8], lock: &LockId, known: &mut Option<Known>) -> Result<Tried> {
        let mut files = vec![(self.path.as_str(), bytes)];
        if known.is_none() {
            files.push(("README.md", README.as_bytes()));
        }
        let base = known.as_ref().map(|known| known.tree.as_str());
        // Where both fail, the lock is what matters.
        let (in_force, tree) = tokio::join!(self.in_force(lock), self.api().create_tree(base, &files));
        let in_force = in_force?;
        let tree = tree.map_err(|trouble| self.told(trouble))?;
        if let Some(unchanged) = known.as_ref().filter(|known| known.tree == tree) {
            // What is stored is what is to be stored: git would not count a commit of it among the file's.
            let found = unchanged.revisions.get(&self.path).cloned().flatten();
            return Ok(Tried::Written(found.unwrap_or_else(|| Revision::new(&unchanged.commit))));
        }
        let message = format!("Write `{}` for {}\n", self.key.escape_debug(), in_force.purpose());
        let parent = known.as_ref().map(|known| known.commit.as_str());
        let commit = self.api().create_commit(&message, &tree, parent).await;
        let commit = commit.map_err(|trouble| self.told(trouble))?.sha;
        let moved = match parent {
            Some(_) => self.api().forward_reference(&self.head(), &commit).await,
            None => self.api().create_reference(&self.head(), &commit).await,
        };
        match moved {
            Ok(()) => {
                let revision = Revision::new(&commit);
                let mut revisions = known.take().map(|known| known.revisions).unwrap_or_default();
                revisions.insert(self.path.clone(), Some(revision.clone()));
                *known = Some(Known { commit, tree, revisions });
                Ok(Tried::Written(revision))
            }
            Err(refused) if refused.may_be_contention() || refused.may_have_happened() => {
                Ok(Tried::Again { commit, refused })
            }
            Err(trouble) => Err(self.told(trouble)),
        }
    }
}

impl Known {
    /// Whether the document at `path` is known to be what a writer expects.
    fn has(&self, path: &str, expected: &Expected) -> bool {
        self.revisions.get(path).is_some_and(|revision| expected.is_met_by(revision.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_files_of_the_folder_are_documents() {
        assert_eq!(keys_of(&files(&["README.md", "package.json", "state/README.md"])), Ok(vec![]));
        assert_eq!(keys_of(&files(&["state/kong.json", "state/Kong~1.json"])), Ok(vec!["Kong".into(), "kong".into()]));
    }

    #[test]
    fn a_document_under_a_name_that_is_no_keys_is_told() {
        let damage = keys_of(&files(&["state/kong.json", "state/Kong.json"])).unwrap_err();
        assert!(damage.contains("`state/Kong.json`"), "{damage}");
    }
}
