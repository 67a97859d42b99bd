//! Editing trees: many changes at any depth, written as one new tree.

use std::collections::BTreeMap;

use git2::{ErrorClass, ErrorCode, ObjectType, Oid};

/// The files of a commit: path, with slashes, to content.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Mode of a regular file in a tree.
pub(super) const FILE: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;

#[derive(Debug)]
enum Edit {
    Put { mode: i32, id: Oid },
    Remove,
}

/// Changes to one folder and, below it, to its subfolders.
#[derive(Debug, Default)]
pub(super) struct Edits {
    here: BTreeMap<String, Edit>,
    below: BTreeMap<String, Edits>,
}

impl Edits {
    /// Writes each file as a blob and puts it at its path.
    pub(super) fn of_files(git: &git2::Repository, files: &Files) -> Result<Self, git2::Error> {
        let mut edits = Self::default();
        for (path, content) in files {
            edits.put(path, FILE, git.blob(content)?)?;
        }
        Ok(edits)
    }

    /// Puts an object at a path, replacing what is there.
    ///
    /// # Errors
    /// `ErrorCode::InvalidSpec` if the path is not valid in a tree.
    pub(super) fn put(&mut self, path: &str, mode: i32, id: Oid) -> Result<(), git2::Error> {
        self.set(path, Edit::Put { mode, id })
    }

    /// Removes what is at a path.
    ///
    /// # Errors
    /// `ErrorCode::InvalidSpec` if the path is not valid in a tree. A path at which there is nothing fails when the
    /// edits are applied, with `ErrorCode::NotFound`.
    pub(super) fn remove(&mut self, path: &str) -> Result<(), git2::Error> {
        self.set(path, Edit::Remove)
    }

    fn set(&mut self, path: &str, edit: Edit) -> Result<(), git2::Error> {
        if !is_tree_path(path) {
            return Err(git2::Error::new(
                ErrorCode::InvalidSpec,
                ErrorClass::Tree,
                format!("`{path}` contains a malformed path component"),
            ));
        }
        let mut folder = self;
        let mut name = path;
        while let Some((first, rest)) = name.split_once('/') {
            folder = folder.below.entry(first.to_owned()).or_default();
            name = rest;
        }
        folder.here.insert(name.to_owned(), edit);
        Ok(())
    }

    /// Writes the tree that results from these edits of `base`, or of an empty tree. Folders that become empty are
    /// dropped, because git has none.
    ///
    /// # Errors
    /// `ErrorCode::NotFound` if there is nothing to remove at a path.
    pub(super) fn apply(&self, git: &git2::Repository, base: Option<&git2::Tree<'_>>) -> Result<Oid, git2::Error> {
        let mut builder = git.treebuilder(base)?;
        for (name, edit) in &self.here {
            match edit {
                Edit::Put { mode, id } => {
                    builder.insert(name.as_str(), *id, *mode)?;
                }
                Edit::Remove if builder.get(name.as_str())?.is_none() => {
                    return Err(git2::Error::new(
                        ErrorCode::NotFound,
                        ErrorClass::Tree,
                        format!("`{name}` does not exist, so it cannot be deleted"),
                    ));
                }
                Edit::Remove => builder.remove(name.as_str())?,
            }
        }
        for (name, edits) in &self.below {
            let folder = builder
                .get(name.as_str())?
                .filter(|entry| entry.kind() == Some(ObjectType::Tree))
                .map(|entry| git.find_tree(entry.id()))
                .transpose()?;
            let folder = git.find_tree(edits.apply(git, folder.as_ref())?)?;
            if !folder.is_empty() {
                builder.insert(name.as_str(), folder.id(), FOLDER)?;
            } else if builder.get(name.as_str())?.is_some() {
                builder.remove(name.as_str())?;
            }
        }
        builder.write()
    }
}

/// True if a path is valid in a tree: no empty, `.`, `..` or `.git` component, no NUL.
pub(super) fn is_tree_path(path: &str) -> bool {
    let component = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && !part.eq_ignore_ascii_case(".git") && !part.contains('\0')
    };
    path.split('/').all(component)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> (tempfile::TempDir, git2::Repository) {
        let folder = tempfile::tempdir().unwrap();
        let git = git2::Repository::init_bare(folder.path()).unwrap();
        (folder, git)
    }

    fn paths(git: &git2::Repository, tree: Oid) -> Vec<String> {
        let mut paths = Vec::new();
        let tree = git.find_tree(tree).unwrap();
        tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() == Some(ObjectType::Blob) {
                paths.push(format!("{folder}{}", entry.name().unwrap()));
            }
            git2::TreeWalkResult::Ok
        })
        .unwrap();
        paths
    }

    fn tree_of(git: &git2::Repository, names: &[&str]) -> Oid {
        let files = names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect();
        Edits::of_files(git, &files).unwrap().apply(git, None).unwrap()
    }

    #[test]
    fn no_edits_give_the_same_tree() {
        let (_folder, git) = repository();
        let tree = git.find_tree(tree_of(&git, &["a", "b/c/d"])).unwrap();
        assert_eq!(Edits::default().apply(&git, Some(&tree)).unwrap(), tree.id());
    }

    #[test]
    fn a_folder_that_loses_its_last_file_vanishes() {
        let (_folder, git) = repository();
        let tree = git.find_tree(tree_of(&git, &["a", "b/c/d"])).unwrap();
        let mut edits = Edits::default();
        edits.remove("b/c/d").unwrap();
        let after = edits.apply(&git, Some(&tree)).unwrap();
        assert_eq!(after, tree_of(&git, &["a"]));
    }

    #[test]
    fn a_file_gives_way_to_a_folder_of_its_name() {
        let (_folder, git) = repository();
        let tree = git.find_tree(tree_of(&git, &["a"])).unwrap();
        let mut edits = Edits::default();
        edits.put("a/b", FILE, git.blob(b"x").unwrap()).unwrap();
        let after = edits.apply(&git, Some(&tree)).unwrap();
        assert_eq!(paths(&git, after), ["a/b"]);
    }

    #[test]
    fn a_nested_path_changes_the_tree_that_the_same_edits_put() {
        let (_folder, git) = repository();
        let folder = tree_of(&git, &["one", "two"]);
        let mut edits = Edits::default();
        edits.put("box", FOLDER, folder).unwrap();
        edits.put("box/three", FILE, git.blob(b"3").unwrap()).unwrap();
        let after = edits.apply(&git, None).unwrap();
        assert_eq!(paths(&git, after), ["box/one", "box/three", "box/two"]);
    }

    #[test]
    fn removing_what_is_not_there_is_refused() {
        let (_folder, git) = repository();
        let tree = git.find_tree(tree_of(&git, &["a"])).unwrap();
        for path in ["b", "b/c", "a/b"] {
            let mut edits = Edits::default();
            edits.remove(path).unwrap();
            let error = edits.apply(&git, Some(&tree)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::NotFound, "{path}");
        }
    }

    #[test]
    fn paths_that_no_tree_can_hold_are_refused() {
        for path in ["", "/a", "a/", "a//b", "../a", "a/./b", ".git/config", "a/.GIT/b"] {
            let mut edits = Edits::default();
            assert!(edits.put(path, FILE, Oid::ZERO_SHA1).is_err(), "{path}");
        }
    }
}
