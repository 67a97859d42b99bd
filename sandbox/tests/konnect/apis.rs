//! APIs.

use serde_json::{Value, json};

use super::world::{NOWHERE, SPEC, World, each, id, invalid, services};

#[tokio::test]
async fn an_api_gets_a_slug_and_empty_relations() {
    let world = World::new().await;
    let made = world.created("/v3/apis", json!({ "name": "myAPI", "version": "v1" })).await;
    for (field, value) in [
        ("slug", json!("my-api-v1")),
        ("description", Value::Null),
        ("labels", json!({})),
        ("attributes", json!({})),
        ("portals", json!([])),
        ("api_spec_ids", json!([])),
        ("current_version_summary", Value::Null),
        ("implementation_mode", Value::Null),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!(world.get("/v3/apis").await["data"], json!([made]));
}

#[tokio::test]
async fn name_and_version_of_apis_are_unique_together() {
    let world = World::new().await;
    world.created("/v3/apis", json!({ "name": "flights", "version": "1" })).await;
    let second = world.created("/v3/apis", json!({ "name": "flights", "version": "2" })).await;
    world.api("flights").await;
    for body in [json!({ "name": "flights", "version": "1" }), json!({ "name": "flights" })] {
        assert_eq!(world.post("/v3/apis", body.clone()).await.status, 409, "{body}");
    }
    let path = format!("/v3/apis/{}", id(&second));
    assert_eq!(world.patch(&path, json!({ "version": "1" })).await.status, 409);
    let updated = world.patch(&path, json!({ "version": "3" })).await.body;
    assert_eq!((&updated["version"], &updated["slug"]), (&json!("3"), &json!("flights-2")));
}

#[tokio::test]
async fn an_api_may_come_with_its_specification() {
    let world = World::new().await;
    let made = world.created("/v3/apis", json!({ "name": "flights", "spec_content": SPEC })).await;
    assert_eq!(made["current_version_summary"]["version"], "1.2.0");
    assert_eq!(made["current_version_summary"]["spec"], json!({ "type": "oas3" }));
    assert!(made.get("spec_content").is_none());
    let refused = world.post("/v3/apis", json!({ "name": "x", "spec_content": "openapi: 3.0.0\n" })).await;
    assert_eq!(invalid(&refused), [("version", "missing_reference")]);
}

#[tokio::test]
async fn an_api_has_one_version_whose_type_and_name_come_from_its_content() {
    let world = World::new().await;
    let api = format!("/v3/apis/{}", world.api("flights").await);
    let versions = format!("{api}/versions");
    assert_eq!(world.total(&versions).await, 0);
    let made = world.created(&versions, json!({ "spec": { "content": SPEC } })).await;
    assert_eq!(made["version"], "1.2.0");
    assert_eq!(made["spec"], json!({ "content": SPEC, "type": "oas3", "validation_messages": [] }));
    assert_eq!(world.post(&versions, json!({ "spec": { "content": SPEC } })).await.status, 409);
    assert_eq!(world.get(&versions).await["data"][0]["spec"], json!({ "type": "oas3" }));
    assert_eq!(world.total(&format!("{versions}?filter[type]=oas3")).await, 1);
    let summary = world.get(&api).await["current_version_summary"].clone();
    assert_eq!((&summary["id"], &summary["updated_at"]), (&made["id"], &made["updated_at"]));
    assert_eq!(world.delete(&format!("{versions}/{}", id(&made))).await, 204);
    assert_eq!(world.get(&api).await["current_version_summary"], Value::Null);
}

#[tokio::test]
async fn changing_a_version_moves_the_time_in_the_apis_summary() {
    let world = World::new().await;
    let api = format!("/v3/apis/{}", world.api("flights").await);
    let made = world.created(&format!("{api}/versions"), json!({ "spec": { "content": SPEC } })).await;
    let path = format!("{api}/versions/{}", id(&made));
    let same = world.patch(&path, json!({ "spec": { "content": SPEC } })).await.body;
    assert_eq!(same["updated_at"], made["updated_at"]);
    let content = SPEC.replace("1.2.0", "1.3.0");
    let changed = world.patch(&path, json!({ "spec": { "content": content } })).await.body;
    assert_eq!((&changed["version"], &changed["spec"]["content"]), (&json!("1.3.0"), &json!(content)));
    assert_ne!(changed["updated_at"], made["updated_at"]);
    assert_eq!(world.get(&api).await["current_version_summary"]["updated_at"], changed["updated_at"]);
}

#[tokio::test]
async fn a_specification_that_cannot_be_read_is_kept_with_messages() {
    let world = World::new().await;
    let versions = format!("/v3/apis/{}/versions", world.api("flights").await);
    let refused = world.post(&versions, json!({ "spec": { "content": "a: [" } })).await;
    assert_eq!(invalid(&refused), [("version", "missing_reference")]);
    let made = world.created(&versions, json!({ "version": "1", "spec": { "content": "a: [" } })).await;
    assert!(made["spec"]["validation_messages"][0]["message"].is_string(), "{made}");
    assert!(made["spec"].get("type").is_none());
    let empty = world.post(&versions, json!({ "spec": { "content": "" } })).await;
    assert_eq!(invalid(&empty), [("spec.content", "min_length")]);
}

#[tokio::test]
async fn a_publication_takes_its_defaults_from_the_portal() {
    let world = World::new().await;
    let api = world.api("flights").await;
    let open = json!({ "name": "prd", "default_api_visibility": "public" });
    let portal = id(&world.created("/v3/portals", open).await);
    let path = format!("/v3/apis/{api}/publications/{portal}");
    assert_eq!(world.try_get(&path).await.status, 404);
    let published = world.put(&path, json!({})).await;
    assert_eq!((published.status, &published.body["visibility"]), (200, &json!("public")));
    assert_eq!(published.body["auth_strategy_ids"], Value::Null);
    assert_eq!(published.body["auto_approve_registrations"], false);
    assert_eq!(world.put(&path, json!({ "visibility": "public" })).await.body, published.body);
    let hidden = world.put(&path, json!({ "visibility": "private" })).await.body;
    assert_eq!(world.get(&path).await, hidden);
    assert_eq!(world.get(&format!("/v3/apis/{api}")).await["portals"][0]["name"], "prd");
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 404);
}

