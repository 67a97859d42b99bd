//! Dashboards.

use http::Method;
use serde_json::{Value, json};

use super::world::{NOWHERE, World, each, id, invalid};

const DASHBOARDS: &str = "/v2/dashboards";

fn tile(query: Value, chart: Value) -> Value {
    json!({
        "type": "chart",
        "layout": { "position": { "col": 0, "row": 0 }, "size": { "cols": 3, "rows": 2 } },
        "definition": { "query": query, "chart": chart },
    })
}

fn dashboard(name: &str, tiles: Vec<Value>) -> Value {
    json!({ "name": name, "definition": { "tiles": tiles } })
}

#[tokio::test]
async fn a_dashboard_is_created_with_defaults_read_replaced_and_deleted() {
    let world = World::new().await;
    let bars = json!({ "type": "vertical_bar", "stacked": true, "chart_title": "Requests" });
    let created =
        world.created(DASHBOARDS, dashboard("Usage", vec![tile(json!({ "datasource": "api_usage" }), bars)])).await;
    assert_eq!(created["created_by"], world.get("/v3/users/me").await["id"]);
    assert_eq!(created["labels"], json!({}));
    let query = json!({
        "datasource": "api_usage",
        "metrics": ["request_count"],
        "time_range": { "type": "relative", "time_range": "1h", "tz": "Etc/UTC" },
    });
    assert_eq!(created["definition"]["tiles"][0]["definition"]["query"], query);
    let path = format!("{DASHBOARDS}/{}", id(&created));
    assert_eq!(world.get(&path).await, created);
    let same = world.put(&path, json!({ "name": "Usage", "definition": created["definition"] })).await;
    assert_eq!((same.status, same.body), (200, created.clone()));
    let replaced = world.put(&path, dashboard("Nothing", vec![])).await.body;
    assert_eq!((&replaced["name"], &replaced["definition"]), (&json!("Nothing"), &json!({ "tiles": [] })));
    assert_eq!((&replaced["id"], &replaced["created_at"]), (&created["id"], &created["created_at"]));
    assert_eq!(world.delete(&path).await, 204);
    assert_eq!(world.delete(&path).await, 404);
}

#[tokio::test]
async fn a_query_may_have_a_limit_of_up_to_a_thousand_results() {
    let world = World::new().await;
    let chart = json!({ "type": "vertical_bar" });
    let body = |limit: u32| {
        let query = json!({ "datasource": "api_usage", "dimensions": ["route"], "limit": limit });
        dashboard("Usage", vec![tile(query, chart.clone())])
    };
    let made = world.created(DASHBOARDS, body(1000)).await;
    assert_eq!(made["definition"]["tiles"][0]["definition"]["query"]["limit"], 1000);
    for limit in [0, 1001] {
        assert_eq!(world.post(DASHBOARDS, body(limit)).await.status, 400, "{limit}");
    }
}

#[tokio::test]
async fn dashboards_may_share_a_name_and_belong_to_a_region() {
    let world = World::new().await;
    let body = json!({ "name": "Usage", "definition": { "tiles": [] }, "labels": { "env": "dev" } });
    world.created(DASHBOARDS, body.clone()).await;
    world.created(DASHBOARDS, body).await;
    world.created(DASHBOARDS, dashboard("Other", vec![])).await;
    for (query, names) in [
        ("filter[name]=Usage&page[size]=1", vec!["Usage"]),
        ("filter[labels.env]=dev", vec!["Usage", "Usage"]),
        ("filter[name][contains]=th", vec!["Other"]),
        ("sort=name", vec!["Other", "Usage", "Usage"]),
    ] {
        assert_eq!(each(&world.get(&format!("{DASHBOARDS}?{query}")).await, "name"), names, "{query}");
    }
    let elsewhere = world.send("token-one", Method::GET, "eu", DASHBOARDS, None).await;
    assert_eq!(elsewhere.body["meta"]["page"]["total"], 0);
}

#[tokio::test]
async fn queries_charts_and_filters_are_held_against_their_kind() {
    let world = World::new().await;
    let donut = json!({ "type": "donut" });
    let usage = |field: &str, value: Value| json!({ "datasource": "api_usage", field: value });
    let filter = |filter: Value| usage("filters", json!([filter]));
    let prefix = "definition.tiles.0.definition";
    for (query, chart, field, rule) in [
        (json!({ "datasource": "weather" }), donut.clone(), "query.datasource", "enum"),
        (usage("dimensions", json!(["api", "route", "time"])), donut.clone(), "query.dimensions", "max_items"),
        (usage("metrics", json!(["cost"])), donut.clone(), "query.metrics.0", "enum"),
        (usage("time_range", json!({ "type": "relative" })), donut.clone(), "query.time_range.time_range", "required"),
        (usage("granularity", json!("yearly")), donut.clone(), "query.granularity", "enum"),
        (
            usage("time_range", json!({ "type": "absolute", "start": "today" })),
            donut.clone(),
            "query.time_range.start",
            "is_date_time",
        ),
        (
            filter(json!({ "field": "api", "operator": "in", "value": ["x"] })),
            donut.clone(),
            "query.filters.0.value.0",
            "min_length",
        ),
        (filter(json!({ "field": "api", "operator": "in" })), donut.clone(), "query.filters.0.value", "required"),
        (filter(json!({ "field": "ai_plugin", "operator": "empty" })), donut.clone(), "query.filters.0.field", "enum"),
        (
            filter(json!({ "field": "status_code_grouped", "operator": "in", "value": ["abc"] })),
            donut.clone(),
            "query.filters.0.value.0",
            "matches_regex",
        ),
        (usage("metrics", json!([])), json!({ "type": "donut", "stacked": true }), "chart.stacked", "unknown_property"),
        (usage("metrics", json!([])), json!({ "type": "pie" }), "chart.type", "enum"),
    ] {
        let answer = world.post(DASHBOARDS, dashboard("Usage", vec![tile(query.clone(), chart)])).await;
        assert_eq!(invalid(&answer)[0], (format!("{prefix}.{field}").as_str(), rule), "{query}");
    }
    let good = json!({
        "datasource": "llm_usage",
        "filters": [
            { "field": "ai_plugin", "operator": "empty" },
            { "field": "route", "operator": "not_in", "value": [format!("{NOWHERE}:{NOWHERE}")] },
            { "field": "status_code", "operator": "in", "value": [404] },
        ],
        "time_range": { "type": "absolute", "start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z" },
    });
    let number = json!({ "type": "single_value", "decimal_points": 1.5 });
    world.created(DASHBOARDS, dashboard("Models", vec![tile(good, number)])).await;
}
