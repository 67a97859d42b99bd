//! What single kinds of gateway configuration do beside all others.

use serde_json::{Value, json};

use super::gateway::{CERTIFICATE, Gateway};
use super::world::{NOWHERE, each, id, invalid};

#[tokio::test]
async fn a_service_may_have_a_url_alone() {
    let gateway = Gateway::new().await;
    let made =
        gateway.world.created(&gateway.at("services"), json!({ "name": "a", "url": "https://example.com/a" })).await;
    let parts = json!({ "protocol": "https", "host": "example.com", "port": 443, "path": "/a" });
    for (name, value) in parts.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!(gateway.world.post(&gateway.at("services"), json!({ "url": "example.com" })).await.status, 400);
}

#[tokio::test]
async fn routes_match_by_attributes_or_by_an_expression() {
    let gateway = Gateway::new().await;
    let path = gateway.at("routes");
    let plain = gateway.world.created(&path, json!({ "name": "a", "paths": ["/a"] })).await;
    assert_eq!(
        (&plain["protocols"], &plain["strip_path"], &plain["regex_priority"]),
        (&json!(["https"]), &json!(true), &json!(0))
    );
    assert!(plain.get("expression").is_none() && plain["hosts"].is_null(), "{plain}");
    let expression = json!({ "name": "b", "expression": "http.path == \"/b\"", "priority": 7 });
    let made = gateway.world.created(&path, expression).await;
    assert!(made["priority"] == 7 && made.get("paths").is_none(), "{made}");
    for body in [
        json!({ "name": "c" }),
        json!({ "paths": [] }),
        json!({ "protocols": ["tcp"], "paths": ["/c"] }),
        json!({ "protocols": ["tls", "tls_passthrough"], "snis": ["c.example"] }),
        json!({ "paths": ["/c"], "expression": "http.path == \"/c\"" }),
        json!({ "paths": ["/c"], "https_redirect_status_code": 200 }),
        json!({ "paths": ["/c"], "headers": { "x": "one" } }),
    ] {
        let refused = gateway.world.post(&path, body.clone()).await;
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!(2)), "{body}: {refused:?}");
    }
    let stream = json!({ "protocols": ["tcp"], "destinations": [{ "port": 9000 }] });
    gateway.world.created(&path, stream).await;
}

#[tokio::test]
async fn a_consumer_needs_one_of_its_names() {
    let gateway = Gateway::new().await;
    let path = gateway.at("consumers");
    for body in [json!({}), json!({ "username": null, "custom_id": "" })] {
        assert_eq!(gateway.world.post(&path, body).await.status, 400);
    }
    gateway.world.created(&path, json!({ "custom_id": "7" })).await;
    assert_eq!(gateway.world.post(&path, json!({ "username": "a", "custom_id": "7" })).await.status, 409);
}

#[tokio::test]
async fn credentials_are_generated_and_passwords_are_not_shown() {
    let gateway = Gateway::new().await;
    gateway.parents().await;
    let mut made = Vec::new();
    for path in ["jwt", "key-auth", "hmac-auth"] {
        let body = if path == "hmac-auth" { json!({ "username": "u" }) } else { json!({}) };
        made.push(gateway.world.created(&gateway.at(&format!("consumers/parent/{path}")), body).await);
    }
    for secret in [&made[0]["key"], &made[0]["secret"], &made[1]["key"], &made[2]["secret"]] {
        assert!(secret.as_str().unwrap().len() >= 32, "{secret}");
    }
    assert_eq!(made[0]["algorithm"], "HS256");
    let path = gateway.at("consumers/parent/basic-auth");
    let basic = gateway.world.created(&path, json!({ "username": "u", "password": "secret" })).await;
    assert_eq!(basic["password"], "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4");
}

#[tokio::test]
async fn an_upstream_gets_health_checks_and_keeps_those_that_are_given() {
    let gateway = Gateway::new().await;
    let healthchecks = json!({ "active": { "healthy": { "interval": 2.5 }, "headers": { "x": ["1"] } } });
    let made =
        gateway.world.created(&gateway.at("upstreams"), json!({ "name": "u", "healthchecks": healthchecks })).await;
    let active = &made["healthchecks"]["active"];
    assert_eq!((&active["healthy"]["interval"], &active["headers"]["x"]), (&json!(2.5), &json!(["1"])));
    assert_eq!((&active["healthy"]["http_statuses"], &active["concurrency"]), (&json!([200, 302]), &json!(10)));
    assert_eq!(made["healthchecks"]["passive"]["unhealthy"]["http_statuses"], json!([429, 500, 503]));
    assert_eq!((&made["algorithm"], &made["slots"]), (&json!("round-robin"), &json!(10_000)));
    for healthchecks in [json!({ "threshold": 101 }), json!({ "active": { "timeout": -1 } }), json!({ "passive": 1 })] {
        let body = json!({ "name": "v", "healthchecks": healthchecks });
        assert_eq!(gateway.world.post(&gateway.at("upstreams"), body).await.status, 400);
    }
}

