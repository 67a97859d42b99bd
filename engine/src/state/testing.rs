//! A small world for the tests of this module: a directory, and a store in it that can be slow, fail and count.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use state_backends::{
    Attempt, Backend, Capabilities, Directory, Document, Expected, Kind, LockId, LockInfo, Result, Revision, Version,
};
use tempfile::TempDir;
use tokio::sync::{Notify, RwLock, RwLockWriteGuard};

use super::document::State;
use super::resource::ResourceState;
use super::store::{LockOptions, Store};

pub(super) fn portal(id: &str) -> ResourceState {
    ResourceState {
        type_name: "portal".into(),
        id: id.into(),
        attributes: [("name".to_owned(), json!("prod"))].into(),
        ..ResourceState::default()
    }
}

pub(super) struct World {
    temporary: TempDir,
    backend: Arc<Fickle>,
}

impl World {
    pub(super) fn new() -> Self {
        let temporary = TempDir::new().unwrap();
        let backend = Arc::new(Fickle::new(Directory::open(temporary.path().join("state")).unwrap()));
        Self { temporary, backend }
    }

    /// Does not exist before the first lock.
    pub(super) fn directory(&self) -> PathBuf {
        self.temporary.path().join("state")
    }

    pub(super) fn store(&self) -> Store {
        Store::new(Arc::clone(&self.backend) as Arc<dyn Backend>)
    }

    /// The text of the document of `scope`, as the store keeps it.
    pub(super) fn document(&self, scope: &str) -> String {
        std::fs::read_to_string(self.directory().join(format!("{scope}.json"))).unwrap()
    }

    pub(super) fn put_document(&self, scope: &str, text: &str) {
        std::fs::write(self.directory().join(format!("{scope}.json")), text).unwrap();
    }

    /// A whole run that makes one change.
    pub(super) async fn record(&self, scope: &str, change: impl FnOnce(&mut State) + Send + 'static) {
        let locked = self.store().lock(scope, &LockOptions::new("test")).await.unwrap();
        locked.record(change).await.unwrap();
        locked.release().await.unwrap();
    }

    /// How many writes were done, those included whose answer was lost.
    pub(super) fn writes(&self) -> u64 {
        self.backend.writes.load(Ordering::SeqCst)
    }

    /// Writes begin, but none is done before what this returns is dropped.
    pub(super) fn hold_writes(&self) -> RwLockWriteGuard<'_, ()> {
        self.backend.gate.try_write().unwrap()
    }

    pub(super) async fn write_has_begun(&self) {
        self.backend.begun.notified().await;
    }

    pub(super) fn fail_next_write(&self, kind: Kind) {
        *self.backend.next_write.lock().unwrap() = Some(Fault::Failure(kind));
    }

    pub(super) fn lose_next_answer(&self) {
        *self.backend.next_write.lock().unwrap() = Some(Fault::LostAnswer);
    }

    pub(super) fn fail_next_read(&self) {
        *self.backend.next_read.lock().unwrap() = Some(Kind::Unavailable);
    }
}

#[derive(Debug)]
enum Fault {
    Failure(Kind),
    LostAnswer,
}

/// A directory that does what the test says, and otherwise what it should.
#[derive(Debug)]
struct Fickle {
    directory: Directory,
    writes: AtomicU64,
    gate: RwLock<()>,
    begun: Notify,
    next_write: Mutex<Option<Fault>>,
    next_read: Mutex<Option<Kind>>,
}

impl Fickle {
    fn new(directory: Directory) -> Self {
        Self {
            directory,
            writes: AtomicU64::new(0),
            gate: RwLock::new(()),
            begun: Notify::new(),
            next_write: Mutex::default(),
            next_read: Mutex::default(),
        }
    }
}

fn fault(kind: Kind) -> state_backends::Error {
    Attempt::new("go on", "a store that fails on purpose").failed(kind)
}

#[async_trait]
impl Backend for Fickle {
    fn describe(&self) -> String {
        self.directory.describe()
    }

    fn capabilities(&self) -> Capabilities {
        self.directory.capabilities()
    }

    async fn read(&self, key: &str) -> Result<Option<Document>> {
        let failure = self.next_read.lock().unwrap().take();
        match failure {
            Some(kind) => Err(fault(kind)),
            None => self.directory.read(key).await,
        }
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        self.begun.notify_one();
        drop(self.gate.read().await);
        let planned = self.next_write.lock().unwrap().take();
        if let Some(Fault::Failure(kind)) = planned {
            return Err(fault(kind));
        }
        let revision = self.directory.write(key, bytes, expected, lock).await?;
        self.writes.fetch_add(1, Ordering::SeqCst);
        match planned {
            Some(_) => Err(fault(Kind::Unavailable)),
            None => Ok(revision),
        }
    }

    async fn keys(&self) -> Result<Vec<String>> {
        self.directory.keys().await
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        self.directory.history(key).await
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document> {
        self.directory.read_version(key, revision).await
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        self.directory.lock(key, info).await
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.directory.unlock(key, id).await
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        self.directory.force_unlock(key, id).await
    }

    fn abandon(&self, key: &str, id: &LockId) {
        self.directory.abandon(key, id);
    }
}
