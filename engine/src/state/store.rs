//! A store of states: opening, reading, locking, and replacing a state.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use state_backends::{Backend, Document, Expected, LockId, LockInfo, Revision, Variables, Version};
use tokio::time::Instant;

use super::damage::{Damage, Unreadable};
use super::document::State;
use super::encryption::{KeyError, Keys, is_sealed};
use super::error::{Error, Intact};
use super::held_lock::HeldLock;
use super::locked::{LockedState, Stored};

/// The first pause before another attempt to acquire a lock.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A store of states, one for each scope. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    keys: Keys,
    /// The scopes whose state was seen in plain text, although there are keys.
    told: Arc<Mutex<BTreeSet<String>>>,
}

/// A state as it was stored at one moment. It cannot be written: that requires the lock.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The state.
    pub state: State,
    /// The revision of its document.
    pub revision: Revision,
    /// True if it was encrypted.
    pub encrypted: bool,
}

/// The stored document that a new state replaces.
#[derive(Debug, Clone, PartialEq)]
pub enum Replaced {
    /// Nothing is stored.
    Nothing,
    /// Another state.
    State(State),
    /// A document that cannot be read.
    Unreadable(Unreadable),
}

/// Options of a lock.
#[derive(Debug, Clone)]
pub struct LockOptions {
    /// The purpose of the lock, which others see: the name of the command.
    pub operation: String,
    /// How long to wait for another holder (`--lock-timeout`). Zero means not at all.
    pub timeout: Duration,
    /// The lineage of a state that does not exist yet, if a plan has promised one. Otherwise it is new.
    pub lineage: Option<String>,
}

impl LockOptions {
    /// Options for `operation`: it does not wait, and gives a new state a new lineage.
    pub fn new(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), timeout: Duration::ZERO, lineage: None }
    }
}

impl Store {
    /// Opens the store at a URL, as [`state_backends::open`] does. Nothing is created before the first lock.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`], or [`Error::Store`] if it is obvious that the place cannot store documents.
    pub fn open(url: &str, variables: Variables<'_>) -> Result<Self, Error> {
        Ok(Self::new(state_backends::open(url, variables)?))
    }

