//! Services, and requests to add one.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::world::{DEVELOPER, World, asked};

#[tokio::test]
async fn a_platform_without_services_and_requests_has_empty_lists() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert_eq!(browser.get("/api/platform/service").await.json(), json!({ "services": [] }));
    assert_eq!(browser.get("/api/platform/pulls?state=all").await.json(), json!({ "pull_requests": [] }));
    world.stop().await;
}

#[tokio::test]
async fn a_submission_is_a_pull_request_that_says_who_asked_and_keeps_the_rest_of_the_file() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.submit(&asked("acme", "orders", "orders")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["message"], "Repository registered successfully");
    assert_eq!(body["repo"]["full_name"], "acme/orders");
    assert_eq!(body["pull_request"]["number"], 1);

    insta::assert_snapshot!(world.file("add-service-acme-orders", "konnect/teams.yaml").await, @r"
    # The teams of Acme.
    teams:
      orders:
        description: Takes orders
        services:
          acme/orders:
            name: orders
            git:
              remote: https://github.com/acme/orders.git
      stock: # no services yet
        description: Counts
    ");
    let pull = world.github("/repos/acme/platform/pulls/1").await;
    assert_eq!(pull["title"], "[Konnect Orchestrator] - Add Service: orders");
    assert_eq!(pull["base"]["ref"], "main");
    let text = pull["body"].as_str().unwrap();
    assert!(text.contains("@orders-developer asks to add the service `acme/orders` to the team `orders`."), "{text}");
    assert_eq!(pull["labels"][0]["name"], "new-service");
    let head = pull["head"]["sha"].as_str().unwrap();
    let commit = world.github(&format!("/repos/acme/platform/git/commits/{head}")).await;
    assert!(commit["message"].as_str().unwrap().contains("Requested-by: orders-developer"), "{commit}");

    let pulls = browser.get("/api/platform/pulls?state=all").await.json();
    let listed = &pulls["pull_requests"][0];
    assert_eq!((&listed["number"], &listed["state"]), (&1.into(), &"open".into()));
    let user = &listed["user"];
    assert_eq!((&user["login"], &user["id"]), (&pull["user"]["login"], &pull["user"]["id"]));
    // The page of who opened it, not that of the repository.
    assert_eq!(user["html_url"], pull["user"]["html_url"]);
    assert_eq!(listed["html_url"], pull["html_url"]);
    let event = world.events().pop().unwrap();
    assert_eq!((event.action, event.target.as_deref(), event.refused), ("add-service", Some("acme/orders"), None));
    assert!(event.pull_request.is_some());
    world.stop().await;
}

#[tokio::test]
async fn a_second_submission_updates_the_first() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    browser.submit(&asked("acme", "orders", "orders")).await;
    let answer = browser.submit(&asked("acme", "orders", "stock")).await;
    assert_eq!(answer.json()["pull_request"]["number"], 1, "{}", answer.text);
    let teams = world.file("add-service-acme-orders", "konnect/teams.yaml").await;
    assert!(teams.contains("orders:\n    description: Takes orders\n    services: {}\n"), "{teams}");
    assert!(teams.contains("stock:"), "{teams}");
    world.stop().await;
}

#[tokio::test]
async fn the_request_of_someone_else_is_not_touched() {
    let world = World::start().await;
    let mut one = world.signed_in(DEVELOPER).await;
    one.submit(&asked("acme", "orders", "orders")).await;
    let mut other = world.signed_in("platform-engineer").await;
    let answer = other.submit(&asked("acme", "orders", "stock")).await;
    assert_eq!(answer.json()["pull_request"]["number"], 2, "{}", answer.text);
    let pull = world.github("/repos/acme/platform/pulls/2").await;
    assert_eq!(pull["head"]["ref"], "add-service-acme-orders-2");
    world.stop().await;
}

#[tokio::test]
async fn a_closed_request_blocks_nothing() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    browser.submit(&asked("acme", "orders", "orders")).await;
    let path = "/repos/acme/platform/pulls/1";
    world.change_on_github(Method::PATCH, path, &json!({ "state": "closed" })).await;
    let answer = browser.submit(&asked("acme", "orders", "orders")).await;
    assert_eq!(answer.json()["pull_request"]["number"], 2, "{}", answer.text);
    world.stop().await;
}

#[tokio::test]
async fn a_team_that_is_new_and_one_without_services_get_their_first() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.submit(&asked("acme", "orders", "stock")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let answer = browser.submit(&asked("acme", "other", "shipping")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    insta::assert_snapshot!(world.file("add-service-acme-other", "konnect/teams.yaml").await, @r"
    # The teams of Acme.
    teams:
      orders:
        description: Takes orders
        services: {}
      stock: # no services yet
        description: Counts
      shipping:
        description: shipping
        services:
          acme/other:
            name: other
            git:
              remote: https://github.com/acme/other.git
            spec-path: api/openapi.yaml
    ");
    world.stop().await;
}

#[tokio::test]
async fn a_repository_without_a_specification_or_branch_is_refused_before_it_stops_everybody() {
    let world = World::start().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.submit(&asked("acme", "bare", "orders")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.error().starts_with("The branch main of acme/bare has no specification"), "{}", answer.error());
    let answer = browser.submit(&asked("acme", "broken", "orders")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.error().contains("openapi.yaml on the branch dev"), "{}", answer.error());
    let mut body = asked("acme", "orders", "orders");
    body["prodBranch"] = "nowhere".into();
    let answer = browser.submit(&body).await;
    assert_eq!(answer.error(), "acme/orders has no branch nowhere");
    assert_eq!(world.github("/repos/acme/platform/pulls?state=all").await, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_an_error_and_no_empty_list() {
    let world = World::with(Default::default(), "teams: [").await;
    let mut browser = world.signed_in(DEVELOPER).await;
    let answer = browser.get("/api/platform/service").await;
    assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{}", answer.text);
    assert!(answer.error().contains("konnect/teams.yaml"), "{}", answer.error());
    world.stop().await;
}

#[tokio::test]
async fn a_repository_of_the_sandbox_that_an_apply_made_gets_the_configuration() {
    let world = World::after_an_apply().await;
    let mut browser = world.signed_in(DEVELOPER).await;
    assert_eq!(browser.get("/api/platform/service").await.json(), json!({ "services": [] }));
    assert_eq!(world.file("main", "README.md").await, "# Platform\n");
    let answer = browser.submit(&asked("acme", "orders", "orders")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    world.stop().await;
}
