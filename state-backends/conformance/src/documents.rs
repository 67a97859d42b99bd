//! Reading, writing, listing.

use crate::fixture::Fixture;
use crate::turns::{must_lock, must_put, must_read, must_unlock};
use state_backends::{Backend, Expected, Kind, LockId, Revision};

/// The no-op: who only looks leaves nothing behind.
pub async fn reading_and_listing_create_nothing(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    assert_eq!(must_read(&*backend, "a").await, None);
    assert_eq!(keys(&*backend).await, listing(&*backend, []));
    assert_eq!(must_read(&*fixture.open().await, "a").await, None);
}

/// By whoever opens the place, and with the revision that the write returned; each write gives a new one.
pub async fn what_was_written_is_read_back(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let first = must_put(&*backend, "a", b"{\"n\":1}").await;
    assert_eq!(must_read(&*backend, "a").await, Some((b"{\"n\":1}".to_vec(), first.clone())));

    let second = must_put(&*backend, "a", b"{\"n\":2}").await;
    assert_ne!(first, second);
    assert_eq!(must_read(&*fixture.open().await, "a").await, Some((b"{\"n\":2}".to_vec(), second)));
}

/// A document is opaque: empty, binary, with any line ends.
pub async fn any_bytes_come_back_as_they_were(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    for bytes in [b"".as_slice(), b"\r\n\n", b"\xff\xfe\0", &every_byte] {
        must_put(&*backend, "a", bytes).await;
        assert_eq!(must_read(&*backend, "a").await.map(|(bytes, _)| bytes), Some(bytes.to_vec()));
    }
}

/// `Expected::Absent` never replaces.
pub async fn creating_what_exists_is_refused(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let stored = must_put(&*backend, "a", b"first").await;
    let lock = must_lock(&*backend, "a").await;
    let error = backend.write("a", b"second".to_vec(), &Expected::Absent, &lock).await.expect_err("it exists");
    let expected = Kind::Conflict { expected: Expected::Absent, found: Some(stored.clone()) };
    assert_eq!(error.kind(), &expected);
    assert_eq!(must_read(&*backend, "a").await, Some((b"first".to_vec(), stored)));
}

/// `Expected::Revision` never creates.
pub async fn replacing_what_does_not_exist_is_refused(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let elsewhere = must_put(&*backend, "elsewhere", b"x").await;
    let lock = must_lock(&*backend, "a").await;
    let expected = Expected::Revision(elsewhere);
    let error = backend.write("a", b"x".to_vec(), &expected, &lock).await.expect_err("there is nothing to replace");
    assert_eq!(error.kind(), &Kind::Conflict { expected, found: None });
    assert_eq!(must_read(&*backend, "a").await, None);
}

/// Compare-and-swap: even the holder of the lock cannot overwrite what it has not seen.
pub async fn a_stale_write_is_refused_and_changes_nothing(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let seen = must_put(&*backend, "a", b"seen").await;
    let unseen = must_put(&*fixture.open().await, "a", b"unseen").await;

    let lock = must_lock(&*backend, "a").await;
    let expected = Expected::Revision(seen);
    let error = backend.write("a", b"mine".to_vec(), &expected, &lock).await.expect_err("it was changed meanwhile");
    assert_eq!(error.kind(), &Kind::Conflict { expected, found: Some(unseen.clone()) });
    assert_eq!(must_read(&*backend, "a").await, Some((b"unseen".to_vec(), unseen)));
}

/// No lock, a made-up lock, the lock of another key, a lock that was released: a write with any of these is refused.
pub async fn a_write_without_its_lock_is_refused_and_changes_nothing(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let stored = must_put(&*backend, "a", b"stored").await;
    let expected = Expected::Revision(stored.clone());

    let of_another_key = must_lock(&*backend, "b").await;
    let given_back = must_lock(&*backend, "a").await;
    must_unlock(&*backend, "a", &given_back).await;
    for lock in [&of_another_key, &given_back, &LockId::random()] {
        let error = backend.write("a", b"mine".to_vec(), &expected, lock).await.expect_err("nobody holds the lock");
        assert_eq!(error.kind(), &Kind::NotLocked);
    }

    let other = fixture.open().await;
    let in_force = must_lock(&*other, "a").await;
    let error = backend.write("a", b"mine".to_vec(), &expected, &given_back).await.expect_err("another holds it");
    let Kind::WrongLockId { holder: Some(holder) } = error.kind() else { panic!("{error}") };
    assert_eq!(holder.id, in_force);
    assert_eq!(must_read(&*backend, "a").await, Some((b"stored".to_vec(), stored)));
}

/// State documents of the largest platforms are some ten megabytes.
pub async fn a_document_of_fifty_megabytes_is_kept(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let mut bytes: Vec<u8> = b"0123456789abcdef\n".iter().copied().cycle().take(50_000_000).collect();
    must_put(&*backend, "a", &bytes).await;
    bytes[25_000_000] = b'!';
    must_put(&*backend, "a", &bytes).await;
    let read = must_read(&*fixture.open().await, "a").await.map(|(bytes, _)| bytes);
    assert!(read.as_ref() == Some(&bytes), "what came back differs");
}

/// Keys are names that people give: in any alphabet, with slashes and dots, and different in case only.
pub async fn keys_in_any_alphabet_and_case_stay_apart(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let keys = [
        "kong",
        "Kong",
        "KONG",
        "Kong Airlines",
        "k\u{f6}ln",
        "ko\u{308}ln",
        "\u{6771}\u{4eac}",
        "\u{1f6eb}",
        "@platform",
        "../kong",
        "a/b",
        ".hidden",
        "%41",
        "kong~1",
        "kong.json",
        "a'\"b",
        "a\nb",
    ];
    let mut revisions = Vec::<Revision>::new();
    for key in keys {
        revisions.push(must_put(&*backend, key, key.as_bytes()).await);
    }
    for (key, revision) in keys.iter().zip(revisions) {
        assert_eq!(must_read(&*backend, key).await, Some((key.as_bytes().to_vec(), revision)), "{key:?}");
    }
    assert_eq!(self::keys(&*backend).await, listing(&*backend, keys));
}

/// Only keys with a document, not those that were only locked.
pub async fn keys_are_listed_in_order(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    for key in ["b", "c", "a"] {
        must_put(&*backend, key, b"{}").await;
    }
    must_lock(&*backend, "only-locked").await;
    let other = fixture.open().await;
    assert_eq!(keys(&*other).await, listing(&*other, ["a", "b", "c"]));
}

/// The keys, or why they cannot be listed.
async fn keys(backend: &dyn Backend) -> Result<Vec<String>, Kind> {
    backend.keys().await.map_err(|error| error.kind().clone())
}

/// These keys in order; a place that cannot list them returns an error, and not an empty list.
fn listing<const N: usize>(backend: &dyn Backend, keys: [&str; N]) -> Result<Vec<String>, Kind> {
    let mut keys = keys.map(str::to_owned).to_vec();
    keys.sort();
    if backend.capabilities().listing { Ok(keys) } else { Err(Kind::Unsupported) }
}
