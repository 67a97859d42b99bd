//! Control planes and their services.

use http::Method;
use serde_json::json;

use super::world::{NOWHERE, World, each, id, invalid, services, uuid};

#[tokio::test]
async fn a_control_plane_gets_defaults_and_endpoints() {
    let world = World::new().await;
    let made = world.created("/v2/control-planes", json!({ "name": "flights-dev" })).await;
    assert_eq!((&made["description"], &made["labels"]), (&json!(""), &json!({})));
    let config = &made["config"];
    assert_eq!(config["cluster_type"], "CLUSTER_TYPE_CONTROL_PLANE");
    assert_eq!(config["auth_type"], "pinned_client_certs");
    assert_eq!((&config["cloud_gateway"], &config["proxy_urls"]), (&json!(false), &json!([])));
    assert!(config["control_plane_endpoint"].as_str().unwrap().starts_with("https://"));
    assert_eq!(world.get(&format!("/v2/control-planes/{}", id(&made))).await, made);
}

#[tokio::test]
async fn the_cluster_type_is_chosen_at_creation_and_cannot_be_changed() {
    let world = World::new().await;
    let body = json!({ "name": "dev", "cluster_type": "CLUSTER_TYPE_SERVERLESS" });
    let made = world.created("/v2/control-planes", body).await;
    assert_eq!(made["config"]["cluster_type"], "CLUSTER_TYPE_SERVERLESS");
    let path = format!("/v2/control-planes/{}", id(&made));
    let refused = world.patch(&path, json!({ "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE" })).await;
    assert_eq!(invalid(&refused), [("cluster_type", "unknown_property")]);
    let changed = world.patch(&path, json!({ "auth_type": "pki_client_certs" })).await.body;
    assert_eq!(changed["config"]["auth_type"], "pki_client_certs");
    assert_eq!(changed["config"]["cluster_type"], "CLUSTER_TYPE_SERVERLESS");
}

#[tokio::test]
async fn control_plane_names_are_unique_in_a_region() {
    let world = World::new().await;
    world.control_plane("flights").await;
    let second = world.control_plane("bookings").await;
    let taken = json!({ "name": "flights" });
    assert_eq!(world.post("/v2/control-planes", taken.clone()).await.status, 409);
    assert_eq!(world.patch(&format!("/v2/control-planes/{second}"), taken.clone()).await.status, 409);
    let elsewhere = world.send("token-one", Method::POST, "eu", "/v2/control-planes", Some(taken)).await;
    assert_eq!(elsewhere.status, 201);
}

#[tokio::test]
async fn control_planes_are_found_by_name_type_and_labels() {
    let world = World::new().await;
    for (name, labels) in
        [("flights-dev", json!({ "env": "dev", "team": "x" })), ("flights-prd", json!({ "env": "prd" }))]
    {
        world.created("/v2/control-planes", json!({ "name": name, "labels": labels })).await;
    }
    for (query, names) in [
        ("filter[name][eq]=flights-dev", vec!["flights-dev"]),
        ("filter[name][neq]=flights-dev", vec!["flights-prd"]),
        ("filter[name][contains]=flights", vec!["flights-dev", "flights-prd"]),
        ("filter[cluster_type][eq]=CLUSTER_TYPE_SERVERLESS", vec![]),
        ("filter[cloud_gateway]=false", vec!["flights-dev", "flights-prd"]),
        ("labels=env:prd", vec!["flights-prd"]),
        ("labels=env:dev,team", vec!["flights-dev"]),
        ("sort=created_at%20desc", vec!["flights-prd", "flights-dev"]),
    ] {
        assert_eq!(each(&world.get(&format!("/v2/control-planes?{query}")).await, "name"), names, "{query}");
    }
}

