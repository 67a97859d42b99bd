//! Restarts, concurrent writers, crashes; and other clients that read the bodies.

use serde_json::json;

use crate::world::{World, names};

#[tokio::test]
async fn everything_is_still_there_after_a_restart() {
    let world = World::with(&[("a", "1")]).await;
    for name in ["merged", "open"] {
        world.branch(name, "main", name, "x").await;
        world.pull(name).await;
    }
    world.put("/repos/Org/repo/pulls/1/merge", json!({})).await.expect(200);
    world.post("/repos/Org/repo/issues/2/labels", json!({"labels": ["l"]})).await.expect(200);
    world.post("/repos/Org/repo/issues/2/comments", json!({"body": "c"})).await.expect(201);
    let paths = [
        "/repos/Org/repo",
        "/repos/Org/repo/pulls/1",
        "/repos/Org/repo/pulls/2",
        "/repos/Org/repo/issues/2/labels",
        "/repos/Org/repo/issues/2/comments",
    ];
    let old_base = world.server.base.clone();
    let mut before = Vec::new();
    for path in paths {
        before.push(world.get(path).await.expect(200).to_string());
    }
    let world = world.restart().await;
    for (path, before) in paths.into_iter().zip(before) {
        let after = world.get(path).await.expect(200).to_string();
        let (old, new) = (host(&old_base), host(&world.server.base));
        assert_eq!(after.replace(new, old), before, "{path}");
    }
    world.branch("later", "main", "later", "x").await;
    assert_eq!(world.pull("later").await["number"], 3, "numbers go on");
}

fn host(base: &str) -> &str {
    base.trim_start_matches("http://").trim_end_matches("/github")
}

#[tokio::test]
async fn a_damaged_metadata_file_is_an_error_that_names_it() {
    let world = World::with(&[("a", "1")]).await;
    std::fs::write(world.root().join("Org/repo.json"), "{").unwrap();
    let message = world.get("/repos/Org/repo").await.refusal(500);
    assert!(message.contains("Org/repo.json"), "{message}");
}

#[tokio::test]
async fn concurrent_writers_lose_nothing() {
    let world = World::with(&[("a", "1")]).await;
    let comment = |number: usize| {
        let body = json!({"title": format!("Issue {number}")});
        world.post("/repos/Org/repo/issues", body)
    };
    let answers = futures::future::join_all((0..20).map(comment)).await;
    for answer in answers {
        answer.expect(201);
    }
    let all = world.get("/repos/Org/repo/issues?per_page=100").await.expect(200);
    let mut titles = names(&all, "title");
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 20);
}

#[tokio::test]
async fn octocrab_understands_the_bodies() {
    use octocrab::models::{Repository, issues, pulls, repos};
    let world = World::with(&[("a", "1")]).await;
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    world.post("/repos/Org/repo/issues/1/comments", json!({"body": "c"})).await.expect(201);
    let read = async |path: &str| world.get(&format!("/repos/Org/repo{path}")).await.expect(200);

    let repository: Repository = serde_json::from_value(read("").await).unwrap();
    assert_eq!(repository.full_name.as_deref(), Some("Org/repo"));
    let pull: pulls::PullRequest = serde_json::from_value(read("/pulls/1").await).unwrap();
    assert_eq!(pull.head.ref_field, "feature");
    let pulls: Vec<pulls::PullRequest> = serde_json::from_value(read("/pulls").await).unwrap();
    assert_eq!(pulls[0].number, 1);
    let files: Vec<repos::DiffEntry> = serde_json::from_value(read("/pulls/1/files").await).unwrap();
    assert_eq!(files[0].filename, "b");
    let issue: issues::Issue = serde_json::from_value(read("/issues/1").await).unwrap();
    assert_eq!(issue.number, 1);
    let comments: Vec<issues::Comment> = serde_json::from_value(read("/issues/1/comments").await).unwrap();
    assert_eq!(comments[0].body.as_deref(), Some("c"));
    let reference: repos::Ref = serde_json::from_value(read("/git/ref/heads/main").await).unwrap();
    assert_eq!(reference.ref_field, "refs/heads/main");
    let file: repos::Content = serde_json::from_value(read("/contents/a").await).unwrap();
    assert_eq!(file.decoded_content().as_deref(), Some("1"));
    let branches: Vec<repos::Branch> = serde_json::from_value(read("/branches").await).unwrap();
    assert_eq!(branches[0].name, "feature");
    let commits: Vec<repos::RepoCommit> = serde_json::from_value(read("/commits").await).unwrap();
    assert_eq!(commits[0].commit.message, "Initial commit");
}
