//! Identity: teams, users and roles.

use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid, uuid};

#[tokio::test]
async fn teams_are_created_read_changed_and_deleted_and_may_share_a_name() {
    let world = World::new().await;
    let team = world.created("/v3/teams", json!({ "name": "flight-data" })).await;
    assert_eq!((&team["description"], &team["system_team"]), (&Value::Null, &json!(false)));
    assert_eq!(team["labels"], json!({}));
    world.team("flight-data").await;
    let path = format!("/v3/teams/{}", id(&team));
    let changed = world.patch(&path, json!({ "description": "Flights" })).await;
    assert_eq!((changed.status, &changed.body["description"]), (200, &json!("Flights")));
    assert_eq!(world.get(&path).await, changed.body);
    assert_eq!(world.total("/v3/teams?filter[name][eq]=flight-data").await, 2);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 404);
}

#[tokio::test]
async fn system_teams_take_members_but_cannot_be_changed_or_deleted() {
    let world = World::new().await;
    let found = world.get("/v3/teams?filter[name][eq]=Portal%20Admin").await;
    let path = format!("/v3/teams/{}", id(&found["data"][0]));
    assert_eq!(invalid(&world.patch(&path, json!({ "name": "x" })).await)[0].0, "teamID");
    assert_eq!(world.delete(&path).await, 400);
    assert_eq!(world.post(&format!("{path}/assigned-roles"), viewer(NOWHERE)).await.status, 400);
    let me = id(&world.get("/v3/users/me").await);
    assert_eq!(world.post(&format!("{path}/users"), json!({ "id": me })).await.status, 201);
}

#[tokio::test]
async fn an_invited_user_is_listed_as_inactive_and_cannot_be_invited_twice() {
    let world = World::new().await;
    let invitation = json!({ "email": "a@example.com" });
    let invited = world.post("/v3/invites", invitation.clone()).await;
    assert_eq!((invited.status, &invited.body), (201, &Value::Null));
    assert_eq!(world.post("/v3/invites", invitation.clone()).await.status, 409);
    let found = world.get("/v3/users?filter[email][eq]=a@example.com").await;
    assert_eq!(found["data"][0]["active"], false);
    let path = format!("/v3/users/{}", id(&found["data"][0]));
    assert_eq!(world.patch(&path, json!({ "full_name": "A Person" })).await.body["full_name"], "A Person");
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.post("/v3/invites", invitation).await.status, 201);
}

#[tokio::test]
async fn members_are_added_once_listed_and_removed() {
    let world = World::new().await;
    let team = world.team("flight-data").await;
    let members = format!("/v3/teams/{team}/users");
    let me = id(&world.get("/v3/users/me").await);
    assert!(each(&world.get(&members).await, "id").is_empty());
    let added = world.post(&members, json!({ "id": me })).await;
    assert_eq!((added.status, &added.body), (201, &Value::Null));
    assert_eq!(world.post(&members, json!({ "id": me })).await.status, 409);
    assert_eq!(world.post(&members, json!({ "id": NOWHERE })).await.status, 404);
    assert_eq!(each(&world.get(&members).await, "id"), [&me]);
    assert!(each(&world.get(&format!("/v3/users/{me}/teams")).await, "id").contains(&team.as_str()));
    assert_eq!(world.delete(&format!("{members}/{me}")).await, 204);
    assert_eq!(world.delete(&format!("{members}/{me}")).await, 404);
}

fn viewer(control_plane: &str) -> Value {
    json!({
        "role_name": "Viewer",
        "entity_id": control_plane,
        "entity_type_name": "Control Planes",
        "entity_region": "us",
    })
}

#[tokio::test]
async fn a_role_is_assigned_once_and_goes_with_its_team() {
    let world = World::new().await;
    let team = format!("/v3/teams/{}", world.team("flight-data").await);
    let roles = format!("{team}/assigned-roles");
    assert_eq!(world.total(&roles).await, 0);
    let assigned = world.created(&roles, viewer(NOWHERE)).await;
    assert_eq!(world.post(&roles, viewer(NOWHERE)).await.status, 409);
    world.created(&roles, viewer(&uuid(1))).await;
    let refused = world.post(&roles, json!({ "role_name": "King" })).await;
    assert!(invalid(&refused).contains(&("role_name", "enum")));
    assert_eq!(world.total(&format!("{roles}?filter[role_name][eq]=Viewer")).await, 2);
    assert_eq!(world.total(&format!("{roles}?filter[role_name][eq]=Admin")).await, 0);
    let path = format!("{roles}/{}", id(&assigned));
    assert_eq!(world.get(&path).await, assigned);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.try_get(&path).await.status, 404);
    assert_eq!(world.delete(&team).await, 204);
    assert_eq!(world.try_get(&roles).await.status, 404);
}

#[tokio::test]
async fn assigned_roles_are_listed_whole_unless_a_page_is_asked_for_as_no_paging_is_documented() {
    let world = World::new().await;
    let roles = format!("/v3/teams/{}/assigned-roles", world.team("flight-data").await);
    for index in 0..12 {
        world.created(&roles, viewer(&uuid(index))).await;
    }
    assert_eq!(each(&world.get(&roles).await, "entity_id").len(), 12);
    let page = world.get(&format!("{roles}?page[size]=5&page[number]=3")).await;
    assert_eq!(each(&page, "entity_id"), [uuid(10), uuid(11)]);
}

#[tokio::test]
async fn roles_of_a_user_are_apart_from_those_of_a_team() {
    let world = World::new().await;
    let me = id(&world.get("/v3/users/me").await);
    let team = world.team("flight-data").await;
    let assigned = world.created(&format!("/v3/users/{me}/assigned-roles"), viewer(NOWHERE)).await;
    assert_eq!(world.total(&format!("/v3/users/{me}/assigned-roles")).await, 1);
    assert_eq!(world.total(&format!("/v3/teams/{team}/assigned-roles")).await, 0);
    let elsewhere = format!("/v3/teams/{team}/assigned-roles/{}", id(&assigned));
    assert_eq!(world.delete(&elsewhere).await, 404);
}
