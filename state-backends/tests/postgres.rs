//! The PostgreSQL backend, on the server that `KOCTL_TEST_POSTGRES_URL` names: a user who may create schemas and roles.

#![allow(clippy::unwrap_used, reason = "this whole program is tests, their helpers included")]

use std::env;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use ::conformance::{Fixture, NetworkFixture, trials};
use async_trait::async_trait;
use libtest_mimic::{Arguments, Trial};
use state_backends::{Backend, Expected, Kind, LockId, LockInfo, Postgres, Revision};
use tokio_postgres::NoTls;
use url::Url;
use uuid::Uuid;

const SERVER: &str = "KOCTL_TEST_POSTGRES_URL";

fn main() -> ExitCode {
    let mut all = trials::of_network::<InSchema>("postgres", SERVER);
    all.extend([
        own("looking_creates_no_schema", || run(looking_creates_no_schema())),
        own("the_last_twenty_versions_of_a_long_run_are_kept_and_what_was_before_it", || run(versions_are_pruned())),
        own("a_lock_survives_the_end_of_its_connection", || run(a_lock_survives_the_end_of_its_connection())),
        own("a_lock_whose_connection_ended_can_be_taken", || run(a_lock_whose_connection_ended_can_be_taken())),
        own("of_two_writes_of_the_same_bytes_under_one_lock_one_wins", || run(one_of_two_writes_wins())),
        own("tables_of_another_version_are_refused", || run(tables_of_another_version_are_refused())),
        own("a_user_who_may_only_read_is_told", || run(a_user_who_may_only_read_is_told())),
        own("a_database_that_does_not_exist_is_told", || run(a_database_that_does_not_exist_is_told())),
        own("a_key_that_postgresql_cannot_keep_is_refused", || run(a_key_that_postgresql_cannot_keep_is_refused())),
    ]);
    libtest_mimic::run(&Arguments::from_args(), all).exit_code()
}

/// A rule of this backend alone; left out if there is no server.
fn own(name: &str, test: fn()) -> Trial {
    let trial = Trial::test(format!("postgres::{name}"), move || {
        test();
        Ok(())
    });
    trial.with_ignored_flag(env::var_os(SERVER).is_none())
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

/// A schema of its own in the server's database.
struct InSchema(String);

impl InSchema {
    fn url(&self) -> Url {
        Url::parse(&self.address()).unwrap()
    }

    fn backend(&self) -> Postgres {
        open(&self.address())
    }

    /// Runs statements as an administrator would. `{}` is the schema.
    async fn administer(&self, statements: &str) {
        let (client, connection) = tokio_postgres::connect(&env::var(SERVER).unwrap(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&statements.replace("{}", &self.0)).await.unwrap();
    }
}

impl Drop for InSchema {
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            scope.spawn(|| run(self.administer("DROP SCHEMA IF EXISTS {} CASCADE"))).join().unwrap();
        });
    }
}

fn open(address: &str) -> Postgres {
    Postgres::open(address, &|_| None).unwrap()
}

#[async_trait]
impl Fixture for InSchema {
    async fn create() -> Self {
        Self(format!("koctl_test_{}", Uuid::new_v4().simple()))
    }

    async fn open(&self) -> Arc<dyn Backend> {
        Arc::new(self.backend())
    }

    fn address(&self) -> String {
        let mut url = Url::parse(&env::var(SERVER).unwrap()).unwrap();
        url.query_pairs_mut().append_pair("schema", &self.0);
        url.into()
    }

    async fn open_at(address: &str) -> Arc<dyn Backend> {
        Arc::new(open(address))
    }
}

#[async_trait]
impl NetworkFixture for InSchema {
    fn server(&self) -> String {
        let url = self.url();
        format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432))
    }

    async fn open_by_way_of(&self, proxy: SocketAddr) -> Arc<dyn Backend> {
        let mut url = self.url();
        url.set_host(Some(&proxy.ip().to_string())).unwrap();
        url.set_port(Some(proxy.port())).unwrap();
        Self::open_at(url.as_str()).await
    }

    async fn open_with_secret(&self, secret: &str) -> Arc<dyn Backend> {
        let mut url = self.url();
        url.set_password(Some(secret)).unwrap();
        Self::open_at(url.as_str()).await
    }
}

fn somebody() -> LockInfo {
    LockInfo::of_this_process("test", "postgres tests")
}

async fn must_lock(backend: &Postgres) -> LockId {
    let info = somebody();
    backend.lock("a", &info).await.unwrap();
    info.id
}

async fn must_write(backend: &Postgres, content: &str, expected: Option<Revision>, lock: &LockId) -> Revision {
    backend.write("a", content.as_bytes().to_vec(), &Expected::from(expected), lock).await.unwrap()
}

async fn looking_creates_no_schema() {
    let place = InSchema::create().await;
    let backend = place.backend();
    assert_eq!(backend.read("a").await.unwrap(), None);
    assert_eq!(backend.keys().await.unwrap(), Vec::<String>::new());
    assert_eq!(backend.history("a").await.unwrap(), []);
    assert_eq!(backend.force_unlock("a", &LockId::random()).await.unwrap_err().kind(), &Kind::NotLocked);
    place.administer("CREATE SCHEMA {}").await;
}

