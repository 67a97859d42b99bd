//! Documents of APIs: their tree, their slugs, and their front matter.

use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

async fn documents(world: &World) -> String {
    format!("/v3/apis/{}/documents", world.api("flights").await)
}

#[tokio::test]
async fn a_new_api_has_no_documents() {
    let world = World::new().await;
    let path = documents(&world).await;
    assert_eq!(world.get(&path).await, json!({ "data": [] }));
}

#[tokio::test]
async fn what_is_left_out_comes_from_the_front_matter_or_the_content() {
    let world = World::new().await;
    let path = documents(&world).await;
    let plain = world.created(&path, json!({ "content": "# Getting started\n\nText" })).await;
    let expected = json!(["Getting started", "getting-started", "unpublished", Value::Null]);
    assert_eq!(json!([plain["title"], plain["slug"], plain["status"], plain["parent_document_id"]]), expected);
    let content = "---\ntitle: Guide\nslug: the-guide\nstatus: published\n---\n# Heading\n";
    let matter = world.created(&path, json!({ "content": content, "title": "Sent" })).await;
    let expected = json!(["Sent", "the-guide", "published", content]);
    assert_eq!(json!([matter["title"], matter["slug"], matter["status"], matter["content"]]), expected);
    let unfit = world.created(&path, json!({ "content": "---\nslug: a b\n---\n# Unfit" })).await;
    assert_eq!(unfit["slug"], "unfit");
    for _ in 0..2 {
        let nothing = world.created(&path, json!({ "content": "# 航班" })).await;
        assert_eq!((nothing["title"].as_str(), nothing["slug"].as_str().unwrap().len()), (Some("航班"), 36));
    }
}

#[tokio::test]
async fn documents_are_a_tree_that_is_listed_whole() {
    let world = World::new().await;
    let path = documents(&world).await;
    let top = id(&world.created(&path, json!({ "content": "# Top", "status": "published" })).await);
    let below = json!({ "content": "# Below", "parent_document_id": top });
    let below = id(&world.created(&path, below).await);
    let tree = world.get(&path).await;
    assert_eq!(each(&tree, "slug"), ["top"]);
    assert_eq!(tree["data"][0]["children"][0]["id"], json!(below));
    assert_eq!(tree["data"][0].get("content"), None);
    assert_eq!(each(&world.get(&format!("{path}?filter[status]=unpublished")).await, "slug"), ["below"]);
    assert_eq!(world.delete(&format!("{path}/{top}")).await, 204);
    assert_eq!(world.try_get(&format!("{path}/{below}")).await.status, 404);
}

#[tokio::test]
async fn a_slug_is_unique_under_its_parent() {
    let world = World::new().await;
    let path = documents(&world).await;
    let first = id(&world.created(&path, json!({ "content": "a", "slug": "a" })).await);
    assert_eq!(world.post(&path, json!({ "content": "a", "slug": "a" })).await.status, 409);
    let below = json!({ "content": "a", "slug": "a", "parent_document_id": first });
    let below = id(&world.created(&path, below).await);
    assert_eq!(world.patch(&format!("{path}/{below}"), json!({ "parent_document_id": null })).await.status, 409);
    let bad = world.post(&path, json!({ "content": "a", "slug": "a b" })).await;
    assert_eq!(invalid(&bad), [("slug", "matches_regex")]);
}

#[tokio::test]
async fn a_document_is_never_below_itself_or_what_is_not_there() {
    let world = World::new().await;
    let path = documents(&world).await;
    let top = id(&world.created(&path, json!({ "content": "# Top" })).await);
    let below = id(&world.created(&path, json!({ "content": "# Below", "parent_document_id": top })).await);
    for (parent, rule) in [(top.as_str(), "invalid"), (below.as_str(), "invalid"), (NOWHERE, "missing_reference")] {
        let answer = world.patch(&format!("{path}/{top}"), json!({ "parent_document_id": parent })).await;
        assert_eq!(invalid(&answer), [("parent_document_id", rule)], "{parent}");
    }
}

#[tokio::test]
async fn documents_are_moved_among_their_siblings_and_below_others() {
    let world = World::new().await;
    let path = documents(&world).await;
    let mut ids = Vec::new();
    for slug in ["a", "b", "c"] {
        ids.push(id(&world.created(&path, json!({ "content": slug, "slug": slug })).await));
    }
    let move_to = async |index: usize, body: Value| {
        let moved = world.post(&format!("{path}/{}/move", ids[index]), body).await;
        assert_eq!((moved.status, moved.body), (204, Value::Null));
        world.get(&path).await
    };
    assert_eq!(each(&move_to(2, json!({ "index": 0 })).await, "slug"), ["c", "a", "b"]);
    assert_eq!(each(&move_to(2, json!({ "index": -2 })).await, "slug"), ["a", "c", "b"]);
    let tree = move_to(0, json!({ "parent_document_id": ids[1], "index": 0 })).await;
    assert_eq!(each(&tree, "slug"), ["c", "b"]);
    assert_eq!(tree["data"][1]["children"][0]["slug"], "a");
    assert_eq!(world.created(&path, json!({ "content": "d", "slug": "d" })).await["slug"], "d");
    assert_eq!(each(&world.get(&path).await, "slug"), ["c", "b", "d"]);
}
