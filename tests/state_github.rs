//! State on a branch of a GitHub repository, on the sandbox's GitHub.

#![allow(clippy::unwrap_used, reason = "this whole program is tests, their helpers included")]

use std::net::SocketAddr;
use std::sync::Arc;

use ::conformance::{Fixture, NetworkFixture};
use async_trait::async_trait;
use axum::http::StatusCode;
use http::Method;
use sandbox::{Fault, Halt, Sandbox, SandboxOptions, Trigger};
use state_backends::{Backend, Expected, GitHub, Kind, LockId, LockInfo, Revision};
use tempfile::TempDir;

const STATE: &str = "github://Acme/platform/koctl/state";

/// A sandbox with the repository `Acme/platform`, which has one commit on `main`.
struct OnBranch {
    sandbox: Sandbox,
    directory: TempDir,
}

impl OnBranch {
    fn backend(&self) -> GitHub {
        open(STATE, &self.address(), Some("sesame"))
    }

    /// Runs git in the repository, in its own directory.
    fn git(&self, arguments: &[&str]) -> String {
        let repository = self.directory.path().join("github/Acme/platform.git");
        let output = std::process::Command::new("git").args(arguments).env("GIT_DIR", repository).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// How many requests `work` makes.
    async fn requests(&self, work: impl Future<Output = ()>) -> usize {
        let before = self.sandbox.exchanges().len();
        work.await;
        self.sandbox.exchanges().len() - before
    }
}

fn open(url: &str, api: &str, token: Option<&str>) -> GitHub {
    let variables = |name: &str| match name {
        "KOCTL_GITHUB_URL" => Some(api.to_owned()),
        "GITHUB_TOKEN" => token.map(str::to_owned),
        _ => None,
    };
    GitHub::open(url, &variables).unwrap()
}

#[async_trait]
impl Fixture for OnBranch {
    async fn create() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let files = [("README.md".to_owned(), b"# platform\n".to_vec())].into();
        sandbox::github::ensure_repository(&directory.path().join("github"), "Acme", "platform", &files).unwrap();
        let options = SandboxOptions { dir: directory.path().to_owned(), port: 0, organizations: Vec::new() };
        Self { sandbox: Sandbox::start(options).await.unwrap(), directory }
    }

    async fn open(&self) -> Arc<dyn Backend> {
        Arc::new(self.backend())
    }

    fn address(&self) -> String {
        self.sandbox.github_url()
    }

    async fn open_at(address: &str) -> Arc<dyn Backend> {
        Arc::new(open(STATE, address, Some("sesame")))
    }
}

#[async_trait]
impl NetworkFixture for OnBranch {
    fn server(&self) -> String {
        let url = self.address();
        url.trim_start_matches("http://").trim_end_matches("/github").to_owned()
    }

    async fn open_by_way_of(&self, proxy: SocketAddr) -> Arc<dyn Backend> {
        Self::open_at(&format!("http://{proxy}/github")).await
    }

    /// The sandbox accepts every token, so this test uses a server that accepts none.
    async fn open_with_secret(&self, secret: &str) -> Arc<dyn Backend> {
        Arc::new(open(STATE, &who_believes_nobody().await, Some(secret)))
    }
}

