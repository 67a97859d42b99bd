//! What all collections of gateway configuration have in common.

use http::Method;
use serde_json::{Value, json};

use super::gateway::{CERTIFICATE, COLLECTIONS, Gateway, READABLE, below};
use super::world::{NOWHERE, each, id, uuid};

#[tokio::test]
async fn a_new_control_plane_has_no_entities() {
    let gateway = Gateway::new().await;
    let collections = COLLECTIONS.iter().map(|collection| collection.path).filter(|path| !path.contains('{'));
    for path in collections.chain(READABLE.map(|(path, _)| path)) {
        assert_eq!(gateway.world.get(&gateway.at(path)).await, json!({ "data": [] }), "{path}");
    }
}

#[tokio::test]
async fn an_entity_is_created_shown_listed_replaced_and_deleted() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    for collection in &COLLECTIONS {
        let path = gateway.at(&below(collection.path, &parents));
        let made = gateway.world.created(&path, collection.body("one")).await;
        assert!(made["created_at"].is_number(), "{path}: {made}");
        assert!(made.as_object().unwrap().keys().all(|name| !name.starts_with('@')), "{path}: {made}");
        let item = format!("{path}/{}", id(&made));
        let shown = gateway.world.get(&item).await;
        let shown = shown.get("consumer_group").filter(|group| group.get("name").is_some()).unwrap_or(&shown);
        assert_eq!(*shown, made, "{path}");
        let listed = gateway.world.get(&path).await;
        assert!(listed["data"].as_array().unwrap().contains(&made), "{path}: {listed}");
        let replaced = gateway.world.put(&item, collection.body("two")).await;
        assert_eq!((replaced.status, id(&replaced.body)), (200, id(&made)), "{path}: {replaced:?}");
        assert_eq!(replaced.body["created_at"], made["created_at"], "{path}");
        let put = gateway.world.put(&format!("{path}/{NOWHERE}"), collection.body("three")).await;
        assert_eq!((put.status, id(&put.body).as_str()), (200, NOWHERE), "{path}: {put:?}");
        for item in [item, format!("{path}/{NOWHERE}")] {
            assert_eq!((gateway.world.delete(&item).await, gateway.world.delete(&item).await), (204, 204), "{path}");
            assert_eq!(gateway.world.try_get(&item).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn a_name_stands_for_the_id_and_is_unique() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    for collection in &COLLECTIONS {
        let Some(key) = collection.key else { continue };
        let path = gateway.at(&below(collection.path, &parents));
        let by_name = format!("{path}/named");
        let mut body = collection.body("named");
        let made = gateway.world.put(&by_name, body.clone()).await;
        assert_eq!((made.status, &made.body[key]), (200, &json!("named")), "{path}: {made:?}");
        assert_eq!(gateway.world.get(&by_name).await, gateway.world.get(&format!("{path}/{}", id(&made.body))).await);
        let taken = gateway.world.post(&path, body.clone()).await;
        assert_eq!((taken.status, taken.body["name"].as_str()), (409, Some("unique constraint violation")), "{path}");
        assert_eq!(taken.body["fields"][key], "named", "{path}: {taken:?}");
        body["id"] = json!(id(&made.body));
        let taken = gateway.world.post(&path, body).await;
        assert_eq!((taken.status, taken.body["name"].as_str()), (409, Some("primary key violation")), "{path}");
        assert_eq!(gateway.world.delete(&by_name).await, 204, "{path}");
    }
}

#[tokio::test]
async fn credentials_and_targets_are_also_read_in_all_of_a_control_plane() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    for (all, own) in READABLE {
        let collection = COLLECTIONS.iter().find(|collection| collection.path == own).unwrap();
        let made = gateway.world.created(&gateway.at(&below(own, &parents)), collection.body("one")).await;
        assert_eq!(gateway.world.get(&gateway.at(all)).await, json!({ "data": [made] }), "{all}");
        if all != "targets" {
            assert_eq!(gateway.world.get(&format!("{}/{}", gateway.at(all), id(&made))).await, made, "{all}");
        }
    }
    let refused = gateway.world.try_get(&gateway.at("targets?size=0")).await;
    assert_eq!((refused.status, refused.kind.as_str()), (400, "application/problem+json"));
}

#[tokio::test]
async fn a_body_that_breaks_the_schema_is_refused_with_its_fields() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    for collection in &COLLECTIONS {
        let path = gateway.at(&below(collection.path, &parents));
        let mut body = collection.body("one");
        body["nope"] = json!(1);
        body["created_at"] = json!("today");
        for refused in
            [gateway.world.post(&path, body.clone()).await, gateway.world.put(&format!("{path}/{NOWHERE}"), body).await]
        {
            assert_eq!((refused.status, refused.kind.as_str()), (400, "application/json"), "{path}: {refused:?}");
            assert_eq!((&refused.body["code"], &refused.body["name"]), (&json!(2), &json!("schema violation")));
            let fields: Vec<&String> = refused.body["fields"].as_object().unwrap().keys().collect();
            assert!(fields.contains(&&"nope".to_owned()) && fields.len() == 2, "{path}: {fields:?}");
        }
        let missing = gateway.world.post(&path, json!({ "id": "not-a-uuid" })).await;
        assert_eq!(missing.status, 400, "{path}: {missing:?}");
    }
}

