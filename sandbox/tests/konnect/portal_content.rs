//! Contents of portals: pages, snippets, customization, teams and developers.

use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

async fn portal(world: &World) -> String {
    format!("/v3/portals/{}", world.portal("dev").await)
}

#[tokio::test]
async fn a_new_portal_holds_nothing() {
    let world = World::new().await;
    let portal = portal(&world).await;
    assert_eq!(world.get(&format!("{portal}/pages")).await, json!({ "data": [] }));
    for list in ["snippets", "teams", "developers"] {
        assert_eq!(world.total(&format!("{portal}/{list}")).await, 0, "{list}");
    }
}

#[tokio::test]
async fn a_page_takes_its_defaults_from_the_portal_and_its_front_matter() {
    let world = World::new().await;
    let pages = format!("{}/pages", portal(&world).await);
    let content = "---\ntitle: From the matter\ndescription: About\n---\nText";
    let page = world.created(&pages, json!({ "slug": "/guide", "content": content, "title": "Sent" })).await;
    let shown = json!([page["title"], page["description"], page["visibility"], page["status"]]);
    assert_eq!(shown, json!(["From the matter", "About", "private", "unpublished"]));
    let path = format!("{pages}/{}", id(&page));
    let changed = world.patch(&path, json!({ "status": "published" })).await.body;
    assert_eq!((&changed["status"], &changed["content"]), (&json!("published"), &json!(content)));
    assert_eq!(world.get(&path).await, changed);
    let taken = world.post(&pages, json!({ "slug": "/guide", "content": "" })).await;
    assert_eq!(invalid(&taken), [("slug", "invalid")]);
}

#[tokio::test]
async fn pages_are_moved_and_deleted_with_what_is_below_them() {
    let world = World::new().await;
    let pages = format!("{}/pages", portal(&world).await);
    let top = id(&world.created(&pages, json!({ "slug": "top", "content": "" })).await);
    let other = id(&world.created(&pages, json!({ "slug": "other", "content": "" })).await);
    assert_eq!(world.post(&format!("{pages}/{other}/move"), json!({ "parent_page_id": top })).await.status, 201);
    assert_eq!(world.get(&pages).await["data"][0]["children"][0]["slug"], "other");
    let below_itself = world.post(&format!("{pages}/{top}/move"), json!({ "parent_page_id": other })).await;
    assert_eq!(invalid(&below_itself), [("parent_page_id", "invalid")]);
    assert_eq!(world.delete(&format!("{pages}/{top}")).await, 204);
    assert_eq!(world.get(&pages).await, json!({ "data": [] }));
}

#[tokio::test]
async fn snippets_are_created_changed_listed_without_content_and_deleted() {
    let world = World::new().await;
    let snippets = format!("{}/snippets", portal(&world).await);
    let snippet = world.created(&snippets, json!({ "name": "footer", "content": "# Footer" })).await;
    assert_eq!(snippet["title"], "Footer");
    let path = format!("{snippets}/{}", id(&snippet));
    let listed = world.get(&snippets).await;
    assert_eq!((each(&listed, "name"), listed["data"][0].get("content")), (vec!["footer"], None));
    assert_eq!(
        invalid(&world.post(&snippets, json!({ "name": "footer", "content": "" })).await),
        [("name", "invalid")]
    );
    assert_eq!(world.patch(&path, json!({ "content": "New" })).await.body["content"], "New");
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.try_get(&path).await.status, 404);
}

#[tokio::test]
async fn a_customization_is_merged_by_patch_and_replaced_by_put() {
    let world = World::new().await;
    let path = format!("{}/customization", portal(&world).await);
    let initial = world.get(&path).await;
    assert_eq!((&initial["spec_renderer"]["try_it_ui"], &initial["css"]), (&json!(true), &Value::Null));
    let theme = json!({ "theme": { "mode": "dark", "colors": { "primary": "#123" } } });
    world.patch(&path, theme).await;
    let merged = world.patch(&path, json!({ "theme": { "mode": "light" }, "robots": "User-agent: *" })).await.body;
    assert_eq!(merged["theme"], json!({ "mode": "light", "colors": { "primary": "#123" } }));
    assert_eq!(world.get(&path).await, merged);
    let replaced = world.put(&path, json!({ "layout": "wide" })).await;
    let mut expected = initial.clone();
    expected["layout"] = json!("wide");
    assert_eq!((replaced.status, replaced.body), (200, expected));
    let refused = world.patch(&path, json!({ "theme": { "colors": { "primary": "#12345" } } })).await;
    assert_eq!(invalid(&refused), [("theme.colors.primary", "matches_regex")]);
}