#[tokio::test]
async fn a_certificate_brings_its_snis() {
    let gateway = Gateway::new().await;
    let body = |snis: Value| json!({ "cert": CERTIFICATE, "key": "k", "snis": snis });
    let made = gateway.world.created(&gateway.at("certificates"), body(json!(["a.example", "b.example"]))).await;
    assert_eq!(made["snis"], json!(["a.example", "b.example"]));
    let path = gateway.at(&format!("certificates/{}", id(&made)));
    let own = format!("{path}/snis");
    assert_eq!(each(&gateway.world.get(&own).await, "name"), ["a.example", "b.example"]);
    gateway.world.created(&own, json!({ "name": "c.example" })).await;
    assert_eq!(gateway.world.get(&path).await["snis"], json!(["a.example", "b.example", "c.example"]));
    assert_eq!(gateway.world.put(&path, body(Value::Null)).await.body["snis"].as_array().unwrap().len(), 3);
    gateway.world.put(&path, body(json!(["b.example", "d.example"]))).await;
    assert_eq!(each(&gateway.world.get(&gateway.at("snis")).await, "name"), ["b.example", "d.example"]);
    let taken = gateway.world.post(&gateway.at("certificates"), body(json!(["d.example"]))).await;
    assert_eq!((taken.status, taken.body["fields"]["name"].as_str()), (409, Some("d.example")), "{taken:?}");
    assert_eq!(gateway.world.get(&gateway.at("certificates")).await["data"].as_array().unwrap().len(), 1);
    assert_eq!(gateway.world.delete(&path).await, 204);
    assert_eq!(gateway.world.get(&gateway.at("snis")).await["data"], json!([]));
}

