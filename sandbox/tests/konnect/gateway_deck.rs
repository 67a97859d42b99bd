//! The calls of decK for a service with a route and a plugin, one after the other.

use serde_json::{Value, json};

use super::gateway::Gateway;
use super::world::{each, id, uuid};

/// The collections that decK reads before it compares.
const DUMPED: [&str; 19] = [
    "services",
    "routes",
    "plugins",
    "filter-chains",
    "certificates",
    "snis",
    "ca_certificates",
    "consumers",
    "consumer_groups",
    "key-auths",
    "hmac-auths",
    "jwts",
    "basic-auths",
    "acls",
    "mtls-auths",
    "upstreams",
    "vaults",
    "keys",
    "key-sets",
];

#[tokio::test]
async fn a_sync_reads_everything_writes_under_its_own_ids_and_a_second_one_finds_no_difference() {
    let gateway = Gateway::new().await;
    let (world, at) = (&gateway.world, |rest: &str| gateway.at(rest));
    let me = world.send("token-one", http::Method::GET, "us", "/v2/organizations/me", None).await;
    assert_eq!((me.status, &me.body["name"]), (200, &json!("one")));
    let groups = world.get("/konnect-api/api/runtime_groups").await;
    assert_eq!(each(&groups, "name"), ["dev"]);
    for path in DUMPED {
        assert_eq!(world.get(&at(&format!("{path}?size=1000&tags=managed"))).await["data"], json!([]), "{path}");
    }
    let service_schema = world.get(&at("v1/schemas/json/service")).await;
    assert_eq!(service_schema["properties"]["retries"]["default"], 5);
    for (entity, field) in [("route", "strip_path"), ("upstream", "healthchecks"), ("target", "weight")] {
        let schema = world.get(&at(&format!("v1/schemas/json/{entity}"))).await;
        assert!(!schema["properties"][field]["default"].is_null(), "{entity}: {schema}");
    }
    assert_eq!(world.try_get(&at("v1/schemas/json/nothing")).await.status, 404);
    world.get(&at("schemas/plugins/rate-limiting")).await;

    let tags = json!(["managed"]);
    let service = json!({ "id": uuid(1), "name": "flights", "host": "example.com", "tags": tags });
    let route = json!({
        "id": uuid(2), "name": "list", "paths": ["/flights"], "service": { "id": uuid(1) }, "tags": tags,
    });
    let plugin = json!({
        "id": uuid(3), "name": "rate-limiting", "config": { "minute": 5 }, "route": { "id": uuid(2) }, "tags": tags,
    });
    let written = [("services", service), ("routes", route), ("plugins", plugin)];
    for (path, body) in &written {
        let answer = world.put(&at(&format!("{path}/{}", id(body))), body.clone()).await;
        assert_eq!((answer.status, answer.kind.as_str()), (200, "application/json"), "{path}: {answer:?}");
    }
    for (path, body) in &written {
        let found = world.get(&at(&format!("{path}?size=1000&tags=managed"))).await;
        let found: &Value = &found["data"][0];
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&found[name], value, "{path} {name}");
        }
    }
    for (path, body) in written.iter().rev() {
        assert_eq!(world.delete(&at(&format!("{path}/{}", id(body)))).await, 204, "{path}");
    }
    assert_eq!(world.get(&at("services")).await["data"], json!([]));
}

#[tokio::test]
async fn a_path_that_no_document_describes_is_refused_in_the_form_of_what_is_beside_it() {
    let gateway = Gateway::new().await;
    for (path, kind) in
        [(gateway.at("nothing"), "application/json"), ("/v2/nothing".to_owned(), "application/problem+json")]
    {
        let answer = gateway.world.try_get(&path).await;
        assert_eq!((answer.status, answer.kind.as_str()), (404, kind), "{path}");
    }
}
