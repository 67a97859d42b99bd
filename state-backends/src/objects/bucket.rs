//! One bucket (or container) under a prefix: objects that are read whole, and written only if what is stored is what
//! the writer expects.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use object_store::path::{Path, PathPart};
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, PutResult, UpdateVersion,
};
use uuid::Uuid;

use super::service::ServerDate;
use crate::{Expected, Revision};

/// The time limit for a list, which may have any number of pages.
const LONGEST_LISTING: Duration = Duration::from_secs(120);

/// The metadata by which a writer knows its own object again. One word without separators: not every store takes them.
const WRITER: &str = "writer";

/// A bucket, and the prefix of the objects in it.
#[derive(Clone)]
pub(super) struct Bucket {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) versioning: Versioning,
    /// The bucket's URL without a prefix: `s3://bucket`.
    pub(super) url: String,
    /// The folder of everything; empty for the whole bucket.
    pub(super) prefix: Path,
}

/// The version of an object that the store compares before it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versioning {
    /// S3 and Azure: the entity tag.
    ETag,
    /// Google Cloud Storage: the generation number.
    Generation,
}

/// An object as it was at one moment.
#[derive(Debug)]
pub(super) struct Object {
    /// The content; empty if only the head was requested.
    pub(super) bytes: Bytes,
    pub(super) revision: Revision,
    /// When it was written, by the store's clock, to the second.
    pub(super) written: Timestamp,
    /// The time of the store's clock when it answered, to the second.
    pub(super) server_date: Option<Timestamp>,
    /// The [`WRITER`] of the object.
    writer: Option<String>,
}

/// The result of a write without an error.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is stored, as this version.
    Done(Revision),
    /// Another version than the writer expected was stored, and still is.
    Overtaken,
}

impl Bucket {
    /// The URL of an object, for messages.
    pub(super) fn address_of(&self, path: &Path) -> String {
        format!("{}/{path}", self.url)
    }

    /// The object with its content. `None` if there is none.
    pub(super) async fn get(&self, path: &Path) -> Result<Option<Object>, Error> {
        self.get_opts(path, GetOptions::default()).await
    }