/// The address of a server that answers every request as GitHub does if the token is wrong.
async fn who_believes_nobody() -> String {
    let refusal = || async { (StatusCode::UNAUTHORIZED, r#"{"message": "Bad credentials", "status": "401"}"#) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum::serve(listener, axum::Router::new().fallback(refusal));
    tokio::spawn(async move { server.await.unwrap() });
    format!("http://{address}")
}

mod conformance {
    use super::*;

    ::conformance::network_conformance_suite!(OnBranch);
}

fn somebody() -> LockInfo {
    LockInfo::of_this_process("apply", "github tests")
}

async fn must_lock(backend: &GitHub, key: &str) -> LockId {
    let info = somebody();
    backend.lock(key, &info).await.unwrap();
    info.id
}

async fn must_write(backend: &GitHub, key: &str, content: &str, expected: Option<Revision>, lock: &LockId) -> Revision {
    backend.write(key, content.as_bytes().to_vec(), &Expected::from(expected), lock).await.unwrap()
}

#[tokio::test]
async fn looking_creates_no_branch_and_no_reference() {
    let place = OnBranch::create().await;
    let backend = place.backend();
    backend.read("kong").await.unwrap();
    backend.keys().await.unwrap();
    backend.history("kong").await.unwrap();
    assert_eq!(place.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
}

#[tokio::test]
async fn the_branch_has_a_history_of_its_own_that_says_who_wrote_what_for_what() {
    let place = OnBranch::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend, "Kong Airlines").await;
    let first = must_write(&backend, "Kong Airlines", "1", None, &lock).await;
    must_write(&backend, "Kong Airlines", "2", Some(first), &lock).await;

    let who = somebody().who;
    let message = format!("Write `Kong Airlines` for apply by {who}\n");
    assert_eq!(place.git(&["log", "--format=%s", "koctl/state"]), message.repeat(2));
    assert_eq!(
        place.git(&["ls-tree", "-r", "--name-only", "koctl/state"]),
        "README.md\nstate/Kong%20Airlines~11.json\n"
    );
    assert_eq!(place.git(&["show", "koctl/state:state/Kong%20Airlines~11.json"]), "2");
    assert_eq!(place.git(&["log", "--format=%s", "main"]).lines().count(), 1);
}

#[tokio::test]
async fn a_lock_is_taken_and_freed_by_moving_its_reference_forward() {
    let place = OnBranch::create().await;
    let backend = place.backend();
    for _ in 0..2 {
        let lock = must_lock(&backend, "kong").await;
        backend.unlock("kong", &lock).await.unwrap();
    }
    let reference = place.git(&["for-each-ref", "--format=%(refname)", "refs/koctl/locks"]);
    let log = place.git(&["log", "--format=%s", reference.trim()]);
    let who = somebody().who;
    let taken = format!("Lock `kong` for apply by {who}");
    assert_eq!(log.lines().collect::<Vec<_>>(), ["Unlock `kong`", &taken, "Unlock `kong`", &taken]);
}

/// GitHub limits the number of requests, and each takes a round trip.
#[tokio::test]
async fn a_write_after_a_write_costs_four_requests_and_waiting_for_a_lock_one_a_try() {
    let place = OnBranch::create().await;
    let (backend, other) = (place.backend(), place.backend());
    let lock = must_lock(&backend, "kong").await;
    let mut revision = must_write(&backend, "kong", "0", None, &lock).await;
    for step in 1..=3 {
        let write =
            async { revision = must_write(&backend, "kong", &step.to_string(), Some(revision.clone()), &lock).await };
        assert_eq!(place.requests(write).await, 4);
    }
    other.lock("kong", &somebody()).await.unwrap_err();
    let again = async { drop(other.lock("kong", &somebody()).await.unwrap_err()) };
    assert_eq!(place.requests(again).await, 1);
}

#[tokio::test]
async fn two_documents_that_are_written_at_once_contend_for_the_branch_and_both_are_kept() {
    let place = Arc::new(OnBranch::create().await);
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let place = Arc::clone(&place);
        tasks.spawn(async move {
            let (backend, key) = (place.backend(), format!("organization-{writer}"));
            let lock = must_lock(&backend, &key).await;
            let mut revision = None;
            for step in 1..=5 {
                revision = Some(must_write(&backend, &key, &step.to_string(), revision, &lock).await);
            }
            backend.unlock(&key, &lock).await.unwrap();
        });
    }
    tasks.join_all().await;
    let backend = place.backend();
    assert_eq!(backend.keys().await.unwrap().len(), 4);
    for key in backend.keys().await.unwrap() {
        assert_eq!(backend.read(&key).await.unwrap().unwrap().bytes, b"5");
        assert_eq!(backend.history(&key).await.unwrap().len(), 4);
    }
}

/// Git names a commit by its content, its second included. The first writer is about to move the branch to its commit
/// when its lock is forced open, and the second one writes the same in its place.
#[tokio::test]
async fn two_writers_of_the_same_bytes_in_one_second_make_two_commits_and_one_wins() {
    let place = OnBranch::create().await;
    let (first, second) = (place.backend(), place.backend());
    let lock = must_lock(&first, "kong").await;
    let seen = must_write(&first, "kong", "1", None, &lock).await;
    let halt = Halt::default();
    let moving = Trigger::new(Method::PATCH, "/git/refs/heads/koctl/state");
    place.sandbox.faults().inject(moving, Fault::HaltBefore(halt.clone()));
    let by_force = async {
        halt.reached().await;
        second.force_unlock("kong", &lock).await.unwrap();
        let lock = must_lock(&second, "kong").await;
        let written = must_write(&second, "kong", "2", Some(seen.clone()), &lock).await;
        halt.resume();
        written
    };
    let expected = Expected::Revision(seen.clone());
    let (lost, won) = tokio::join!(first.write("kong", b"2".to_vec(), &expected, &lock), by_force);
    let error = lost.unwrap_err();
    assert!(matches!(error.kind(), Kind::WrongLockId { .. } | Kind::Conflict { .. }), "{error}");
    assert_eq!(second.read("kong").await.unwrap().unwrap().revision, won);
    assert_eq!(second.history("kong").await.unwrap().len(), 1);
}

#[tokio::test]
async fn content_that_is_stored_already_makes_no_commit() {
    let place = OnBranch::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend, "kong").await;
    let first = must_write(&backend, "kong", "1", None, &lock).await;
    assert_eq!(must_write(&backend, "kong", "1", Some(first.clone()), &lock).await, first);
    assert_eq!(backend.read("kong").await.unwrap().unwrap().revision, first);
}

