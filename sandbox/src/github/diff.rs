//! The changes between two commits, file by file.

use git2::{Delta, Diff, DiffFindOptions, DiffFormat, Oid, Patch};
use serde_json::{Value, json};

use super::errors::ApiError;
use super::links::{Links, encode};
use super::repository::Repo;

/// The longest patch in a file's entry, in lines. Longer ones are left out, as on GitHub; the counts always stay.
const LONGEST_PATCH_LINES: usize = 20_000;

/// The change from the tree of one commit to that of another, with renames found.
pub(super) struct Change<'repo> {
    repo: &'repo Repo,
    from: Oid,
    to: Oid,
    diff: Diff<'repo>,
}

impl<'repo> Change<'repo> {
    /// Compares two commits.
    pub(super) fn between(repo: &'repo Repo, from: Oid, to: Oid) -> Result<Self, git2::Error> {
        let old = repo.git.find_commit(from)?.tree()?;
        let new = repo.git.find_commit(to)?.tree()?;
        let mut diff = repo.git.diff_tree_to_tree(Some(&old), Some(&new), None)?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        Ok(Self { repo, from, to, diff })
    }

    /// The number of changed files.
    pub(super) fn len(&self) -> usize {
        self.diff.deltas().len()
    }

    /// Added and deleted lines.
    pub(super) fn line_counts(&self) -> Result<(usize, usize), git2::Error> {
        let stats = self.diff.stats()?;
        Ok((stats.insertions(), stats.deletions()))
    }

    /// The whole change in the format of `git diff`.
    pub(super) fn to_text(&self) -> Result<Vec<u8>, git2::Error> {
        let mut text = Vec::new();
        self.diff.print(DiffFormat::Patch, |_, _, line| {
            if matches!(line.origin(), '+' | '-' | ' ') {
                text.extend_from_slice(line.origin().to_string().as_bytes());
            }
            text.extend_from_slice(line.content());
            true
        })?;
        Ok(text)
    }

    /// One file of the change: the schema `diff-entry`. `index` is below [`Change::len`].
    pub(super) fn file(&self, links: &Links, index: usize) -> Result<Value, ApiError> {
        let delta = self.diff.get_delta(index).ok_or_else(ApiError::not_found)?;
        let (side, commit) =
            if delta.status() == Delta::Deleted { (delta.old_file(), self.from) } else { (delta.new_file(), self.to) };
        let path = String::from_utf8_lossy(side.path_bytes().unwrap_or_default()).into_owned();
        let name = &self.repo.name;
        let blob = format!("/blob/{commit}/{}", encode(&path));
        let mut file = json!({
            "sha": side.id().to_string(),
            "filename": path,
            "status": status(&delta),
            "additions": 0,
            "deletions": 0,
            "changes": 0,
            "blob_url": links.html(name, &blob),
            "raw_url": links.raw(name, commit, &path),
            "contents_url": links.contents(name, &commit.to_string(), &path),
        });
        if delta.status() == Delta::Renamed {
            let previous = delta.old_file();
            let previous = previous.path_bytes().unwrap_or_default();
            file["previous_filename"] = String::from_utf8_lossy(previous).into();
        }
        if let Some(mut patch) = Patch::from_diff(&self.diff, index)? {
            describe(&mut file, &mut patch)?;
        }
        Ok(file)
    }
}

/// Adds the counts of lines, and the hunks if there are any: a binary file has none.
fn describe(file: &mut Value, patch: &mut Patch<'_>) -> Result<(), ApiError> {
    let (_, additions, deletions) = patch.line_stats()?;
    file["additions"] = additions.into();
    file["deletions"] = deletions.into();
    file["changes"] = (additions + deletions).into();
    if patch.num_hunks() == 0 || additions + deletions > LONGEST_PATCH_LINES {
        return Ok(());
    }
    let text = patch.to_buf()?;
    let text = String::from_utf8_lossy(&text);
    // The hunks begin at the first line that starts with two at signs; before it are the names of the files.
    if let Some(start) = text.find("\n@@ ") {
        file["patch"] = text[start + 1..].trim_end_matches('\n').into();
    }
    Ok(())
}

/// GitHub's word for a file's change.
fn status(delta: &git2::DiffDelta<'_>) -> &'static str {
    match delta.status() {
        Delta::Added => "added",
        Delta::Deleted => "removed",
        Delta::Renamed => "renamed",
        Delta::Copied => "copied",
        // The content is the same, so the mode changed.
        _ if delta.old_file().id() == delta.new_file().id() => "changed",
        _ => "modified",
    }
}
