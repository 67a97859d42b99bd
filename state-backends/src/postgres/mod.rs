//! Documents in a PostgreSQL database: a row a version, locks that live and die with a connection.
//!
//! The tables are in a schema of their own, `koctl_state` unless the address says `?schema=NAME`. They are created by
//! the first lock; a user who may not create a schema needs one that exists, with the right to create tables in it.
//!
//! | table | a row is |
//! | --- | --- |
//! | `format` | the version of these tables: one row |
//! | `documents` | one version of a document: its key, its number (from 1), its content, by which lock it was written; the highest number is the current one |
//! | `locks` | one lock that was taken: its key, its id, its holder, and the *session*, a random number |
//!
//! **Locks.** The holder of a lock keeps a connection for it, and on that connection an advisory lock on the session's
//! number. A row in `locks` counts only while its session's advisory lock is held: the server frees that when the
//! connection ends, however it ends. Forcing a lock open deletes its row, which needs no right over the connections of
//! others. A holder whose connection was cut takes a new session, if the row is still its own.
//!
//! **Writes** are one statement that looks at the lock and at the current version, and inserts the next one. Two that
//! got that far at the same time have the same number, and the primary key refuses one of them.
//!
//! A connection that a pool multiplexes by transaction (PgBouncer's `pool_mode = transaction`) cannot hold a lock: give
//! koctl a direct one, or one by session.

mod address;
mod session;
mod statement_error;
mod tables;
mod tls;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use self::address::Address;
use self::session::{Parameter, Session};
use self::statement_error::StatementError;
use self::tables::Tables;
use crate::{
    AbandonedLock, AddressError, Attempt, Backend, Capabilities, Document, Error, Expected, Kind, LockId, LockInfo,
    Result, Revision, Variables, Version,
};

/// The number of connections that are kept for the next statements.
const SPARE_CONNECTIONS: usize = 2;
/// The pauses before a statement is tried again on a new connection.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// The number of tries to take a lock that was free when it was read, and taken a moment later.
const TRIES: usize = 10;

/// The backend for a PostgreSQL database.
#[derive(Debug)]
pub struct Postgres {
    address: Address,
    tables: Tables,
    /// True if the tables are known to exist in the version of this code.
    is_ready: AtomicBool,
    spare: Mutex<Vec<Session>>,
    held: Mutex<HashMap<LockId, Arc<OwnLock>>>,
}

/// A lock of this value's own. Dropping the connection frees it.
#[derive(Debug)]
struct OwnLock {
    key: String,
    session: tokio::sync::Mutex<Option<Session>>,
}

/// The result of a write: what it found, and what it wrote.
struct Written {
    lock: Option<String>,
    found: Option<Revision>,
    revision: Option<Revision>,
}

impl Postgres {
    /// The backend for `postgres://[USER[:PASSWORD]@][HOST][:PORT]/DATABASE`, with the parameters `sslmode`,
    /// `sslrootcert`, `host` (the directory of a socket) and `schema`. What the address leaves out is taken from the
    /// variables of PostgreSQL's own programs: `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE`,
    /// `PGSSLROOTCERT`.
    ///
    /// # Errors
    /// If the address is malformed, or the root certificates cannot be read.
    pub fn open(url: &str, variables: Variables<'_>) -> Result<Self, AddressError> {
        let address = Address::parse(url, variables)?;
        let tables = Tables::new(address.schema());
        Ok(Self { address, tables, is_ready: AtomicBool::new(false), spare: Mutex::default(), held: Mutex::default() })
    }

    fn attempt(&self, verb: &str, key: &str) -> Result<Attempt> {
        let attempt = Attempt::new(format!("{verb} the document `{key}`"), self.describe());
        match key {
            "" => Err(attempt.failed(Kind::InvalidKey("an empty text is not a key"))),
            key if key.contains('\0') => {
                Err(attempt.failed(Kind::InvalidKey("it holds a NUL character, which PostgreSQL keeps in no text")))
            }
            _ => Ok(attempt),
        }
    }