#[tokio::test]
async fn a_document_that_a_person_deleted_is_absent_and_can_be_created() {
    let place = OnBranch::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend, "kong").await;
    must_write(&backend, "kong", "1", None, &lock).await;
    let clone = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=person", "-c", "user.email=person@example.com", "-C"];
        let output =
            std::process::Command::new("git").args(identity).arg(clone.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let repository = place.directory.path().join("github/Acme/platform.git");
    git(&["clone", "--quiet", "--branch", "koctl/state", repository.to_str().unwrap(), "."]);
    git(&["rm", "--quiet", "state/kong.json"]);
    git(&["commit", "--quiet", "-m", "Delete"]);
    git(&["push", "--quiet"]);

    assert_eq!(backend.read("kong").await.unwrap(), None);
    must_write(&backend, "kong", "2", None, &lock).await;
    assert_eq!(backend.read("kong").await.unwrap().unwrap().bytes, b"2");
}

#[tokio::test]
async fn what_github_asks_to_wait_for_is_waited_for() {
    let place = OnBranch::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend, "kong").await;
    let headers = vec![("Retry-After".to_owned(), "0".to_owned())];
    let body = serde_json::json!({"message": "You have exceeded a secondary rate limit."});
    let limited = Fault::Answer { status: StatusCode::FORBIDDEN, headers, body };
    place.sandbox.faults().inject(Trigger::new(Method::POST, "/git/commits").next(2), limited);
    place.sandbox.faults().inject(Trigger::new(Method::PATCH, "/git/refs/*"), Fault::status(StatusCode::BAD_GATEWAY));
    must_write(&backend, "kong", "1", None, &lock).await;
    backend.unlock("kong", &lock).await.unwrap();
}

#[tokio::test]
async fn a_repository_that_does_not_exist_is_told_by_every_method() {
    let place = OnBranch::create().await;
    let backend = open("github://Acme/nowhere/state", &place.address(), Some("sesame"));
    let errors = [
        backend.read("kong").await.unwrap_err(),
        backend.keys().await.unwrap_err(),
        backend.history("kong").await.unwrap_err(),
        backend.lock("kong", &somebody()).await.unwrap_err(),
        backend.force_unlock("kong", &LockId::random()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), &Kind::Misconfigured, "{error}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("either it does not exist, or the token in GITHUB_TOKEN may not do that"), "{cause}");
    }
}

#[tokio::test]
async fn without_a_token_that_is_what_is_told() {
    let place = OnBranch::create().await;
    let error = open(STATE, &place.address(), None).lock("kong", &somebody()).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::PermissionDenied);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("the variable GITHUB_TOKEN is not set"), "{cause}");
}

#[tokio::test]
async fn a_branch_that_nobody_may_move_is_told_in_githubs_words() {
    let place = OnBranch::create().await;
    let backend = place.backend();
    let lock = must_lock(&backend, "kong").await;
    let revision = must_write(&backend, "kong", "1", None, &lock).await;
    let body = serde_json::json!({"message": "Changes must be made through a pull request."});
    let protected = Fault::Answer { status: StatusCode::UNPROCESSABLE_ENTITY, headers: Vec::new(), body };
    place.sandbox.faults().inject(Trigger::new(Method::PATCH, "/git/refs/heads/koctl/state").always(), protected);
    let written = backend.write("kong", b"2".to_vec(), &Expected::Revision(revision), &lock).await;
    let error = written.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("Changes must be made through a pull request."), "{cause}");
    assert_eq!(backend.read("kong").await.unwrap().unwrap().bytes, b"1");
}
