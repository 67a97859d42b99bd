//! Pages of pull requests: a person looks at one, and merges or closes it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::World;

async fn with_pull_request() -> (World, String) {
    let world = World::with(&[("a.txt", "one\n")]).await;
    let tip = world.get("/repos/Org/repo/git/ref/heads/main").await.expect(200)["object"]["sha"].clone();
    world.post("/repos/Org/repo/git/refs", json!({"ref": "refs/heads/work", "sha": tip})).await.expect(201);
    let file = world.get("/repos/Org/repo/contents/a.txt?ref=work").await.expect(200);
    let body = json!({"message": "Change", "content": "dHdvCg==", "sha": file["sha"], "branch": "work"});
    world.put("/repos/Org/repo/contents/a.txt", body).await.expect(200);
    let body = json!({"title": "<b>Two</b>", "head": "work", "base": "main", "body": "<script>alert(1)</script>"});
    let pull = world.post("/repos/Org/repo/pulls", body).await.expect(201);
    let page = pull["html_url"].as_str().unwrap().to_owned();
    (world, page)
}

async fn page(world: &World, address: &str) -> (StatusCode, String) {
    let path = address.strip_prefix(&world.server.base).unwrap();
    let answer = world.browser(Method::GET, path).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn press(world: &World, address: &str, button: &str, site: &str) -> reqwest::Response {
    let path = address.strip_prefix(&world.server.base).unwrap();
    let request = world.browser(Method::POST, path).header("sec-fetch-site", site);
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("do={button}"))
        .send()
        .await
        .unwrap()
}

async fn pull(world: &World) -> Value {
    world.get("/repos/Org/repo/pulls/1").await.expect(200)
}

#[tokio::test]
async fn a_repository_without_pull_requests_has_an_empty_list_and_no_page() {
    let world = World::with(&[("a.txt", "one\n")]).await;
    let base = world.server.base.clone();
    let (status, text) = page(&world, &format!("{base}/Org/repo/pulls")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("No pull request is open."), "{text}");
    for path in ["/Org/repo/pull/1", "/Org/other/pulls", "/Org/other/pull/1", "/../repo/pulls"] {
        assert_eq!(page(&world, &format!("{base}{path}")).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_address_of_a_pull_request_leads_to_its_page_on_which_texts_are_texts() {
    let (world, address) = with_pull_request().await;
    let (status, text) = page(&world, &address).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("<del>-one</del>") && text.contains("<ins>+two</ins>"), "{text}");
    assert!(text.contains("&lt;b&gt;Two&lt;/b&gt;") && !text.contains("<script"), "{text}");
    let list = format!("{}/Org/repo/pulls", world.server.base);
    assert!(page(&world, &list).await.1.contains("<a href=\"pull/1\">#1 &lt;b&gt;Two&lt;/b&gt;</a>"));
}

#[tokio::test]
async fn a_person_merges_with_one_click_and_only_once() {
    let (world, address) = with_pull_request().await;
    let answer = press(&world, &address, "merge", "same-origin").await;
    assert_eq!((answer.status(), answer.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "1"));
    assert_eq!(pull(&world).await["merged"], true);
    let (_, text) = page(&world, &address).await;
    assert!(text.contains("<strong>Merged</strong>") && !text.contains("<button"), "{text}");
    assert_eq!(press(&world, &address, "merge", "same-origin").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_person_closes_it_and_nothing_is_merged() {
    let (world, address) = with_pull_request().await;
    assert_eq!(press(&world, &address, "close", "same-origin").await.status(), StatusCode::SEE_OTHER);
    let pull = pull(&world).await;
    assert_eq!((&pull["state"], &pull["merged"]), (&"closed".into(), &false.into()));
}

#[tokio::test]
async fn a_page_of_another_site_merges_nothing() {
    let (world, address) = with_pull_request().await;
    assert_eq!(press(&world, &address, "merge", "cross-site").await.status(), StatusCode::FORBIDDEN);
    let path = address.strip_prefix(&world.server.base).unwrap();
    let request = world.browser(Method::POST, path).header("origin", "http://evil.example.com").body("do=merge");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(pull(&world).await["state"], "open");
}
