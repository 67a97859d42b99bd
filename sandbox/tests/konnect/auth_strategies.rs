//! Application auth strategies, and the records that use them.

use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

const STRATEGIES: &str = "/v2/application-auth-strategies";

fn key_auth(name: &str) -> Value {
    json!({
        "name": name,
        "display_name": "Keys",
        "strategy_type": "key_auth",
        "configs": { "key-auth": { "key_names": ["apikey"], "ttl": { "value": 30, "unit": "days" } } },
    })
}

#[tokio::test]
async fn there_are_no_strategies_at_first() {
    let world = World::new().await;
    assert_eq!(world.total(STRATEGIES).await, 0);
}

#[tokio::test]
async fn a_strategy_is_changed_in_the_parts_that_are_sent() {
    let world = World::new().await;
    let created = world.created(STRATEGIES, key_auth("keys")).await;
    assert_eq!((&created["active"], &created["dcr_provider"]), (&json!(false), &Value::Null));
    assert_eq!(created["labels"], json!({}));
    let path = format!("{STRATEGIES}/{}", id(&created));
    let changed = world.patch(&path, json!({ "configs": { "key-auth": { "key_names": ["key"] } } })).await.body;
    let config = json!({ "key_names": ["key"], "ttl": { "value": 30, "unit": "days" } });
    assert_eq!(changed["configs"]["key-auth"], config);
    let changed = world.patch(&path, json!({ "configs": { "key-auth": { "ttl": null } } })).await.body;
    assert_eq!(changed["configs"]["key-auth"], json!({ "key_names": ["key"] }));
    assert_eq!(world.get(&path).await, changed);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.try_get(&path).await.status, 404);
}

#[tokio::test]
async fn a_strategy_is_put_under_an_id_of_the_callers_choice_and_replaced_whole() {
    let world = World::new().await;
    let path = format!("{STRATEGIES}/{NOWHERE}");
    let put = world.put(&path, key_auth("keys")).await;
    assert_eq!((put.status, put.body["id"].as_str()), (201, Some(NOWHERE)));
    assert_eq!(world.get(&path).await, put.body);
    let mut other = key_auth("other");
    other["configs"] = json!({ "key-auth": { "key_names": ["key"] } });
    let replaced = world.put(&path, other).await;
    assert_eq!((replaced.status, &replaced.body["created_at"]), (201, &put.body["created_at"]));
    assert_eq!(replaced.body["name"], "other");
    assert_eq!(replaced.body["configs"], json!({ "key-auth": { "key_names": ["key"] } }));
    assert_eq!(world.total(STRATEGIES).await, 1);
    assert_eq!(invalid(&world.put(&path, json!({})).await)[0], ("name", "required"));
    let malformed = world.put(&format!("{STRATEGIES}/x"), key_auth("keys")).await;
    assert_eq!(invalid(&malformed), [("authStrategyId", "is_uuid")]);
}

#[tokio::test]
async fn a_strategy_is_held_against_its_type() {
    let world = World::new().await;
    let connect = json!({
        "issuer": "https://id.example.com",
        "credential_claim": ["client_id"],
        "scopes": ["openid"],
        "auth_methods": ["bearer"],
        "token_post_args_names": ["x"],
    });
    let mut body = key_auth("oidc");
    body["strategy_type"] = json!("openid_connect");
    assert_eq!(invalid(&world.post(STRATEGIES, body.clone()).await)[0], ("configs.openid-connect", "required"));
    body["configs"] = json!({ "openid-connect": connect });
    let created = world.created(STRATEGIES, body.clone()).await;
    assert_eq!(created["configs"]["openid-connect"], connect);
    body["dcr_provider_id"] = json!(NOWHERE);
    assert_eq!(invalid(&world.post(STRATEGIES, body).await), [("dcr_provider_id", "missing_reference")]);
    let other = world.patch(&format!("{STRATEGIES}/{}", id(&created)), json!({ "strategy_type": "key_auth" })).await;
    assert_eq!(invalid(&other), [("strategy_type", "unknown_property")]);
    let found = world.get(&format!("{STRATEGIES}?filter[strategy_type]=key_auth")).await;
    assert!(each(&found, "name").is_empty());
}

#[tokio::test]
async fn portals_and_publications_name_strategies_that_exist_and_hold_them() {
    let world = World::new().await;
    let strategy = id(&world.created(STRATEGIES, key_auth("keys")).await);
    let path = format!("{STRATEGIES}/{strategy}");
    let default = |id: &str| json!({ "name": "dev", "default_application_auth_strategy_id": id });
    let refused = world.post("/v3/portals", default(NOWHERE)).await;
    assert_eq!(invalid(&refused), [("default_application_auth_strategy_id", "missing_reference")]);
    let portal = id(&world.created("/v3/portals", default(&strategy)).await);
    let publication = format!("/v3/apis/{}/publications/{portal}", world.api("flights").await);
    let refused = world.put(&publication, json!({ "auth_strategy_ids": [NOWHERE] })).await;
    assert_eq!(invalid(&refused), [("auth_strategy_ids.0", "missing_reference")]);
    assert_eq!(world.get(&path).await["active"], false);
    let published = world.put(&publication, json!({})).await.body;
    assert_eq!(published["auth_strategy_ids"], json!([strategy]));
    assert_eq!(world.get(&path).await["active"], true);
    assert_eq!(world.delete(&path).await, 409);
    world.delete(&publication).await;
    assert_eq!(world.delete(&path).await, 204);
    let portal = world.get(&format!("/v3/portals/{portal}")).await;
    assert!(portal["default_application_auth_strategy_id"].is_null(), "{portal}");
}