#[tokio::test]
async fn services_are_created_with_defaults_or_from_a_url() {
    let world = World::new().await;
    let services = services(&world.control_plane("dev").await);
    assert_eq!(world.get(&services).await, json!({ "data": [] }));
    let plain = world.created(&services, json!({ "name": "a", "host": "example.com" })).await;
    assert_eq!((&plain["port"], &plain["protocol"], &plain["retries"]), (&json!(80), &json!("http"), &json!(5)));
    assert!(plain["created_at"].is_i64() && plain.get("control_plane_id").is_none(), "{plain}");
    let url = world.created(&services, json!({ "name": "b", "host": "x", "url": "https://example.com/path" })).await;
    assert_eq!((&url["port"], &url["host"]), (&json!(443), &json!("example.com")));
    assert_eq!((&url["path"], url.get("url")), (&json!("/path"), None));
    for body in [json!({ "name": "c" }), json!({ "host": "x", "port": 70000 }), json!({ "host": "x", "nope": 1 })] {
        let refused = world.post(&services, body).await;
        assert_eq!((refused.status, refused.kind.as_str()), (400, "application/json"), "{refused:?}");
    }
    assert_eq!(world.post(&services, json!({ "name": "a", "host": "x" })).await.status, 409);
}

#[tokio::test]
async fn services_are_put_and_read_by_id_or_name_and_deleting_is_idempotent() {
    let world = World::new().await;
    let services = services(&world.control_plane("dev").await);
    let at = |key: &str| format!("{services}/{key}");
    let made = world.put(&at(NOWHERE), json!({ "name": "a", "host": "one.example" })).await;
    assert_eq!((made.status, id(&made.body).as_str()), (200, NOWHERE));
    let by_name = world.put(&at("a"), json!({ "name": "a", "host": "two.example" })).await;
    assert_eq!(id(&by_name.body), NOWHERE);
    assert_eq!(world.get(&at(NOWHERE)).await["host"], "two.example");
    assert_eq!(world.put(&at(NOWHERE), json!({ "id": uuid(1), "host": "x" })).await.status, 400);
    assert_eq!(world.put(&at("new"), json!({ "host": "x" })).await.body["name"], "new");
    assert_eq!(world.delete(&at("a")).await, 204);
    assert_eq!(world.delete(&at("a")).await, 204);
    assert_eq!(world.try_get(&at("a")).await.status, 404);
}

#[tokio::test]
async fn a_service_of_one_control_plane_is_not_reached_through_another() {
    let world = World::new().await;
    let (dev, prd) = (world.control_plane("dev").await, world.control_plane("prd").await);
    let service = world.service(&dev, "flights").await;
    let elsewhere = format!("{}/{service}", services(&prd));
    assert_eq!(world.try_get(&elsewhere).await.status, 404);
    assert_eq!(world.put(&elsewhere, json!({ "host": "x" })).await.status, 409);
    assert_eq!(world.delete(&elsewhere).await, 204);
    assert_eq!(world.try_get(&format!("{}/{service}", services(&dev))).await.status, 200);
    world.service(&prd, "flights").await;
}

#[tokio::test]
async fn services_are_listed_by_tags_and_offset() {
    let world = World::new().await;
    let control_plane = world.control_plane("dev").await;
    for name in ["x", "y", "z"] {
        world.service(&control_plane, name).await;
    }
    let services = services(&control_plane);
    for (query, names) in [
        ("tags=x", vec!["x"]),
        ("tags=a,y", vec!["y"]),
        ("tags=x/z", vec!["x", "z"]),
        ("filter[name][eq]=y", vec!["y"]),
    ] {
        assert_eq!(each(&world.get(&format!("{services}?{query}")).await, "name"), names, "{query}");
    }
    let first = world.get(&format!("{services}?size=2")).await;
    assert_eq!(each(&first, "name"), ["x", "y"]);
    let offset = first["offset"].as_str().unwrap();
    let rest = world.get(&format!("{services}?size=2&offset={offset}")).await;
    assert_eq!((each(&rest, "name"), rest.get("offset")), (vec!["z"], None));
    assert_eq!(world.try_get(&format!("{services}?size=1001")).await.status, 400);
    assert_eq!(world.try_get(&format!("{services}?offset=!")).await.status, 400);
}
