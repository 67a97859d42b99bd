//! Repositories: creating, listing, describing, and finding them on disk.

use reqwest::Method;
use reqwest::header::HOST;
use sandbox::github::ensure_repository;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::world::{World, git, names, send, text, texts, tree};

#[tokio::test]
async fn a_repository_is_made_with_auto_init_once() {
    let world = World::new().await;
    let body = json!({"name": "platform", "auto_init": true, "description": "The platform."});
    let answer = world.post("/orgs/Org/repos", body.clone()).await;
    let url = format!("{}/repos/Org/platform", world.server.base);
    assert_eq!(answer.headers["location"], url);
    let made = answer.expect(201);
    assert_eq!((&made["url"], &made["owner"]["type"]), (&json!(url), &json!("Organization")));
    let expected = tree(&[("README.md", "# platform\nThe platform.")]);
    assert_eq!(world.clone("Org/platform", "main"), expected);
    let again = world.post("/orgs/Org/repos", body).await.invalid();
    assert_eq!((&again["resource"], &again["field"]), (&json!("Repository"), &json!("name")));
    assert_eq!(again["message"], "name already exists on this account");
}

#[tokio::test]
async fn a_repository_without_a_name_is_refused_by_field() {
    let world = World::new().await;
    let expected = json!({"resource": "Repository", "field": "name", "code": "missing_field"});
    assert_eq!(world.post("/user/repos", json!({})).await.invalid(), expected);
    let wrong = world.post("/user/repos", json!({"name": "a", "private": "yes"})).await;
    let expected = json!({"resource": "Repository", "field": "private", "code": "invalid"});
    assert_eq!(wrong.invalid(), expected);
    let broken = world.request(Method::POST, "/user/repos").body("{");
    assert_eq!(send(broken).await.refusal(400), "Problems parsing JSON");
}

#[tokio::test]
async fn a_repository_in_a_list_has_fewer_fields_than_a_single_one() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("b", "main", "b", "2").await;
    let of = |repository: &Value| {
        ["network_count", "organization", "allow_squash_merge", "topics"].map(|field| !repository[field].is_null())
    };
    let own = world.get("/repos/Org/repo").await.expect(200);
    assert_eq!(of(&own), [true, true, true, true], "`full-repository`");
    let pull = world.pull("b").await;
    assert_eq!(of(&pull["head"]["repo"]), [false, false, true, true], "`repository`");
    assert_eq!(of(&world.get("/user/repos").await.expect(200)[0]), [false, false, true, true], "`repository`");
    let listed = world.get("/orgs/Org/repos").await.expect(200);
    assert_eq!(of(&listed[0]), [false, false, false, true], "`minimal-repository`");
}

#[tokio::test]
async fn repositories_are_listed_by_owner_and_for_the_user() {
    let world = World::new().await;
    for (owner, name) in [("One", "b"), ("One", "a"), ("Two", "c")] {
        ensure_repository(world.root(), owner, name, &BTreeMap::new()).unwrap();
    }
    world.post("/user/repos", json!({"name": "own"})).await.expect(201);
    let all = world.get("/user/repos").await.expect(200);
    assert_eq!(names(&all, "full_name"), ["One/a", "One/b", "Two/c", "koctl-sandbox/own"]);
    let down = world.get("/users/One/repos?sort=full_name&direction=desc").await.expect(200);
    assert_eq!(names(&down, "name"), ["b", "a"]);
    let owned = world.get("/users/koctl-sandbox/repos").await.expect(200);
    assert_eq!(owned[0]["owner"]["type"], "User");
    for (query, expected) in [
        ("affiliation=owner", ["koctl-sandbox/own"].as_slice()),
        ("type=member", &["One/a", "One/b", "Two/c"]),
        ("visibility=private", &[]),
        ("before=2020-01-01T00:00:00Z", &[]),
        ("since=2020-01-01T00:00:00Z&type=owner", &["koctl-sandbox/own"]),
    ] {
        let path = format!("/user/repos?{query}");
        let list = world.get(&path).await.expect(200);
        assert_eq!(names(&list, "full_name"), expected, "{query}");
    }
    let organizations = world.get("/user/orgs").await.expect(200);
    assert_eq!(names(&organizations, "login"), ["One", "Two"]);
}

#[tokio::test]
async fn urls_follow_the_host_that_the_client_used() {
    let world = World::with(&[("a", "1")]).await;
    let request = world.request(Method::GET, "/repos/Org/repo");
    let body = send(request.header(HOST, "github.localhost:8080")).await.expect(200);
    assert_eq!(body["url"], "http://github.localhost:8080/github/repos/Org/repo");
    assert_eq!(body["git_url"], "git://github.localhost:8080/Org/repo.git");
    assert_eq!(body["branches_url"], "http://github.localhost:8080/github/repos/Org/repo/branches{/branch}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clone_url_can_be_cloned() {
    let world = World::with(&[("a", "1")]).await;
    let body = world.get("/repos/Org/repo").await.expect(200);
    let target = tempfile::tempdir().unwrap();
    git(target.path(), &["clone", "--quiet", &text(&body["clone_url"]), "."]);
    assert_eq!(std::fs::read_to_string(target.path().join("a")).unwrap(), "1");
}

#[tokio::test]
async fn a_bare_repository_put_there_by_hand_is_served() {
    let world = World::new().await;
    let (owner, work) = (world.root().join("Org"), tempfile::tempdir().unwrap());
    std::fs::create_dir(&owner).unwrap();
    git(work.path(), &["init", "--quiet", "--initial-branch", "trunk"]);
    std::fs::write(work.path().join("a"), "1").unwrap();
    git(work.path(), &["add", "."]);
    git(work.path(), &["commit", "--quiet", "-m", "By hand"]);
    let target = world.git_dir("Org/repo");
    git(work.path(), &["clone", "--quiet", "--bare", ".", target.to_str().unwrap()]);
    let body = world.get("/repos/Org/repo").await.expect(200);
    assert_eq!(body["default_branch"], "trunk");
    assert_eq!(body, world.get("/repos/Org/repo").await.expect(200));
    let branch = world.get("/repos/Org/repo/branches/trunk").await.expect(200);
    assert_eq!(branch["commit"]["commit"]["author"]["name"], "Ada");
    assert_eq!(branch["commit"]["author"]["login"], "ada");
}

#[test]
fn a_file_that_no_tree_can_hold_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["../x", "/x", "a//b", ".git/config"] {
        let error = ensure_repository(folder.path(), "Org", "repo", &texts(&[(path, "1")]));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(&format!("`{path}` is not a valid name for a file")), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
