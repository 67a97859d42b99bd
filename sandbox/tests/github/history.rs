//! Lists of commits, and comparisons of two.

use serde_json::json;

use crate::world::{World, names};

#[tokio::test]
async fn commits_are_listed_youngest_first_and_by_path() {
    let world = World::with(&[("a", "1")]).await;
    let first = world.tip("main").await;
    let second = world.branch("feature", "main", "b", "2").await;
    let third = world.commit(&second, &[("a", Some("3"))]).await;
    world.patch("/repos/Org/repo/git/refs/heads/feature", json!({"sha": third})).await.expect(200);
    let list = "/repos/Org/repo/commits";
    assert_eq!(names(&world.get(list).await.expect(200), "sha"), [first.as_str()]);
    let all = world.get(&format!("{list}?sha=feature")).await.expect(200);
    assert_eq!(names(&all, "sha"), [third.as_str(), &second, &first]);
    let of_a = world.get(&format!("{list}?sha=feature&path=a")).await.expect(200);
    assert_eq!(names(&of_a, "sha"), [third.as_str(), &first]);
    let by_nobody = world.get(&format!("{list}?sha=feature&author=nobody")).await.expect(200);
    assert_eq!(by_nobody, json!([]));
    let old = world.get(&format!("{list}?sha=feature&until=2024-01-01T00:00:00Z")).await.expect(200);
    assert_eq!(names(&old, "sha"), [first.as_str()]);
    let missing = world.get(&format!("{list}?sha=none")).await;
    assert_eq!(missing.refusal(404), "No commit found for SHA: none");
}

#[tokio::test]
async fn a_comparison_is_ahead_behind_diverged_or_identical() {
    let world = World::with(&[("a", "1\n")]).await;
    let base = world.tip("main").await;
    let ahead = world.branch("feature/x", "main", "b", "2\n").await;
    let compare = async |basehead: &str| world.get(&format!("/repos/Org/repo/compare/{basehead}")).await;
    let same = compare("main...main").await.expect(200);
    assert_eq!((&same["status"], &same["total_commits"]), (&json!("identical"), &json!(0)));
    assert_eq!((&same["commits"], &same["files"]), (&json!([]), &json!([])));
    let forward = compare("main...Org:feature/x").await.expect(200);
    assert_eq!((&forward["status"], &forward["ahead_by"]), (&json!("ahead"), &json!(1)));
    assert_eq!(names(&forward["commits"], "sha"), [ahead.as_str()]);
    assert_eq!(names(&forward["files"], "filename"), ["b"]);
    let back = compare("feature/x...main").await.expect(200);
    assert_eq!((&back["status"], &back["behind_by"]), (&json!("behind"), &json!(1)));
    world.branch("aside", "main", "c", "3\n").await;
    let apart = compare("aside...feature/x").await.expect(200);
    assert_eq!((&apart["status"], &apart["merge_base_commit"]["sha"]), (&json!("diverged"), &json!(base)));
    assert_eq!(names(&apart["files"], "filename"), ["b"]);
    let path = "/repos/Org/repo/compare/main...feature/x";
    let diff = world.get_as(path, "application/vnd.github.diff").await;
    assert!(String::from_utf8(diff.bytes).unwrap().contains("\n+++ b/b\n@@ -0,0 +1 @@\n+2\n"));
    let patch = world.get_as(path, "application/vnd.github.patch").await;
    assert!(String::from_utf8(patch.bytes).unwrap().starts_with(&format!("From {ahead} ")));
    assert_eq!(compare("main...none").await.refusal(404), "Not Found");
    assert_eq!(compare("main").await.refusal(404), "Not Found");
}
