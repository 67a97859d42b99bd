//! Failures on the way to a place behind a network: connections that break, servers that cannot be reached,
//! credentials that are refused.

use std::error::Error as _;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;

use crate::fixture::Fixture;
use crate::proxy::{Cut, Direction, Proxy};
use crate::turns::{a_caller, must_lock, must_put, must_read, wait_for_lock};
use state_backends::{Backend, Error, Expected, Kind, LockId};

const KEY: &str = "a";

/// A place behind a network, and for users that it knows.
#[async_trait]
pub trait NetworkFixture: Fixture {
    /// The `host:port` at which the place's server listens, without TLS.
    fn server(&self) -> String;

    /// Opens the place through `proxy`, instead of at its server's own address.
    async fn open_by_way_of(&self, proxy: SocketAddr) -> Arc<dyn Backend>;

    /// Opens the place as its user, but with `secret` as the password, key or token. It reads as Base64 and is as
    /// long as a key may have to be.
    async fn open_with_secret(&self, secret: &str) -> Arc<dyn Backend>;
}

/// The no-op: a proxy that breaks nothing changes nothing.
pub async fn a_proxy_that_breaks_nothing_changes_nothing(fixture: &impl NetworkFixture) {
    let proxy = Proxy::start(&fixture.server()).await;
    let by_proxy = fixture.open_by_way_of(proxy.address()).await;
    let revision = must_put(&*by_proxy, KEY, b"{}").await;
    assert_eq!(must_read(&*fixture.open().await, KEY).await, Some((b"{}".to_vec(), revision)));
}

/// Wherever the connection breaks, in the request or in the answer: the stored document is the earlier or the new one,
/// as the result of the write says, and the next writer can write.
pub async fn a_write_over_a_lost_connection_is_done_or_not(fixture: &impl NetworkFixture) {
    for direction in [Direction::ToServer, Direction::ToClient] {
        for after in [0, 60, 2_000, 150_000] {
            write_over(fixture, Cut { direction, after, lasts: false }).await;
        }
        write_over(fixture, Cut { direction, after: 300, lasts: true }).await;
    }
}

async fn write_over(fixture: &impl NetworkFixture, cut: Cut) {
    let (old, new) = (vec![b'o'; 400_000], vec![b'n'; 400_000]);
    let direct = fixture.open().await;
    let before = must_put(&*direct, KEY, &old).await;
    let proxy = Proxy::start(&fixture.server()).await;
    let by_proxy = fixture.open_by_way_of(proxy.address()).await;
    let lock = must_lock(&*by_proxy, KEY).await;

    proxy.cut(cut);
    let written = by_proxy.write(KEY, new.clone(), &Expected::Revision(before.clone()), &lock).await;
    proxy.mend();
    let stored = must_read(&*direct, KEY).await.expect("no write deletes");
    match written.as_ref().map_err(Error::kind) {
        Ok(revision) => assert!(stored == (new, revision.clone()), "{cut:?}: what was written is not stored"),
        // A lock that lives and dies with its connection.
        Err(Kind::NotLocked) => assert!(stored == (old, before), "{cut:?}: what was refused is stored"),
        Err(Kind::Unavailable) => {
            assert!(stored.0 == old || stored.0 == new, "{cut:?}: what is stored was never written");
        }
        Err(kind) => panic!("{cut:?}: {kind:?}"),
    }
    free(&*direct, KEY, &lock).await;
    must_put_again(&*direct, KEY).await;
}

/// A document is read completely, or the read fails.
pub async fn a_read_over_a_lost_connection_is_whole_or_told(fixture: &impl NetworkFixture) {
    let bytes = vec![b'x'; 400_000];
    let revision = must_put(&*fixture.open().await, KEY, &bytes).await;
    let proxy = Proxy::start(&fixture.server()).await;
    for after in [0, 60, 2_000, 150_000] {
        for lasts in [false, true] {
            let by_proxy = fixture.open_by_way_of(proxy.address()).await;
            let cut = Cut { direction: Direction::ToClient, after, lasts };
            proxy.cut(cut);
            let read = by_proxy.read(KEY).await;
            proxy.mend();
            match read.as_ref().map_err(Error::kind) {
                Ok(Some(read)) => assert!(read.bytes == bytes && read.revision == revision, "{cut:?}: it differs"),
                Ok(None) => panic!("{cut:?}: the document is there"),
                Err(kind) => assert_eq!(kind, &Kind::Unavailable, "{cut:?}"),
            }
        }
    }
}

