//! The initial data of an organization, and the access to it.

use http::{Method, StatusCode};
use serde_json::json;

use super::world::{NOWHERE, World, each, services};

#[tokio::test]
async fn a_new_organization_has_empty_lists() {
    let world = World::new().await;
    for path in ["/v2/control-planes", "/v3/portals", "/v3/apis", "/v3/api-publications", "/v3/api-implementations"] {
        let expected = json!({ "data": [], "meta": { "page": { "number": 1, "size": 10, "total": 0 } } });
        assert_eq!(world.get(path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_new_organization_has_its_owner_and_the_predefined_teams() {
    let world = World::new().await;
    let organization = world.get("/v3/organizations/me").await;
    assert_eq!(organization["retention_period_days"], 90);
    assert_eq!((&organization["name"], &organization["state"]), (&json!("one"), &json!("active")));
    assert_eq!(world.get("/v3/users/me").await["id"], organization["owner_id"]);
    let teams = world.get("/v3/teams?page[size]=100").await;
    assert!(each(&teams, "name").contains(&"Organization Admin"));
    assert!(teams["data"].as_array().unwrap().iter().all(|team| team["system_team"] == true));
}

#[tokio::test]
async fn a_missing_or_unknown_token_is_401() {
    let world = World::new().await;
    for (region, path) in [("global", "/v3/teams"), ("us", "/v3/apis"), ("global", "/v3/identity-providers")] {
        let unknown = world.send("nobody", Method::GET, region, path, None).await;
        assert_eq!((unknown.status, unknown.kind.as_str()), (401, "application/problem+json"), "{path}");
        assert_eq!(unknown.body["status"], 401);
        let missing = world.client.get(world.url(region, path)).send().await.unwrap();
        assert_eq!(missing.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn gateway_errors_have_the_gateways_shape() {
    let world = World::new().await;
    let unknown = world.send("nobody", Method::GET, "us", &services(NOWHERE), None).await;
    assert_eq!((unknown.status, unknown.kind.as_str()), (401, "application/json"));
    assert!(unknown.body["message"].is_string() && unknown.body["status"] == 401, "{unknown:?}");
    assert_eq!(world.try_get(&services(NOWHERE)).await.status, 404);
}

#[tokio::test]
async fn organizations_are_isolated_and_two_tokens_may_open_one() {
    let world = World::new().await;
    let path = format!("/v3/apis/{}", world.api("flights").await);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(world.send("token-two", method, "us", &path, None).await.status, 404);
    }
    let list = world.send("token-two", Method::GET, "us", "/v3/apis", None).await;
    assert_eq!(list.body["meta"]["page"]["total"], 0);
    assert_eq!(world.send("token-other", Method::GET, "us", &path, None).await.status, 200);
}

#[tokio::test]
async fn regions_are_isolated_and_each_api_is_served_where_its_document_says() {
    let world = World::new().await;
    let path = format!("/v3/apis/{}", world.api("flights").await);
    assert_eq!(world.send("token-one", Method::GET, "eu", &path, None).await.status, 404);
    for (region, path) in [("global", "/v3/apis"), ("us", "/v3/teams"), ("mars", "/v3/apis")] {
        let answer = world.send("token-one", Method::GET, region, path, None).await;
        assert_eq!(answer.status, 404, "{region}{path}");
    }
}

#[tokio::test]
async fn what_is_documented_but_not_offered_is_501_and_what_is_not_documented_404() {
    let world = World::new().await;
    let missing = world.ask(Method::DELETE, &format!("/v3/api-packages/{NOWHERE}"), None).await;
    assert_eq!(missing.status, 501);
    let detail = missing.body["detail"].as_str().unwrap();
    assert!(detail.contains("DELETE /v3/api-packages/{packageId}"), "{detail}");
    assert_eq!(world.try_get("/v3/portals/email-domains").await.status, 501);
    assert_eq!(world.try_get("/v3/nonsense").await.status, 404);
    assert_eq!(world.put("/v3/apis", json!({})).await.status, 404);
}
