//! The query of a chart: the usage of APIs, or of language models.

use super::filters;
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Initial, Schema, Unknown};

/// A query, of either kind.
pub(super) const QUERY: Is =
    Is::Variant("datasource", &[(&["api_usage"], &Is::Object(&API_QUERY)), (&["llm_usage"], &Is::Object(&LLM_QUERY))]);

/// The greatest number of results. The document does not name it, and Konnect takes it.
const LIMIT: Field = Field::new("limit", Is::Integer(1, 1000));

static API_QUERY: Schema = Schema {
    fields: &[
        Field::new("datasource", Is::Choice(&["api_usage"])).required(),
        Field::new("metrics", Is::List(0, usize::MAX, &Is::Choice(API_METRICS))).or(Initial::Texts(&["request_count"])),
        Field::new("dimensions", Is::List(0, 2, &Is::Choice(API_DIMENSIONS))),
        Field::new("filters", Is::List(0, usize::MAX, &filters::OF_APIS)),
        Field::new("granularity", Is::Choice(GRANULARITIES)),
        Field::new("time_range", TIME_RANGE).or(LAST_HOUR),
        LIMIT,
    ],
    unknown: Unknown::Refused,
};

static LLM_QUERY: Schema = Schema {
    fields: &[
        Field::new("datasource", Is::Choice(&["llm_usage"])).required(),
        Field::new("metrics", Is::List(0, usize::MAX, &Is::Choice(LLM_METRICS)))
            .or(Initial::Texts(&["ai_request_count"])),
        Field::new("dimensions", Is::List(0, 2, &Is::Choice(LLM_DIMENSIONS))),
        Field::new("filters", Is::List(0, usize::MAX, &filters::OF_MODELS)),
        Field::new("granularity", Is::Choice(GRANULARITIES)),
        Field::new("time_range", TIME_RANGE).or(LAST_HOUR),
        LIMIT,
    ],
    unknown: Unknown::Refused,
};

const API_METRICS: &[&str] = &[
    "kong_latency_average",
    "kong_latency_p50",
    "kong_latency_p95",
    "kong_latency_p99",
    "request_count",
    "request_per_minute",
    "request_size_average",
    "request_size_p50",
    "request_size_p95",
    "request_size_p99",
    "request_size_sum",
    "response_latency_average",
    "response_latency_p50",
    "response_latency_p95",
    "response_latency_p99",
    "response_size_average",
    "response_size_p50",
    "response_size_p95",
    "response_size_p99",
    "response_size_sum",
    "upstream_latency_average",
    "upstream_latency_p50",
    "upstream_latency_p95",
    "upstream_latency_p99",
];

const LLM_METRICS: &[&str] = &[
    "total_tokens",
    "prompt_tokens",
    "completion_tokens",
    "ai_request_count",
    "cost",
    "llm_cache_embeddings_latency_average",
    "llm_cache_fetch_latency_average",
    "llm_latency_average",
    "llm_embeddings_tokens",
    "llm_embeddings_cost",
];

const API_DIMENSIONS: &[&str] = &[
    "api",
    "api_product",
    "api_product_version",
    "application",
    "consumer",
    "control_plane",
    "control_plane_group",
    "data_plane_node",
    "data_plane_node_version",
    "gateway_service",
    "portal",
    "response_source",
    "route",
    "status_code",
    "status_code_grouped",
    "time",
    "upstream_status_code",
    "upstream_status_code_grouped",
];

const LLM_DIMENSIONS: &[&str] = &[
    "control_plane",
    "control_plane_group",
    "gateway_service",
    "consumer",
    "application",
    "route",
    "ai_provider",
    "ai_response_model",
    "ai_request_model",
    "llm_cache_status",
    "llm_embeddings_provider",
    "llm_embeddings_model",
    "time",
    "realm",
    "status_code",
    "status_code_grouped",
    "ai_plugin",
];

const GRANULARITIES: &[&str] = &[
    "tenSecondly",
    "thirtySecondly",
    "minutely",
    "fiveMinutely",
    "tenMinutely",
    "thirtyMinutely",
    "hourly",
    "twoHourly",
    "twelveHourly",
    "daily",
    "weekly",
];

const LAST_HOUR: Initial = Initial::With(&[("type", "relative"), ("time_range", "1h")]);

const TIME_RANGE: Is = Is::Variant(
    "type",
    &[(&["relative"], &Is::Object(&RELATIVE_RANGE)), (&["absolute"], &Is::Object(&ABSOLUTE_RANGE))],
);

const TIME_ZONE: Field = Field::new("tz", Is::ANY_TEXT).or(Initial::Text("Etc/UTC"));

static RELATIVE_RANGE: Schema = Schema {
    fields: &[
        TIME_ZONE,
        Field::new("type", Is::Choice(&["relative"])).required(),
        Field::new("time_range", Is::Choice(RELATIVE_RANGES)).required(),
    ],
    unknown: Unknown::Ignored,
};

const RELATIVE_RANGES: &[&str] =
    &["15m", "1h", "6h", "12h", "24h", "7d", "30d", "current_week", "current_month", "previous_week", "previous_month"];

static ABSOLUTE_RANGE: Schema = Schema {
    fields: &[
        TIME_ZONE,
        Field::new("type", Is::Choice(&["absolute"])).required(),
        Field::new("start", Is::Time),
        Field::new("end", Is::Time),
    ],
    unknown: Unknown::Ignored,
};
