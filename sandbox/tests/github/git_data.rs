//! The Git Data API: blobs, trees, commits, references, branches.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::world::{World, decoded, git, names, text, tree};

#[tokio::test]
async fn blob_tree_commit_ref_pull_and_merge_end_in_a_clone_that_has_the_file() {
    let world = World::with(&[("README.md", "hello\n"), ("old", "x\n")]).await;
    let main = world.tip("main").await;
    let content = STANDARD.encode("openapi: 3.1.0\n");
    let blob = json!({"content": content, "encoding": "base64"});
    let blob = world.post("/repos/Org/repo/git/blobs", blob).await.expect(201);
    // The id is git's own: `printf 'openapi: 3.1.0\n' | git hash-object --stdin`.
    let bare = world.git_dir("Org/repo");
    assert_eq!(git(&bare, &["cat-file", "blob", &text(&blob["sha"])]), "openapi: 3.1.0");

    let base = world.get(&format!("/repos/Org/repo/git/commits/{main}")).await.expect(200);
    let entries = json!([
        {"path": "konnect/api.yaml", "mode": "100644", "type": "blob", "sha": blob["sha"]},
        {"path": "konnect/note", "mode": "100644", "type": "blob", "content": "inline\n"},
        {"path": "old", "mode": "100644", "type": "blob", "sha": null},
    ]);
    let body = json!({"base_tree": base["tree"]["sha"], "tree": entries});
    let made = world.post("/repos/Org/repo/git/trees", body).await.expect(201);
    assert_eq!(names(&made["tree"], "path"), ["README.md", "konnect"]);

    let body = json!({
        "message": "Stage", "tree": made["sha"], "parents": [main],
        "author": {"name": "Ada", "email": "ada@example.com", "date": "2024-05-06T07:08:09Z"},
    });
    let commit = world.post("/repos/Org/repo/git/commits", body).await.expect(201);
    assert_eq!(commit["author"]["date"], "2024-05-06T07:08:09Z");
    assert_eq!(commit["committer"], commit["author"]);
    assert_eq!(commit["parents"][0]["sha"], main);

    let body = json!({"ref": "refs/heads/Org-dev-apply", "sha": commit["sha"]});
    let reference = world.post("/repos/Org/repo/git/refs", body).await.expect(201);
    assert_eq!(
        reference["object"],
        json!({
            "type": "commit", "sha": commit["sha"], "url": commit["url"],
        })
    );

    let pull = world.pull("Org-dev-apply").await;
    assert_eq!((&pull["number"], &pull["state"]), (&json!(1), &json!("open")));
    assert_eq!((&pull["mergeable"], &pull["merged"]), (&json!(true), &json!(false)));
    assert_eq!((&pull["head"]["sha"], &pull["base"]["sha"]), (&commit["sha"], &json!(main)));
    assert_eq!((&pull["commits"], &pull["changed_files"]), (&json!(1), &json!(3)));
    assert_eq!((&pull["additions"], &pull["deletions"]), (&json!(2), &json!(1)));

    let merged = world.put("/repos/Org/repo/pulls/1/merge", json!({})).await.expect(200);
    assert_eq!(merged["merged"], true);
    let expected =
        tree(&[("README.md", "hello\n"), ("konnect/api.yaml", "openapi: 3.1.0\n"), ("konnect/note", "inline\n")]);
    assert_eq!(world.clone("Org/repo", "main"), expected);
    let bare = world.git_dir("Org/repo");
    let subject = git(&bare, &["log", "-1", "--format=%an|%s|%P", "main"]);
    let parents = format!("{main} {}", text(&commit["sha"]));
    assert_eq!(subject, format!("koctl sandbox|Merge pull request #1 from Org/Org-dev-apply|{parents}"));
    assert_eq!(git(&bare, &["fsck", "--strict"]), "");
}

