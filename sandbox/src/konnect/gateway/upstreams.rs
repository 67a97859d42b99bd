//! Upstreams and their targets: the instances that a service's requests are spread over.

use super::entity::{
    Anywhere, Below, CREATED, Entity, Foreign, Holder, ID, Of, Owner, REFERENCE, TAGS, TEXT, TEXTS, Times, UPDATED,
    optional,
};
use super::operations::{at, collection, list};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Document, Field, Initial, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::{CERTIFICATES, TARGETS, UPSTREAMS};

/// Upstreams.
pub(super) struct Upstreams;

impl Of for Upstreams {
    const ENTITY: &'static Entity = &UPSTREAM;
    const ID: &'static str = "UpstreamId";
}

/// Targets.
pub(super) struct Targets;

impl Of for Targets {
    const ENTITY: &'static Entity = &TARGET;
    const ID: &'static str = "TargetId";
}

/// What is below an upstream.
struct OfUpstream;

impl Below for OfUpstream {
    const OWNER: Option<Owner> =
        Some(Owner { entity: &UPSTREAM, parameter: "UpstreamIdForTarget", field: "upstream", index: "@upstream" });
}

static UPSTREAM_ROUTES: [Route; 5] =
    collection::<Upstreams, Anywhere>(at!("/upstreams"), at!("/upstreams/{UpstreamId}"));
static TARGET_ROUTES: [Route; 5] = collection::<Targets, OfUpstream>(
    at!("/upstreams/{UpstreamIdForTarget}/targets"),
    at!("/upstreams/{UpstreamIdForTarget}/targets/{TargetId}"),
);
static ALL_TARGETS: [Route; 1] =
    [Route::get(Document::GatewayConfiguration, at!("/targets"), list::<Targets, Anywhere>).with_problems()];

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    UPSTREAM_ROUTES.iter().chain(&TARGET_ROUTES).chain(&ALL_TARGETS)
}

static UPSTREAM: Entity = Entity {
    key: Some("name"),
    foreign: &[Foreign::new("client_certificate", "@client_certificate", &CERTIFICATES, "certificates")],
    held_by: &[Holder::deleted(&TARGETS, "@upstream")],
    ..Entity::new(&UPSTREAMS, "upstream", "upstreams", |body| SCHEMA.create(body))
};

static TARGET: Entity = Entity {
    key: Some("target"),
    times: Times::Precise,
    foreign: &[Foreign::new("upstream", "@upstream", &UPSTREAMS, "upstreams")],
    ..Entity::new(&TARGETS, "target", "targets", |body| TARGET_SCHEMA.create(body))
};

const ALGORITHMS: &[&str] = &["consistent-hashing", "latency", "least-connections", "round-robin", "sticky-sessions"];
const HASH_INPUTS: &[&str] = &["consumer", "cookie", "header", "ip", "none", "path", "query_arg", "uri_capture"];
const PROTOCOLS: Is = Is::Choice(&["grpc", "grpcs", "http", "https", "tcp"]);
const STATUSES: Is = Is::List(0, usize::MAX, &Is::Integer(100, 999));
const COUNT: Is = Is::Integer(0, 255);
const SECONDS: Is = Is::Decimal(0, 65_535);

const HEALTHY: &[i64] =
    &[200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308];

static ACTIVE_HEALTHY: Schema = Schema {
    fields: &[
        Field::new("http_statuses", STATUSES).or(Initial::Integers(&[200, 302])),
        Field::new("interval", SECONDS).or(Initial::Integer(0)),
        Field::new("successes", COUNT).or(Initial::Integer(0)),
    ],
    unknown: Unknown::Ignored,
};

static ACTIVE_UNHEALTHY: Schema = Schema {
    fields: &[
        Field::new("http_failures", COUNT).or(Initial::Integer(0)),
        Field::new("http_statuses", STATUSES).or(Initial::Integers(&[429, 404, 500, 501, 502, 503, 504, 505])),
        Field::new("interval", SECONDS).or(Initial::Integer(0)),
        Field::new("tcp_failures", COUNT).or(Initial::Integer(0)),
        Field::new("timeouts", COUNT).or(Initial::Integer(0)),
    ],
    unknown: Unknown::Ignored,
};

