//! System accounts, access tokens, and the rest of identity.

use http::Method;
use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

const ACCOUNTS: &str = "/v3/system-accounts";

async fn account(world: &World, name: &str) -> String {
    id(&world.created(ACCOUNTS, json!({ "name": name, "description": "" })).await)
}

#[tokio::test]
async fn there_are_no_system_accounts_at_first() {
    let world = World::new().await;
    assert_eq!(world.total(ACCOUNTS).await, 0);
}

#[tokio::test]
async fn system_accounts_have_names_of_their_own() {
    let world = World::new().await;
    let created = world.created(ACCOUNTS, json!({ "name": "ci", "description": "Pipelines" })).await;
    assert_eq!(created["konnect_managed"], false);
    let path = format!("{ACCOUNTS}/{}", id(&created));
    assert_eq!(world.post(ACCOUNTS, json!({ "name": "ci", "description": "" })).await.status, 409);
    account(&world, "cd").await;
    assert_eq!(world.patch(&path, json!({ "name": "cd" })).await.status, 409);
    let changed = world.patch(&path, json!({ "description": "All pipelines" })).await.body;
    assert_eq!((&changed["name"], &changed["description"]), (&json!("ci"), &json!("All pipelines")));
    assert_eq!(each(&world.get(&format!("{ACCOUNTS}?filter[name][contains]=d")).await, "name"), ["cd"]);
    assert_eq!(invalid(&world.post(ACCOUNTS, json!({ "name": "x" })).await), [("description", "required")]);
}

#[tokio::test]
async fn a_token_opens_the_organization_until_it_is_deleted_and_is_shown_once() {
    let world = World::new().await;
    let tokens = format!("{ACCOUNTS}/{}/access-tokens", account(&world, "ci").await);
    let body = json!({ "name": "one", "expires_at": "2999-01-01T00:00:00Z" });
    let mut created = world.created(&tokens, body.clone()).await;
    let secret = created.as_object_mut().unwrap().remove("token").unwrap();
    let secret = secret.as_str().unwrap();
    let path = format!("{tokens}/{}", id(&created));
    assert_eq!(world.get(&path).await, created);
    assert_eq!(world.post(&tokens, body).await.status, 409);
    let ask = async |path| world.send(secret, Method::GET, "global", path, None).await;
    assert_eq!(ask("/v3/organizations/me").await.body["name"], "one");
    let world_file = std::fs::read(world.directory.join("konnect.redb")).unwrap();
    assert!(!world_file.windows(secret.len()).any(|window| window == secret.as_bytes()));
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(ask("/v3/organizations/me").await.status, 401);
}

#[tokio::test]
async fn a_token_that_has_expired_opens_nothing() {
    let world = World::new().await;
    let tokens = format!("{ACCOUNTS}/{}/access-tokens", account(&world, "ci").await);
    let created = world.created(&tokens, json!({ "name": "old", "expires_at": "2001-01-01T00:00:00Z" })).await;
    let secret = created["token"].as_str().unwrap();
    assert_eq!(world.send(secret, Method::GET, "us", "/v3/apis", None).await.status, 401);
    let refused = world.post(&tokens, json!({ "name": "x", "expires_at": "soon" })).await;
    assert_eq!(invalid(&refused), [("expires_at", "is_date_time")]);
}

#[tokio::test]
async fn deleting_a_system_account_takes_its_tokens_roles_and_memberships_along() {
    let world = World::new().await;
    let account_id = account(&world, "ci").await;
    let (path, team) = (format!("{ACCOUNTS}/{account_id}"), world.team("flights").await);
    let body = json!({ "name": "one", "expires_at": "2999-01-01T00:00:00Z" });
    let token = world.created(&format!("{path}/access-tokens"), body).await;
    let members = format!("/v3/teams/{team}/system-accounts");
    assert_eq!(world.post(&members, json!({ "id": account_id })).await.status, 201);
    assert_eq!(world.post(&members, json!({ "id": account_id })).await.status, 409);
    assert_eq!(world.post(&members, json!({ "id": NOWHERE })).await.status, 404);
    assert_eq!(each(&world.get(&members).await, "name"), ["ci"]);
    assert_eq!(each(&world.get(&format!("{path}/teams")).await, "name"), ["flights"]);
    let role = json!({
        "role_name": "Admin",
        "entity_id": NOWHERE,
        "entity_type_name": "Control Planes",
        "entity_region": "us",
    });
    let assigned = world.created(&format!("{path}/assigned-roles"), role).await;
    let role_path = format!("{path}/assigned-roles/{}", id(&assigned));
    assert_eq!(world.get(&role_path).await, assigned);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.total(&members).await, 0);
    assert_eq!(world.try_get(&role_path).await.status, 404);
    let opened = world.send(token["token"].as_str().unwrap(), Method::GET, "global", "/v3/teams", None).await;
    assert_eq!(opened.status, 401);
}

#[tokio::test]
async fn a_system_account_leaves_a_team() {
    let world = World::new().await;
    let (account_id, team) = (account(&world, "ci").await, world.team("flights").await);
    let members = format!("/v3/teams/{team}/system-accounts");
    world.post(&members, json!({ "id": account_id })).await;
    assert_eq!(world.delete(&format!("{members}/{account_id}")).await, 204);
    assert_eq!(world.delete(&format!("{members}/{account_id}")).await, 404);
}

#[tokio::test]
async fn a_user_has_at_most_ten_tokens_which_can_be_revoked() {
    let world = World::new().await;
    let me = id(&world.get("/v3/users/me").await);
    let tokens = format!("/v3/users/{me}/access-tokens");
    assert_eq!(world.get(&tokens).await, json!({ "data": [], "meta": { "number": 1, "size": 0, "total": 0 } }));
    let created = world.created(&tokens, json!({ "name": "one", "ttl_seconds": 86_400 })).await;
    let secret = created["konnect_token"].as_str().unwrap();
    assert_eq!((&created["state"], &created["user_id"]), (&json!("ACTIVE"), &json!(me)));
    assert_eq!(world.send(secret, Method::GET, "us", "/v3/apis", None).await.status, 200);
    let revoked = world.ask(Method::PATCH, &format!("{tokens}/{}/revoke", id(&created)), None).await.body;
    assert_eq!((&revoked["state"], &revoked["revoked_by"]), (&json!("REVOKED"), &json!(me)));
    assert_eq!(world.send(secret, Method::GET, "us", "/v3/apis", None).await.status, 401);
    for index in 1..10 {
        world.created(&tokens, json!({ "name": format!("token {index}"), "ttl_seconds": 86_400 })).await;
    }
    assert_eq!(world.post(&tokens, json!({ "name": "too many", "ttl_seconds": 86_400 })).await.status, 409);
    for (body, field, rule) in [
        (json!({ "name": "x y" }), "ttl_seconds", "required"),
        (json!({ "name": "x y", "ttl_seconds": 1 }), "ttl_seconds", "min"),
        (json!({ "name": "-", "ttl_seconds": 86_400 }), "name", "matches_regex"),
    ] {
        assert_eq!(invalid(&world.post(&tokens, body).await), [(field, rule)]);
    }
}

#[tokio::test]
async fn the_predefined_roles_are_listed_by_what_they_are_for() {
    let world = World::new().await;
    let roles = world.get("/v3/roles").await;
    assert_eq!(roles["control_planes"]["roles"]["viewer"]["name"], "Viewer");
    let count = |group: &Value| group["roles"].as_object().unwrap().len();
    let groups = roles.as_object().unwrap();
    assert!(groups.values().all(|group| count(group) > 0), "{roles}");
}
