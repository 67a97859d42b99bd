//! A lock that this process holds.

use std::sync::Arc;

use state_backends::{Backend, Document, Expected, LockId, Revision};

use super::document::State;
use super::encryption::Keys;
use super::error::Error;

/// The lock of one scope in a store. Dropping it releases the lock as soon as possible.
#[derive(Debug)]
pub(super) struct HeldLock {
    backend: Arc<dyn Backend>,
    keys: Keys,
    pub(super) scope: String,
    pub(super) id: LockId,
    is_released: bool,
}

/// A decrypted document and its revision.
pub(super) struct ClearDocument {
    pub(super) clear: Vec<u8>,
    pub(super) revision: Revision,
}

impl HeldLock {
    /// A lock that was just acquired.
    pub(super) fn new(backend: Arc<dyn Backend>, keys: Keys, scope: &str, id: LockId) -> Self {
        Self { backend, keys, scope: scope.to_owned(), id, is_released: false }
    }

    /// Stores `clear`, the document of `state`, encrypted if there are keys. The caller has called
    /// [`Keys::check_write`].
    pub(super) async fn write(&self, state: &State, clear: Vec<u8>, expected: &Expected) -> Result<Revision, Error> {
        let bytes = self.keys.seal(state, clear);
        self.backend.write(&self.scope, bytes, expected, &self.id).await.map_err(Error::of_scope(&self.scope))
    }

    /// Reads the document.
    pub(super) async fn read(&self) -> Result<Option<ClearDocument>, Error> {
        let found = self.backend.read(&self.scope).await.map_err(Error::of_scope(&self.scope))?;
        let Some(Document { bytes, revision }) = found else { return Ok(None) };
        let opened = self.keys.open(&bytes);
        let opened = opened.map_err(|reason| Error::unreadable(&self.scope, self.backend.describe(), reason))?;
        Ok(Some(ClearDocument { clear: opened.clear.into_owned(), revision }))
    }

    /// Releases the lock, and waits for that.
    pub(super) async fn release(mut self) -> Result<(), Error> {
        self.backend.unlock(&self.scope, &self.id).await.map_err(Error::of_scope(&self.scope))?;
        self.is_released = true;
        Ok(())
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        if !self.is_released {
            self.backend.abandon(&self.scope, &self.id);
        }
    }
}
