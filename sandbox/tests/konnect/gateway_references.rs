//! What gateway entities refer to, and what holds them.

use serde_json::json;

use super::gateway::{CERTIFICATE, Gateway};
use super::world::{NOWHERE, each, id};

#[tokio::test]
async fn a_reference_must_lead_to_an_entity_of_the_same_control_plane() {
    let gateway = Gateway::new().await;
    let other = gateway.world.control_plane("other").await;
    let elsewhere = gateway.world.service(&other, "elsewhere").await;
    for id in [NOWHERE, "not-a-uuid", &elsewhere] {
        let body = json!({ "name": "r", "paths": ["/r"], "service": { "id": id } });
        let refused = gateway.world.post(&gateway.at("routes"), body).await;
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!(4)), "{refused:?}");
        assert_eq!(refused.body["fields"], json!({ "service": { "id": id } }));
    }
    for (path, body) in [
        ("routes", json!({ "paths": ["/r"], "service": {} })),
        ("snis", json!({ "name": "a.example" })),
        ("snis", json!({ "name": "a.example", "certificate": { "id": NOWHERE } })),
        ("services", json!({ "host": "a.example", "ca_certificates": [NOWHERE] })),
        ("services", json!({ "host": "a.example", "client_certificate": { "id": NOWHERE } })),
        ("plugins", json!({ "name": "acl", "partials": [{ "id": NOWHERE }] })),
    ] {
        assert_eq!(gateway.world.post(&gateway.at(path), body.clone()).await.status, 400, "{path} {body}");
    }
    assert_eq!(gateway.world.try_get(&gateway.at(&format!("services/{NOWHERE}/routes"))).await.status, 404);
}

#[tokio::test]
async fn a_service_with_routes_cannot_be_deleted_and_takes_its_plugins_with_it() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    let service = &parents[0].1;
    let route = json!({ "name": "own", "paths": ["/own"], "service": { "id": service } });
    gateway.make("routes", route).await;
    gateway.make("services/parent/plugins", json!({ "name": "acl" })).await;
    gateway.make("services/parent/degraphql/routes", json!({ "uri": "/", "query": "{a}" })).await;
    assert_eq!(each(&gateway.world.get(&gateway.at("services/parent/routes")).await, "name"), ["own"]);
    let path = gateway.at("services/parent");
    let refused = gateway.world.ask(http::Method::DELETE, &path, None).await;
    assert_eq!((refused.status, &refused.body["fields"]), (400, &json!({ "@referenced_by": "routes" })));
    assert_eq!(gateway.world.delete(&gateway.at("routes/own")).await, 204);
    assert_eq!(gateway.world.delete(&path).await, 204);
    for path in ["plugins", "degraphql_routes"] {
        assert_eq!(gateway.world.get(&gateway.at(path)).await["data"], json!([]), "{path}");
    }
}

#[tokio::test]
async fn a_consumer_takes_its_credentials_plugins_and_memberships_with_it() {
    let gateway = Gateway::new().await;
    gateway.parents().await;
    for (path, body) in [
        ("acls", json!({ "group": "g" })),
        ("basic-auth", json!({ "username": "u", "password": "p" })),
        ("hmac-auth", json!({ "username": "u" })),
        ("jwt", json!({})),
        ("key-auth", json!({})),
        ("mtls-auth", json!({ "subject_name": "s" })),
        ("plugins", json!({ "name": "acl" })),
    ] {
        gateway.make(&format!("consumers/parent/{path}"), body).await;
    }
    let groups = gateway.at("consumers/parent/consumer_groups");
    gateway.world.created(&groups, json!({ "group": "parent" })).await;
    assert_eq!(gateway.world.delete(&gateway.at("consumers/parent")).await, 204);
    for path in ["acls", "basic-auths", "hmac-auths", "jwts", "key-auths", "mtls-auths", "plugins"] {
        assert_eq!(gateway.world.get(&gateway.at(path)).await["data"], json!([]), "{path}");
    }
    assert_eq!(gateway.world.get(&gateway.at("consumer_groups/parent/consumers")).await["data"], json!([]));
}

#[tokio::test]
async fn certificates_that_are_used_cannot_be_deleted() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    let certificate = &parents[5].1;
    let ca = gateway.make("ca_certificates", json!({ "cert": CERTIFICATE })).await;
    let user = json!({ "id": certificate });
    let service = json!({ "name": "s", "host": "h", "client_certificate": user, "ca_certificates": [ca] });
    gateway.make("services", service).await;
    gateway.make("upstreams", json!({ "name": "u", "client_certificate": user })).await;
    gateway.make("consumers/parent/mtls-auth", json!({ "subject_name": "s", "ca_certificate": { "id": ca } })).await;
    let (certificate, ca) =
        (gateway.at(&format!("certificates/{certificate}")), gateway.at(&format!("ca_certificates/{ca}")));
    assert_eq!((gateway.world.delete(&certificate).await, gateway.world.delete(&ca).await), (400, 400));
    gateway.world.delete(&gateway.at("services/s")).await;
    assert_eq!((gateway.world.delete(&certificate).await, gateway.world.delete(&ca).await), (400, 204));
    gateway.world.delete(&gateway.at("upstreams/u")).await;
    assert_eq!(gateway.world.delete(&certificate).await, 204);
    assert_eq!(gateway.world.get(&gateway.at("mtls-auths")).await["data"], json!([]));
}

#[tokio::test]
async fn key_sets_and_upstreams_take_what_is_below_them_with_them() {
    let gateway = Gateway::new().await;
    gateway.parents().await;
    gateway.make("key-sets/parent/keys", json!({ "kid": "k" })).await;
    gateway.make("upstreams/parent/targets", json!({ "target": "a.example:80" })).await;
    for (parent, own) in [("key-sets/parent", "keys"), ("upstreams/parent", "targets")] {
        assert_eq!(gateway.world.delete(&gateway.at(parent)).await, 204);
        assert_eq!(gateway.world.get(&gateway.at(own)).await["data"], json!([]), "{own}");
    }
}

