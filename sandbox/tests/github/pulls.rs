//! Pull requests.

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::world::{World, git, names, send, text, tree};

#[tokio::test]
async fn pull_requests_that_make_no_sense_are_refused() {
    let world = World::with(&[("a", "1")]).await;
    let tip = world.tip("main").await;
    let body = json!({"ref": "refs/heads/same", "sha": tip});
    world.post("/repos/Org/repo/git/refs", body).await.expect(201);
    world.branch("feature", "main", "a", "2").await;
    let open = async |head: &str, base: &str| {
        let body = json!({"title": "t", "head": head, "base": base});
        world.post("/repos/Org/repo/pulls", body).await
    };
    let refused = |field: &str| json!({"resource": "PullRequest", "field": field, "code": "invalid"});
    assert_eq!(open("none", "main").await.invalid(), refused("head"));
    assert_eq!(open("Other:feature", "main").await.invalid(), refused("head"));
    assert_eq!(open("feature", "none").await.invalid(), refused("base"));
    let same = open("same", "main").await.invalid();
    assert_eq!(same["message"], "No commits between main and same");
    open("Org:feature", "main").await.expect(201);
    let again = open("feature", "main").await.invalid();
    assert_eq!(again["message"], "A pull request already exists for Org:feature.");
    let body = json!({"head": "feature", "base": "same"});
    let untitled = world.post("/repos/Org/repo/pulls", body).await.invalid();
    let expected = json!({"resource": "PullRequest", "field": "title", "code": "missing_field"});
    assert_eq!(untitled, expected);
    let list = world.get("/repos/Org/repo/pulls?state=all").await.expect(200);
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn unrelated_histories_make_no_pull_request() {
    let world = World::with(&[("a", "1")]).await;
    let flat = world.get("/repos/Org/repo/git/trees/main").await.expect(200);
    let body = json!({"message": "Root", "tree": flat["sha"]});
    let root = world.post("/repos/Org/repo/git/commits", body).await.expect(201);
    let body = json!({"ref": "refs/heads/orphan", "sha": root["sha"]});
    world.post("/repos/Org/repo/git/refs", body).await.expect(201);
    let body = json!({"title": "t", "head": "orphan", "base": "main"});
    let refused = world.post("/repos/Org/repo/pulls", body).await.invalid();
    assert_eq!(refused["message"], "The orphan branch has no history in common with main");
}

#[tokio::test]
async fn pull_requests_are_filtered_sorted_and_paged() {
    let world = World::with(&[("a", "1")]).await;
    for name in ["one", "two", "three"] {
        world.branch(name, "main", name, "x").await;
        world.pull(name).await;
    }
    world.patch("/repos/Org/repo/pulls/2", json!({"state": "closed"})).await.expect(200);
    let list = async |query: &str| {
        let list = world.get(&format!("/repos/Org/repo/pulls?{query}")).await.expect(200);
        let numbers = list.as_array().unwrap().iter().map(|pull| pull["number"].as_u64().unwrap());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(list("").await, [3, 1]);
    assert_eq!(list("direction=asc").await, [1, 3]);
    assert_eq!(list("state=closed").await, [2]);
    assert_eq!(list("state=all").await, [3, 2, 1]);
    assert_eq!(list("head=Org:one").await, [1]);
    assert_eq!(list("head=Other:one").await, [] as [u64; 0]);
    assert_eq!(list("head=one").await, [3, 1], "GitHub filters by head only with an owner");
    assert_eq!(list("base=other").await, [] as [u64; 0]);
    assert_eq!(list("state=all&per_page=1&page=2").await, [2]);
    world.post("/repos/Org/repo/issues/1/comments", json!({"body": "Ping"})).await.expect(201);
    assert_eq!(list("sort=popularity&direction=desc").await, [1, 3]);
    assert_eq!(list("sort=popularity").await, [3, 1]);
    let answer = world.get("/repos/Org/repo/pulls?state=merged").await;
    assert_eq!(answer.invalid()["field"], "state");
    let page = world.get("/repos/Org/repo/pulls?state=all&per_page=2").await;
    assert!(page.headers["link"].to_str().unwrap().contains("page=2>; rel=\"next\""));
}

#[tokio::test]
async fn an_open_pull_request_follows_its_branch_even_when_git_pushes() {
    let world = World::with(&[("a", "1")]).await;
    let first = world.branch("feature", "main", "b", "1").await;
    assert_eq!(world.pull("feature").await["head"]["sha"], first);
    let second = world.commit(&first, &[("b", Some("2"))]).await;
    world.patch("/repos/Org/repo/git/refs/heads/feature", json!({"sha": second})).await.expect(200);
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!((&pull["head"]["sha"], &pull["commits"]), (&json!(second), &json!(2)));

    let work = tempfile::tempdir().unwrap();
    let source = world.git_dir("Org/repo");
    git(work.path(), &["clone", "--quiet", "--branch", "feature", source.to_str().unwrap(), "."]);
    std::fs::write(work.path().join("b"), "3").unwrap();
    git(work.path(), &["commit", "--quiet", "--all", "-m", "Push"]);
    git(work.path(), &["push", "--quiet"]);
    let third = git(work.path(), &["rev-parse", "HEAD"]);
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!((&pull["head"]["sha"], &pull["commits"]), (&json!(third), &json!(3)));
    world.patch("/repos/Org/repo/pulls/1", json!({"state": "closed"})).await.expect(200);
    world.patch("/repos/Org/repo/git/refs/heads/feature", json!({"sha": first, "force": true})).await.expect(200);
    let closed = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!(closed["head"]["sha"], third, "a closed one keeps its commit");
}

#[tokio::test]
async fn deleting_the_branch_closes_its_pull_request_which_then_cannot_reopen() {
    let world = World::with(&[("a", "1")]).await;
    let head = world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    world.delete("/repos/Org/repo/git/refs/heads/feature").await.expect(204);
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!((&pull["state"], &pull["merged"]), (&json!("closed"), &json!(false)));
    assert_eq!(pull["head"]["sha"], head);
    let reopen = world.patch("/repos/Org/repo/pulls/1", json!({"state": "open"})).await.invalid();
    assert_eq!(reopen["message"], "The feature branch has been deleted.");
    let body = json!({"ref": "refs/heads/feature", "sha": head});
    world.post("/repos/Org/repo/git/refs", body).await.expect(201);
    let open = world.patch("/repos/Org/repo/pulls/1", json!({"state": "open"})).await.expect(200);
    assert_eq!((&open["state"], &open["closed_at"]), (&json!("open"), &Value::Null));
}

#[tokio::test]
async fn a_branch_reset_to_its_base_closes_the_pull_request_without_merging_it() {
    let world = World::with(&[("a", "1")]).await;
    let main = world.tip("main").await;
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    let body = json!({"sha": main, "force": true});
    world.patch("/repos/Org/repo/git/refs/heads/feature", body).await.expect(200);
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!((&pull["state"], &pull["merged"]), (&json!("closed"), &json!(false)));
}

#[tokio::test]
async fn commits_that_reach_the_base_otherwise_count_as_merged() {
    let world = World::with(&[("a", "1")]).await;
    let head = world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    world.patch("/repos/Org/repo/git/refs/heads/main", json!({"sha": head})).await.expect(200);
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!((&pull["state"], &pull["merged"]), (&json!("closed"), &json!(true)));
    assert_eq!(pull["merge_commit_sha"], head);
}

#[tokio::test]
async fn title_body_state_and_base_can_be_updated() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("release", "main", "r", "1").await;
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    let path = "/repos/Org/repo/pulls/1";
    let body = json!({"title": "New", "body": "Why", "base": "release"});
    let updated = world.patch(path, body).await.expect(200);
    assert_eq!((&updated["title"], &updated["body"]), (&json!("New"), &json!("Why")));
    assert_eq!((&updated["base"]["ref"], &updated["changed_files"]), (&json!("release"), &json!(1)));
    assert_eq!(world.patch(path, json!({"base": "none"})).await.invalid()["field"], "base");
    assert_eq!(world.patch(path, json!({"state": "gone"})).await.invalid()["field"], "state");
    let closed = world.patch(path, json!({"state": "closed"})).await.expect(200);
    assert_eq!((&closed["state"], &closed["mergeable"]), (&json!("closed"), &Value::Null));
    assert!(closed["closed_at"].is_string());
    let merge = world.put("/repos/Org/repo/pulls/1/merge", json!({})).await;
    assert_eq!(merge.refusal(405), "Pull Request is not mergeable");
    assert_eq!(world.patch("/repos/Org/repo/pulls/9", json!({})).await.refusal(404), "Not Found");
}

#[tokio::test]
async fn the_files_of_a_pull_request_have_status_counts_and_patch() {
    let lines = "1\n2\n3\n4\n5\n6\n7\n8\n";
    let world = World::with(&[("changed", "old\n"), ("gone", "x\n"), ("moved", lines)]).await;
    let tip = world.tip("main").await;
    let commit = world
        .commit(
            &tip,
            &[
                ("changed", Some("new\n")),
                ("gone", None),
                ("moved", None),
                ("new name", Some(lines)),
                ("without newline", Some("y")),
            ],
        )
        .await;
    let body = json!({"ref": "refs/heads/feature", "sha": commit});
    world.post("/repos/Org/repo/git/refs", body).await.expect(201);
    world.pull("feature").await;
    let path = "/repos/Org/repo/pulls/1/files";
    let files = world.get(path).await.expect(200);
    assert_eq!(names(&files, "filename"), ["changed", "gone", "new name", "without newline"]);
    assert_eq!(names(&files, "status"), ["modified", "removed", "renamed", "added"]);
    assert_eq!(files[0]["patch"], "@@ -1 +1 @@\n-old\n+new");
    assert_eq!((&files[0]["additions"], &files[0]["changes"]), (&json!(1), &json!(2)));
    assert_eq!(files[1]["patch"], "@@ -1 +0,0 @@\n-x");
    assert_eq!((&files[2]["previous_filename"], &files[2]["patch"]), (&json!("moved"), &Value::Null));
    assert_eq!(files[3]["patch"], "@@ -0,0 +1 @@\n+y\n\\ No newline at end of file");
    let raw = send(crate::world::client().get(text(&files[3]["raw_url"]))).await;
    assert_eq!(raw.bytes, b"y");
    let second = world.get(&format!("{path}?per_page=3&page=2")).await.expect(200);
    assert_eq!(names(&second, "filename"), ["without newline"]);
    world.put("/repos/Org/repo/pulls/1/merge", json!({})).await.expect(200);
    assert_eq!(world.get(path).await.expect(200), files, "merging does not empty it");
}

#[tokio::test]
async fn a_conflict_is_shown_and_not_merged() {
    let world = World::with(&[("a", "1\n")]).await;
    world.branch("feature", "main", "a", "2\n").await;
    world.pull("feature").await;
    let tip = world.tip("main").await;
    let other = world.commit(&tip, &[("a", Some("3\n"))]).await;
    world.patch("/repos/Org/repo/git/refs/heads/main", json!({"sha": other})).await.expect(200);
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!((&pull["mergeable"], &pull["mergeable_state"]), (&json!(false), &json!("dirty")));
    let merge = world.put("/repos/Org/repo/pulls/1/merge", json!({})).await;
    assert_eq!(merge.refusal(405), "Pull Request is not mergeable");
    assert_eq!(world.tip("main").await, other);
    assert_eq!(world.get("/repos/Org/repo/pulls/1").await.expect(200)["state"], "open");
}

#[tokio::test]
async fn a_merge_with_another_head_in_mind_is_refused_with_409() {
    let world = World::with(&[("a", "1")]).await;
    let head = world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    let main = world.tip("main").await;
    let merge = async |sha: &str| world.put("/repos/Org/repo/pulls/1/merge", json!({"sha": sha})).await;
    let message = "Head branch was modified. Review and try the merge again.";
    assert_eq!(merge(&main).await.refusal(409), message);
    assert_eq!(world.tip("main").await, main);
    assert_eq!(merge(&head).await.expect(200)["merged"], true);
    assert_eq!(merge(&head).await.refusal(405), "Pull Request is not mergeable");
}

#[tokio::test]
async fn a_merge_needs_no_body() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    let path = "/repos/Org/repo/pulls/1/merge";
    send(world.request(Method::PUT, path)).await.expect(200);
}

