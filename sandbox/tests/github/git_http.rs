//! Requests of git clients over HTTP.

use std::path::Path;
use std::process::Command;

use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::world::{World, git, send};

/// Answers git's question for a password.
const PASSWORD: &str = "credential.helper=!f() { echo username=any; echo password=token; }; f";

fn clone_url(world: &World, repo: &str) -> String {
    format!("{}/{repo}.git", world.server.base)
}

/// A clone of `Org/repo`, with a commit of its own on the branch `topic`.
fn clone_with_a_commit(world: &World) -> TempDir {
    let clone = tempfile::tempdir().unwrap();
    git(clone.path(), &["clone", "--quiet", &clone_url(world, "Org/repo"), "."]);
    git(clone.path(), &["switch", "--quiet", "--create", "topic"]);
    git(clone.path(), &["commit", "--quiet", "--allow-empty", "--message", "a commit"]);
    clone
}

/// Runs git, which may fail, without a prompt for a password.
fn attempt(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "true");
    command.output().unwrap().status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_of_nothing_new_changes_nothing() {
    let world = World::with(&[("a", "1")]).await;
    let clone = clone_with_a_commit(&world);
    git(clone.path(), &["fetch", "--quiet", "origin"]);
    assert_eq!(git(clone.path(), &["rev-parse", "origin/main"]), world.tip("main").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_a_branch_for_the_api() {
    let world = World::with(&[("a", "1")]).await;
    let clone = clone_with_a_commit(&world);
    assert!(attempt(clone.path(), &["-c", PASSWORD, "push", "--quiet", "origin", "topic"]));
    assert_eq!(world.tip("topic").await, git(clone.path(), &["rev-parse", "topic"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_without_a_credential_is_refused_and_changes_nothing() {
    let world = World::with(&[("a", "1")]).await;
    let clone = clone_with_a_commit(&world);
    assert!(!attempt(clone.path(), &["push", "--quiet", "origin", "topic"]));
    assert_eq!(world.get("/repos/Org/repo/git/ref/heads/topic").await.refusal(404), "Not Found");
    let refused = send(world.anonymous(Method::GET, "/Org/repo.git/info/refs?service=git-receive-pack")).await;
    assert_eq!(refused.headers["www-authenticate"], "Basic realm=\"GitHub\"");
    assert_eq!(refused.refusal(401), "Requires authentication");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_repository_is_cloned_only_with_a_credential() {
    let world = World::with(&[("a", "1")]).await;
    world.post("/orgs/Org/repos", json!({"name": "secret", "private": true, "auto_init": true})).await.expect(201);
    let (folder, url) = (tempfile::tempdir().unwrap(), clone_url(&world, "Org/secret"));
    assert!(!attempt(folder.path(), &["clone", "--quiet", &url, "without"]));
    assert!(attempt(folder.path(), &["-c", PASSWORD, "clone", "--quiet", &url, "with"]));
}

#[tokio::test]
async fn strangers_cannot_tell_a_private_repository_from_a_missing_one() {
    let world = World::new().await;
    let path = "/Org/none.git/info/refs?service=git-upload-pack";
    assert_eq!(send(world.anonymous(Method::GET, path)).await.refusal(401), "Requires authentication");
    assert_eq!(world.get(path).await.refusal(404), "Not Found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_negotiation_which_git_compresses_is_understood() {
    let world = World::with(&[("a", "1")]).await;
    let clone = clone_with_a_commit(&world);
    for _ in 0..64 {
        git(clone.path(), &["commit", "--quiet", "--allow-empty", "--message", "another"]);
    }
    let new = world.branch("new", "main", "b", "2").await;
    git(clone.path(), &["fetch", "--quiet", "origin", "new"]);
    assert_eq!(git(clone.path(), &["rev-parse", "FETCH_HEAD"]), new);
}
