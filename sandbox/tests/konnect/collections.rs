//! The common behaviour of all collections.

use serde_json::{Map, Value, json};

use super::world::{NOWHERE, World, answer, each, id, invalid};

#[tokio::test]
async fn lists_come_in_order_of_creation_page_by_page() {
    let world = World::new().await;
    for name in ["e", "d", "c", "b", "a"] {
        world.api(name).await;
    }
    let first = world.get("/v3/apis?page[size]=2").await;
    assert_eq!(each(&first, "name"), ["e", "d"]);
    assert_eq!(first["meta"]["page"], json!({ "number": 1, "size": 2, "total": 5 }));
    let last = world.get("/v3/apis?page%5Bsize%5D=2&page%5Bnumber%5D=3").await;
    assert_eq!(each(&last, "name"), ["a"]);
    assert!(each(&world.get("/v3/apis?page[number]=9").await, "name").is_empty());
}

#[tokio::test]
async fn a_page_that_is_no_number_or_too_large_is_refused() {
    let world = World::new().await;
    for (field, value, rule) in
        [("page[size]", "x", "is_number"), ("page[size]", "101", "max"), ("page[number]", "0", "min")]
    {
        let answer = world.try_get(&format!("/v3/apis?{field}={value}")).await;
        assert_eq!(invalid(&answer), [(field, rule)]);
        assert_eq!(answer.body["invalid_parameters"][0]["source"], "query");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_sorted_as_documented() {
    let world = World::new().await;
    for (name, version, team) in [("flights", "2", "x"), ("flights", "1", "y"), ("bookings", "1", "x")] {
        let body = json!({ "name": name, "version": version, "labels": { "team-name": team } });
        world.created("/v3/apis", body).await;
    }
    for (query, versions) in [
        ("filter[name][eq]=flights", vec!["2", "1"]),
        ("filter%5Bname%5D%5Beq%5D=flights", vec!["2", "1"]),
        ("filter[name]=bookings", vec!["1"]),
        ("filter[name][contains]=ight&filter[version][neq]=2", vec!["1"]),
        ("filter[labels.team-name]=x", vec!["2", "1"]),
        ("filter[labels.team-name][neq]=x", vec!["1"]),
        ("filter[name][oeq]=flights,bookings&sort=version", vec!["1", "1", "2"]),
        ("sort=name,version%20desc", vec!["1", "2", "1"]),
    ] {
        assert_eq!(each(&world.get(&format!("/v3/apis?{query}")).await, "version"), versions, "{query}");
    }
    let refused = world.try_get("/v3/apis?filter[nope]=1").await;
    assert_eq!(invalid(&refused), [("filter[nope]", "unknown_property")]);
    let refused = world.try_get("/v3/apis?sort=slug").await;
    let choices = &refused.body["invalid_parameters"][0]["choices"];
    assert_eq!(*choices, json!(["name", "version", "created_at", "updated_at"]));
}

#[tokio::test]
async fn a_body_that_breaks_several_rules_gets_all_of_them() {
    let world = World::new().await;
    let answer = world.post("/v3/apis", json!({ "nmae": "x", "version": "", "id": NOWHERE })).await;
    assert_eq!(answer.kind, "application/problem+json");
    let mut rules = invalid(&answer);
    rules.sort_unstable();
    let expected = [("id", "invalid"), ("name", "required"), ("nmae", "unknown_property"), ("version", "min_length")];
    assert_eq!(rules, expected);
}

#[tokio::test]
async fn each_kind_of_field_is_checked() {
    let world = World::new().await;
    let urls = json!([{}, {}, {}, {}, {}, {}]);
    let rbac = json!({ "name": "x", "rbac_enabled": true, "authentication_enabled": false });
    let strategy = json!({ "name": "x", "default_application_auth_strategy_id": "1" });
    for (path, body, field, rule) in [
        ("/v2/control-planes", json!({ "name": "a" }), "name", "min_length"),
        ("/v2/control-planes", json!({ "name": "ab", "cluster_type": "X" }), "cluster_type", "enum"),
        ("/v2/control-planes", json!({ "name": "ab", "cloud_gateway": "no" }), "cloud_gateway", "is_boolean"),
        ("/v2/control-planes", json!({ "name": 1 }), "name", "is_string"),
        ("/v2/control-planes", json!({ "name": "ab", "proxy_urls": urls }), "proxy_urls", "max_items"),
        ("/v3/portals", json!({ "name": "x".repeat(256) }), "name", "max_length"),
        ("/v3/portals", rbac, "rbac_enabled", "dependent_fields"),
        ("/v3/portals", strategy, "default_application_auth_strategy_id", "is_uuid"),
        ("/v3/apis", json!({ "name": "x", "slug": "a b" }), "slug", "matches_regex"),
        ("/v3/apis", json!({ "name": "x", "labels": [] }), "labels", "is_object"),
        ("/v3/apis", json!({ "name": "x", "attributes": { "Env": ["a"] } }), "attributes.Env", "invalid"),
        ("/v3/invites", json!({ "email": "nobody" }), "email", "invalid"),
        ("/v3/teams", json!({ "name": "x", "description": "" }), "description", "min_length"),
    ] {
        let answer = world.post(path, body.clone()).await;
        assert_eq!(invalid(&answer)[0], (field, rule), "{path} {body}");
    }
}

#[tokio::test]
async fn labels_follow_konnects_rules() {
    let world = World::new().await;
    let good = json!({ "ko-konnect-orchestrator": "true", "env-name": "dev.1_a-b" });
    assert_eq!(world.created("/v3/apis", json!({ "name": "good", "labels": good })).await["labels"], good);
    let long = "x".repeat(64);
    for labels in [
        json!({ "kong-x": "a" }),
        json!({ "konnect": "a" }),
        json!({ "mesh.x": "a" }),
        json!({ "kic": "a" }),
        json!({ "_x": "a" }),
        json!({ "a b": "a" }),
        json!({ "": "a" }),
        json!({ &long: "a" }),
        json!({ "a": "" }),
        json!({ "a": "-a" }),
        json!({ "a": "a b" }),
        json!({ "a": long }),
        json!({ "a": null }),
    ] {
        for path in ["/v3/apis", "/v2/control-planes", "/v3/teams"] {
            let answer = world.post(path, json!({ "name": "bad", "labels": labels })).await;
            assert_eq!(invalid(&answer)[0].1, "is_label", "{path} {labels}");
        }
    }
    let many: Map<String, Value> = (0..51).map(|index| (format!("a{index}"), json!("b"))).collect();
    let answer = world.post("/v3/apis", json!({ "name": "bad", "labels": many })).await;
    assert_eq!(invalid(&answer), [("labels", "max_items")]);
}

#[tokio::test]
async fn a_change_that_changes_nothing_keeps_the_time_of_the_last_one() {
    let world = World::new().await;
    let created = world.created("/v3/apis", json!({ "name": "flights", "labels": { "env": "dev" } })).await;
    let path = format!("/v3/apis/{}", id(&created));
    let same = world.patch(&path, json!({ "name": "flights", "labels": { "env": "dev" } })).await.body;
    assert_eq!(same["updated_at"], created["updated_at"]);
    let changed = world.patch(&path, json!({ "description": "New" })).await.body;
    assert_ne!(changed["updated_at"], created["updated_at"]);
    assert_eq!(changed["created_at"], created["created_at"]);
}

#[tokio::test]
async fn patched_labels_are_merged_where_null_is_allowed_and_replaced_where_it_is_not() {
    let world = World::new().await;
    let labelled = json!({ "name": "ab", "labels": { "env": "dev", "tier": "1" } });
    for path in ["/v3/apis", "/v3/portals", "/v3/teams"] {
        let item = format!("{path}/{}", id(&world.created(path, labelled.clone()).await));
        let patched = world.patch(&item, json!({ "labels": { "tier": null, "new": "2" } })).await.body;
        assert_eq!(patched["labels"], json!({ "env": "dev", "new": "2" }), "{path}");
        let cleared = world.patch(&item, json!({ "labels": null })).await.body;
        assert_eq!(cleared["labels"], json!({}), "{path}");
    }
    let item = format!("/v2/control-planes/{}", id(&world.created("/v2/control-planes", labelled).await));
    let patched = world.patch(&item, json!({ "labels": { "new": "2" } })).await.body;
    assert_eq!(patched["labels"], json!({ "new": "2" }));
    assert_eq!(world.patch(&item, json!({ "labels": { "new": null } })).await.status, 400);
}

#[tokio::test]
async fn ids_that_are_no_uuids_are_refused_as_each_document_says() {
    let world = World::new().await;
    assert_eq!(invalid(&world.try_get("/v2/control-planes/x").await), [("controlPlaneId", "is_uuid")]);
    for path in ["/v3/teams/x", "/v3/apis/x", "/v3/portals/x"] {
        assert_eq!(world.try_get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_twice_in_the_same_way_is_said_once() {
    let world = World::new().await;
    let answer = world.try_get("/v3/apis?filter[nope]=a&filter[name][no]=b&filter[nope]=a").await;
    let (nope, name) = (("filter[nope]", "unknown_property"), ("filter[name][no]", "unknown_property"));
    assert_eq!(invalid(&answer), [nope, name]);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_and_its_declared_type_where_the_document_says_so() {
    let world = World::new().await;
    let send = async |region: &str, path: &str, kind: &'static str, body: &'static str| {
        let request = world.client.post(world.url(region, path)).bearer_auth("token-one");
        answer(request.header("content-type", kind).body(body).send().await.unwrap()).await
    };
    let broken = send("us", "/v3/apis", "application/json", "{").await;
    assert_eq!(invalid(&broken), [("body", "invalid")]);
    let list = send("global", "/v3/teams", "application/json", "[]").await;
    assert_eq!(invalid(&list), [("body", "is_object")]);
    assert_eq!(send("us", "/v3/apis", "text/plain", "{}").await.status, 415);
    assert_eq!(invalid(&send("us", "/v3/portals", "text/plain", "{}").await), [("name", "required")]);
}

#[tokio::test]
async fn a_filter_without_an_operator_is_one_for_equal_values() {
    let world = World::new().await;
    let (team, other) = (world.team("flights").await, world.team("bookings").await);
    let control_plane = world.control_plane("dev").await;
    for entity in [&control_plane, "*"] {
        let role = json!({
            "role_name": "Viewer", "entity_id": entity, "entity_type_name": "Control Planes", "entity_region": "us",
        });
        world.created(&format!("/v3/teams/{team}/assigned-roles"), role).await;
    }
    let roles = format!("/v3/teams/{team}/assigned-roles");
    world.control_plane("prd").await;
    world.api("flights").await;
    for (path, found) in [
        ("/v3/teams?filter[name]=flights".to_owned(), 1),
        (format!("{roles}?filter[role_name]=Viewer"), 2),
        (format!("{roles}?filter[role_name]=Admin"), 0),
        (format!("/v2/control-planes?filter[id]={control_plane}"), 1),
        (format!("/v3/api-implementations?filter[api_id]={other}"), 0),
        ("/v3/apis?filter[name]=flights".to_owned(), 1),
        ("/v3/users?filter[email]=nobody@example.com".to_owned(), 0),
        ("/v3/identity-providers?filter[type]=oidc".to_owned(), 0),
    ] {
        let answer = world.get(&path).await;
        let list = if answer.is_array() { &answer } else { &answer["data"] };
        assert_eq!(list.as_array().unwrap().len(), found, "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_filter_by_a_key_alone_is_one_for_its_existence() {
    let world = World::new().await;
    for (name, labels) in [("a", json!({ "env": "dev" })), ("b", json!({}))] {
        world.created("/v3/apis", json!({ "name": name, "labels": labels })).await;
    }
    assert_eq!(each(&world.get("/v3/apis?filter[labels.env]").await, "name"), ["a"]);
    assert_eq!(each(&world.get("/v3/apis?filter[labels.env]=dev").await, "name"), ["a"]);
    assert!(each(&world.get("/v3/apis?filter[labels.team]").await, "name").is_empty());
}
