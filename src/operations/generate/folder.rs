//! The new directory, which appears whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::manifest::git::Remote;
use crate::operations::failure::Failure;

/// The files of the directory, by path.
pub(super) type Texts = BTreeMap<String, String>;

/// The name of the directory while it is being filled.
const NAME: &str = "new";
/// Where koctl looks for a state in the directory that it runs in.
const STATE: &str = ".koctl/state";

/// A directory that is filled elsewhere on the same file system, and moved into its place at the end.
pub(super) struct Folder {
    /// The path as it was given.
    named: PathBuf,
    out: PathBuf,
    /// True if the directory exists already; its other files stay.
    merges: bool,
    aside: TempDir,
}

/// Where the specifications of a repository are, in the layout from which a sandbox makes repositories.
pub(super) fn repository(remote: &str) -> Option<String> {
    let remote = Remote::parse(remote).ok()?;
    let (owner, name) = remote.owner_and_name()?;
    Some(format!("services/{owner}/{name}"))
}

impl Folder {
    /// Prepares the directory `named`.
    ///
    /// # Errors
    /// If there is something that may not be overwritten, or nothing can be written there.
    pub(super) fn new(named: &Path, force: bool) -> Result<Self, Failure> {
        let failed = |error: &io::Error| cannot(named, error);
        let out = std::path::absolute(named).map_err(|error| failed(&error))?;
        let merges = match fs::read_dir(&out) {
            Ok(mut entries) => {
                if entries.next().is_some() && !force {
                    return Err(Failure::new(format!(
                        "the directory `{}` exists, and is not empty",
                        named.display()
                    ))
                    .help(
                        "name another directory with --out, or give --force to overwrite the files that koctl writes",
                    ));
                }
                true
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed(&error)),
        };
        let beside = if merges { out.as_path() } else { out.parent().unwrap_or(&out) };
        let parent = nearest_there(beside);
        let aside = tempfile::Builder::new().prefix(".koctl-generate-").tempdir_in(parent);
        let aside = aside.map_err(|error| failed(&error))?;
        fs::create_dir(aside.path().join(NAME)).map_err(|error| failed(&error))?;
        Ok(Self { named: named.to_owned(), out, merges, aside })
    }

    fn inner(&self) -> PathBuf {
        self.aside.path().join(NAME)
    }

    /// Where the state is stored by default. An existing state is not moved.
    pub(super) fn state_url(&self) -> String {
        let place = if self.merges { self.out.clone() } else { self.inner() };
        format!("file:{}", place.join(STATE).display())
    }

    /// True if the directory is there already, and gets the files beside its own.
    pub(super) fn merges(&self) -> bool {
        self.merges
    }

    /// The path as it was given.
    pub(super) fn named(&self) -> String {
        self.named.display().to_string()
    }

    /// Where the state is after [`finish`](Self::finish).
    pub(super) fn state_place(&self) -> String {
        self.named.join(STATE).display().to_string()
    }

    /// Writes the files next to their final place.
    pub(super) fn fill(&self, texts: &Texts) -> Result<(), Failure> {
        let inner = self.inner();
        let write = |path: &str, text: &str| {
            let path = inner.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&inner))?;
            fs::write(&path, text)
        };
        texts.iter().try_for_each(|(path, text)| write(path, text)).map_err(|error| cannot(&self.named, &error))
    }

    /// Moves the directory into its place. If it exists already, moves the files, which replace the old ones.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let moved = if self.merges { merge(&self.inner(), &self.out) } else { self.appear() };
        moved.map_err(|error| cannot(&self.named, &error))
    }

    fn appear(&self) -> io::Result<()> {
        fs::create_dir_all(self.out.parent().unwrap_or(&self.out))?;
        fs::rename(self.inner(), &self.out)
    }
}

fn merge(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            merge(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The nearest directory that exists.
fn nearest_there(path: &Path) -> &Path {
    path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"))
}

fn cannot(out: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("could not write {}: {error}", out.display()))
        .help("name another directory with --out; its parent must be writable")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(files: &[(&str, &str)]) -> Texts {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    /// Every file below `path` with its text.
    fn found(path: &Path) -> Texts {
        let mut all = Texts::new();
        let mut folders = vec![path.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap().path();
                if entry.is_dir() {
                    folders.push(entry);
                } else {
                    let name = entry.strip_prefix(path).unwrap().display().to_string();
                    all.insert(name, fs::read_to_string(&entry).unwrap());
                }
            }
        }
        all
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let world = tempfile::tempdir().unwrap();
        let folder = Folder::new(&world.path().join("a/b"), false).unwrap();
        folder.fill(&texts(&[("konnect/teams.yaml", "teams: {}\n")])).unwrap();
        drop(folder);
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_finished_is_there_whole_and_alone() {
        let world = tempfile::tempdir().unwrap();
        let files = texts(&[("konnect/teams.yaml", "teams: {}\n"), ("services/a/b/main/openapi.yaml", "x")]);
        let folder = Folder::new(&world.path().join("a/b"), false).unwrap();
        folder.fill(&files).unwrap();
        folder.finish().unwrap();
        assert_eq!(found(&world.path().join("a/b")), files);
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_that_is_not_empty_is_refused_and_with_force_keeps_what_koctl_does_not_write() {
        let world = tempfile::tempdir().unwrap();
        fs::write(world.path().join("notes"), "mine").unwrap();
        fs::create_dir(world.path().join("konnect")).unwrap();
        fs::write(world.path().join("konnect/teams.yaml"), "old").unwrap();
        assert!(Folder::new(world.path(), false).is_err());
        let folder = Folder::new(world.path(), true).unwrap();
        folder.fill(&texts(&[("konnect/teams.yaml", "new")])).unwrap();
        folder.finish().unwrap();
        assert_eq!(found(world.path()), texts(&[("konnect/teams.yaml", "new"), ("notes", "mine")]));
    }

    #[test]
    fn a_file_in_the_way_is_reported() {
        let world = tempfile::tempdir().unwrap();
        let file = world.path().join("file");
        fs::write(&file, "mine").unwrap();
        let failure = Folder::new(&file, true).err().unwrap();
        assert!(failure.message.contains("could not write"), "{failure:?}");
    }
}
