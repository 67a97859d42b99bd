//! The earlier versions of one document: the version that each holder of its lock found at its first write.
//!
//! A version is copied before the first write of a holder replaces it. The versions in the middle of a holder's work
//! are not kept: each would cost an upload of the whole document, and people want to go back to the version before a
//! run. The versions of the bucket itself, if they are switched on, have those too.

use bytes::Bytes;
use jiff::Timestamp;
use object_store::Error;
use object_store::path::Path;

use super::bucket::{Bucket, Object, inside};
use crate::{Revision, Version, name};

/// How many versions are kept.
const KEPT: usize = 20;

/// The earlier versions of one document: a folder with an object a version, `<number>-<seconds>-<revision>.json`.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) folder: Path,
}

/// A version, as the name of its object describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    number: u64,
    written: Timestamp,
    revision: Revision,
}

impl History {
    /// Keeps a version that is about to be replaced, and lets the oldest go. Done twice, it is kept once.
    pub(super) async fn keep(&self, bucket: &Bucket, document: &Object) -> Result<(), Error> {
        let kept = self.oldest_first(bucket).await?;
        // A process that died between this and its write has left this one.
        if kept.last().is_some_and(|last| last.revision == document.revision) {
            return Ok(());
        }
        let number = kept.last().map_or(1, |last| last.number + 1);
        let new = Kept { number, written: document.written, revision: document.revision.clone() };
        bucket.overwrite(&self.path_of(&new), document.bytes.clone()).await?;
        for old in kept.iter().rev().skip(KEPT - 1) {
            // A bucket may forbid deletion. Then more versions are kept, which does no harm.
            if let Err(error) = bucket.delete(&self.path_of(old)).await {
                tracing::warn!("an old version of a document could not be removed: {error}");
            }
        }
        Ok(())
    }

    /// The versions that are kept, newest first, without the one that is `current`: a process that died before its
    /// write has left that.
    pub(super) async fn newest_first(
        &self,
        bucket: &Bucket,
        current: Option<&Revision>,
    ) -> Result<Vec<Version>, Error> {
        let mut kept = self.oldest_first(bucket).await?;
        if kept.last().is_some_and(|last| Some(&last.revision) == current) {
            kept.pop();
        }
        let version = |kept: Kept| {
            let location = bucket.address_of(&self.path_of(&kept));
            Version { revision: kept.revision, written: kept.written, location }
        };
        Ok(kept.into_iter().rev().map(version).collect())
    }

    /// The content of a version. `None` if it is not kept.
    pub(super) async fn read(&self, bucket: &Bucket, revision: &Revision) -> Result<Option<Bytes>, Error> {
        let kept = self.oldest_first(bucket).await?;
        let Some(found) = kept.iter().rev().find(|kept| &kept.revision == revision) else { return Ok(None) };
        Ok(bucket.get(&self.path_of(found)).await?.map(|object| object.bytes))
    }

    /// Objects with other names than those of versions are ignored.
    async fn oldest_first(&self, bucket: &Bucket) -> Result<Vec<Kept>, Error> {
        let names = bucket.list(Some(&self.folder)).await?;
        let mut kept: Vec<_> = names.iter().filter_map(|path| Kept::from_name(path.filename()?)).collect();
        kept.sort_by_key(|kept| kept.number);
        Ok(kept)
    }

    fn path_of(&self, kept: &Kept) -> Path {
        inside(&self.folder, &kept.name())
    }
}

impl Kept {
    fn name(&self) -> String {
        // A revision is a store's own text of a few dozen characters, which has a name.
        let revision = name::of_key(self.revision.as_str()).unwrap_or_default();
        format!("{:06}-{}-{revision}.json", self.number, self.written.as_second())
    }

    fn from_name(text: &str) -> Option<Self> {
        let mut parts = text.strip_suffix(".json")?.splitn(3, '-');
        let number = parts.next()?.parse().ok()?;
        let written = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
        let kept = Self { number, written, revision: Revision::new(name::to_key(parts.next()?)?) };
        (kept.name() == text).then_some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::objects::bucket::testing;

    struct World {
        bucket: Bucket,
        history: History,
    }

    impl World {
        fn new() -> Self {
            let bucket = testing::bucket();
            let history = History { folder: inside(&bucket.prefix, "history") };
            Self { bucket, history }
        }

        /// Keeps the version `revision`, whose content is the same text.
        async fn keep(&self, revision: &str) {
            let document = Object::of_test(revision);
            self.history.keep(&self.bucket, &document).await.unwrap();
        }

        async fn listed(&self, current: &str) -> Vec<String> {
            let versions = self.history.newest_first(&self.bucket, Some(&Revision::new(current))).await.unwrap();
            versions.into_iter().map(|version| version.revision.to_string()).collect()
        }
    }

    #[tokio::test]
    async fn without_a_write_nothing_is_kept() {
        assert_eq!(World::new().listed("a").await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_last_twenty_versions_are_kept_and_can_be_read() {
        let world = World::new();
        for number in 1..=25 {
            world.keep(&format!("\"{number}\"")).await;
        }
        let expected: Vec<_> = (6..=25).rev().map(|number| format!("\"{number}\"")).collect();
        assert_eq!(world.listed("now").await, expected);
        let read = async |revision: &str| world.history.read(&world.bucket, &Revision::new(revision)).await.unwrap();
        assert_eq!(read("\"6\"").await, Some(Bytes::from_static(b"\"6\"")));
        assert_eq!(read("\"5\"").await, None);
    }

    #[tokio::test]
    async fn a_version_that_a_killed_writer_left_is_no_earlier_one_and_is_kept_once() {
        let world = World::new();
        world.keep("a").await;
        assert_eq!(world.listed("a").await, Vec::<String>::new());
        world.keep("a").await;
        assert_eq!(world.listed("b").await, ["a"]);
    }

    #[tokio::test]
    async fn content_that_comes_back_is_kept_again_in_its_order() {
        let world = World::new();
        for revision in ["a", "b", "a"] {
            world.keep(revision).await;
        }
        assert_eq!(world.listed("c").await, ["a", "b", "a"]);
    }

    fn kept() -> Kept {
        Kept {
            number: 7,
            written: Timestamp::from_second(1_767_323_045).unwrap(),
            revision: Revision::new("\"0x8D-F\""),
        }
    }

    #[test]
    fn the_name_of_a_version_says_all_of_it() {
        assert_eq!(kept().name(), "000007-1767323045-%220x8D-F%22~6.json");
        assert_eq!(Kept::from_name(&kept().name()), Some(kept()));
    }

    #[test]
    fn objects_that_are_no_versions_are_left_alone() {
        for name in ["7-1767323045-a.json", "000007-1767323045-.json", "000007-a.json", "notes.txt", ""] {
            assert_eq!(Kept::from_name(name), None, "{name}");
        }
    }
}
