//! Issues, labels and comments.

use serde_json::json;

use crate::world::{World, names};

#[tokio::test]
async fn labels_are_made_once_and_added_to_pull_requests() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    let path = "/repos/Org/repo/issues/1/labels";
    assert_eq!(world.get(path).await.expect(200), json!([]));
    let label = json!({"name": "managed by koctl", "color": "00FF00", "description": "By koctl."});
    let made = world.post("/repos/Org/repo/labels", label.clone()).await.expect(201);
    assert_eq!(made["url"], format!("{}/repos/Org/repo/labels/managed%20by%20koctl", world.server.base));
    let again = world.post("/repos/Org/repo/labels", label).await.invalid();
    assert_eq!(again, json!({"resource": "Label", "field": "name", "code": "already_exists"}));
    let body = json!({"name": "x", "color": "green"});
    assert_eq!(world.post("/repos/Org/repo/labels", body).await.invalid()["field"], "color");
    let body = json!({"labels": ["Managed by koctl", "new"]});
    let added = world.post(path, body.clone()).await.expect(200);
    assert_eq!(names(&added, "name"), ["managed by koctl", "new"]);
    assert_eq!(added[0], made);
    assert_eq!(world.post(path, body).await.expect(200), added, "adding twice changes nothing");
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!(names(&pull["labels"], "description"), ["By koctl.", ""]);
    let found = world.get("/repos/Org/repo/issues?labels=new").await.expect(200);
    assert_eq!(found[0]["number"], 1);
    let none = world.get("/repos/Org/repo/issues?labels=new,other").await.expect(200);
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn comments_are_added_listed_and_updated() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    let path = "/repos/Org/repo/issues/1/comments";
    let made = world.post(path, json!({"body": "The plan."})).await.expect(201);
    world.post(path, json!({"body": "Another."})).await.expect(201);
    let empty = world.post(path, json!({"body": " "})).await.invalid();
    let expected = json!({"resource": "IssueComment", "field": "body", "code": "missing_field"});
    assert_eq!(empty, expected);
    let comment = format!("/repos/Org/repo/issues/comments/{}", made["id"]);
    let updated = world.patch(&comment, json!({"body": "A new plan."})).await.expect(200);
    assert_eq!((&updated["id"], &updated["body"]), (&made["id"], &json!("A new plan.")));
    let list = world.get(path).await.expect(200);
    assert_eq!(names(&list, "body"), ["A new plan.", "Another."]);
    assert_eq!(world.get("/repos/Org/repo/pulls/1").await.expect(200)["comments"], 2);
    let missing = world.patch("/repos/Org/repo/issues/comments/1", json!({"body": "x"})).await;
    assert_eq!(missing.refusal(404), "Not Found");
    assert_eq!(world.get("/repos/Org/repo/issues/9/comments").await.refusal(404), "Not Found");
}

#[tokio::test]
async fn issues_share_their_numbers_with_pull_requests() {
    let world = World::with(&[("a", "1")]).await;
    let body = json!({"title": "Drift", "body": "See below.", "labels": ["drift"]});
    let issue = world.post("/repos/Org/repo/issues", body).await.expect(201);
    assert_eq!((&issue["number"], &issue["labels"][0]["name"]), (&json!(1), &json!("drift")));
    assert_eq!(issue.get("pull_request"), None);
    world.branch("feature", "main", "b", "1").await;
    assert_eq!(world.pull("feature").await["number"], 2);
    assert_eq!(world.get("/repos/Org/repo/pulls/1").await.refusal(404), "Not Found");
    let list = world.get("/repos/Org/repo/issues").await.expect(200);
    assert_eq!((&list[0]["number"], &list[1]["number"]), (&json!(2), &json!(1)));
    assert!(list[0]["pull_request"]["url"].as_str().unwrap().ends_with("/pulls/2"));
    let body = json!({"state": "closed", "state_reason": "not_planned"});
    let closed = world.patch("/repos/Org/repo/issues/1", body).await.expect(200);
    assert_eq!((&closed["state"], &closed["state_reason"]), (&json!("closed"), &json!("not_planned")));
    world.patch("/repos/Org/repo/issues/2", json!({"state": "closed"})).await.expect(200);
    let pull = world.get("/repos/Org/repo/pulls/2").await.expect(200);
    assert_eq!(pull["state"], "closed");
    assert_eq!(world.get("/repos/Org/repo").await.expect(200)["open_issues_count"], 0);
}

#[tokio::test]
async fn an_issue_can_become_a_pull_request() {
    let world = World::with(&[("a", "1")]).await;
    world.post("/repos/Org/repo/issues", json!({"title": "Wish"})).await.expect(201);
    world.branch("feature", "main", "b", "1").await;
    let body = json!({"issue": 1, "head": "feature", "base": "main"});
    let pull = world.post("/repos/Org/repo/pulls", body.clone()).await.expect(201);
    assert_eq!((&pull["number"], &pull["title"]), (&json!(1), &json!("Wish")));
    world.patch("/repos/Org/repo/pulls/1", json!({"state": "closed"})).await.expect(200);
    assert_eq!(world.post("/repos/Org/repo/pulls", body).await.invalid()["field"], "issue");
}

#[tokio::test]
async fn a_repository_without_issues_refuses_them_with_410() {
    let world = World::new().await;
    let body = json!({"name": "repo", "has_issues": false});
    world.post("/orgs/Org/repos", body).await.expect(201);
    let issue = world.post("/repos/Org/repo/issues", json!({"title": "t"})).await;
    assert_eq!(issue.refusal(410), "Issues has been disabled in this repository.");
}
