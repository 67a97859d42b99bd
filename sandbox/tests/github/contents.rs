//! Files by path.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::StatusCode;
use sandbox::github::ensure_repository;
use serde_json::Value;
use serde_json::json;

use crate::world::{World, decoded, names, send, text, texts, tree};

#[tokio::test]
async fn a_file_is_read_as_json_and_as_raw_bytes_at_any_ref() {
    let world = World::with(&[("dir/a file.txt", "first\n")]).await;
    let first = world.tip("main").await;
    world.branch("feature/x", "main", "dir/a file.txt", "second\n").await;
    let path = "/repos/Org/repo/contents/dir/a%20file.txt";
    let file = world.get(path).await.expect(200);
    assert_eq!((&file["type"], &file["encoding"]), (&json!("file"), &json!("base64")));
    assert_eq!((&file["name"], &file["size"]), (&json!("a file.txt"), &json!(6)));
    assert_eq!(decoded(&file), b"first\n");
    let base = &world.server.base;
    assert_eq!(file["url"], format!("{base}{path}?ref=main"));
    for (at, expected) in [("feature/x", "second\n"), (first.as_str(), "first\n"), (&first[..8], "first\n")] {
        let path = format!("{path}?ref={at}");
        for media_type in ["application/vnd.github.raw+json", "application/vnd.github.v3.raw"] {
            let raw = world.get_as(&path, media_type).await;
            assert_eq!(String::from_utf8(raw.bytes).unwrap(), expected, "{at}");
        }
    }
    let download = text(&file["download_url"]);
    let plain = send(crate::world::client().get(download)).await;
    assert_eq!(plain.bytes, b"first\n");
    assert_eq!(world.get("/repos/Org/repo/contents/none").await.refusal(404), "Not Found");
    let missing = world.get(&format!("{path}?ref=none")).await;
    assert_eq!(missing.refusal(404), "No commit found for the ref none");
}

#[tokio::test]
async fn a_folder_is_a_list_or_one_object() {
    let world = World::with(&[("a", "1"), ("b/c", "22")]).await;
    for path in ["contents", "contents/"] {
        let list = world.get(&format!("/repos/Org/repo/{path}")).await.expect(200);
        assert_eq!(names(&list, "type"), ["file", "dir"]);
        assert_eq!(names(&list, "path"), ["a", "b"]);
    }
    let path = "/repos/Org/repo/contents/b";
    let object = world.get_as(path, "application/vnd.github.object+json").await.expect(200);
    assert_eq!((&object["type"], &object["name"]), (&json!("dir"), &json!("b")));
    assert_eq!(names(&object["entries"], "path"), ["b/c"]);
    assert_eq!(object["download_url"], Value::Null);
}

#[tokio::test]
async fn above_one_megabyte_the_content_comes_only_raw() {
    let world = World::new().await;
    let large = "x".repeat(1024 * 1024 + 1);
    let files = [("large", large.as_str()), ("largest-inline", &large[1..])];
    ensure_repository(world.root(), "Org", "repo", &texts(&files)).unwrap();
    let file = world.get("/repos/Org/repo/contents/large").await.expect(200);
    assert_eq!((&file["content"], &file["encoding"]), (&json!(""), &json!("none")));
    assert_eq!(file["size"], 1024 * 1024 + 1);
    let raw = world.get_as("/repos/Org/repo/contents/large", "application/vnd.github.raw+json").await;
    assert_eq!(raw.bytes.len(), large.len());
    let inline = world.get("/repos/Org/repo/contents/largest-inline").await.expect(200);
    assert_eq!(decoded(&inline).len(), 1024 * 1024);
}

#[tokio::test]
async fn a_link_is_answered_with_the_file_it_leads_to() {
    let world = World::with(&[("a/target", "here")]).await;
    let entries = json!([
        {"path": "b/link", "mode": "120000", "content": "../a/target"},
        {"path": "b/out", "mode": "120000", "content": "../../../etc/passwd"},
    ]);
    let parent = world.tip("main").await;
    let body = json!({"base_tree": parent, "tree": entries});
    let tree = world.post("/repos/Org/repo/git/trees", body).await.expect(201);
    let body = json!({"message": "Link", "tree": tree["sha"], "parents": [parent]});
    let commit = world.post("/repos/Org/repo/git/commits", body).await.expect(201);
    let at = text(&commit["sha"]);
    let inside = world.get(&format!("/repos/Org/repo/contents/b/link?ref={at}")).await.expect(200);
    assert_eq!((inside["type"].as_str(), decoded(&inside)), (Some("file"), b"here".to_vec()));
    let outside = world.get(&format!("/repos/Org/repo/contents/b/out?ref={at}")).await.expect(200);
    let expected = (&json!("symlink"), &json!("../../../etc/passwd"));
    assert_eq!((&outside["type"], &outside["target"]), expected);
}

#[tokio::test]
async fn a_file_is_created_updated_and_deleted_and_stale_writers_are_refused() {
    let world = World::with(&[("a", "1")]).await;
    let path = "/repos/Org/repo/contents/dir/b";
    let put = |content: &str, sha: Option<&Value>| {
        let mut body = json!({"message": "Write b", "content": STANDARD.encode(content)});
        if let Some(sha) = sha {
            body["sha"] = sha.clone();
        }
        body
    };
    let made = world.put(path, put("one", None)).await.expect(201);
    assert_eq!((&made["content"]["path"], &made["commit"]["message"]), (&json!("dir/b"), &json!("Write b")));
    let without = world.put(path, put("two", None)).await;
    assert_eq!(without.refusal(422), "Invalid request.\n\n\"sha\" wasn't supplied.");
    let first = &made["content"]["sha"];
    let updated = world.put(path, put("two", Some(first))).await.expect(200);
    assert_eq!(updated["commit"]["parents"][0]["sha"], made["commit"]["sha"]);
    let stale = world.put(path, put("three", Some(first))).await;
    assert_eq!(stale.refusal(409), format!("dir/b does not match {}", text(first)));
    assert_eq!(world.clone("Org/repo", "main"), tree(&[("a", "1"), ("dir/b", "two")]));

    let delete = |sha: &Value| {
        let request = world.request(Method::DELETE, path);
        send(request.json(&json!({"message": "Drop b", "sha": sha})))
    };
    assert_eq!(delete(first).await.status, StatusCode::CONFLICT);
    let gone = delete(&updated["content"]["sha"]).await.expect(200);
    assert_eq!(gone["content"], Value::Null);
    assert_eq!(world.clone("Org/repo", "main"), tree(&[("a", "1")]));
    assert_eq!(delete(first).await.refusal(404), "Not Found");
}

#[tokio::test]
async fn the_first_file_of_an_empty_repository_makes_its_branch() {
    let world = World::new().await;
    world.post("/orgs/Org/repos", json!({"name": "repo"})).await.expect(201);
    let body = json!({"message": "First", "content": STANDARD.encode("1"), "branch": "other"});
    let elsewhere = world.put("/repos/Org/repo/contents/a", body).await;
    assert_eq!(elsewhere.refusal(404), "Branch other not found");
    let body = json!({"message": "First", "content": STANDARD.encode("1")});
    let made = world.put("/repos/Org/repo/contents/a", body).await.expect(201);
    assert_eq!(made["commit"]["parents"], json!([]));
    assert_eq!(world.clone("Org/repo", "main"), tree(&[("a", "1")]));
}