    /// The store in a backend, without encryption.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, keys: Keys::default(), told: Arc::default() }
    }

    /// The same store, with `keys` to decrypt and encrypt its documents.
    #[must_use]
    pub fn with_keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    /// The keys of this store.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The store in the words of a message: ``the directory `/srv/state` ``.
    pub fn describe(&self) -> String {
        self.backend.describe()
    }

    /// True if the store can list the scopes that have a state.
    pub fn lists_scopes(&self) -> bool {
        self.backend.capabilities().listing
    }

    /// The scopes that have a state, sorted. An error if the store cannot list them
    /// ([`lists_scopes`](Store::lists_scopes)).
    pub async fn scopes(&self) -> Result<Vec<String>, Error> {
        Ok(self.backend.keys().await?)
    }

    /// The state of `scope`; `None` if there is none yet. It needs no lock, and is complete even during a write.
    pub async fn read(&self, scope: &str) -> Result<Option<Snapshot>, Error> {
        match self.backend.read(scope).await.map_err(Error::of_scope(scope))? {
            None => Ok(None),
            Some(document) => Ok(Some(self.snapshot(scope, document).await?)),
        }
    }

    /// Acquires the lock of `scope`, waits for it as long as `options` allow, and reads the state under it.
    ///
    /// # Errors
    /// If another process still holds the lock ([`Error::is_locked`]), the error has the holder, the time and the
    /// purpose, and its advice has the command that forces the lock open. If the state cannot be read, or could not be
    /// written with these keys, the lock is released.
    pub async fn lock(&self, scope: &str, options: &LockOptions) -> Result<LockedState, Error> {
        let held = self.wait_for_lock(scope, options).await?;
        match self.read_to_write(scope).await {
            Ok(Some(Snapshot { state, revision, .. })) => {
                Ok(LockedState::start(held, Stored { state: Arc::new(state), revision: Some(revision) }))
            }
            Ok(None) => {
                let state = match &options.lineage {
                    Some(lineage) => State::with_lineage(scope, lineage),
                    None => State::new(scope),
                };
                Ok(LockedState::start(held, Stored { state: Arc::new(state), revision: None }))
            }
            Err(unreadable) => {
                // If this fails as well, the drop releases the lock. The error to report is why there is no state.
                let _ = held.release().await;
                Err(unreadable)
            }
        }
    }

    async fn read_to_write(&self, scope: &str) -> Result<Option<Snapshot>, Error> {
        let snapshot = self.read(scope).await?;
        match &snapshot {
            Some(snapshot) => self.check_write(scope, snapshot.encrypted)?,
            None => self.check_first_write(scope).await?,
        }
        Ok(snapshot)
    }

    fn check_write(&self, scope: &str, encrypted: bool) -> Result<(), Error> {
        self.keys.check_write(encrypted).map_err(|error| self.sealed(scope, error))
    }

    /// The same for a scope that has no state yet. If others in the store are encrypted, the keys were probably
    /// forgotten.
    async fn check_first_write(&self, scope: &str) -> Result<(), Error> {
        self.check_write(scope, false)?;
        if self.keys.encrypts() || !self.lists_scopes() {
            return Ok(());
        }
        for neighbour in self.scopes().await? {
            let found = self.backend.read(&neighbour).await.map_err(Error::of_scope(&neighbour))?;
            if found.is_some_and(|document| is_sealed(&document.bytes)) {
                return Err(self.sealed(scope, KeyError::EncryptedNeighbour { neighbour }));
            }
        }
        Ok(())
    }

    fn sealed(&self, scope: &str, error: KeyError) -> Error {
        Error::Sealed { scope: scope.to_owned(), store: self.describe(), error }
    }

    /// The error that [`lock`](Store::lock) would give after `timeout`; `None` if the lock is free. Not every store can
    /// report a holder otherwise, so this acquires the lock for a moment.
    ///
    /// # Errors
    /// It could not be found out.
    pub async fn locked(&self, scope: &str, operation: &str, timeout: Duration) -> Result<Option<Error>, Error> {
        match self.wait_for_lock(scope, &LockOptions { timeout, ..LockOptions::new(operation) }).await {
            Ok(held) => held.release().await.map(|()| None),
            Err(locked) if locked.is_locked() => Ok(Some(locked)),
            Err(error) => Err(error),
        }
    }

    /// Takes the lock `id` of `scope` away from its holder.
    pub async fn force_unlock(&self, scope: &str, id: &LockId) -> Result<(), Error> {
        self.backend.force_unlock(scope, id).await.map_err(Error::of_scope(scope))
    }

    /// The earlier versions of the state of `scope`, newest first, if the store keeps them.
    pub async fn history(&self, scope: &str) -> Result<Vec<Version>, Error> {
        self.backend.history(scope).await.map_err(Error::of_scope(scope))
    }

    /// One of the versions that [`history`](Store::history) lists.
    pub async fn read_version(&self, scope: &str, revision: &Revision) -> Result<State, Error> {
        let document = self.backend.read_version(scope, revision).await.map_err(Error::of_scope(scope))?;
        let read = self.parse(&document.bytes);
        read.map(|(state, _)| state).map_err(|reason| Error::unreadable(scope, self.describe(), reason))
    }

    /// Parses a document of this store. Returns the state, and true if it was encrypted.
    ///
    /// # Errors
    /// The document is not a state, or the keys do not decrypt it.
    pub fn parse(&self, document: &[u8]) -> Result<(State, bool), Unreadable> {
        let opened = self.keys.open(document)?;
        let state = State::from_bytes(&opened.clear)?;
        match opened.beside {
            Some((lineage, serial)) if lineage != state.lineage() || serial != state.serial() => {
                Err(Damage::Edited.into())
            }
            beside => Ok((state, beside.is_some())),
        }
    }

    /// Replaces the stored state of the scope of `state`, even a document that cannot be read, if `may` allows it after
    /// it saw that, under the lock. The new serial is one more than both.
    ///
    /// # Errors
    /// Those of `may`; the lock could not be acquired; or the stored state is encrypted, and this one would not be.
    pub async fn replace<E: From<Error>>(
        &self,
        state: &State,
        options: &LockOptions,
        may: impl FnOnce(&Replaced) -> Result<(), E>,
    ) -> Result<Snapshot, E> {
        let held = self.wait_for_lock(state.scope(), options).await?;
        let replaced = self.replace_under(&held, state, may).await;
        let released = held.release().await;
        let snapshot = replaced?;
        released?;
        Ok(snapshot)
    }

    async fn replace_under<E: From<Error>>(
        &self,
        held: &HeldLock,
        state: &State,
        may: impl FnOnce(&Replaced) -> Result<(), E>,
    ) -> Result<Snapshot, E> {
        let scope = state.scope();
        let found = self.backend.read(scope).await.map_err(Error::of_scope(scope))?;
        let replaced = match &found {
            None => Replaced::Nothing,
            Some(document) => {
                self.parse(&document.bytes).map_or_else(Replaced::Unreadable, |read| Replaced::State(read.0))
            }
        };
        may(&replaced)?;
        match &found {
            Some(document) => self.check_write(scope, is_sealed(&document.bytes))?,
            None => self.check_first_write(scope).await?,
        }
        let before = if let Replaced::State(before) = &replaced { before.serial() } else { 0 };
        let state = state.following(state.serial().max(before));
        let snapshot = self.write_under(held, state, Expected::from(found.map(|document| document.revision))).await?;
        Ok(snapshot)
    }

    /// Writes the state of `scope` again with the current keys. Only the serial changes. `None` if there is no state.
    ///
    /// # Errors
    /// Those of [`lock`](Store::lock), or the write failed.
    pub async fn rewrite(&self, scope: &str, options: &LockOptions) -> Result<Option<Snapshot>, Error> {
        // Who writes it anew need not be told that it should be.
        self.told().insert(scope.to_owned());
        let held = self.wait_for_lock(scope, options).await?;
        let rewritten = match self.read(scope).await {
            Ok(Some(Snapshot { state, revision, encrypted })) => match self.check_write(scope, encrypted) {
                Ok(()) => {
                    let next = state.following(state.serial());
                    self.write_under(&held, next, Expected::Revision(revision)).await.map(Some)
                }
                Err(refused) => Err(refused),
            },
            Ok(None) => Ok(None),
            Err(unreadable) => Err(unreadable),
        };
        let released = held.release().await;
        let snapshot = rewritten?;
        released.map(|()| snapshot)
    }

    async fn write_under(&self, held: &HeldLock, state: State, expected: Expected) -> Result<Snapshot, Error> {
        let revision = held.write(&state, state.to_bytes(), &expected).await?;
        Ok(Snapshot { state, revision, encrypted: self.keys.encrypts() })
    }

    async fn wait_for_lock(&self, scope: &str, options: &LockOptions) -> Result<HeldLock, Error> {
        let started = Instant::now();
        let mut pauses = self.pauses();
        loop {
            let tried = self.try_lock(scope, &options.operation).await;
            let left = options.timeout.saturating_sub(started.elapsed());
            match tried {
                Err(locked) if locked.is_locked() && !left.is_zero() => {
                    tracing::debug!("waiting for the lock: {locked}");
                    tokio::time::sleep(pauses.next().unwrap_or(FIRST_PAUSE).min(left)).await;
                }
                tried => return tried,
            }
        }
    }

    /// The endless pauses between two attempts. Each is up to twice as long as necessary: so several that wait try at
    /// different times, and each gets its turn.
    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        let longest = self.backend.capabilities().lock_pause / 2;
        let growing = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE.min(longest)).with_max_delay(longest);
        growing.with_jitter().without_max_times().build()
    }

    async fn try_lock(&self, scope: &str, operation: &str) -> Result<HeldLock, Error> {
        let info = LockInfo::of_this_process(operation, concat!("koctl ", env!("CARGO_PKG_VERSION")));
        self.backend.lock(scope, &info).await.map_err(Error::of_scope(scope))?;
        Ok(HeldLock::new(Arc::clone(&self.backend), self.keys.clone(), scope, info.id))
    }

    async fn snapshot(&self, scope: &str, document: Document) -> Result<Snapshot, Error> {
        let (state, encrypted) = match self.parse(&document.bytes) {
            Ok(read) => read,
            Err(Unreadable::Damaged(damage)) => {
                let intact = self.newest_intact(scope).await;
                return Err(Error::Damaged { scope: scope.to_owned(), store: self.describe(), damage, intact });
            }
            Err(locked) => return Err(Error::unreadable(scope, self.describe(), locked)),
        };
        if state.scope() != scope {
            let found = state.scope().to_owned();
            return Err(Error::WrongScope { scope: scope.to_owned(), store: self.describe(), found });
        }
        if !encrypted && self.keys.encrypts() {
            self.warn_of_plain_text(scope);
        }
        Ok(Snapshot { state, revision: document.revision, encrypted })
    }

    /// Warns that a state is in plain text although there are keys, once for each scope: another program may have put it
    /// there.
    fn warn_of_plain_text(&self, scope: &str) {
        if self.told().insert(scope.to_owned()) {
            tracing::warn!(
                "The state of `{scope}` is stored in plain text, although there are keys to encrypt it. The next write \
                 encrypts it, and `koctl state rekey` does at once. If it was encrypted before, something other than \
                 koctl has replaced it."
            );
        }
    }

    /// A panic elsewhere leaves the set whole: it is only inserted to.
    fn told(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version to recommend for a damaged state. If the history cannot be read either, there is no recommendation:
    /// the damage is the error to report.
    async fn newest_intact(&self, scope: &str) -> Option<Box<Intact>> {
        for Version { revision, written, .. } in self.backend.history(scope).await.ok()? {
            if let Ok(state) = self.read_version(scope, &revision).await {
                return Some(Box::new(Intact { revision, serial: state.serial(), written }));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::testing::{World, portal};

    fn anything(_: &Replaced) -> Result<(), Error> {
        Ok(())
    }

    fn waiting(timeout: Duration) -> LockOptions {
        LockOptions { timeout, ..LockOptions::new("apply") }
    }

    #[tokio::test]
    async fn reading_where_nothing_is_finds_nothing_and_creates_nothing() {
        let world = World::new();
        assert_eq!(world.store().read("KongAirlines").await.unwrap(), None);
        assert_eq!(world.store().scopes().await.unwrap(), Vec::<String>::new());
        assert!(!world.directory().exists());
    }

    #[test]
    fn a_url_of_no_known_store_is_refused_with_what_to_write_and_no_secret() {
        let error = Store::open("ftp://ada:sesame@host/state", &|_| None).unwrap_err();
        assert!(error.to_string().starts_with("cannot open the state store `ftp://ada:…@host/state`"), "{error}");
        assert!(error.help().contains("`file:DIR`"), "{}", error.help());
        assert!(!format!("{error:?}").contains("sesame"));
    }

    #[tokio::test]
    async fn a_held_lock_is_told_with_its_holder_and_the_command_that_forces_it_open() {
        let world = World::new();
        let _held = world.store().lock("KongAirlines", &LockOptions::new("apply")).await.unwrap();
        let error = world.store().lock("KongAirlines", &LockOptions::new("destroy")).await.unwrap_err();
        assert!(error.is_locked());
        let process = format!("(process {}, koctl {})", std::process::id(), env!("CARGO_PKG_VERSION"));
        assert!(error.to_string().contains(&process) && error.to_string().contains("for `apply` since"), "{error}");
        assert!(error.help().contains("`koctl force-unlock KongAirlines "), "{}", error.help());
        assert!(error.help().contains("--lock-timeout"));
    }

    #[tokio::test]
    async fn asking_who_holds_a_lock_leaves_it_as_it_was() {
        let world = World::new();
        assert!(world.store().locked("kong", "drift", Duration::ZERO).await.unwrap().is_none());
        let held = world.store().lock("kong", &LockOptions::new("apply")).await.unwrap();
        let holder = world.store().locked("kong", "drift", Duration::ZERO).await.unwrap().unwrap();
        assert!(holder.to_string().contains("for `apply` since"), "{holder}");
        held.release().await.unwrap();
        assert!(world.store().locked("kong", "drift", Duration::ZERO).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_lock_is_waited_for_as_long_as_the_timeout_allows() {
        let world = World::new();
        let held = world.store().lock("kong", &LockOptions::new("apply")).await.unwrap();
        let started = std::time::Instant::now();
        let error = world.store().lock("kong", &waiting(Duration::from_millis(150))).await.unwrap_err();
        assert!(error.is_locked() && started.elapsed() >= Duration::from_millis(150));

        let store = world.store();
        let next = tokio::spawn(async move { store.lock("kong", &waiting(Duration::from_secs(60))).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        held.release().await.unwrap();
        next.await.unwrap().unwrap().release().await.unwrap();
    }

    #[tokio::test]
    async fn a_lock_that_is_forced_open_can_be_taken_and_its_holder_writes_no_more() {
        let world = World::new();
        let held = world.store().lock("kong", &LockOptions::new("apply")).await.unwrap();
        world.store().force_unlock("kong", held.lock_id()).await.unwrap();
        let next = world.store().lock("kong", &LockOptions::new("apply")).await.unwrap();

        let error = held.record(|state| drop(state.resources.insert("a".into(), portal("1")))).await.unwrap_err();
        assert!(error.to_string().contains("another lock is in force"), "{error}");
        next.record(|state| drop(state.resources.insert("b".into(), portal("2")))).await.unwrap();
        let stored = world.store().read("kong").await.unwrap().unwrap().state;
        assert_eq!(stored.resources.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[tokio::test]
    async fn a_state_that_a_plan_promised_gets_its_lineage_and_one_that_exists_keeps_its_own() {
        let world = World::new();
        let promised = |lineage: &str| LockOptions { lineage: Some(lineage.into()), ..LockOptions::new("apply") };
        for (lineage, expected) in [("first", "first"), ("second", "first")] {
            let locked = world.store().lock("kong", &promised(lineage)).await.unwrap();
            assert_eq!(locked.state().lineage(), expected);
            locked.record(|state| drop(state.resources.insert("a".into(), portal("1")))).await.unwrap();
            locked.release().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_damaged_state_is_refused_with_the_newest_version_that_is_whole() {
        let world = World::new();
        for id in ["1", "2"] {
            world.record("kong", |state| drop(state.resources.insert("a".into(), portal(id)))).await;
        }
        let file = world.directory().join("kong.json");
        let document = std::fs::read_to_string(&file).unwrap();
        for damaged in [&document[..document.len() / 2], &document.replace("\"id\": \"2\"", "\"id\": \"3\"")] {
            std::fs::write(&file, damaged).unwrap();
            let error = world.store().read("kong").await.unwrap_err();
            let Error::Damaged { intact: Some(intact), .. } = &error else { panic!("{error}") };
            assert_eq!(intact.serial, 1);
            assert!(
                error.help().contains(&format!("`koctl state restore kong {}`", intact.revision)),
                "{}",
                error.help()
            );

            let locked = world.store().lock("kong", &LockOptions::new("apply")).await;
            assert!(matches!(locked, Err(Error::Damaged { .. })), "a damaged state is not written over");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), *damaged);
        }

        let version = world.store().history("kong").await.unwrap().remove(0);
        let earlier = world.store().read_version("kong", &version.revision).await.unwrap();
        let restored = world.store().replace(&earlier, &LockOptions::new("state push"), anything).await.unwrap();
        assert_eq!(restored.state.resources["a"].id, "1");
        assert_eq!(world.store().read("kong").await.unwrap(), Some(restored));
    }

    #[tokio::test]
    async fn a_state_that_is_replaced_gets_a_serial_past_both() {
        let world = World::new();
        for id in ["1", "2", "3"] {
            world.record("kong", |state| drop(state.resources.insert("a".into(), portal(id)))).await;
        }
        let replacement = State::new("kong");
        let replaced = world.store().replace(&replacement, &LockOptions::new("state push"), anything).await.unwrap();
        assert_eq!((replaced.state.serial(), replaced.state.lineage()), (4, replacement.lineage()));
        let again = world.store().replace(&replaced.state, &LockOptions::new("state push"), anything).await.unwrap();
        assert_eq!(again.state.serial(), 5);
    }

    #[tokio::test]
    async fn the_state_of_another_scope_is_refused() {
        let world = World::new();
        world.record("kong", |state| drop(state.resources.insert("a".into(), portal("1")))).await;
        std::fs::copy(world.directory().join("kong.json"), world.directory().join("other.json")).unwrap();
        let error = world.store().read("other").await.unwrap_err();
        assert!(error.to_string().ends_with("it is the state of `kong`"), "{error}");
        assert_eq!(world.store().scopes().await.unwrap(), ["kong", "other"]);
    }

    #[tokio::test]
    async fn a_failure_of_the_store_is_told_with_its_cause_and_advice() {
        let world = World::new();
        std::fs::write(world.directory(), "a file").unwrap();
        let error = Store::open(&format!("file:{}", world.directory().display()), &|_| None).unwrap_err();
        assert!(error.to_string().contains("not a directory"), "{error}");
        assert!(error.help().contains(world.directory().to_str().unwrap()), "{}", error.help());
    }

    #[tokio::test]
    async fn attributes_come_back_as_they_were_recorded() {
        let world = World::new();
        let mut resource = portal("1");
        resource.attributes.insert("labels".into(), json!({"b": 1.5, "a": [null, "\u{1f6eb}"]}));
        let recorded = resource.clone();
        world.record("kong", |state| drop(state.resources.insert("a".into(), recorded))).await;
        assert_eq!(world.store().read("kong").await.unwrap().unwrap().state.resources["a"], resource);
    }
}
