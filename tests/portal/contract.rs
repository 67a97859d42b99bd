//! The answers that the UI of the Go koctl reads.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::world::{DEVELOPER, World};

#[tokio::test]
async fn the_service_says_that_it_runs() {
    let world = World::start().await;
    let answer = world.browser().get("/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    let health = answer.json();
    assert_eq!(health["serverStatus"], "healthy");
    for name in ["timestamp", "version", "commit", "date"] {
        assert!(health[name].is_string(), "{name}");
    }
    world.stop().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_not_found() {
    let world = World::start().await;
    for (method, path) in [(Method::GET, "/nowhere"), (Method::DELETE, "/api/user"), (Method::POST, "/auth/exchange")] {
        let mut browser = world.browser();
        let request = browser.request(method, path);
        let answer = browser.send(request).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, "404 page not found"), "{path}");
        assert!(answer.header("content-type").starts_with("text/plain"));
    }
    let answer = world.browser().get("/health/?a=b").await;
    assert_eq!((answer.status, answer.location().as_str()), (StatusCode::MOVED_PERMANENTLY, "/health?a=b"));
    assert_eq!(world.browser().get("//evil.example.com/").await.location(), "/evil.example.com");
    world.stop().await;
}

#[tokio::test]
async fn the_origin_of_the_ui_is_named_to_browsers_and_no_other() {
    let world = World::start().await;
    let mut browser = world.browser();
    let request = browser.request(Method::OPTIONS, "/api/platform/service").header("origin", &world.url);
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), world.url);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(answer.header("access-control-allow-headers").contains("X-Csrf-Token"));
    let request = browser.request(Method::OPTIONS, "/api/user").header("origin", "https://evil.example.com");
    assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN);
    world.stop().await;
}

#[tokio::test]
async fn repositories_are_listed_with_what_the_ui_sends_back() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.get("/api/orgs/acme/repos?visibility=all").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["organization"], "acme");
    let found: Vec<&Value> = body["repositories"].as_array().unwrap().iter().collect();
    let orders = found.iter().find(|one| one["name"] == "orders").unwrap();
    assert_eq!(orders["full_name"], "acme/orders");
    assert_eq!(orders["owner"]["login"], "acme");
    assert_eq!(orders["writable"], true);
    assert!(orders["private"].is_boolean() && orders["html_url"].is_string() && orders["is_enterprise"].is_boolean());
    let answer = browser.get("/api/repos?visibility=all").await;
    assert!(answer.json()["repositories"].is_array(), "{}", answer.text);
    assert_eq!(browser.get("/api/repos?visibility=secret").await.status, StatusCode::BAD_REQUEST);
    let organizations = browser.get("/api/orgs").await.json();
    assert!(organizations["organizations"].as_array().unwrap().iter().any(|one| one["login"] == "acme"));
    world.stop().await;
}

#[tokio::test]
async fn branches_and_files_of_a_repository_are_shown() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.get("/api/repos/acme/orders/branches").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let branches = answer.json()["branches"].clone();
    let main = branches.as_array().unwrap().iter().find(|one| one["name"] == "main").unwrap();
    assert_eq!((&main["is_default"], main["commit_sha"].as_str().unwrap().len()), (&true.into(), 40));
    let dev = branches.as_array().unwrap().iter().find(|one| one["name"] == "dev").unwrap();
    assert_eq!(dev.get("is_default"), None);
    let file = browser.get("/api/repos/acme/orders/contents/openapi.yaml?ref=dev").await.json();
    assert!(file["content"].as_str().unwrap().starts_with("openapi: 3.1.0"), "{file}");
    let folder = browser.get("/api/repos/acme/orders/contents/").await.json();
    assert_eq!(folder[0]["name"], "openapi.yaml");
    let answer = browser.get("/api/repos/acme/nothing/branches").await;
    assert_eq!((answer.status, answer.error()), (StatusCode::FORBIDDEN, "Repository not accessible".to_owned()));
    world.stop().await;
}