    /// The spare connections. A panic elsewhere leaves the list whole.
    fn spare(&self) -> MutexGuard<'_, Vec<Session>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The locks that are this value's own. A panic elsewhere leaves the map whole.
    fn held(&self) -> MutexGuard<'_, HashMap<LockId, Arc<OwnLock>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn session(&self) -> Result<Session, StatementError> {
        let spare = {
            let mut spare = self.spare();
            spare.retain(Session::is_open);
            spare.pop()
        };
        match spare {
            Some(session) => Ok(session),
            None => self.address.connect().await,
        }
    }

    /// For the next statement. Nothing may be locked or under way on it.
    fn put_back(&self, session: Session) {
        let mut spare = self.spare();
        if session.is_open() && spare.len() < SPARE_CONNECTIONS {
            spare.push(session);
        }
    }

    /// The rows of a statement that may run twice.
    async fn ask(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, StatementError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            match (self.ask_once(statement, parameters).await, pauses.next()) {
                (Err(error), Some(pause)) if error.may_pass() => {
                    tracing::debug!("trying again after: {error}");
                    tokio::time::sleep(pause).await;
                }
                (answer, _) => return answer,
            }
        }
    }

    async fn ask_once(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, StatementError> {
        let session = self.session().await?;
        let answer = session.ask(statement, parameters).await;
        if answer.is_ok() {
            self.put_back(session);
        }
        answer
    }

    /// True if the tables exist. An error if they have another version than this code.
    async fn has_tables(&self, attempt: &Attempt) -> Result<bool> {
        if self.is_ready.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let rows = match self.ask(&self.tables.version, &[]).await {
            Ok(rows) => rows,
            Err(error) if error.is_missing_table() => return Ok(false),
            Err(error) => return Err(error.failed(attempt)),
        };
        let versions: Vec<i32> = columns(attempt, &rows)?;
        match versions.as_slice() {
            [] => Ok(false),
            [tables::VERSION] => {
                self.is_ready.store(true, Ordering::Relaxed);
                Ok(true)
            }
            [other, ..] => {
                let (schema, known) = (self.address.schema(), tables::VERSION);
                let cause =
                    format!("the tables in the schema `{schema}` have version {other}, and this koctl knows {known}");
                Err(attempt.failed_by(Kind::Misconfigured, cause))
            }
        }
    }

    async fn create_tables(&self, attempt: &Attempt) -> Result<()> {
        if self.has_tables(attempt).await? {
            return Ok(());
        }
        let session = self.session().await.map_err(|error| error.failed(attempt))?;
        session.run(&self.tables.create).await.map_err(|error| error.failed(attempt))?;
        self.put_back(session);
        match self.has_tables(attempt).await? {
            true => Ok(()),
            false => Err(attempt.failed_by(Kind::Misconfigured, "the tables were created, and yet are not there")),
        }
    }

    /// The holder of the lock of `key`. `None` if the session of the row has ended.
    async fn holder(&self, attempt: &Attempt, key: &str) -> Result<Option<Holder>> {
        let rows = self.ask(&self.tables.holder, &[(&key, Type::TEXT)]).await;
        let rows = rows.map_err(|error| error.failed(attempt))?;
        rows.first().map(|row| Holder::of(attempt, row)).transpose()
    }

    /// Why a lock that was named is not in force.
    async fn refusal(&self, attempt: &Attempt, key: &str) -> Error {
        match self.holder(attempt, key).await {
            Ok(Some(holder)) => attempt.failed(Kind::WrongLockId { holder: holder.info }),
            Ok(None) => attempt.failed(Kind::NotLocked),
            Err(error) => error,
        }
    }

    /// Takes the lock if it is free: the connection that holds it.
    async fn take(&self, attempt: &Attempt, key: &str, info: &LockInfo) -> Result<Option<Session>> {
        let session = self.session().await.map_err(|error| error.failed(attempt))?;
        let (id, number) = (info.id.to_string(), random_number());
        let holder = serde_json::to_string(info).map_err(|error| attempt.failed_by(Kind::Unavailable, error))?;
        let parameters: [Parameter<'_>; 4] =
            [(&key, Type::TEXT), (&id, Type::TEXT), (&number, Type::INT8), (&holder, Type::TEXT)];
        let taken = session.ask(&self.tables.take_lock, &parameters).await;
        let taken = taken.map_err(|error| error.failed(attempt))?;
        if !taken.is_empty() {
            return Ok(Some(session));
        }
        session.ask(tables::FREE_SESSION, &[]).await.map_err(|error| error.failed(attempt))?;
        self.put_back(session);
        Ok(None)
    }

    /// A connection for a lock whose own was cut. `None` if the lock is another's by now.
    async fn resume(&self, key: &str, lock: &str) -> Result<Option<Session>, StatementError> {
        let session = self.session().await?;
        let number = random_number();
        let parameters: [Parameter<'_>; 3] = [(&key, Type::TEXT), (&lock, Type::TEXT), (&number, Type::INT8)];
        let resumed = session.ask(&self.tables.resume_lock, &parameters).await?;
        if resumed.is_empty() {
            return Ok(None);
        }
        tracing::info!("the connection that held the lock of `{key}` was cut; it is held by a new one");
        Ok(Some(session))
    }

    /// Runs a write on the connection of its lock, or on any if the lock is not this value's own.
    async fn write_once(
        &self,
        lock: &LockId,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Vec<Row>>, StatementError> {
        let held = self.held().get(lock).cloned();
        let Some(held) = held else {
            return self.ask_once(&self.tables.write, parameters).await.map(Some);
        };
        let mut session = held.session.lock().await;
        if !session.as_ref().is_some_and(Session::is_open) {
            *session = self.resume(&held.key, &lock.to_string()).await?;
        }
        let Some(open) = session.as_ref() else { return Ok(None) };
        let answer = open.ask(&self.tables.write, parameters).await;
        if answer.as_ref().is_err_and(StatementError::breaks_the_connection) {
            *session = None;
        }
        answer.map(Some)
    }

    /// A write whose answer was lost is sent again; if it had been done, the second one finds its revision. Also returns
    /// true if it was sent more than once.
    async fn write_until_answered(
        &self,
        lock: &LockId,
        parameters: &[Parameter<'_>],
    ) -> (Result<Option<Vec<Row>>, StatementError>, bool) {
        let (mut pauses, mut is_repeated) = (PAUSES.into_iter(), false);
        loop {
            match (self.write_once(lock, parameters).await, pauses.next()) {
                (Err(error), Some(pause)) if error.may_pass() => tokio::time::sleep(pause).await,
                (answer, _) => return (answer, is_repeated),
            }
            is_repeated = true;
        }
    }

    async fn delete_lock(&self, attempt: &Attempt, key: &str, id: &LockId) -> Result<()> {
        if !self.has_tables(attempt).await? {
            return Err(attempt.failed(Kind::NotLocked));
        }
        let id = id.to_string();
        let deleted = self.ask_once(&self.tables.delete_lock, &[(&key, Type::TEXT), (&id, Type::TEXT)]).await;
        match deleted.map_err(|error| error.failed(attempt))?.is_empty() {
            true => Err(self.refusal(attempt, key).await),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Backend for Postgres {
    fn describe(&self) -> String {
        self.address.to_string()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            listing: true,
            history: true,
            abandoned_lock: AbandonedLock::FreedAtOnce,
            lock_pause: Duration::from_secs(2),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Document>> {
        let attempt = self.attempt("read", key)?;
        if !self.has_tables(&attempt).await? {
            return Ok(None);
        }
        let rows = self.ask(&self.tables.read, &[(&key, Type::TEXT)]).await;
        let rows = rows.map_err(|error| error.failed(&attempt))?;
        rows.first().map(|row| document(&attempt, row)).transpose()
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, expected: &Expected, lock: &LockId) -> Result<Revision> {
        let attempt = self.attempt("write", key)?;
        if !self.has_tables(&attempt).await? {
            return Err(attempt.failed(Kind::NotLocked));
        }
        let wanted = expected.revision().map(Revision::as_str);
        let (lock_id, digest) = (lock.to_string(), short_digest(&bytes));
        let parameters: [Parameter<'_>; 5] = [
            (&key, Type::TEXT),
            (&lock_id, Type::TEXT),
            (&wanted, Type::TEXT),
            (&digest, Type::TEXT),
            (&bytes, Type::BYTEA),
        ];
        let (answer, is_repeated) = self.write_until_answered(lock, &parameters).await;
        let rows = match answer {
            Ok(Some(rows)) => rows,
            Ok(None) => return Err(self.refusal(&attempt, key).await),
            // Another write got the number first: it is the current version now.
            Err(error) if error.is_duplicate() => return Err(self.conflict(&attempt, key, expected).await),
            Err(error) => return Err(error.failed(&attempt)),
        };
        let Written { lock: in_force, found, revision } = Written::of(&attempt, &rows)?;
        match revision {
            Some(revision) => Ok(revision),
            None if in_force.as_deref() != Some(&lock_id) => Err(self.refusal(&attempt, key).await),
            None => match found {
                // Without a lost answer, it is another writer's of the same content.
                Some(found) if is_repeated && is_our_own(&found, expected, &digest) => Ok(found),
                found => Err(attempt.failed(Kind::Conflict { expected: expected.clone(), found })),
            },
        }
    }

    async fn keys(&self) -> Result<Vec<String>> {
        let attempt = Attempt::new("list the documents", self.describe());
        if !self.has_tables(&attempt).await? {
            return Ok(Vec::new());
        }
        let rows = self.ask(&self.tables.keys, &[]).await.map_err(|error| error.failed(&attempt))?;
        let mut keys: Vec<String> = columns(&attempt, &rows)?;
        keys.sort();
        Ok(keys)
    }

    async fn history(&self, key: &str) -> Result<Vec<Version>> {
        let attempt = self.attempt("list the earlier versions of", key)?;
        if !self.has_tables(&attempt).await? {
            return Ok(Vec::new());
        }
        let rows = self.ask(&self.tables.history, &[(&key, Type::TEXT)]).await;
        let rows = rows.map_err(|error| error.failed(&attempt))?;
        rows.iter().map(|row| self.version(&attempt, row)).collect()
    }

    async fn read_version(&self, key: &str, revision: &Revision) -> Result<Document> {
        let attempt = self.attempt("read an earlier version of", key)?;
        if !self.has_tables(&attempt).await? {
            return Err(attempt.failed(Kind::NotFound));
        }
        let parameters: [Parameter<'_>; 2] = [(&key, Type::TEXT), (&revision.as_str(), Type::TEXT)];
        let rows = self.ask(&self.tables.read_version, &parameters).await;
        let rows = rows.map_err(|error| error.failed(&attempt))?;
        rows.first().map_or_else(|| Err(attempt.failed(Kind::NotFound)), |row| document(&attempt, row))
    }

    async fn lock(&self, key: &str, info: &LockInfo) -> Result<()> {
        let attempt = self.attempt("lock", key)?;
        self.create_tables(&attempt).await?;
        for _ in 0..TRIES {
            if let Some(holder) = self.holder(&attempt, key).await? {
                return Err(attempt.failed(Kind::Locked { holder: holder.info }));
            }
            if let Some(session) = self.take(&attempt, key, info).await? {
                let held = OwnLock { key: key.to_owned(), session: tokio::sync::Mutex::new(Some(session)) };
                self.held().insert(info.id.clone(), Arc::new(held));
                return Ok(());
            }
        }
        Err(attempt.failed(Kind::Locked { holder: None }))
    }

    async fn unlock(&self, key: &str, id: &LockId) -> Result<()> {
        let attempt = self.attempt("unlock", key)?;
        let deleted = self.delete_lock(&attempt, key, id).await;
        let held = self.held().remove(id).and_then(Arc::into_inner);
        // The row is gone, so that nothing waits for the session's lock to be free.
        if let Some(session) = held.and_then(|held| held.session.into_inner())
            && session.ask(tables::FREE_SESSION, &[]).await.is_ok()
        {
            self.put_back(session);
        }
        deleted
    }

    async fn force_unlock(&self, key: &str, id: &LockId) -> Result<()> {
        let attempt = self.attempt("force the lock open of", key)?;
        self.delete_lock(&attempt, key, id).await
    }

    fn abandon(&self, _key: &str, id: &LockId) {
        self.held().remove(id);
    }
}

impl Postgres {
    async fn conflict(&self, attempt: &Attempt, key: &str, expected: &Expected) -> Error {
        match self.read(key).await {
            Ok(found) => {
                let found = found.map(|document| document.revision);
                attempt.failed(Kind::Conflict { expected: expected.clone(), found })
            }
            Err(error) => error,
        }
    }

    fn version(&self, attempt: &Attempt, row: &Row) -> Result<Version> {
        let (number, schema): (i64, _) = (column(attempt, row, 1)?, self.address.schema());
        Ok(Version {
            revision: Revision::new(column::<String>(attempt, row, 0)?),
            written: column::<Timestamp>(attempt, row, 2)?,
            location: format!("number {number} in the table {schema}.documents"),
        })
    }
}

/// A row of `locks` that is in force.
struct Holder {
    info: Option<Box<LockInfo>>,
}

impl Holder {
    /// The holder is unknown if the row is not as this code writes it.
    fn of(attempt: &Attempt, row: &Row) -> Result<Self> {
        let info = serde_json::from_str(&column::<String>(attempt, row, 0)?).ok();
        Ok(Self { info: info.map(Box::new) })
    }
}

impl Written {
    fn of(attempt: &Attempt, rows: &[Row]) -> Result<Self> {
        let nothing = || attempt.failed_by(Kind::Unavailable, "the server answered a write with no row");
        let row = rows.first().ok_or_else(nothing)?;
        let revision = |index| Ok(column::<Option<String>>(attempt, row, index)?.map(Revision::new));
        Ok(Self { lock: column(attempt, row, 0)?, found: revision(1)?, revision: revision(2)? })
    }
}

fn document(attempt: &Attempt, row: &Row) -> Result<Document> {
    let revision = Revision::new(column::<String>(attempt, row, 0)?);
    Ok(Document { bytes: column(attempt, row, 1)?, revision })
}

fn column<'a, T: tokio_postgres::types::FromSql<'a>>(attempt: &Attempt, row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(|error| StatementError::from(error).failed(attempt))
}

fn columns<'a, T: tokio_postgres::types::FromSql<'a>>(attempt: &Attempt, rows: &'a [Row]) -> Result<Vec<T>> {
    rows.iter().map(|row| column(attempt, row, 0)).collect()
}

/// True if the version that a write found is its own, written before its answer was lost.
fn is_our_own(found: &Revision, expected: &Expected, digest: &str) -> bool {
    let number = |revision: &Revision| revision.as_str().split_once('-').and_then(|(number, _)| number.parse().ok());
    let before: Option<i64> = expected.revision().map_or(Some(0), number);
    before.is_some_and(|before| found.as_str() == format!("{}-{digest}", before + 1))
}

/// The start of the content's digest. With the number, it distinguishes a document from the one of that number before
/// the database was restored from a backup.
fn short_digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

/// A number for an advisory lock that is not in use.
fn random_number() -> i64 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    i64::from_ne_bytes(high.to_ne_bytes())
}