#[tokio::test]
async fn an_entity_is_not_reached_through_another_owner() {
    let gateway = Gateway::new().await;
    gateway.parents().await;
    gateway.make("services", json!({ "name": "second", "host": "h" })).await;
    let route = gateway.make("services/parent/routes", json!({ "name": "own", "paths": ["/"] })).await;
    for named in ["own", &route] {
        assert_eq!(gateway.world.try_get(&gateway.at(&format!("services/second/routes/{named}"))).await.status, 404);
        assert_eq!(gateway.world.delete(&gateway.at(&format!("services/second/routes/{named}"))).await, 204);
        assert_eq!(gateway.world.get(&gateway.at(&format!("routes/{named}"))).await["id"], json!(route));
    }
    let moved =
        gateway.world.put(&gateway.at(&format!("services/second/routes/{route}")), json!({ "paths": ["/"] })).await;
    assert_eq!(moved.status, 409, "{moved:?}");
}

#[tokio::test]
async fn the_same_plugin_is_added_once_to_the_same_things() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    let plugin = json!({ "name": "rate-limiting" });
    gateway.make("plugins", plugin.clone()).await;
    assert_eq!(gateway.world.post(&gateway.at("plugins"), plugin.clone()).await.status, 409);
    gateway.make("services/parent/plugins", plugin.clone()).await;
    let same = json!({ "name": "rate-limiting", "service": { "id": parents[0].1 } });
    assert_eq!(gateway.world.post(&gateway.at("plugins"), same).await.status, 409);
    gateway.make("routes/parent/plugins", plugin).await;
    assert_eq!(gateway.world.get(&gateway.at("plugins")).await["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_partial_is_linked_expanded_and_held_by_plugins() {
    let gateway = Gateway::new().await;
    let partial = json!({ "name": "redis", "type": "redis-ee", "config": { "host": "redis.example" } });
    let partial = gateway.make("partials", partial).await;
    let links = gateway.at("partials/redis/links");
    assert_eq!(gateway.world.get(&links).await, json!({ "data": [], "count": 0 }));
    let used = json!([{ "id": partial, "path": "config.store.redis" }]);
    let plugin = json!({ "name": "rate-limiting", "config": { "minute": 5 }, "partials": used });
    let plugin = gateway.make("plugins", plugin).await;
    let linked = json!({ "data": [{ "id": plugin, "name": "rate-limiting" }], "count": 1 });
    assert_eq!(gateway.world.get(&links).await, linked);
    let path = gateway.at(&format!("plugins/{plugin}"));
    assert_eq!(gateway.world.get(&path).await["config"], json!({ "minute": 5 }));
    let expanded = gateway.world.get(&format!("{path}?expand_partials=true")).await["config"].clone();
    assert_eq!((&expanded["minute"], &expanded["store"]["redis"]["host"]), (&json!(5), &json!("redis.example")));
    assert_eq!(expanded["store"]["redis"]["port"], 6379);
    let partial = gateway.at("partials/redis");
    assert_eq!(gateway.world.delete(&partial).await, 400);
    assert_eq!(gateway.world.delete(&path).await, 204);
    assert_eq!(gateway.world.delete(&partial).await, 204);
}

#[tokio::test]
async fn consumers_join_and_leave_groups_from_both_sides() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    gateway.make("consumers", json!({ "username": "second" })).await;
    let consumers = gateway.at("consumer_groups/parent/consumers");
    let groups = gateway.at("consumers/second/consumer_groups");
    let joined = gateway.world.created(&consumers, json!({ "consumer": parents[2].1 })).await;
    assert_eq!(joined["consumer_group"]["name"], "parent");
    assert_eq!(joined["consumers"][0]["username"], "parent");
    let joined = gateway.world.created(&groups, json!({ "group": "parent" })).await;
    assert_eq!(joined["consumer"]["username"], "second");
    assert_eq!(id(&joined["consumer_groups"][0]), parents[3].1);
    assert_eq!(gateway.world.post(&groups, json!({ "group": "parent" })).await.status, 409);
    assert_eq!(gateway.world.post(&groups, json!({ "group": "nobody" })).await.status, 404);
    assert_eq!(gateway.world.post(&groups, json!({})).await.status, 400);
    assert_eq!(each(&gateway.world.get(&consumers).await, "username"), ["parent", "second"]);
    assert_eq!(each(&gateway.world.get(&groups).await, "name"), ["parent"]);
    let page = gateway.world.get(&format!("{consumers}?size=1")).await;
    assert_eq!(each(&gateway.world.get(page["next"].as_str().unwrap()).await, "username"), ["second"]);
    let group = gateway.world.get(&gateway.at("consumer_groups/parent?list_consumers=true")).await;
    assert_eq!((group["consumers"].as_array().unwrap().len(), &group["consumer_group"]["name"]), (2, &json!("parent")));
    for path in ["consumer_groups/parent/consumers/second", "consumers/parent/consumer_groups/parent"] {
        assert_eq!(gateway.world.delete(&gateway.at(path)).await, 204);
        assert_eq!(gateway.world.delete(&gateway.at(path)).await, 204);
    }
    assert_eq!(gateway.world.get(&consumers).await["data"], json!([]));
    for path in [&consumers, &gateway.at("consumers/parent/consumer_groups")] {
        gateway.world.created(&consumers, json!({ "consumer": "parent" })).await;
        assert_eq!(gateway.world.delete(path).await, 204);
        assert_eq!(gateway.world.get(&consumers).await["data"], json!([]));
    }
}
