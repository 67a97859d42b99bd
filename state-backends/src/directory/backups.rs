//! The earlier versions of one document.
//!
//! A holder of a lock may write many times, once a changed object, say. Were the last N versions all that is kept,
//! one long run would push out what there was before it, which is what people want back. So the versions that a
//! holder found when it came (*run*) and those in the middle of its work (*step*) are counted apart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::files;
use crate::{Revision, Version};

/// How many versions of each kind are kept.
const KEPT_OF_EACH_KIND: usize = 20;

/// The backups of one document: a directory with a file a version, `<number>-<kind>-<revision>.json`.
#[derive(Debug)]
pub(super) struct Backups {
    directory: PathBuf,
}

/// The kind of version that a write replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaced {
    /// The version that the holder of the lock found when it came.
    Run,
    /// A version that the holder wrote itself.
    Step,
}

/// A backup, as its name describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Backup {
    number: u64,
    replaced: Replaced,
    revision: Revision,
}

impl Backups {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Under the guard: keeps the content of `document`, which is at `revision` and about to be replaced.
    pub(super) fn keep(&self, document: &Path, revision: &Revision, replaced: Replaced) -> io::Result<()> {
        files::create_directory(&self.directory)?;
        let mut backups = self.list()?;
        // A process that died between its backup and its write has left this one.
        if backups.last().is_some_and(|last| &last.revision == revision) {
            return Ok(());
        }
        let number = backups.last().map_or(1, |last| last.number + 1);
        let new = Backup { number, replaced, revision: revision.clone() };
        files::link(document, &self.path_of(&new))?;
        backups.push(new);
        self.prune(&backups)
    }

    /// The versions that are kept, the last one that was replaced first.
    pub(super) fn newest_first(&self) -> io::Result<Vec<Version>> {
        let versions = self.list()?.into_iter().rev().map(|backup| self.version(backup));
        versions.filter_map(Result::transpose).collect()
    }

    /// Oldest first. Files with other names than those of backups are ignored.
    fn list(&self) -> io::Result<Vec<Backup>> {
        let names = files::names_in(&self.directory)?;
        let mut backups: Vec<_> = names.iter().filter_map(|name| Backup::from_name(name)).collect();
        backups.sort_by_key(|backup| backup.number);
        Ok(backups)
    }

    fn prune(&self, oldest_first: &[Backup]) -> io::Result<()> {
        for kind in [Replaced::Run, Replaced::Step] {
            let newest_first = oldest_first.iter().rev().filter(|backup| backup.replaced == kind);
            for backup in newest_first.skip(KEPT_OF_EACH_KIND) {
                fs::remove_file(self.path_of(backup))?;
            }
        }
        Ok(())
    }

    /// The version of a backup. `None` if it was deleted meanwhile in favour of newer ones.
    fn version(&self, backup: Backup) -> io::Result<Option<Version>> {
        let path = self.path_of(&backup);
        let modified = match fs::metadata(&path) {
            Ok(metadata) => metadata.modified()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let written = Timestamp::try_from(modified).map_err(io::Error::other)?;
        Ok(Some(Version { revision: backup.revision, written, location: path.display().to_string() }))
    }

    fn path_of(&self, backup: &Backup) -> PathBuf {
        self.directory.join(backup.name())
    }
}

impl Backup {
    fn name(&self) -> String {
        format!("{:06}-{}-{}.json", self.number, self.replaced.name(), self.revision)
    }

    fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".json")?.splitn(3, '-');
        let number = parts.next()?.parse().ok()?;
        let replaced = Replaced::from_name(parts.next()?)?;
        let backup = Self { number, replaced, revision: Revision::new(parts.next()?) };
        (backup.name() == name).then_some(backup)
    }
}

impl Replaced {
    fn name(self) -> &'static str {
        match self {
            Replaced::Run => "run",
            Replaced::Step => "step",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Replaced::Run, Replaced::Step].into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        directory: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            Self { directory: tempfile::tempdir().unwrap() }
        }

        fn backups(&self) -> Backups {
            Backups::new(self.directory.path().join("backups"))
        }

        fn keep(&self, content: &str, replaced: Replaced) {
            let document = self.directory.path().join("document.json");
            if document.exists() {
                fs::remove_file(&document).unwrap();
            }
            fs::write(&document, content).unwrap();
            let revision = files::revision_of(content.as_bytes());
            self.backups().keep(&document, &revision, replaced).unwrap();
        }

        fn kept(&self) -> Vec<String> {
            let versions = self.backups().newest_first().unwrap();
            versions.iter().map(|version| fs::read_to_string(&version.location).unwrap()).collect()
        }
    }

    #[test]
    fn without_a_write_nothing_is_kept() {
        assert_eq!(World::new().kept(), Vec::<String>::new());
    }

    #[test]
    fn the_last_twenty_versions_of_a_long_run_are_kept_and_what_was_before_it() {
        let world = World::new();
        world.keep("before", Replaced::Run);
        for step in 1..=30 {
            world.keep(&format!("step {step}"), Replaced::Step);
        }
        let expected: Vec<_> =
            (11..=30).rev().map(|step| format!("step {step}")).chain(["before".to_owned()]).collect();
        assert_eq!(world.kept(), expected);
    }

    #[test]
    fn the_last_twenty_runs_are_kept() {
        let world = World::new();
        for run in 1..=25 {
            world.keep(&format!("run {run}"), Replaced::Run);
        }
        assert_eq!(world.kept().len(), KEPT_OF_EACH_KIND);
        assert_eq!(world.kept().last().unwrap(), "run 6");
    }

    #[test]
    fn content_that_comes_back_is_kept_again_in_its_order() {
        let world = World::new();
        for content in ["a", "b", "a"] {
            world.keep(content, Replaced::Run);
        }
        assert_eq!(world.kept(), ["a", "b", "a"]);
    }

    #[test]
    fn a_backup_that_a_killed_writer_left_is_not_made_twice() {
        let world = World::new();
        world.keep("a", Replaced::Run);
        world.keep("a", Replaced::Run);
        assert_eq!(world.kept(), ["a"]);
    }

    #[test]
    fn files_that_are_no_backups_are_left_alone() {
        let world = World::new();
        world.keep("a", Replaced::Run);
        let stranger = world.directory.path().join("backups/1-run-.json");
        fs::write(&stranger, "mine").unwrap();
        world.keep("b", Replaced::Run);
        assert_eq!(world.kept(), ["b", "a"]);
        assert!(stranger.exists());
    }
}
