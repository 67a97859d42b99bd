//! Portals.

use http::Method;
use serde_json::{Value, json};

use super::world::{World, each, id};

#[tokio::test]
async fn a_portal_gets_defaults_a_display_name_and_domains() {
    let world = World::new().await;
    let made = world.created("/v3/portals", json!({ "name": "dev" })).await;
    for (field, value) in [
        ("display_name", json!("dev")),
        ("description", Value::Null),
        ("authentication_enabled", json!(true)),
        ("rbac_enabled", json!(false)),
        ("default_api_visibility", json!("private")),
        ("default_page_visibility", json!("private")),
        ("default_application_auth_strategy_id", Value::Null),
        ("auto_approve_developers", json!(false)),
        ("labels", json!({})),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert!(made["default_domain"].as_str().unwrap().contains(".us."), "{made}");
    assert_eq!(made["canonical_domain"], made["default_domain"]);
    assert_eq!(world.get(&format!("/v3/portals/{}", id(&made))).await, made);
}

#[tokio::test]
async fn portal_names_are_unique() {
    let world = World::new().await;
    world.portal("dev").await;
    let other = format!("/v3/portals/{}", world.portal("prd").await);
    assert_eq!(world.post("/v3/portals", json!({ "name": "dev" })).await.status, 409);
    assert_eq!(world.patch(&other, json!({ "name": "dev" })).await.status, 409);
    let changed = world.patch(&other, json!({ "display_name": "Production" })).await.body;
    assert_eq!((&changed["name"], &changed["display_name"]), (&json!("prd"), &json!("Production")));
}

#[tokio::test]
async fn default_content_is_created_once_and_can_be_read_back() {
    let world = World::new().await;
    let portal = format!("/v3/portals/{}", world.portal("dev").await);
    assert_eq!(world.get(&format!("{portal}/pages")).await, json!({ "data": [] }));
    let made = world.ask(Method::POST, &format!("{portal}/default-content"), None).await;
    assert_eq!(made.status, 201);
    let again = world.ask(Method::POST, &format!("{portal}/default-content"), None).await;
    assert_eq!((again.status, again.body), (201, json!({ "pages": [], "snippets": [] })));
    let pages = world.get(&format!("{portal}/pages")).await;
    assert_eq!(json!(each(&pages, "slug")), made.body["pages"]);
    assert_eq!(pages["data"][0]["children"], json!([]));
    let page = world.get(&format!("{portal}/pages/{}", id(&pages["data"][0]))).await;
    assert!(page["content"].as_str().unwrap().starts_with('#'), "{page}");
    let snippets = world.get(&format!("{portal}/snippets")).await;
    assert_eq!(json!(each(&snippets, "name")), made.body["snippets"]);
    let snippet = world.get(&format!("{portal}/snippets/{}", id(&snippets["data"][0]))).await;
    assert!(snippet["content"].is_string(), "{snippet}");
}

#[tokio::test]
async fn a_portal_with_publications_is_deleted_only_by_force_and_takes_them_along() {
    let world = World::new().await;
    let (portal, api) = (world.portal("dev").await, world.api("flights").await);
    world.put(&format!("/v3/apis/{api}/publications/{portal}"), json!({})).await;
    assert_eq!(world.delete(&format!("/v3/portals/{portal}")).await, 409);
    assert_eq!(world.delete(&format!("/v3/portals/{portal}?force=nonsense")).await, 400);
    assert_eq!(world.delete(&format!("/v3/portals/{portal}?force=true")).await, 204);
    assert_eq!(world.total("/v3/api-publications").await, 0);
    assert_eq!(world.get(&format!("/v3/apis/{api}")).await["portals"], json!([]));
}
