//! Access rights, and the headers of every answer.

use reqwest::Method;
use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use sandbox::github::ensure_repository;
use serde_json::json;
use std::collections::BTreeMap;
use tempfile::TempDir;

use crate::world::{World, git, names, send, texts};

#[tokio::test]
async fn an_empty_folder_has_no_repository_and_looking_creates_none() {
    let world = World::new().await;
    assert_eq!(world.get("/repos/Org/repo").await.refusal(404), "Not Found");
    assert_eq!(world.get("/repos/Org/repo/pulls").await.refusal(404), "Not Found");
    assert_eq!(world.get("/orgs/Org/repos").await.expect(200), json!([]));
    assert_eq!(std::fs::read_dir(world.root()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_empty_repository_has_no_branches_and_refuses_git_data_with_409() {
    let world = World::new().await;
    let made = world.post("/orgs/Org/repos", json!({"name": "repo"})).await.expect(201);
    assert_eq!(made["full_name"], "Org/repo");
    assert_eq!(made["default_branch"], "main");
    assert_eq!(world.get("/repos/Org/repo/branches").await.expect(200), json!([]));
    assert_eq!(world.get("/repos/Org/repo/pulls").await.expect(200), json!([]));
    for path in ["git/ref/heads/main", "git/trees/main", "commits", "git/matching-refs/heads"] {
        let answer = world.get(&format!("/repos/Org/repo/{path}")).await;
        assert_eq!(answer.refusal(409), "Git Repository is empty.", "{path}");
    }
    let blob = world.post("/repos/Org/repo/git/blobs", json!({"content": "x"})).await;
    assert_eq!(blob.refusal(409), "Git Repository is empty.");
    let readme = world.get("/repos/Org/repo/contents/README.md").await;
    assert_eq!(readme.refusal(404), "This repository is empty.");
}

#[tokio::test]
async fn ensuring_a_repository_twice_makes_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = texts(&[("a", "1")]);
    assert!(ensure_repository(folder.path(), "Org", "repo", &first).unwrap());
    let other = texts(&[("b", "2")]);
    assert!(!ensure_repository(folder.path(), "Org", "repo", &other).unwrap());
    let bare = folder.path().join("Org/repo.git");
    assert_eq!(git(&bare, &["ls-tree", "--name-only", "main"]), "a");
}

#[tokio::test]
async fn the_same_files_give_the_same_commit_in_every_sandbox() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &two] {
        ensure_repository(folder.path(), "Org", "repo", &texts(&[("a/b", "1")])).unwrap();
    }
    let tip = |folder: &TempDir| git(&folder.path().join("Org/repo.git"), &["rev-parse", "main"]);
    assert_eq!(tip(&one), tip(&two));
}

#[tokio::test]
async fn reads_need_no_credential_and_writes_do() {
    let world = World::with(&[("a", "1")]).await;
    send(world.anonymous(Method::GET, "/repos/Org/repo")).await.expect(200);
    let write = world.anonymous(Method::POST, "/repos/Org/repo/git/blobs");
    let answer = send(write.json(&json!({"content": "x"}))).await;
    assert_eq!(answer.refusal(401), "Requires authentication");
    let user = send(world.anonymous(Method::GET, "/user")).await;
    assert_eq!(user.refusal(401), "Requires authentication");
}

#[tokio::test]
async fn any_credential_is_the_same_user() {
    let world = World::new().await;
    for credential in ["Bearer one", "token two", "bearer three", "Basic b25lOnR3bw=="] {
        let request = world.anonymous(Method::GET, "/user");
        let user = send(request.header(AUTHORIZATION, credential)).await.expect(200);
        assert_eq!(user["login"], "koctl-sandbox", "{credential}");
    }
    let emails = world.get("/user/emails").await.expect(200);
    assert_eq!(names(&emails, "email"), ["koctl-sandbox@sandbox.invalid"]);
    // Neither `one` nor `one:` has a password.
    for credential in ["Bearer ", "Bearer", "Basic b25l", "Basic b25lOg==", "Digest one"] {
        let request = world.anonymous(Method::GET, "/user");
        let answer = send(request.header(AUTHORIZATION, credential)).await;
        assert_eq!(answer.refusal(401), "Bad credentials", "{credential}");
    }
}

