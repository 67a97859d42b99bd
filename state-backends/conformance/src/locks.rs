//! Locking, unlocking, forcing open.

use crate::fixture::Fixture;
use crate::turns::{a_caller, must_lock, must_put, must_read, must_unlock, wait_for_lock};
use state_backends::{Expected, Kind, LockId};

/// The no-op: there is nothing to unlock, in either way.
pub async fn unlocking_what_is_not_locked_is_refused(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let id = LockId::random();
    assert_eq!(backend.unlock("a", &id).await.expect_err("never locked").kind(), &Kind::NotLocked);
    assert_eq!(backend.force_unlock("a", &id).await.expect_err("never locked").kind(), &Kind::NotLocked);

    let id = must_lock(&*backend, "a").await;
    must_unlock(&*backend, "a", &id).await;
    assert_eq!(backend.unlock("a", &id).await.expect_err("given back").kind(), &Kind::NotLocked);
    assert_eq!(backend.force_unlock("a", &id).await.expect_err("given back").kind(), &Kind::NotLocked);
}

/// The error for others contains everything that the holder said of itself.
pub async fn a_lock_excludes_all_others_and_names_its_holder(fixture: &impl Fixture) {
    let (mine, other) = (fixture.open().await, fixture.open().await);
    let info = a_caller("apply");
    mine.lock("a", &info).await.expect("nobody holds it");
    for backend in [&mine, &other] {
        let error = backend.lock("a", &a_caller("apply")).await.expect_err("it is held");
        assert_eq!(error.kind(), &Kind::Locked { holder: Some(Box::new(info.clone())) });
    }
}

/// With the document that the one before left.
pub async fn unlocking_lets_the_next_one_in(fixture: &impl Fixture) {
    let (mine, other) = (fixture.open().await, fixture.open().await);
    let id = must_lock(&*mine, "a").await;
    let revision = mine.write("a", b"mine".to_vec(), &Expected::Absent, &id).await.expect("the lock is held");
    must_unlock(&*mine, "a", &id).await;

    let id = must_lock(&*other, "a").await;
    let expected = Expected::Revision(revision);
    other.write("a", b"other".to_vec(), &expected, &id).await.expect("the lock is held");
    must_unlock(&*other, "a", &id).await;
    assert_eq!(must_read(&*mine, "a").await.map(|(bytes, _)| bytes), Some(b"other".to_vec()));
}

/// The lock stays as it is.
pub async fn unlocking_by_a_wrong_id_is_refused(fixture: &impl Fixture) {
    let (mine, other) = (fixture.open().await, fixture.open().await);
    let id = must_lock(&*mine, "a").await;
    for backend in [&mine, &other] {
        let error = backend.unlock("a", &LockId::random()).await.expect_err("nobody has that id");
        let Kind::WrongLockId { holder: Some(holder) } = error.kind() else { panic!("{error}") };
        assert_eq!(holder.id, id);
    }
    let error = other.lock("a", &a_caller("apply")).await.expect_err("it is still held");
    assert!(matches!(error.kind(), Kind::Locked { .. }));
    must_unlock(&*mine, "a", &id).await;
}

/// One organization's apply does not wait for another's.
pub async fn the_lock_of_one_key_leaves_the_others_free(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    must_lock(&*backend, "a").await;
    must_put(&*backend, "A", b"{}").await;
    must_put(&*fixture.open().await, "b", b"{}").await;
}

/// So a user cannot force open a lock that another process has taken meanwhile.
pub async fn forcing_a_lock_open_needs_its_id(fixture: &impl Fixture) {
    let (mine, other) = (fixture.open().await, fixture.open().await);
    let id = must_lock(&*mine, "a").await;
    let error = other.force_unlock("a", &LockId::random()).await.expect_err("nobody has that id");
    let Kind::WrongLockId { holder: Some(holder) } = error.kind() else { panic!("{error}") };
    assert_eq!(holder.id, id);

    other.force_unlock("a", &id).await.expect("that is the id");
    must_lock(&*other, "a").await;
}

/// This holds whether or not another process has the lock by then.
pub async fn a_lock_forced_open_stops_the_writes_of_who_held_it(fixture: &impl Fixture) {
    let (mine, other) = (fixture.open().await, fixture.open().await);
    let id = must_lock(&*mine, "a").await;
    other.force_unlock("a", &id).await.expect("that is the id");
    let write = || mine.write("a", b"mine".to_vec(), &Expected::Absent, &id);
    assert_eq!(write().await.expect_err("the lock is gone").kind(), &Kind::NotLocked);

    let next = must_lock(&*other, "a").await;
    let error = write().await.expect_err("another holds the lock");
    assert!(matches!(error.kind(), Kind::WrongLockId { .. }), "{error}");
    let error = mine.unlock("a", &id).await.expect_err("another holds the lock");
    assert!(matches!(error.kind(), Kind::WrongLockId { .. }), "{error}");

    other.write("a", b"other".to_vec(), &Expected::Absent, &next).await.expect("the lock is held");
    assert_eq!(must_read(&*mine, "a").await.map(|(bytes, _)| bytes), Some(b"other".to_vec()));
}

/// The holder does not await anything. Abandoning a lock that is not held does nothing.
pub async fn an_abandoned_lock_becomes_free(fixture: &impl Fixture) {
    let (mine, other) = (fixture.open().await, fixture.open().await);
    let id = must_lock(&*mine, "a").await;
    mine.abandon("a", &id);
    let next = wait_for_lock(&*other, "a").await;

    mine.abandon("a", &id);
    mine.abandon("a", &LockId::random());
    other.write("a", b"other".to_vec(), &Expected::Absent, &next).await.expect("the lock is held");
}