#[tokio::test]
async fn publications_are_listed_over_all_portals_and_of_one() {
    let world = World::new().await;
    let (dev, prd) = (world.portal("dev").await, world.portal("prd").await);
    for (name, portal) in [("flights", &dev), ("bookings", &dev), ("routes", &prd)] {
        let path = format!("/v3/apis/{}/publications/{portal}", world.api(name).await);
        assert_eq!(world.put(&path, json!({})).await.status, 200);
    }
    let of_portal = world.get(&format!("/v3/portals/{prd}/api-publications")).await;
    assert_eq!(of_portal["data"][0]["portal_ids"], json!([prd]));
    let all = world.get("/v3/api-publications").await;
    assert_eq!(each(&all, "portal_id"), [&dev, &dev, &prd]);
    assert_eq!(each(&all, "entity_type"), ["api", "api", "api"]);
    for (path, total) in [
        (format!("/v3/api-publications?filter[portal_id][eq]={prd}"), 1),
        ("/v3/api-publications?filter[portal_name]=dev".to_owned(), 2),
        ("/v3/api-publications?filter[api_name][contains]=o".to_owned(), 2),
        (format!("/v3/portals/{dev}/api-publications"), 2),
        (format!("/v3/portals/{dev}/api-publications?filter[api_name][eq]=flights"), 1),
    ] {
        assert_eq!(world.total(&path).await, total, "{path}");
    }
}

#[tokio::test]
async fn an_implementation_links_an_api_to_a_service_that_exists_and_is_free() {
    let world = World::new().await;
    let (flights, bookings) = (world.api("flights").await, world.api("bookings").await);
    let control_plane = world.control_plane("dev").await;
    let service = world.service(&control_plane, "flights").await;
    let at = |api: &str| format!("/v3/apis/{api}/implementations");
    let link =
        |control_plane: &str, service: &str| json!({ "service": { "control_plane_id": control_plane, "id": service } });
    let refused = world.post(&at(&flights), link(&control_plane, NOWHERE)).await;
    assert_eq!(invalid(&refused), [("service.id", "missing_reference")]);
    let refused = world.post(&at(&flights), link(NOWHERE, &service)).await;
    assert_eq!(invalid(&refused), [("service.control_plane_id", "missing_reference")]);
    assert_eq!(world.post(&at(&flights), json!({})).await.status, 400);

    let made = world.created(&at(&flights), link(&control_plane, &service)).await;
    assert_eq!(made["service"], link(&control_plane, &service)["service"]);
    assert!(made.get("api_id").is_none());
    let mode = world.get(&format!("/v3/apis/{flights}")).await["implementation_mode"].clone();
    assert_eq!(mode, "gateway_entity_binding");
    for api in [&flights, &bookings] {
        assert_eq!(world.post(&at(api), link(&control_plane, &service)).await.status, 409);
    }

    let listed = world.get(&format!("/v3/api-implementations?filter[service_id][eq]={service}")).await;
    assert_eq!(each(&listed, "api_id"), [&flights]);
    assert_eq!(world.delete(&format!("{}/{}", at(&flights), id(&made))).await, 204);
    assert_eq!(world.get(&format!("/v3/apis/{flights}")).await["implementation_mode"], Value::Null);
}

#[tokio::test]
async fn a_control_plane_may_implement_several_apis() {
    let world = World::new().await;
    let control_plane = world.control_plane("dev").await;
    for name in ["flights", "bookings"] {
        let path = format!("/v3/apis/{}/implementations", world.api(name).await);
        let body = json!({ "control_plane": { "control_plane_id": control_plane } });
        let made = world.created(&path, body).await;
        assert_eq!(made["control_plane"]["control_plane_id"], json!(control_plane));
        assert_eq!(world.get(&format!("{path}/{}", id(&made))).await, made);
    }
    assert_eq!(world.total("/v3/api-implementations").await, 2);
}

#[tokio::test]
async fn deleting_an_api_or_a_control_plane_takes_along_what_depends_on_it() {
    let world = World::new().await;
    let (api, portal) = (world.api("flights").await, world.portal("dev").await);
    let control_plane = world.control_plane("dev").await;
    let service = world.service(&control_plane, "flights").await;
    let link = json!({ "service": { "control_plane_id": control_plane, "id": service } });
    world.created(&format!("/v3/apis/{api}/implementations"), link.clone()).await;
    world.created(&format!("/v3/apis/{api}/versions"), json!({ "spec": { "content": SPEC } })).await;
    world.put(&format!("/v3/apis/{api}/publications/{portal}"), json!({})).await;

    assert_eq!(world.delete(&format!("/v3/apis/{api}")).await, 204);
    assert_eq!(world.total("/v3/api-publications").await, 0);
    assert_eq!(world.total("/v3/api-implementations").await, 0);
    assert_eq!(world.delete(&format!("/v3/portals/{portal}")).await, 204);

    let again = world.api("flights").await;
    world.created(&format!("/v3/apis/{again}/implementations"), link).await;
    assert_eq!(world.delete(&format!("/v2/control-planes/{control_plane}")).await, 204);
    assert_eq!(world.total("/v3/api-implementations").await, 0);
    assert_eq!(world.try_get(&services(&control_plane)).await.status, 404);
}
