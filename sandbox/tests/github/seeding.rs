//! Repositories created from folders.

use sandbox::github::seed;
use serde_json::json;
use std::path::Path;

use crate::world::{World, tree};

fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

#[tokio::test]
async fn seeding_from_an_empty_folder_makes_nothing() {
    let (world, services) = (World::new().await, tempfile::tempdir().unwrap());
    assert_eq!(seed(world.root(), services.path()).unwrap(), Vec::<String>::new());
    assert!(seed(world.root(), &services.path().join("none")).is_err());
}

#[tokio::test]
async fn each_folder_becomes_a_branch_with_exactly_its_files() {
    let (world, services) = (World::new().await, tempfile::tempdir().unwrap());
    let services = services.path();
    write(services, "Org/repo/main/openapi.yaml", "version: 1\n");
    write(services, "Org/repo/main/docs/only-main", "x");
    write(services, "Org/repo/dev/openapi.yaml", "version: 2\n");
    write(services, "Org/other/trunk/a", "1");
    write(services, "Org/other/README.md", "beside the branches");
    assert_eq!(seed(world.root(), services).unwrap(), ["Org/other", "Org/repo"]);
    let main = tree(&[("docs/only-main", "x"), ("openapi.yaml", "version: 1\n")]);
    assert_eq!(world.clone("Org/repo", "main"), main);
    assert_eq!(world.clone("Org/repo", "dev"), tree(&[("openapi.yaml", "version: 2\n")]));
    assert_eq!(world.get("/repos/Org/repo").await.expect(200)["default_branch"], "main");
    assert_eq!(world.get("/repos/Org/other").await.expect(200)["default_branch"], "trunk");
    world.pull("dev").await;
    world.put("/repos/Org/repo/pulls/1/merge", json!({})).await.expect(200);
    assert_eq!(world.clone("Org/repo", "main"), tree(&[("openapi.yaml", "version: 2\n")]));
    assert_eq!(seed(world.root(), services).unwrap(), Vec::<String>::new(), "existing ones are left alone");
    assert_eq!(world.clone("Org/repo", "main"), tree(&[("openapi.yaml", "version: 2\n")]));
}

#[tokio::test]
async fn a_folder_that_cannot_be_a_repository_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for (path, expected) in [
        ("a b/repo/main/x", "`a b` is not a valid name for an owner"),
        ("Org/re po/main/x", "`re po` is not a valid name for a repository"),
        ("Org/repo/ma in/x", "`ma in` is not a valid name for a branch"),
        ("Org/repo/x", "holds no branch"),
    ] {
        let services = tempfile::tempdir().unwrap();
        write(services.path(), path, "1");
        let error = seed(folder.path(), services.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(!folder.path().join("Org/repo.git").exists());
}
