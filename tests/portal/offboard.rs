//! Removing a service.

use reqwest::StatusCode;
use serde_json::json;

use super::world::{DEVELOPER, World};

/// A service of a repository that the developer writes to, and one of a repository that they only read.
const TEAMS: &str = "\
teams:
  orders:
    services:
      acme/orders:
        name: orders
        git:
          remote: https://github.com/acme/orders.git
      acme/platform:
        name: platform
        git:
          remote: https://github.com/acme/platform.git
";

#[tokio::test]
async fn a_service_that_is_not_there_cannot_be_removed() {
    let world = World::with(Default::default(), TEAMS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    for key in ["", "acme/other", "..%2f..", "%3Cscript%3E"] {
        let page = browser.get(&format!("/offboard?service={key}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{key}");
        assert!(!page.text.contains("<script"), "{}", page.text);
    }
    world.stop().await;
}

#[tokio::test]
async fn whoever_may_write_to_the_repository_asks_to_remove_its_service() {
    let world = World::with(Default::default(), TEAMS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert!(browser.get("/services").await.text.contains("href=\"/offboard?service=acme%2Forders\""));
    let page = browser.get("/offboard?service=acme/orders").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("<del>-      acme/orders:</del>"), "{}", page.text);
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));

    let token = page.hidden("token");
    let fields = [("token", token.as_str()), ("service", "acme/orders"), ("note", "It is `over`")];
    let answer = browser.send_form("/offboard", &fields).await;
    assert_eq!(
        (answer.status, answer.location().as_str()),
        (StatusCode::SEE_OTHER, "/requests/1?new=1"),
        "{}",
        answer.text
    );
    let teams = world.file("remove-service-acme-orders", "konnect/teams.yaml").await;
    assert!(!teams.contains("acme/orders") && teams.contains("acme/platform"), "{teams}");
    let event = world.events().pop().unwrap();
    assert_eq!((event.action, event.target.as_deref()), ("remove-service", Some("acme/orders")));
    world.stop().await;
}

#[tokio::test]
async fn nobody_removes_the_service_of_a_repository_that_they_may_only_read_or_with_a_forged_form() {
    let world = World::with(Default::default(), TEAMS).await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let page = browser.get("/offboard?service=acme/platform").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    let token = browser.get("/services").await.hidden("token");
    let answer = browser.send_form("/offboard", &[("token", &token), ("service", "acme/platform")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let other = world.signed_in("platform-engineer").await.get("/services").await.hidden("token");
    let answer = browser.send_form("/offboard", &[("token", &other), ("service", "acme/orders")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}
