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

/// The contract check judges the whole bodies of these answers by GitHub's published document.
#[tokio::test]
async fn the_bodies_have_the_fields_that_clients_read() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    world.post("/repos/Org/repo/issues/1/comments", json!({"body": "c"})).await.expect(201);
    for (path, pointer, value) in [
        ("", "/full_name", json!("Org/repo")),
        ("/pulls/1", "/head/ref", json!("feature")),
        ("/pulls", "/0/number", json!(1)),
        ("/pulls/1/files", "/0/filename", json!("b")),
        ("/issues/1", "/number", json!(1)),
        ("/issues/1/comments", "/0/body", json!("c")),
        ("/git/ref/heads/main", "/ref", json!("refs/heads/main")),
        ("/contents/a", "/content", json!("MQ==\n")),
        ("/branches", "/0/name", json!("feature")),
        ("/commits", "/0/commit/message", json!("Initial commit")),
    ] {
        let body = world.get(&format!("/repos/Org/repo{path}")).await.expect(200);
        assert_eq!(body.pointer(pointer), Some(&value), "{path}");
    }
}