    /// The object without its content. `None` if there is none.
    pub(super) async fn head(&self, path: &Path) -> Result<Option<Object>, Error> {
        self.get_opts(path, GetOptions { head: true, ..GetOptions::default() }).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<Option<Object>, Error> {
        let is_head = options.head;
        match self.store.get_opts(path, options).await {
            Ok(found) => self.object(found, is_head).await.map(Some),
            Err(error) if is_missing_object(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn object(&self, found: GetResult, is_head: bool) -> Result<Object, Error> {
        let ObjectMeta { e_tag, version, last_modified, .. } = found.meta.clone();
        let writer = found.attributes.get(&Attribute::Metadata(WRITER.into())).map(|value| value.to_string());
        let server_date = found.extensions.get::<ServerDate>().map(|date| date.0);
        Ok(Object {
            bytes: if is_head { Bytes::new() } else { found.bytes().await? },
            revision: self.revision(e_tag, version)?,
            written: timestamp(last_modified.timestamp()),
            server_date,
            writer,
        })
    }

    /// Stores `bytes` if `expected` is what is stored. After a lost answer, the metadata of the stored object says
    /// whether this write or another one came first.
    pub(super) async fn put(&self, path: &Path, bytes: Bytes, expected: &Expected) -> Result<Written, Error> {
        let writer = Uuid::new_v4().to_string();
        let attributes = Attributes::from_iter([(Attribute::Metadata(WRITER.into()), writer.clone())]);
        let options = PutOptions { mode: self.mode(expected), attributes, ..PutOptions::default() };
        match self.store.put_opts(path, PutPayload::from(bytes), options).await {
            Ok(PutResult { e_tag, version, .. }) => self.revision(e_tag, version).map(Written::Done),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                let stored = self.head(path).await?.filter(|stored| stored.writer.as_ref() == Some(&writer));
                Ok(stored.map_or(Written::Overtaken, |mine| Written::Done(mine.revision)))
            }
            Err(error) => Err(error),
        }
    }

    /// Stores `bytes`, whatever is stored.
    pub(super) async fn overwrite(&self, path: &Path, bytes: Bytes) -> Result<(), Error> {
        self.store.put(path, PutPayload::from(bytes)).await.map(drop)
    }

    fn mode(&self, expected: &Expected) -> PutMode {
        match (expected.revision().map(|revision| revision.as_str().to_owned()), self.versioning) {
            (None, _) => PutMode::Create,
            (e_tag, Versioning::ETag) => PutMode::Update(UpdateVersion { e_tag, version: None }),
            (version, Versioning::Generation) => PutMode::Update(UpdateVersion { e_tag: None, version }),
        }
    }

    /// A revision that no object has.
    pub(super) fn impossible_revision(&self) -> Revision {
        Revision::new(match self.versioning {
            Versioning::ETag => "\"00000000000000000000000000000000\"",
            Versioning::Generation => "1",
        })
    }

    /// The names of the objects directly under `folder`, which has no slash at its end, with the folder.
    pub(super) async fn list(&self, folder: Option<&Path>) -> Result<Vec<Path>, Error> {
        let listing = self.store.list_with_delimiter(folder);
        let listed = tokio::time::timeout(LONGEST_LISTING, listing).await.map_err(|_| Error::Generic {
            store: "the store",
            source: format!("the list has no end within {} seconds", LONGEST_LISTING.as_secs()).into(),
        })??;
        Ok(listed.objects.into_iter().map(|object| object.location).collect())
    }

    /// Removes an object, if it is there.
    pub(super) async fn delete(&self, path: &Path) -> Result<(), Error> {
        match self.store.delete(path).await {
            Err(error) if is_missing_object(&error) => Ok(()),
            done => done,
        }
    }

    fn revision(&self, e_tag: Option<String>, version: Option<String>) -> Result<Revision, Error> {
        let (text, name) = match self.versioning {
            Versioning::ETag => (e_tag, "an ETag"),
            Versioning::Generation => (version, "a generation"),
        };
        text.map(Revision::new).ok_or_else(|| Error::NotSupported {
            source: format!("the server does not answer with {name}, which says what version of an object is stored")
                .into(),
        })
    }
}

/// The place of what is called `name` in a folder. A name is taken as it stands, for what this crate calls its objects
/// is plain ASCII already, without slashes.
pub(super) fn inside(folder: &Path, name: &str) -> Path {
    folder.clone().join(PathPart::parse(name).expect("a name here is plain ASCII without slashes, and no dots alone"))
}

/// True if the object is missing, and not the bucket that it would be in. The stores answer 404 to both; the code in
/// the body distinguishes them (S3 and Google: `NoSuchBucket`; Azure: `ContainerNotFound`).
fn is_missing_object(error: &Error) -> bool {
    let Error::NotFound { source, .. } = error else { return false };
    let said = source.to_string();
    !["NoSuchBucket", "ContainerNotFound"].iter().any(|code| said.contains(code))
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod testing {
    use object_store::memory::InMemory;

    use super::*;

    impl Object {
        /// The version `revision` of a document, whose content is the same text.
        pub(in crate::objects) fn of_test(revision: &str) -> Self {
            Self {
                bytes: Bytes::from(revision.to_owned()),
                revision: Revision::new(revision),
                written: Timestamp::UNIX_EPOCH,
                server_date: None,
                writer: None,
            }
        }
    }

    /// An empty bucket in memory, which has the conditions of S3, but no clock.
    pub(in crate::objects) fn bucket() -> Bucket {
        let (url, prefix) = ("memory://bucket".to_owned(), Path::from("prefix"));
        Bucket { store: Arc::new(InMemory::new()), versioning: Versioning::ETag, url, prefix }
    }

    #[tokio::test]
    async fn looking_finds_nothing_and_creates_nothing() {
        let bucket = bucket();
        let path = inside(&bucket.prefix, "a.json");
        assert!(bucket.get(&path).await.unwrap().is_none());
        assert_eq!(bucket.list(Some(&bucket.prefix)).await.unwrap(), []);
    }

    #[tokio::test]
    async fn an_object_is_replaced_only_if_it_is_the_version_that_was_seen() {
        let bucket = bucket();
        let path = inside(&bucket.prefix, "a.json");
        let put = async |bytes: &'static str, expected| {
            bucket.put(&path, Bytes::from_static(bytes.as_bytes()), &expected).await.unwrap()
        };
        let Written::Done(first) = put("1", Expected::Absent).await else { panic!("there was nothing") };
        assert_eq!(put("2", Expected::Absent).await, Written::Overtaken);
        assert_eq!(put("2", Expected::Revision(bucket.impossible_revision())).await, Written::Overtaken);
        let Written::Done(second) = put("2", Expected::Revision(first.clone())).await else { panic!("it was seen") };
        assert_eq!(put("3", Expected::Revision(first)).await, Written::Overtaken);
        let stored = bucket.get(&path).await.unwrap().unwrap();
        assert_eq!((stored.bytes, stored.revision), (Bytes::from_static(b"2"), second));
    }
}
