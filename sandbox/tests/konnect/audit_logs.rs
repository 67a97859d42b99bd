//! The audit log: the changes that requests made.

use serde_json::{Value, json};

use super::world::{World, id};

const LOGS: &str = "/v3/audit-logs";

/// The records of the log of a region, by action and by the end of the resource.
async fn logged(world: &World, query: &str) -> Vec<(String, String)> {
    let listed = world.get(&format!("{LOGS}{query}")).await;
    let text = |record: &Value, name: &str| record[name].as_str().unwrap().to_owned();
    let records = listed["data"].as_array().unwrap().iter();
    records
        .map(|record| (text(record, "action"), text(record, "resource").rsplit(':').next().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn reads_and_refusals_are_not_in_the_log() {
    let world = World::new().await;
    world.get("/v3/teams").await;
    assert_eq!(world.post("/v3/teams", json!({})).await.status, 400);
    let page = json!({ "size": 20, "next": null, "previous": null });
    assert_eq!(world.get(LOGS).await, json!({ "data": [], "meta": { "page": page } }));
}

#[tokio::test]
async fn a_change_is_logged_with_who_when_and_what() {
    let world = World::new().await;
    let team = world.created("/v3/teams", json!({ "name": "a" })).await;
    let path = format!("/v3/teams/{}", id(&team));
    assert_eq!(world.patch(&path, json!({ "description": "b" })).await.status, 200);
    assert_eq!(world.delete(&path).await, 204);
    let resource = format!("teams/{}", id(&team));
    let of = |action: &str| (action.to_owned(), resource.clone());
    assert_eq!(logged(&world, "").await, [of("create"), of("update"), of("delete")]);
    assert_eq!(logged(&world, "?page[size]=1").await, [of("create")]);
    assert_eq!(logged(&world, "?filter[type]=authentication").await, []);
    assert_eq!(logged(&world, "?filter[ts][lte]=2020-01-01T00:00:00Z").await, []);
    let listed = world.get(LOGS).await;
    let (first, me) = (&listed["data"][0], world.get("/v3/users/me").await);
    assert_eq!((&first["principal_id"], &first["granted"]), (&me["id"], &json!(true)));
    assert_eq!(first["uri"], "/v3/teams");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.created("/v3/teams", json!({ "name": name })).await;
    }
    let first = world.get(&format!("{LOGS}?page[size]=2")).await;
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    let next = first["meta"]["page"]["next"].as_str().unwrap();
    let second = world.get(&format!("/v3{next}")).await;
    assert_eq!((second["data"].as_array().unwrap().len(), &second["meta"]["page"]["next"]), (1, &Value::Null));
    assert!(second["meta"]["page"]["previous"].is_string());
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let world = World::new().await;
    for query in ["filter[ts][gte]=yesterday", "filter[type]=other", "page[size]=1001", "page[after]=x"] {
        assert_eq!(world.try_get(&format!("{LOGS}?{query}")).await.status, 400, "{query}");
    }
}