#[tokio::test]
async fn a_blob_comes_back_as_it_went_in() {
    let world = World::with(&[("a", "1")]).await;
    let bytes: Vec<u8> = (0..=255).collect();
    let body = json!({"content": STANDARD.encode(&bytes), "encoding": "base64"});
    let blob = world.post("/repos/Org/repo/git/blobs", body).await.expect(201);
    let path = format!("/repos/Org/repo/git/blobs/{}", text(&blob["sha"]));
    let read = world.get(&path).await.expect(200);
    assert_eq!((&read["size"], &read["encoding"]), (&json!(256), &json!("base64")));
    assert_eq!(decoded(&read), bytes);
    let raw = world.get_as(&path, "application/vnd.github.raw+json").await;
    assert_eq!(raw.bytes, bytes);
    let body = json!({"content": "!", "encoding": "base64"});
    let wrong = world.post("/repos/Org/repo/git/blobs", body).await.invalid();
    assert_eq!(wrong, json!({"resource": "Blob", "field": "content", "code": "invalid"}));
    let none = format!("/repos/Org/repo/git/blobs/{}", "0".repeat(40));
    assert_eq!(world.get(&none).await.refusal(404), "Not Found");
}

#[tokio::test]
async fn a_tree_is_read_flat_or_recursively_by_id_commit_or_branch() {
    let world = World::with(&[("a", "1"), ("b/c/d", "22")]).await;
    let flat = world.get("/repos/Org/repo/git/trees/main").await.expect(200);
    assert_eq!(names(&flat["tree"], "path"), ["a", "b"]);
    assert_eq!(flat["truncated"], false);
    let id = text(&flat["sha"]);
    for name in ["main", &id, &world.tip("main").await] {
        let path = format!("/repos/Org/repo/git/trees/{name}?recursive=1");
        let deep = world.get(&path).await.expect(200);
        assert_eq!(names(&deep["tree"], "path"), ["a", "b", "b/c", "b/c/d"]);
        assert_eq!(names(&deep["tree"], "type"), ["blob", "tree", "tree", "blob"]);
        assert_eq!(names(&deep["tree"], "mode"), ["100644", "040000", "040000", "100644"]);
        assert_eq!(deep["tree"][3]["size"], 2);
    }
    let missing = world.get("/repos/Org/repo/git/trees/nowhere").await;
    assert_eq!(missing.refusal(404), "Not Found");
}

#[tokio::test]
async fn a_recursive_tree_above_seven_megabytes_is_truncated() {
    let world = World::with(&[("a", "1")]).await;
    let git = git2::Repository::open_bare(world.git_dir("Org/repo")).unwrap();
    let blob = git.blob(b"same").unwrap();
    let mut builder = git.treebuilder(None).unwrap();
    for number in 0..40_000 {
        builder.insert(format!("file-{number:05}"), blob, 0o100_644).unwrap();
    }
    let id = builder.write().unwrap();
    let path = format!("/repos/Org/repo/git/trees/{id}");
    let truncated = world.get(&format!("{path}?recursive=1")).await;
    assert!(truncated.bytes.len() < 7 * 1024 * 1024 + 1_000);
    assert_eq!(truncated.expect(200)["truncated"], true);
    let whole = world.get(&path).await.expect(200);
    assert_eq!(whole["truncated"], false);
    assert_eq!(whole["tree"].as_array().unwrap().len(), 40_000);
}

#[tokio::test]
async fn trees_that_make_no_sense_are_refused_with_422() {
    let world = World::with(&[("a", "1")]).await;
    let base = world.tip("main").await;
    let blob = |more: Value| {
        let mut entry = json!({"path": "x", "mode": "100644", "type": "blob"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"base_tree": base, "tree": [entry]})
    };
    let zeros = "0".repeat(40);
    for (body, reason) in [
        (json!({}), "no tree"),
        (json!({"tree": [1]}), "an entry that is no object"),
        (json!({"tree": [], "base_tree": zeros}), "an unknown base tree"),
        (blob(json!({"sha": zeros})), "an unknown blob"),
        (blob(json!({"sha": base})), "a commit as a blob"),
        (blob(json!({"sha": null})), "deleting what is not there"),
        (blob(json!({})), "neither sha nor content"),
        (blob(json!({"content": "x", "mode": "777"})), "a made-up mode"),
        (blob(json!({"content": "x", "type": "tree"})), "a type that the mode contradicts"),
        (blob(json!({"content": "x", "path": "../x"})), "a path out of the tree"),
        (blob(json!({"content": "x", "path": ".git/config"})), "a path into git's own folder"),
    ] {
        let answer = world.post("/repos/Org/repo/git/trees", body).await;
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{reason}: {text}");
    }
}

