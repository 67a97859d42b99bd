//! A branch with a proposal: what its merge would give, and how a commit is added to it.
//!
//! A branch only moves forward. So no commit is lost, whoever made it, and GitHub refuses the move if someone pushed
//! since the branch was read. A branch that conflicts with the base, or shares no commit with it, gets a commit after
//! both: koctl's files are as wanted in it, and everything else is as in the base, with the changes of the branch.

use std::collections::BTreeSet;

use crate::github::Repository;
use crate::github::client::{Files, ReadClient, Snapshot, TreeChange, WriteClient};
use engine::{Error, ErrorKind};

/// A branch beside the commit that it is to be merged into.
pub(crate) struct Line {
    tip: Snapshot,
    /// The last commit that both have in common, if there is one.
    fork: Option<Snapshot>,
}

/// What a merge gives, file by file.
#[derive(Clone)]
pub(crate) struct Merge {
    /// The files; those that conflict are as in the base.
    pub(crate) files: Files,
    /// The paths that changed on both sides, and differently.
    pub(crate) conflicts: BTreeSet<String>,
}

/// Where a commit on a branch starts.
struct Start<'a> {
    snapshot: &'a Snapshot,
    parents: Vec<&'a str>,
    /// The changes of the branch that are not koctl's.
    carried: Vec<TreeChange>,
}

impl Line {
    /// The branch with this last commit.
    pub(crate) async fn read(
        client: &ReadClient,
        repository: &Repository,
        base: &Snapshot,
        tip: &str,
    ) -> Result<Self, Error> {
        let tip = client.snapshot(repository, tip).await?;
        if tip.commit == base.commit || tip.parents.contains(&base.commit) {
            return Ok(Self { tip, fork: Some(base.clone()) });
        }
        let fork = match client.merge_base(repository, &base.commit, &tip.commit).await? {
            None => None,
            Some(commit) if commit == base.commit => Some(base.clone()),
            Some(commit) if commit == tip.commit => Some(tip.clone()),
            Some(commit) => Some(client.snapshot(repository, &commit).await?),
        };
        Ok(Self { tip, fork })
    }

    /// What its merge into the base gives. `None` if it cannot be merged, for lack of a common commit.
    pub(crate) fn merge(&self, base: &Files) -> Option<Merge> {
        let fork = &self.fork.as_ref()?.files;
        let mut merge = Merge { files: base.clone(), conflicts: BTreeSet::new() };
        for path in fork.keys().chain(self.tip.files.keys()) {
            let (was, ours, theirs) = (fork.get(path), base.get(path), self.tip.files.get(path));
            match theirs {
                _ if theirs == was || theirs == ours => {}
                _ if ours != was => {
                    merge.conflicts.insert(path.clone());
                }
                Some(blob) => {
                    merge.files.insert(path.clone(), blob.clone());
                }
                None => {
                    merge.files.remove(path);
                }
            }
        }
        Some(merge)
    }

    /// True if the base has all of its commits.
    pub(crate) fn is_merged(&self) -> bool {
        self.fork.as_ref().is_some_and(|fork| fork.commit == self.tip.commit)
    }

    /// Where a commit on it starts, or else the paths that conflict and are not koctl's.
    fn start<'a>(&'a self, base: &'a Snapshot, is_ours: &dyn Fn(&str) -> bool) -> Result<Start<'a>, Vec<String>> {
        let after =
            |snapshot: &'a Snapshot| Start { snapshot, parents: vec![snapshot.commit.as_str()], carried: Vec::new() };
        if self.is_merged() {
            return Ok(after(base));
        }
        if self.fork.as_ref().is_some_and(|fork| fork.commit == base.commit) {
            return Ok(after(&self.tip));
        }
        let mut carried = Vec::new();
        if let Some(Merge { files, conflicts }) = self.merge(&base.files) {
            let conflicts: Vec<String> = conflicts.into_iter().filter(|path| !is_ours(path)).collect();
            if !conflicts.is_empty() {
                return Err(conflicts);
            }
            let paths: BTreeSet<&String> = files.keys().chain(base.files.keys()).collect();
            let theirs = paths.into_iter().filter(|path| files.get(*path) != base.files.get(*path) && !is_ours(path));
            carried.extend(theirs.map(|path| (path.clone(), self.tip.stored(path))));
        }
        Ok(Start { snapshot: base, parents: vec![self.tip.commit.as_str(), base.commit.as_str()], carried })
    }
}

/// A commit that a branch gets.
pub(crate) struct NewProposal<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) branch: &'a str,
    pub(crate) message: &'a str,
    /// The commit that the branch is to be merged into.
    pub(crate) base: &'a Snapshot,
    /// The branch, if it exists.
    pub(crate) line: Option<&'a Line>,
    /// True for the paths of files that are koctl's.
    pub(crate) is_ours: &'a (dyn Fn(&str) -> bool + Sync),
    /// The changes that give files the wanted ones.
    pub(crate) changes: &'a (dyn Fn(&Files) -> Vec<TreeChange> + Sync),
}