static ACTIVE: Schema = Schema {
    fields: &[
        Field::new("concurrency", Is::Integer(1, 2_147_483_648)).or(Initial::Integer(10)),
        Field::new("headers", Is::Mapping(&TEXTS)),
        Field::new("healthy", Is::Object(&ACTIVE_HEALTHY)).or(Initial::Object),
        Field::new("http_path", TEXT).or(Initial::Text("/")),
        Field::new("https_sni", TEXT),
        Field::new("https_verify_certificate", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("timeout", SECONDS).or(Initial::Integer(1)),
        Field::new("type", PROTOCOLS).or(Initial::Text("http")),
        Field::new("unhealthy", Is::Object(&ACTIVE_UNHEALTHY)).or(Initial::Object),
    ],
    unknown: Unknown::Ignored,
};

static PASSIVE_HEALTHY: Schema = Schema {
    fields: &[
        Field::new("http_statuses", STATUSES).or(Initial::Integers(HEALTHY)),
        Field::new("successes", COUNT).or(Initial::Integer(0)),
    ],
    unknown: Unknown::Ignored,
};

static PASSIVE_UNHEALTHY: Schema = Schema {
    fields: &[
        Field::new("http_failures", COUNT).or(Initial::Integer(0)),
        Field::new("http_statuses", STATUSES).or(Initial::Integers(&[429, 500, 503])),
        Field::new("tcp_failures", COUNT).or(Initial::Integer(0)),
        Field::new("timeouts", COUNT).or(Initial::Integer(0)),
    ],
    unknown: Unknown::Ignored,
};

static PASSIVE: Schema = Schema {
    fields: &[
        Field::new("healthy", Is::Object(&PASSIVE_HEALTHY)).or(Initial::Object),
        Field::new("type", PROTOCOLS).or(Initial::Text("http")),
        Field::new("unhealthy", Is::Object(&PASSIVE_UNHEALTHY)).or(Initial::Object),
    ],
    unknown: Unknown::Ignored,
};

static HEALTH_CHECKS: Schema = Schema {
    fields: &[
        Field::new("active", Is::Object(&ACTIVE)).or(Initial::Object),
        Field::new("passive", Is::Object(&PASSIVE)).or(Initial::Object),
        Field::new("threshold", Is::Decimal(0, 100)).or(Initial::Integer(0)),
    ],
    unknown: Unknown::Ignored,
};

/// A text that must not be empty, if there is one.
const fn filled(name: &'static str) -> Field {
    optional(name, Is::Text(1, usize::MAX))
}

/// The table of an upstream's body.
pub(super) static SCHEMA: Schema = Schema {
    fields: &[
        ID,
        Field::new("name", TEXT).required(),
        Field::new("algorithm", Is::Choice(ALGORITHMS)).nullable().or(Initial::Text("round-robin")),
        Field::new("hash_on", Is::Choice(HASH_INPUTS)).nullable().or(Initial::Text("none")),
        Field::new("hash_fallback", Is::Choice(HASH_INPUTS)).nullable().or(Initial::Text("none")),
        optional("hash_on_header", TEXT),
        optional("hash_fallback_header", TEXT),
        optional("hash_on_cookie", TEXT),
        Field::new("hash_on_cookie_path", TEXT).nullable().or(Initial::Text("/")),
        filled("hash_on_query_arg"),
        filled("hash_fallback_query_arg"),
        filled("hash_on_uri_capture"),
        filled("hash_fallback_uri_capture"),
        optional("sticky_sessions_cookie", TEXT),
        Field::new("sticky_sessions_cookie_path", TEXT).nullable().or(Initial::Text("/")),
        Field::new("slots", Is::Integer(10, 65_536)).nullable().or(Initial::Integer(10_000)),
        Field::new("healthchecks", Is::Object(&HEALTH_CHECKS)).nullable().or(Initial::Object),
        optional("host_header", TEXT),
        optional("client_certificate", REFERENCE),
        Field::new("use_srv_name", Is::Boolean).nullable().or(Initial::Boolean(false)),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

/// The table of a target's body. The document requires the address, and says that it may be null.
pub(super) static TARGET_SCHEMA: Schema = Schema {
    fields: &[
        ID,
        Field::new("target", TEXT).required(),
        Field::new("weight", Is::Integer(0, 65_535)).nullable().or(Initial::Integer(100)),
        Field::new("failover", Is::Boolean).nullable().or(Initial::Boolean(false)),
        optional("upstream", REFERENCE),
        TAGS,
        Field::new("created_at", Is::Number).nullable(),
        Field::new("updated_at", Is::Number).nullable(),
    ],
    unknown: Unknown::Refused,
};