#[tokio::test]
async fn a_private_repository_is_not_found_without_a_credential() {
    let world = World::new().await;
    let body = json!({"name": "hidden", "private": true});
    let made = world.post("/orgs/Org/repos", body).await.expect(201);
    assert_eq!((&made["private"], &made["visibility"]), (&json!(true), &json!("private")));
    world.get("/repos/Org/hidden").await.expect(200);
    let path = "/repos/Org/hidden";
    assert_eq!(send(world.anonymous(Method::GET, path)).await.refusal(404), "Not Found");
    let list = send(world.anonymous(Method::GET, "/orgs/Org/repos")).await;
    assert_eq!(list.expect(200), json!([]));
}

#[tokio::test]
async fn every_answer_has_the_rate_limit_and_asking_for_it_is_free() {
    let world = World::new().await;
    let first = world.get("/user").await;
    assert_eq!(first.headers["x-ratelimit-limit"], "5000");
    assert_eq!(first.headers["x-ratelimit-remaining"], "4999");
    assert_eq!(first.headers["x-ratelimit-resource"], "core");
    let missing = world.get("/nothing/here").await;
    assert_eq!(missing.headers["x-ratelimit-remaining"], "4998");
    for _ in 0..2 {
        let limits = world.get("/rate_limit").await.expect(200);
        assert_eq!(limits["rate"]["remaining"], 4998);
        assert_eq!(limits["resources"]["core"], limits["rate"]);
    }
    let anonymous = send(world.anonymous(Method::GET, "/rate_limit")).await;
    assert_eq!(anonymous.expect(200)["rate"]["limit"], 60);
}

#[tokio::test]
async fn a_used_up_rate_limit_starts_again_and_refuses_no_request() {
    let world = World::with(&[("a", "1")]).await;
    for _ in 0..130 {
        let answer = send(world.anonymous(Method::GET, "/repos/Org/repo/branches")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_ne!(answer.headers["x-ratelimit-remaining"], "0");
    }
}

#[tokio::test]
async fn unknown_paths_are_404() {
    let world = World::with(&[("a", "1")]).await;
    assert_eq!(world.get("/repos/Org/repo/stargazers").await.refusal(404), "Not Found");
    assert_eq!(world.delete("/user").await.refusal(404), "Not Found");
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let world = World::new().await;
    let outside = tempfile::tempdir().unwrap();
    git(outside.path(), &["init", "--quiet", "--bare", "secret.git"]);
    let climb = format!("..%2F{}", outside.path().file_name().unwrap().to_str().unwrap());
    for path in [
        format!("/repos/{climb}/secret"),
        format!("/repos/Org/..%2F{climb}%2Fsecret"),
        "/repos/%2E%2E/secret".to_owned(),
        "/repos/Org/%2E%2E".to_owned(),
        "/repos/Org/%00".to_owned(),
    ] {
        assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(world.get(&format!("/orgs/{climb}/repos")).await.expect(200), json!([]));
    for name in ["..", "a/b", "a b", "", "x.git"] {
        let answer = world.post("/orgs/Org/repos", json!({"name": name})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    assert!(ensure_repository(world.root(), "..", "repo", &BTreeMap::new()).is_err());
    assert_eq!(std::fs::read_dir(world.root()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_nul_in_a_name_or_message_is_refused_and_breaks_nothing() {
    let world = World::with(&[("a", "1")]).await;
    for path in ["git/ref/heads/a%00b", "branches/a%00b", "contents/a%00b", "git/trees/a%00b"] {
        let answer = world.get(&format!("/repos/Org/repo/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let tip = world.tip("main").await;
    let flat = world.get("/repos/Org/repo/git/trees/main").await.expect(200);
    for (path, body) in [
        ("git/refs", json!({"ref": "refs/heads/a\0b", "sha": tip})),
        ("git/commits", json!({"message": "a\0b", "tree": flat["sha"]})),
        ("git/trees", json!({"tree": [{"path": "a\0b", "mode": "100644", "content": ""}]})),
        ("pulls", json!({"title": "a\0b", "head": "a\0b", "base": "main"})),
        ("issues", json!({"title": "a\0b"})),
    ] {
        let answer = world.post(&format!("/repos/Org/repo/{path}"), body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}