impl NewProposal<'_> {
    /// Commits to the branch, and moves it there.
    ///
    /// # Errors
    /// Also if people changed other files on the branch and in the base, and if someone pushed meanwhile.
    pub(crate) async fn push(&self, client: &WriteClient) -> Result<(), Error> {
        let Self { repository, branch, base, line, .. } = self;
        let start = match line {
            Some(line) => line.start(base, self.is_ours).map_err(|paths| self.conflict(&paths))?,
            None => Start { snapshot: base, parents: vec![base.commit.as_str()], carried: Vec::new() },
        };
        let mut changes = (self.changes)(&start.snapshot.files);
        changes.extend(start.carried);
        let commit = client.commit(repository, start.snapshot, &start.parents, &changes, self.message).await?;
        client.point(repository, branch, &commit, line.is_some()).await
    }

    fn conflict(&self, paths: &[String]) -> Error {
        let Self { repository, branch, .. } = self;
        let attempted = format!("add a commit to the branch {branch} of {repository}");
        let cause = format!("it has commits of others that conflict with its base in {}", paths.join(", "));
        Error::new(ErrorKind::Conflict, attempted, cause)
            .help(format!("merge the base branch into {branch} and resolve the conflict there, then apply again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::client::NewFile;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, blob)| ((*path).to_owned(), (*blob).to_owned())).collect()
    }

    fn snapshot(commit: &str, list: &[(&str, &str)]) -> Snapshot {
        let (parents, modes) = (Vec::new(), [("run".to_owned(), "100755".to_owned())].into());
        Snapshot { commit: commit.to_owned(), tree: format!("tree of {commit}"), parents, files: files(list), modes }
    }

    fn line(fork: Option<Snapshot>, tip: &[(&str, &str)]) -> Line {
        Line { tip: snapshot("tip", tip), fork }
    }

    #[test]
    fn nothing_is_merged_from_a_branch_without_changes() {
        let fork = snapshot("fork", &[("a", "1")]);
        let merge = line(Some(fork), &[("a", "1")]).merge(&files(&[("a", "2"), ("b", "1")])).unwrap();
        assert_eq!((merge.files, merge.conflicts.len()), (files(&[("a", "2"), ("b", "1")]), 0));
    }

    #[test]
    fn a_merge_takes_the_changes_of_both_sides_and_names_those_of_one_file() {
        let fork = snapshot("fork", &[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1")]);
        let base = files(&[("a", "2"), ("b", "1"), ("c", "2"), ("d", "2"), ("e", "1")]);
        let merge = line(Some(fork), &[("a", "1"), ("b", "2"), ("c", "2"), ("d", "3"), ("new", "1")]);
        let merge = merge.merge(&base).unwrap();
        assert_eq!(merge.files, files(&[("a", "2"), ("b", "2"), ("c", "2"), ("d", "2"), ("new", "1")]));
        assert_eq!(merge.conflicts, BTreeSet::from(["d".to_owned()]));
    }

    #[test]
    fn a_commit_comes_after_all_commits_of_its_branch() {
        let base = snapshot("base", &[("ours", "2"), ("run", "1")]);
        let parents = |line: &Line| -> Vec<String> {
            let start = line.start(&base, &|path| path == "ours").map(|start| start.parents);
            start.unwrap().into_iter().map(str::to_owned).collect()
        };
        let merged = Line { tip: snapshot("old", &[]), fork: Some(snapshot("old", &[])) };
        assert_eq!(parents(&merged), ["base"]);
        assert_eq!(parents(&line(Some(base.clone()), &[("ours", "3")])), ["tip"]);
        assert_eq!(parents(&line(Some(snapshot("fork", &[("ours", "1")])), &[("ours", "3")])), ["tip", "base"]);
        assert_eq!(parents(&line(None, &[("ours", "3")])), ["tip", "base"]);
    }

    #[test]
    fn changes_of_others_on_a_branch_that_conflicts_are_carried_with_their_modes() {
        let base = snapshot("base", &[("ours", "2"), ("kept", "1")]);
        let fork = snapshot("fork", &[("ours", "1"), ("kept", "1"), ("run", "1")]);
        let branch = line(Some(fork), &[("ours", "3"), ("kept", "2"), ("run", "2")]);
        let conflict = branch.start(&base, &|path| path == "ours").err();
        assert_eq!(conflict, Some(vec!["run".to_owned()]), "the base deleted it");
        let fork = snapshot("fork", &[("ours", "1"), ("kept", "1")]);
        let branch = line(Some(fork), &[("ours", "3"), ("run", "2")]);
        let carried = branch.start(&base, &|path| path == "ours").map(|start| start.carried).unwrap();
        let run = NewFile::Stored { blob: "2".to_owned(), mode: "100755".to_owned() };
        assert_eq!(carried, [("kept".to_owned(), NewFile::Deleted), ("run".to_owned(), run)]);
    }
}
