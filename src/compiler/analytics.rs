//! Two dashboards of API usage in every region that the organization has an environment in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::scope::{MANAGED, Output, Scope};
use crate::konnect::resources::dashboard::{DEFINITION, Dashboard, LABELS, NAME, NOT_IN, REGION};
use crate::manifest::model::Region;
use engine::Desired;

pub(super) fn compile(scope: &Scope<'_>, out: &mut Output) {
    if !scope.organization.enable_custom_reports {
        return;
    }
    let regions: BTreeSet<Region> =
        scope.organization.environments.values().map(|environment| environment.region).collect();
    for region in regions.into_iter().filter(|region| has_dashboards(*region)) {
        out.push(dashboard(scope, region, "api-usage", "API Usage (last 30 days)", &usage("api", "API")));
        let by_application = usage("application", "application");
        let name = "API Usage by Application (last 30 days)";
        out.push(dashboard(scope, region, "api-usage-by-application", name, &by_application));
    }
}

fn has_dashboards(region: Region) -> bool {
    !NOT_IN.contains(&region.as_str())
}

fn dashboard(scope: &Scope<'_>, region: Region, key: &str, name: &str, definition: &Value) -> Desired<Dashboard> {
    Desired::of(scope.name, &format!("{region}/{key}"))
        .with(REGION, region.as_str())
        .with(NAME, name)
        .with(DEFINITION, format!("{definition:#}\n"))
        .with(LABELS, json!({ MANAGED: "true" }))
}

/// Requests, errors and latency by `dimension`, which `noun` names in titles (schema `Dashboard` of
/// `analytics-dashboards-v2`: a grid of six columns).
fn usage(dimension: &str, noun: &str) -> Value {
    let total = |title: &str, metric: &str, column: usize| {
        let chart = json!({ "type": "single_value", "chart_title": title });
        tile((column, 0), (2, 1), chart, query(metric, &[], dimension))
    };
    let chart = |kind: &str, title: String| json!({ "type": kind, "chart_title": title, "stacked": true });
    let mut over_time = query("request_count", &["time", dimension], dimension);
    over_time["granularity"] = "daily".into();
    json!({
        "tiles": [
            total("Requests", "request_count", 0),
            total("Requests per minute", "request_per_minute", 2),
            total("Response latency, 99th percentile (ms)", "response_latency_p99", 4),
            tile((0, 1), (6, 2), chart("timeseries_bar", format!("Requests by {noun}, per day")), over_time),
            tile(
                (0, 3),
                (3, 2),
                chart("horizontal_bar", format!("Requests by {noun} and status")),
                query("request_count", &[dimension, "status_code_grouped"], dimension),
            ),
            tile(
                (3, 3),
                (3, 2),
                chart("horizontal_bar", format!("Response latency by {noun}, 99th percentile (ms)")),
                query("response_latency_p99", &[dimension], dimension),
            ),
        ],
    })
}

/// A chart in the grid, its column and row, columns and rows wide and high.
fn tile((col, row): (usize, usize), (cols, rows): (usize, usize), chart: Value, query: Value) -> Value {
    json!({
        "type": "chart",
        "layout": { "position": { "col": col, "row": row }, "size": { "cols": cols, "rows": rows } },
        "definition": { "chart": chart, "query": query },
    })
}

/// One metric of the last 30 days, over requests of which the dimension `of` is known.
fn query(metric: &str, dimensions: &[&str], of: &str) -> Value {
    let mut query = json!({
        "datasource": "api_usage",
        "metrics": [metric],
        "filters": [{ "field": of, "operator": "not_empty" }],
        "time_range": { "type": "relative", "time_range": "30d", "tz": "Etc/UTC" },
    });
    if !dimensions.is_empty() {
        query["dimensions"] = json!(dimensions);
    }
    query
}