#[tokio::test]
async fn a_commit_of_unknown_objects_is_refused() {
    let world = World::with(&[("a", "1")]).await;
    let zeros = "0".repeat(40);
    let body = json!({"message": "m", "tree": zeros});
    let answer = world.post("/repos/Org/repo/git/commits", body).await;
    assert_eq!(answer.refusal(422), "Tree SHA does not exist");
    let flat = world.get("/repos/Org/repo/git/trees/main").await.expect(200);
    let body = json!({"message": "m", "tree": flat["sha"], "parents": [zeros]});
    let answer = world.post("/repos/Org/repo/git/commits", body).await;
    let message = "Parent SHA does not exist or is not a commit object";
    assert_eq!(answer.refusal(422), message);
    let answer = world.post("/repos/Org/repo/git/commits", json!({"tree": flat["sha"]})).await;
    let expected = json!({"resource": "Commit", "field": "message", "code": "missing_field"});
    assert_eq!(answer.invalid(), expected);
}

#[tokio::test]
async fn a_signature_is_kept_and_not_taken_for_verified() {
    let world = World::with(&[("a", "1")]).await;
    let flat = world.get("/repos/Org/repo/git/trees/main").await.expect(200);
    let signature = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----";
    let body = json!({"message": "m", "tree": flat["sha"], "signature": signature});
    let commit = world.post("/repos/Org/repo/git/commits", body).await.expect(201);
    let verification = &commit["verification"];
    assert_eq!(verification["signature"], signature);
    assert_eq!((&verification["verified"], &verification["reason"]), (&json!(false), &json!("unknown_key")));
}

#[tokio::test]
async fn creating_a_ref_twice_is_refused() {
    let world = World::with(&[("a", "1")]).await;
    let tip = world.tip("main").await;
    let body = json!({"ref": "refs/heads/lock", "sha": tip});
    world.post("/repos/Org/repo/git/refs", body.clone()).await.expect(201);
    let again = world.post("/repos/Org/repo/git/refs", body).await;
    assert_eq!(again.refusal(422), "Reference already exists");
}

#[tokio::test]
async fn of_many_who_create_the_same_ref_at_once_one_succeeds() {
    let world = World::with(&[("a", "1")]).await;
    let tip = world.tip("main").await;
    let body = json!({"ref": "refs/heads/lock", "sha": tip});
    let attempts = (0..8).map(|_| world.post("/repos/Org/repo/git/refs", body.clone()));
    let answers = futures::future::join_all(attempts).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(made.count(), 1);
}

#[tokio::test]
async fn refs_that_make_no_sense_are_refused_with_422() {
    let world = World::with(&[("a", "1")]).await;
    let tip = world.tip("main").await;
    let zeros = "0".repeat(40);
    let tree = world.get("/repos/Org/repo/git/trees/main").await.expect(200);
    for (name, sha) in [
        ("heads/x", tip.as_str()),
        ("refs/heads", &tip),
        ("refs/heads/../../x", &tip),
        ("refs/heads/a b", &tip),
        ("refs/heads/main/below", &tip),
        ("refs/heads/x", &zeros),
        ("refs/heads/x", "main"),
        ("refs/heads/x", &text(&tree["sha"])),
    ] {
        let body = json!({"ref": name, "sha": sha});
        let answer = world.post("/repos/Org/repo/git/refs", body).await;
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {sha}: {text}");
    }
}