#[tokio::test]
async fn lists_go_on_at_the_offset_even_after_what_was_listed_is_gone() {
    let gateway = Gateway::new().await;
    let path = gateway.at("consumers");
    for index in 0..5 {
        gateway.world.created(&path, json!({ "id": uuid(index), "username": format!("c{index}") })).await;
    }
    let first = gateway.world.get(&format!("{path}?size=2")).await;
    assert_eq!(each(&first, "username"), ["c0", "c1"]);
    let next = first["next"].as_str().unwrap().to_owned();
    assert!(next.starts_with(&format!("{path}?")) && next.contains("size=2"), "{next}");
    for index in 0..2 {
        gateway.world.delete(&format!("{path}/{}", uuid(index))).await;
    }
    assert_eq!(each(&gateway.world.get(&next).await, "username"), ["c2", "c3"]);
    let last = gateway.world.get(&format!("{path}?size=3")).await;
    assert_eq!((each(&last, "username").len(), last.get("next")), (3, None));
    for query in ["size=0", "size=1001", "offset=!", "tags=a,b/c"] {
        assert_eq!(gateway.world.try_get(&format!("{path}?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn lists_are_filtered_by_tags_names_and_custom_ids() {
    let gateway = Gateway::new().await;
    for (name, tags) in [("ann", json!(["a", "b"])), ("bob", json!(["b"])), ("cy", Value::Null)] {
        let body = json!({ "username": name, "custom_id": format!("id-{name}"), "tags": tags });
        gateway.world.created(&gateway.at("consumers"), body).await;
    }
    for (query, names) in [
        ("tags=", vec!["ann", "bob", "cy"]),
        ("tags=a,b", vec!["ann"]),
        ("tags=a/b", vec!["ann", "bob"]),
        ("custom_id=id-cy", vec!["cy"]),
        ("filter[name][contains]=b", vec!["bob"]),
        ("filter[name][eq]=ann", vec!["ann"]),
    ] {
        assert_eq!(
            each(&gateway.world.get(&gateway.at(&format!("consumers?{query}"))).await, "username"),
            names,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_control_plane_takes_its_configuration_with_it() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    for (index, collection) in COLLECTIONS.iter().enumerate() {
        let path = gateway.at(&below(collection.path, &parents));
        gateway.world.created(&path, collection.body(&format!("e{index}"))).await;
    }
    assert_eq!(gateway.world.delete(&format!("/v2/control-planes/{}", gateway.id)).await, 204);
    assert_eq!(gateway.world.try_get(&gateway.at("services")).await.status, 404);
    let other = Gateway { id: gateway.world.control_plane("other").await, ..gateway };
    // An id is free again only if the entity is gone.
    for (_, id) in parents.iter().take(1) {
        let body = json!({ "id": id, "name": "parent", "host": "example.com" });
        other.world.created(&other.at("services"), body).await;
    }
    let certificate = json!({ "id": parents[5].1, "cert": CERTIFICATE, "key": "k" });
    other.world.created(&other.at("certificates"), certificate).await;
}

#[tokio::test]
async fn configuration_survives_a_restart() {
    let gateway = Gateway::new().await;
    let parents = gateway.parents().await;
    for (index, collection) in COLLECTIONS.iter().enumerate() {
        let path = gateway.at(&below(collection.path, &parents));
        gateway.world.created(&path, collection.body(&format!("e{index}"))).await;
    }
    let path = gateway.at("services/parent/routes");
    let before = gateway.world.get(&path).await;
    let world = gateway.world.restart().await;
    assert_eq!(world.get(&path).await, before);
    let elsewhere = world.send("token-two", Method::GET, "us", &path, None).await;
    assert_eq!(elsewhere.status, 404);
}
