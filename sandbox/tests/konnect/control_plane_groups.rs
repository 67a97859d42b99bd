//! Groups of control planes.

use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

async fn group(world: &World) -> String {
    let body = json!({ "name": "group", "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE_GROUP" });
    format!("/v2/control-planes/{}", id(&world.created("/v2/control-planes", body).await))
}

fn members(ids: &[&str]) -> Value {
    json!({ "members": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_new_group_has_no_members_and_no_conflicts() {
    let world = World::new().await;
    let group = group(&world).await;
    let none = json!({ "data": [], "meta": { "page": { "next": null, "size": 10, "total": 0 } } });
    assert_eq!(world.get(&format!("{group}/group-memberships")).await, none);
    let status = world.get(&format!("{group}/group-status")).await;
    assert_eq!((&status["item"]["state"], &status["item"]["conflicts"]), (&json!("OK"), &json!([])));
}

#[tokio::test]
async fn members_are_added_once_listed_by_cursor_and_removed() {
    let world = World::new().await;
    let group = group(&world).await;
    let (one, two) = (world.control_plane("one").await, world.control_plane("two").await);
    let path = format!("{group}/group-memberships");
    assert_eq!(world.post(&format!("{path}/add"), members(&[&two])).await.status, 204);
    assert_eq!(world.put(&path, members(&[&one, &two, &two])).await.status, 204);
    let first = world.get(&format!("{path}?page[size]=1")).await;
    assert_eq!(each(&first, "name"), ["one"]);
    let next = first["meta"]["page"]["next"].as_str().unwrap();
    assert_eq!(each(&world.get(&format!("/v2{next}")).await, "name"), ["two"]);
    assert_eq!(world.get(&format!("/v2/control-planes/{one}/group-member-status")).await, json!({ "is_member": true }));
    assert_eq!(world.post(&format!("{path}/remove"), members(&[&one])).await.status, 204);
    assert_eq!(
        world.get(&format!("/v2/control-planes/{one}/group-member-status")).await,
        json!({ "is_member": false })
    );
    world.delete(&format!("/v2/control-planes/{two}")).await;
    assert!(each(&world.get(&path).await, "name").is_empty());
}

#[tokio::test]
async fn only_control_planes_that_are_no_groups_can_be_members_of_a_group() {
    let world = World::new().await;
    let group = group(&world).await;
    let plain = world.control_plane("plain").await;
    let of_plain = format!("/v2/control-planes/{plain}/group-memberships");
    assert_eq!(invalid(&world.try_get(&of_plain).await), [("controlPlaneId", "invalid")]);
    let itself = group.rsplit('/').next().unwrap();
    let path = format!("{group}/group-memberships");
    assert_eq!(invalid(&world.put(&path, members(&[itself])).await), [("members", "invalid")]);
    assert_eq!(invalid(&world.put(&path, members(&[NOWHERE])).await), [("members", "missing_reference")]);
    let removed = world.post(&format!("{path}/remove"), members(&[&plain])).await;
    assert_eq!(invalid(&removed), [("members", "missing_reference")]);
}

#[tokio::test]
async fn members_with_services_of_the_same_name_conflict() {
    let world = World::new().await;
    let group = group(&world).await;
    let (one, two) = (world.control_plane("one").await, world.control_plane("two").await);
    world.service(&one, "flights").await;
    let second = world.service(&two, "flights").await;
    world.put(&format!("{group}/group-memberships"), members(&[&one, &two])).await;
    let status = world.get(&format!("{group}/group-status")).await;
    assert_eq!(status["item"]["state"], "CONFLICT");
    let conflict = &status["item"]["conflicts"][0];
    assert_eq!((&conflict["cluster_id"], &conflict["resource"]["id"]), (&json!(two), &json!(second)));
}