#[tokio::test]
async fn a_ref_moves_forward_only_unless_forced() {
    let world = World::with(&[("a", "1")]).await;
    let first = world.tip("main").await;
    let second = world.commit(&first, &[("a", Some("2"))]).await;
    let aside = world.commit(&first, &[("a", Some("3"))]).await;
    let path = "/repos/Org/repo/git/refs/heads/main";
    let moved = world.patch(path, json!({"sha": second})).await.expect(200);
    assert_eq!(moved["object"]["sha"], second);
    world.patch(path, json!({"sha": second})).await.expect(200);
    for target in [&first, &aside] {
        let answer = world.patch(path, json!({"sha": target})).await;
        assert_eq!(answer.refusal(422), "Update is not a fast forward");
    }
    assert_eq!(world.tip("main").await, second);
    world.patch(path, json!({"sha": aside, "force": true})).await.expect(200);
    assert_eq!(world.tip("main").await, aside);
    let missing = world.patch("/repos/Org/repo/git/refs/heads/none", json!({"sha": aside})).await;
    assert_eq!(missing.refusal(422), "Reference does not exist");
}

#[tokio::test]
async fn a_ref_can_be_deleted_but_not_the_default_branch() {
    let world = World::with(&[("a", "1")]).await;
    world.branch("feature/x", "main", "b", "2").await;
    let path = "/repos/Org/repo/git/refs/heads/feature/x";
    assert_eq!(world.delete(path).await.expect(204), Value::Null);
    assert_eq!(world.delete(path).await.refusal(422), "Reference does not exist");
    let main = world.delete("/repos/Org/repo/git/refs/heads/main").await;
    assert_eq!(main.refusal(422), "Cannot delete the default branch");
    assert_eq!(world.get("/repos/Org/repo/git/ref/heads/feature/x").await.refusal(404), "Not Found");
}

#[tokio::test]
async fn matching_refs_are_all_that_start_alike() {
    let world = World::with(&[("a", "1")]).await;
    for name in ["feature", "feature-b", "feature-a/x", "other"] {
        let sha = world.tip("main").await;
        let name = if name == "feature" { "featur".to_owned() } else { name.to_owned() };
        let body = json!({"ref": format!("refs/heads/{name}"), "sha": sha});
        world.post("/repos/Org/repo/git/refs", body).await.expect(201);
    }
    let found = world.get("/repos/Org/repo/git/matching-refs/heads/feature").await.expect(200);
    assert_eq!(names(&found, "ref"), ["refs/heads/feature-a/x", "refs/heads/feature-b"]);
    let all = world.get("/repos/Org/repo/git/matching-refs/").await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 5);
    let none = world.get("/repos/Org/repo/git/matching-refs/tags").await.expect(200);
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn branches_are_listed_in_pages_with_links() {
    let world = World::with(&[("a", "1")]).await;
    let sha = world.tip("main").await;
    for name in ["b1", "b2", "b3", "b4"] {
        let body = json!({"ref": format!("refs/heads/{name}"), "sha": sha});
        world.post("/repos/Org/repo/git/refs", body).await.expect(201);
    }
    let list = "/repos/Org/repo/branches";
    assert!(!world.get(list).await.headers.contains_key("link"));
    let second = world.get(&format!("{list}?per_page=2&page=2")).await;
    let link = second.headers["link"].to_str().unwrap().to_owned();
    let url = format!("{}{list}?per_page=2&page=", world.server.base);
    let expected = [(1, "prev"), (3, "next"), (3, "last"), (1, "first")]
        .map(|(page, relation)| format!("<{url}{page}>; rel=\"{relation}\""));
    assert_eq!(link, expected.join(", "));
    assert_eq!(names(&second.expect(200), "name"), ["b3", "b4"]);
    let beyond = world.get(&format!("{list}?per_page=2&page=9")).await.expect(200);
    assert_eq!(beyond, json!([]));
    let missing = world.get(&format!("{list}/none")).await;
    assert_eq!(missing.refusal(404), "Branch not found");
}
