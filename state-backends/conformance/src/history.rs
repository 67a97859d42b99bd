//! Earlier versions, in places that keep them.

use crate::fixture::Fixture;
use crate::turns::must_put;
use state_backends::{Kind, Revision};

/// The no-op: neither for a key that is unknown nor for one that was written once. A place that keeps no history
/// returns an error, and not an empty list.
pub async fn without_a_write_there_is_no_history(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    if !backend.capabilities().history {
        assert_eq!(backend.history("a").await.expect_err("none is kept").kind(), &Kind::Unsupported);
        return;
    }
    assert_eq!(backend.history("a").await.expect("an unknown key has none"), []);
    must_put(&*backend, "a", b"first").await;
    assert_eq!(backend.history("a").await.expect("the current version is not part of it"), []);
}

/// Each can be read back; an unknown one is reported as not found.
pub async fn earlier_versions_are_kept_newest_first(fixture: &impl Fixture) {
    let backend = fixture.open().await;
    let mut revisions = Vec::new();
    for content in ["first", "second", "third", "fourth"] {
        revisions.push(must_put(&*backend, "a", content.as_bytes()).await);
    }
    if !backend.capabilities().history {
        let error = backend.read_version("a", &revisions[0]).await.expect_err("none is kept");
        assert_eq!(error.kind(), &Kind::Unsupported);
        return;
    }
    let other = fixture.open().await;
    let history = other.history("a").await.expect("history is kept");
    let listed: Vec<_> = history.iter().map(|version| version.revision.clone()).collect();
    assert_eq!(listed, [revisions[2].clone(), revisions[1].clone(), revisions[0].clone()]);

    for (revision, content) in revisions.iter().zip(["first", "second", "third"]) {
        let version = other.read_version("a", revision).await.expect("it is listed");
        assert_eq!((version.bytes, &version.revision), (content.as_bytes().to_vec(), revision));
    }
    let error = other.read_version("a", &Revision::new("unheard-of")).await.expect_err("it never was");
    assert_eq!(error.kind(), &Kind::NotFound);
}