#[tokio::test]
async fn squashing_leaves_one_commit_with_the_titles() {
    let world = World::with(&[("a", "1")]).await;
    let main = world.tip("main").await;
    let first = world.branch("feature", "main", "b", "1").await;
    let second = world.commit(&first, &[("c", Some("2"))]).await;
    world.patch("/repos/Org/repo/git/refs/heads/feature", json!({"sha": second})).await.expect(200);
    world.pull("feature").await;
    let body = json!({"merge_method": "squash"});
    let merged = world.put("/repos/Org/repo/pulls/1/merge", body).await.expect(200);
    let path = format!("/repos/Org/repo/git/commits/{}", text(&merged["sha"]));
    let commit = world.get(&path).await.expect(200);
    assert_eq!(names(&commit["parents"], "sha"), [main.as_str()]);
    assert_eq!(commit["message"], "Merge feature (#1)\n\n* Change files\n\n* Change files");
    assert_eq!(world.clone("Org/repo", "main"), tree(&[("a", "1"), ("b", "1"), ("c", "2")]));
    let pull = world.get("/repos/Org/repo/pulls/1").await.expect(200);
    assert_eq!((&pull["merged"], &pull["merge_commit_sha"]), (&json!(true), &merged["sha"]));
}

#[tokio::test]
async fn merge_methods_follow_the_settings_of_the_repository() {
    let world = World::new().await;
    let body = json!({
        "name": "repo", "auto_init": true, "allow_squash_merge": false, "delete_branch_on_merge": true,
    });
    world.post("/orgs/Org/repos", body).await.expect(201);
    world.branch("feature", "main", "b", "1").await;
    world.pull("feature").await;
    let merge = async |method: &str| {
        let body = json!({"merge_method": method, "commit_title": "Title", "commit_message": "Text"});
        world.put("/repos/Org/repo/pulls/1/merge", body).await
    };
    let squash = merge("squash").await.refusal(405);
    assert_eq!(squash, "Squash merges are not allowed on this repository.");
    let rebase = merge("rebase").await.refusal(405);
    assert_eq!(rebase, "Rebase merges are not allowed on this repository.");
    assert_eq!(merge("octopus").await.invalid()["field"], "merge_method");
    let merged = merge("merge").await.expect(200);
    let path = format!("/repos/Org/repo/git/commits/{}", text(&merged["sha"]));
    assert_eq!(world.get(&path).await.expect(200)["message"], "Title\n\nText");
    let branches = world.get("/repos/Org/repo/branches").await.expect(200);
    assert_eq!(names(&branches, "name"), ["main"]);
    assert_eq!(world.get("/repos/Org/repo/pulls/1").await.expect(200)["merged"], true);
}

#[tokio::test]
async fn a_draft_is_not_merged() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("feature", "main", "b", "1").await;
    let body = json!({"title": "t", "head": "feature", "base": "main", "draft": true});
    let pull = world.post("/repos/Org/repo/pulls", body).await.expect(201);
    assert_eq!((&pull["draft"], &pull["mergeable_state"]), (&json!(true), &json!("draft")));
    let merge = world.put("/repos/Org/repo/pulls/1/merge", json!({})).await;
    assert_eq!(merge.refusal(405), "Pull Request is still a draft");
}