async fn one_of_two_writes_wins() {
    let place = InSchema::create().await;
    let (one, other) = (place.backend(), place.backend());
    let lock = must_lock(&one).await;
    let mut seen = must_write(&one, "0", None, &lock).await;
    for round in 1..=20 {
        let (bytes, expected) = (|| round.to_string().into_bytes(), Expected::Revision(seen));
        let writes =
            tokio::join!(one.write("a", bytes(), &expected, &lock), other.write("a", bytes(), &expected, &lock),);
        seen = match writes {
            (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => {
                assert!(matches!(lost.kind(), Kind::Conflict { .. }), "{lost}");
                won
            }
            both => panic!("{both:?}"),
        };
    }
}

async fn versions_are_pruned() {
    let place = InSchema::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend).await;
    let mut revision = Some(must_write(&backend, "before", None, &lock).await);
    backend.unlock("a", &lock).await.unwrap();
    let lock = must_lock(&backend).await;
    for step in 1..=31 {
        revision = Some(must_write(&backend, &format!("step {step}"), revision, &lock).await);
    }
    let mut kept = Vec::new();
    for version in backend.history("a").await.unwrap() {
        kept.push(String::from_utf8(backend.read_version("a", &version.revision).await.unwrap().bytes).unwrap());
    }
    let steps = (11..=30).rev().map(|step| format!("step {step}"));
    assert_eq!(kept, steps.chain(["before".to_owned()]).collect::<Vec<_>>());
}

/// Ends the connections that hold the locks of a schema. An advisory lock's number is shown in two halves.
const END_CONNECTIONS: &str = "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN {}.locks k \
    ON l.locktype = 'advisory' AND l.classid::bigint = (k.session >> 32) & 4294967295 \
    AND l.objid::bigint = k.session & 4294967295";

async fn a_lock_survives_the_end_of_its_connection() {
    let place = InSchema::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend).await;
    let first = must_write(&backend, "first", None, &lock).await;
    place.administer(END_CONNECTIONS).await;
    let second = must_write(&backend, "second", Some(first), &lock).await;

    let error = place.backend().lock("a", &somebody()).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Locked { holder: Some(holder) } if holder.id == lock), "{error}");
    backend.unlock("a", &lock).await.unwrap();
    assert_eq!(backend.read("a").await.unwrap().unwrap().revision, second);
}

async fn a_lock_whose_connection_ended_can_be_taken() {
    let place = InSchema::create().await;
    let (mine, other) = (place.backend(), place.backend());
    let lock = must_lock(&mine).await;
    place.administer(END_CONNECTIONS).await;
    let theirs = loop {
        let info = somebody();
        match other.lock("a", &info).await {
            Ok(()) => break info.id,
            // The server takes a moment to end a connection.
            Err(error) => assert!(matches!(error.kind(), Kind::Locked { .. }), "{error}"),
        }
    };
    let error = mine.write("a", b"mine".to_vec(), &Expected::Absent, &lock).await.unwrap_err();
    let Kind::WrongLockId { holder: Some(holder) } = error.kind() else { panic!("{error}") };
    assert_eq!(holder.id, theirs);
    must_write(&other, "theirs", None, &theirs).await;
}

async fn tables_of_another_version_are_refused() {
    let place = InSchema::create().await;
    must_lock(&place.backend()).await;
    place.administer("UPDATE {}.format SET version = 7").await;
    let error = place.backend().read("a").await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Misconfigured);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("have version 7, and this koctl knows 1"), "{cause}");
}

async fn a_user_who_may_only_read_is_told() {
    let place = InSchema::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend).await;
    must_write(&backend, "stored", None, &lock).await;
    backend.unlock("a", &lock).await.unwrap();
    place
        .administer(
            "CREATE ROLE {}_reader LOGIN PASSWORD 'sesame'; GRANT USAGE ON SCHEMA {} TO {}_reader; \
             GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}_reader",
        )
        .await;
    let mut url = place.url();
    url.set_username(&format!("{}_reader", place.0)).unwrap();
    url.set_password(Some("sesame")).unwrap();
    let reader = open(url.as_str());
    assert_eq!(reader.read("a").await.unwrap().unwrap().bytes, b"stored");
    let error = reader.lock("a", &somebody()).await.unwrap_err();
    place.administer("DROP OWNED BY {}_reader; DROP ROLE {}_reader").await;
    assert_eq!(error.kind(), &Kind::PermissionDenied);
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("permission denied for table locks"));
}

async fn a_database_that_does_not_exist_is_told() {
    let mut url = Url::parse(&env::var(SERVER).unwrap()).unwrap();
    url.set_path("/not_there");
    let error = open(url.as_str()).read("a").await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Misconfigured);
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("database \"not_there\" does not exist"));
}

async fn a_key_that_postgresql_cannot_keep_is_refused() {
    let place = InSchema::create().await;
    for key in ["", "a\0b"] {
        assert!(matches!(place.backend().read(key).await.unwrap_err().kind(), Kind::InvalidKey(_)));
    }
}