/// If taking the lock succeeds, its holder can write; if it fails, at most a lock with the id of this attempt remains.
pub async fn a_lock_over_a_lost_connection_is_held_or_can_be_forced_open(fixture: &impl NetworkFixture) {
    for (direction, after) in [(Direction::ToServer, 0), (Direction::ToServer, 200), (Direction::ToClient, 0)] {
        for lasts in [false, true] {
            let cut = Cut { direction, after, lasts };
            let proxy = Proxy::start(&fixture.server()).await;
            let by_proxy = fixture.open_by_way_of(proxy.address()).await;
            let info = a_caller("test");
            proxy.cut(cut);
            let locked = by_proxy.lock(KEY, &info).await;
            proxy.mend();
            match locked.as_ref().map_err(Error::kind) {
                Ok(()) => {
                    let found = must_read(&*by_proxy, KEY).await.map(|(_, revision)| revision);
                    let written = by_proxy.write(KEY, b"{}".to_vec(), &Expected::from(found), &info.id).await;
                    written.unwrap_or_else(|error| panic!("{cut:?}: the lock is held, but {error}"));
                }
                Err(kind) => assert_eq!(kind, &Kind::Unavailable, "{cut:?}"),
            }
            let direct = fixture.open().await;
            free(&*direct, KEY, &info.id).await;
            must_put_again(&*direct, KEY).await;
        }
    }
}

/// By every method, with the place's name.
pub async fn a_server_that_cannot_be_reached_is_told(fixture: &impl NetworkFixture) {
    let proxy = Proxy::start(&fixture.server()).await;
    proxy.cut(Cut { direction: Direction::ToServer, after: 0, lasts: true });
    let backend = fixture.open_by_way_of(proxy.address()).await;
    for error in errors_of_all(&*backend).await {
        assert_eq!(error.kind(), &Kind::Unavailable, "{error}");
        assert!(error.to_string().contains(&backend.describe()), "{error}");
        assert!(error.next_step().contains("can be reached"), "{}", error.next_step());
    }
}

/// By every method; neither the error nor the backend itself shows the secret; and nothing is changed.
pub async fn credentials_that_are_refused_are_told_and_not_shown(fixture: &impl NetworkFixture) {
    const WRONG: &str = "bm90LXRoZS1zZWNyZXQtYnV0LWFzLWxvbmctYXMtb25lLW5vdC10aGUtc2VjcmV0LWJ1dC1hcy1sb25nLWFzLQ==";
    let stored = must_put(&*fixture.open().await, KEY, b"stored").await;
    let backend = fixture.open_with_secret(WRONG).await;
    for error in errors_of_all(&*backend).await {
        assert_eq!(error.kind(), &Kind::PermissionDenied, "{error}: {error:?}");
        assert!(error.next_step().contains(&backend.describe()), "{}", error.next_step());
        assert!(!everything_in(&error).contains(WRONG), "an error shows the secret");
    }
    assert!(!shown(&backend).contains(WRONG), "the backend shows the secret");
    let direct = fixture.open().await;
    assert_eq!(must_read(&*direct, KEY).await, Some((b"stored".to_vec(), stored)));
    must_lock(&*direct, KEY).await;
}

/// The errors of all methods that send a request to the place.
async fn errors_of_all(backend: &dyn Backend) -> Vec<Error> {
    let id = LockId::random();
    let mut errors = vec![
        backend.read(KEY).await.expect_err("reading needs the place"),
        backend.lock(KEY, &a_caller("test")).await.expect_err("locking needs the place"),
        backend.force_unlock(KEY, &id).await.expect_err("forcing a lock open needs the place"),
    ];
    if backend.capabilities().listing {
        errors.push(backend.keys().await.expect_err("listing needs the place"));
    }
    if backend.capabilities().history {
        errors.push(backend.history(KEY).await.expect_err("listing versions needs the place"));
    }
    errors
}

/// An error as it is shown, as it is logged, and all of its causes.
fn everything_in(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {}", error.next_step());
    let mut cause = error.source();
    while let Some(found) = cause {
        text.push_str(&format!(" {found} {found:?}"));
        cause = found.source();
    }
    text
}

fn shown(backend: &(impl Debug + AsRef<dyn Backend>)) -> String {
    format!("{backend:?} {}", backend.as_ref().describe())
}

/// Releases the lock `id`, if it is held.
async fn free(backend: &dyn Backend, key: &str, id: &LockId) {
    match backend.force_unlock(key, id).await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind(), &Kind::NotLocked, "{error}"),
    }
}

/// A whole turn of the next writer, which may have to wait until the place has noticed that a connection is gone.
async fn must_put_again(backend: &dyn Backend, key: &str) {
    let lock = wait_for_lock(backend, key).await;
    let found = must_read(backend, key).await.map(|(_, revision)| revision);
    let written = backend.write(key, b"the next".to_vec(), &Expected::from(found), &lock).await;
    written.expect("the holder of the lock can write what it expected");
    backend.unlock(key, &lock).await.expect("a lock that is held can be given back");
}