#[tokio::test]
async fn developers_are_filtered_and_sorted_by_their_names_and_by_nothing_undocumented() {
    let world = World::new().await;
    let portal = format!("/v3/portals/{}", world.portal("dev").await);
    let developers = format!("{portal}/developers");
    for (email, name) in [("a@example.com", "Zoe"), ("b@example.com", "Ada")] {
        world.created(&developers, json!({ "email": email, "full_name": name })).await;
    }
    assert_eq!(each(&world.get(&format!("{developers}?sort=name")).await, "full_name"), ["Ada", "Zoe"]);
    assert_eq!(each(&world.get(&format!("{developers}?sort=email")).await, "full_name"), ["Zoe", "Ada"]);
    let found = world.get(&format!("{developers}?filter[name][contains]=d")).await;
    assert_eq!((each(&found, "full_name"), found["data"][0].get("name")), (vec!["Ada"], None));
    let refused = world.try_get(&format!("{developers}?sort=id")).await;
    assert_eq!(invalid(&refused), [("sort", "enum")]);
    let refused = world.try_get(&format!("{portal}/teams?sort=name")).await;
    assert_eq!(invalid(&refused), [("sort", "unknown_property")]);
}

#[tokio::test]
async fn developers_are_approved_as_the_portal_says_and_join_its_teams() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let developers = format!("{portal}/developers");
    let body = json!({ "email": "dev@example.com", "full_name": "Dev" });
    let developer = world.created(&developers, body.clone()).await;
    assert_eq!(developer["status"], "pending");
    assert_eq!(world.post(&developers, body).await.status, 409);
    let path = format!("{developers}/{}", id(&developer));
    assert_eq!(world.patch(&path, json!({ "status": "approved" })).await.body["status"], "approved");
    world.patch(&portal, json!({ "auto_approve_developers": true })).await;
    let second = json!({ "email": "second@example.com", "full_name": "Second" });
    assert_eq!(world.created(&developers, second).await["status"], "approved");
    let team = world.created(&format!("{portal}/teams"), json!({ "name": "Partners" })).await;
    assert_eq!(team["can_own_applications"], false);
    let members = format!("{portal}/teams/{}/developers", id(&team));
    assert_eq!(world.post(&members, json!({ "id": id(&developer) })).await.status, 201);
    assert_eq!(world.post(&members, json!({ "id": id(&developer) })).await.status, 409);
    assert_eq!(world.get(&members).await["data"][0]["active"], true);
    assert_eq!(each(&world.get(&format!("{path}/teams")).await, "name"), ["Partners"]);
    let other = format!("/v3/portals/{}", world.portal("other").await);
    let stranger =
        id(&world.created(&format!("{other}/developers"), json!({ "email": "a@b.c", "full_name": "A" })).await);
    assert_eq!(world.post(&members, json!({ "id": stranger })).await.status, 404);
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.total(&members).await, 0);
}

#[tokio::test]
async fn roles_of_a_portals_team_are_assigned_once_and_go_with_the_portal() {
    let world = World::new().await;
    let portal = portal(&world).await;
    let team = id(&world.created(&format!("{portal}/teams"), json!({ "name": "Partners" })).await);
    let roles = format!("{portal}/teams/{team}/assigned-roles");
    let role = json!({
        "role_name": "API Viewer",
        "entity_id": NOWHERE,
        "entity_type_name": "Services",
        "entity_region": "us",
    });
    let assigned = world.created(&roles, role.clone()).await;
    assert_eq!(world.post(&roles, role).await.status, 409);
    assert_eq!(each(&world.get(&roles).await, "role_name"), ["API Viewer"]);
    assert_eq!(world.delete(&format!("{roles}/{}", id(&assigned))).await, 204);
    assert_eq!(world.total(&roles).await, 0);
    assert_eq!(world.delete(&portal).await, 204);
    assert_eq!(world.try_get(&roles).await.status, 404);
    assert_eq!(world.get("/v3/portal-roles").await["services"]["roles"]["apiviewer"]["name"], "API Viewer");
}