#[tokio::test]
async fn a_certificate_comes_from_a_vault_or_with_its_key() {
    let gateway = Gateway::new().await;
    let path = gateway.at("certificates");
    let vault = json!({ "vault": "{vault://env/tls}", "description": "d", "managed_by": { "tool": "terraform" } });
    let made = gateway.world.created(&path, vault).await;
    assert_eq!((&made["cert"], &made["key"]), (&json!("{vault://env/tls/cert}"), &json!("{vault://env/tls/key}")));
    assert!(made.get("description").is_none() && made.get("vault").is_none(), "{made}");
    for body in [
        json!({ "cert": CERTIFICATE }),
        json!({ "cert": "hello", "key": "k" }),
        json!({ "vault": "env" }),
        json!({ "cert": CERTIFICATE, "key": "k", "managed_by": { "tool": "-" } }),
        json!({ "cert": CERTIFICATE, "key": "k", "managed_by": { "a": "a", "b": "a", "c": "a", "d": "a", "e": "a", "f": "a" } }),
    ] {
        assert_eq!(gateway.world.post(&path, body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn an_authority_is_known_by_the_digest_of_its_certificate() {
    let gateway = Gateway::new().await;
    let path = gateway.at("ca_certificates");
    let made = gateway.world.created(&path, json!({ "cert": CERTIFICATE })).await;
    assert_eq!(made["cert_digest"], "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    let item = format!("{path}/{}", id(&made));
    assert_eq!(gateway.world.get(&item).await, made);
    assert_eq!(gateway.world.get(&path).await["data"], json!([made]));
    assert_eq!(gateway.world.post(&path, json!({ "cert": CERTIFICATE })).await.status, 409);
    assert_eq!(gateway.world.put(&item, json!({ "cert": CERTIFICATE, "tags": ["a"] })).await.status, 200);
    assert_eq!(gateway.world.put(&format!("{path}/name"), json!({ "cert": CERTIFICATE })).await.status, 400);
    assert_eq!(gateway.world.delete(&item).await, 204);
    let sni = gateway.make("certificates", json!({ "cert": CERTIFICATE, "key": "k" })).await;
    let snis = gateway.at("snis");
    let made = gateway.world.created(&snis, json!({ "name": "a.example", "certificate": { "id": sni } })).await;
    let item = format!("{snis}/a.example");
    assert_eq!(gateway.world.get(&item).await, made);
    let changed = json!({ "name": "a.example", "certificate": { "id": sni }, "tags": ["a"] });
    assert_eq!(gateway.world.put(&item, changed).await.body["tags"], json!(["a"]));
    assert_eq!(gateway.world.delete(&item).await, 204);
}

#[tokio::test]
async fn the_configuration_of_a_partial_depends_on_its_type() {
    let gateway = Gateway::new().await;
    let path = gateway.at("partials");
    for (kind, config, default) in [
        ("redis-ce", json!({}), "/config/port"),
        ("redis-ee", json!({ "cluster_nodes": [{}] }), "/config/cluster_nodes/0/ip"),
        (
            "vectordb",
            json!({ "strategy": "pgvector", "dimensions": 3, "distance_metric": "cosine", "pgvector": {} }),
            "/config/pgvector/user",
        ),
        (
            "embeddings",
            json!({ "auth": {}, "model": { "name": "m", "provider": "openai" } }),
            "/config/auth/allow_override",
        ),
        ("model", json!({ "route_type": "llm/v1/chat", "model": { "provider": "openai" } }), "/config/weight"),
    ] {
        let made = gateway.world.created(&path, json!({ "name": kind, "type": kind, "config": config })).await;
        assert!(made.pointer(default).is_some(), "{kind}: {made}");
        let schema = gateway.world.get(&gateway.at(&format!("schemas/partials/{kind}"))).await;
        assert!(schema["fields"][0]["config"]["fields"].as_array().unwrap().len() > 1, "{schema}");
    }
    for body in [
        json!({ "type": "redis", "config": {} }),
        json!({ "type": "redis-ce" }),
        json!({ "type": "redis-ce", "config": { "port": "6379" } }),
        json!({ "type": "model", "config": { "route_type": "llm/v1/chat", "model": {} } }),
    ] {
        assert_eq!(gateway.world.post(&path, body.clone()).await.status, 400, "{body}");
    }
    assert_eq!(gateway.world.try_get(&gateway.at("schemas/partials/none")).await.status, 404);
}

#[tokio::test]
async fn bodies_are_validated_without_being_stored() {
    let gateway = Gateway::new().await;
    let at = |entity: &str| gateway.at(&format!("schemas/{entity}/validate"));
    for (entity, body) in [
        ("service", json!({ "host": "a.example" })),
        ("services", json!({ "host": "a.example" })),
        ("consumer-group", json!({ "name": "gold" })),
        ("consumer_groups", json!({ "name": "gold" })),
        ("plugin", json!({ "name": "acl" })),
    ] {
        let valid = gateway.world.post(&at(entity), body).await;
        assert_eq!((valid.status, valid.body["message"].as_str()), (200, Some("schema validation successful")));
        let refused = gateway.world.post(&at(entity), json!({ "nope": 1 })).await;
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!(2)), "{refused:?}");
    }
    assert_eq!(gateway.world.post(&at("nothing"), json!({})).await.status, 404);
    assert_eq!(gateway.world.get(&gateway.at("services")).await["data"], json!([]));
    let plugin = gateway.world.get(&gateway.at("schemas/plugins/acl")).await;
    let fields: Vec<&String> =
        plugin["fields"].as_array().unwrap().iter().flat_map(|field| field.as_object().unwrap().keys()).collect();
    assert!(fields.contains(&&"config".to_owned()) && fields.contains(&&"protocols".to_owned()), "{fields:?}");
}

#[tokio::test]
async fn schemas_of_installed_plugins_go_by_the_name_in_them() {
    let gateway = Gateway::new().await;
    let path = gateway.at("plugin-schemas");
    let empty = json!({ "items": [], "page": { "total_count": 0 } });
    assert_eq!(gateway.world.get(&path).await, empty);
    let lua = |name: &str| json!({ "lua_schema": format!("return {{ name = \"{name}\", fields = {{}} }}") });
    let made = gateway.world.created(&path, lua("mine")).await;
    assert_eq!((&made["item"]["name"], &made["item"]["lua_schema"]), (&json!("mine"), &lua("mine")["lua_schema"]));
    assert_eq!(gateway.world.post(&path, lua("mine")).await.status, 409);
    assert_eq!(gateway.world.post(&path, json!({ "lua_schema": "return {}" })).await.status, 400);
    let item = format!("{path}/mine");
    assert_eq!(gateway.world.get(&item).await, made);
    assert_eq!(gateway.world.get(&path).await["items"], json!([made["item"]]));
    assert_eq!(gateway.world.put(&item, lua("mine")).await.status, 200);
    assert_eq!(gateway.world.put(&item, lua("other")).await.status, 400);
    assert_eq!(gateway.world.put(&format!("{path}/new"), lua("new")).await.status, 200);
    assert_eq!((gateway.world.delete(&item).await, gateway.world.delete(&item).await), (204, 404));
    assert_eq!(gateway.world.try_get(&item).await.status, 404);
}

#[tokio::test]
async fn data_planes_have_certificates_and_expect_a_configuration() {
    let gateway = Gateway::new().await;
    let at = |rest: &str| format!("/v2/control-planes/{}/{rest}", gateway.id);
    let path = at("dp-client-certificates");
    assert_eq!(gateway.world.get(&path).await, json!({ "items": [], "page": { "total_count": 0 } }));
    let made = gateway.world.created(&path, json!({ "cert": CERTIFICATE, "title": "first" })).await;
    let item = format!("{path}/{}", id(&made["item"]));
    assert_eq!(gateway.world.get(&item).await, made);
    let changed = gateway.world.put(&item, json!({ "cert": CERTIFICATE, "title": "second" })).await;
    assert_eq!((changed.status, &changed.body["item"]["title"]), (200, &json!("second")));
    assert_eq!(gateway.world.get(&path).await["page"]["total_count"], 1);
    assert_eq!(gateway.world.post(&path, json!({ "cert": "hello" })).await.status, 400);
    let hash = gateway.world.get(&at("expected-config-hash")).await;
    assert_eq!((gateway.world.delete(&item).await, gateway.world.delete(&item).await), (204, 404));
    assert_eq!(gateway.world.get(&at("expected-config-hash")).await, hash);
    let version = gateway.world.get(&at("expected-config-version")).await;
    gateway.make("services", json!({ "host": "a.example" })).await;
    assert_ne!(gateway.world.get(&at("expected-config-hash")).await["expected_hash"], hash["expected_hash"]);
    assert_ne!(gateway.world.get(&at("expected-config-version")).await, version);
}

#[tokio::test]
async fn no_data_plane_node_is_there() {
    let gateway = Gateway::new().await;
    let at = |rest: &str| format!("/v2/control-planes/{}/nodes{rest}", gateway.id);
    for list in ["", "/eol", "?page[size]=10"] {
        assert_eq!(gateway.world.get(&at(list)).await["page"]["total_count"], 0, "{list}");
    }
    let item = at(&format!("/{NOWHERE}"));
    assert_eq!((gateway.world.try_get(&item).await.status, gateway.world.delete(&item).await), (404, 404));
}

#[tokio::test]
async fn config_stores_keep_secrets_that_are_never_shown() {
    let gateway = Gateway::new().await;
    let path = format!("/v2/control-planes/{}/config-stores", gateway.id);
    assert_eq!(gateway.world.get(&path).await["data"], json!([]));
    let made = gateway.world.created(&path, json!({ "name": "one" })).await;
    let item = format!("{path}/{}", id(&made));
    assert_eq!(gateway.world.get(&item).await, made);
    assert_eq!(gateway.world.put(&item, json!({ "name": "two" })).await.body["name"], "two");
    assert_eq!(invalid(&gateway.world.post(&path, json!({ "name": "" })).await), [("name", "min_length")]);
    let secrets = format!("{item}/secrets");
    let secret = gateway.world.created(&secrets, json!({ "key": "k", "value": "v" })).await;
    assert!(secret["key"] == "k" && secret.get("value").is_none(), "{secret}");
    assert_eq!(gateway.world.post(&secrets, json!({ "key": "k", "value": "v" })).await.status, 400);
    assert_eq!(gateway.world.get(&format!("{secrets}/k")).await, secret);
    let changed = gateway.world.put(&format!("{secrets}/k"), json!({ "value": "w" })).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.body["updated_at"], secret["updated_at"]);
    assert_eq!(gateway.world.put(&format!("{secrets}/l"), json!({ "value": "w" })).await.status, 201);
    let first = gateway.world.get(&format!("{secrets}?page[size]=1")).await;
    assert_eq!(each(&first, "key"), ["k"]);
    let next = format!("/v2{}", first["meta"]["page"]["next"].as_str().unwrap());
    assert_eq!(each(&gateway.world.get(&next).await, "key"), ["l"]);
    assert_eq!(gateway.world.delete(&format!("{secrets}/l")).await, 204);
    assert_eq!(gateway.world.delete(&format!("{secrets}/l")).await, 404);
    let refused = gateway.world.ask(http::Method::DELETE, &item, None).await;
    assert_eq!(invalid(&refused), [("force", "required")]);
    assert_eq!(gateway.world.delete(&format!("{item}?force=true")).await, 204);
    assert_eq!(gateway.world.try_get(&item).await.status, 404);
    let data = std::fs::read(gateway.world.directory.join("konnect.redb")).unwrap();
    assert!(!data.windows(12).any(|bytes| bytes == b"\"value\":\"v\""), "the value is on disk");
}
