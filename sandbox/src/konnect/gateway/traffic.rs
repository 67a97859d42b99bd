//! Routes: which requests a gateway takes for a service.

use std::collections::BTreeSet;

use serde_json::Value;

use super::entity::{
    Anywhere, Below, CREATED, Entity, Holder, ID, INTEGER, Of, Owner, PROTOCOL_LIST, REFERENCE, TAGS, TEXT, TEXTS,
    UPDATED, optional,
};
use super::operations::{at, collection};
use super::services::{BY_NAME, OfService, SERVICE_REFERENCE};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Initial, Invalid, Problem, Route, Rule, Schema, Unknown};
use crate::konnect::gateway_kinds::{PLUGINS, ROUTES};
use crate::store::Body;

/// Routes.
pub(super) struct Routes;

impl Of for Routes {
    const ENTITY: &'static Entity = &ROUTE;
    const ID: &'static str = "RouteId";
}

/// What is below a route.
pub(super) struct OfRoute;

impl Below for OfRoute {
    const OWNER: Option<Owner> = Some(Owner { entity: &ROUTE, parameter: "RouteId", field: "route", index: "@route" });
}

static OPERATIONS: [Route; 5] = collection::<Routes, Anywhere>(at!("/routes"), at!("/routes/{RouteId}"));
static OF_SERVICE: [Route; 5] =
    collection::<Routes, OfService>(at!("/services/{ServiceId}/routes"), at!("/services/{ServiceId}/routes/{RouteId}"));

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter().chain(&OF_SERVICE)
}

static ROUTE: Entity = Entity {
    key: Some("name"),
    filters: BY_NAME,
    foreign: &[SERVICE_REFERENCE],
    held_by: &[Holder::deleted(&PLUGINS, "@route")],
    ..Entity::new(&ROUTES, "route", "routes", read)
};

const REDIRECTS: Is = Is::NumberChoice(&[301, 302, 307, 308, 426]);
const PATH_HANDLING: Is = Is::Choice(&["v0", "v1"]);

static ADDRESS: Schema =
    Schema { fields: &[Field::new("ip", TEXT), Field::new("port", Is::Integer(0, 65_535))], unknown: Unknown::Ignored };
const ADDRESSES: Is = Is::List(0, usize::MAX, &Is::Object(&ADDRESS));

/// A route that matches by attributes.
pub(super) static BY_ATTRIBUTES: Schema = Schema {
    fields: &[
        ID,
        optional("name", TEXT),
        Field::new("protocols", PROTOCOL_LIST).nullable().or(Initial::Texts(&["https"])),
        optional("methods", TEXTS),
        optional("hosts", TEXTS),
        optional("paths", TEXTS),
        optional("headers", Is::Mapping(&TEXTS)),
        optional("snis", TEXTS),
        optional("sources", ADDRESSES),
        optional("destinations", ADDRESSES),
        Field::new("https_redirect_status_code", REDIRECTS).nullable().or(Initial::Integer(426)),
        Field::new("regex_priority", INTEGER).nullable().or(Initial::Integer(0)),
        Field::new("strip_path", Is::Boolean).nullable().or(Initial::Boolean(true)),
        Field::new("path_handling", PATH_HANDLING).nullable().or(Initial::Text("v0")),
        Field::new("preserve_host", Is::Boolean).nullable().or(Initial::Boolean(false)),
        Field::new("request_buffering", Is::Boolean).nullable().or(Initial::Boolean(true)),
        Field::new("response_buffering", Is::Boolean).nullable().or(Initial::Boolean(true)),
        optional("service", REFERENCE),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

/// A route that matches by an expression.
static BY_EXPRESSION: Schema = Schema {
    fields: &[
        ID,
        optional("name", TEXT),
        Field::new("protocols", PROTOCOL_LIST).nullable().or(Initial::Texts(&["https"])),
        optional("expression", TEXT),
        Field::new("priority", Is::Integer(0, 70_368_744_177_663)).nullable().or(Initial::Integer(0)),
        Field::new("https_redirect_status_code", REDIRECTS).nullable().or(Initial::Integer(426)),
        Field::new("strip_path", Is::Boolean).nullable().or(Initial::Boolean(true)),
        Field::new("path_handling", PATH_HANDLING).nullable().or(Initial::Text("v0")),
        Field::new("preserve_host", Is::Boolean).nullable().or(Initial::Boolean(false)),
        Field::new("request_buffering", Is::Boolean).nullable().or(Initial::Boolean(true)),
        Field::new("response_buffering", Is::Boolean).nullable().or(Initial::Boolean(true)),
        optional("service", REFERENCE),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

/// The attributes of which a route of a protocol needs one, by the words of the document about routes.
const NEEDED: [(&str, &[&str]); 9] = [
    ("http", &["methods", "hosts", "headers", "paths"]),
    ("https", &["methods", "hosts", "headers", "paths", "snis"]),
    ("tcp", &["sources", "destinations"]),
    ("tls", &["sources", "destinations", "snis"]),
    ("tls_passthrough", &["snis"]),
    ("grpc", &["hosts", "headers", "paths"]),
    ("grpcs", &["hosts", "headers", "paths", "snis"]),
    ("ws", &["hosts", "headers", "paths"]),
    ("wss", &["hosts", "headers", "paths", "snis"]),
];

/// The fields of a body. Either way of matching has fields of its own, and none of the other.
fn read(body: Body) -> Result<Body, Problem> {
    if ["expression", "priority"].iter().any(|name| body.contains_key(*name)) {
        return BY_EXPRESSION.create(body);
    }
    let fields = BY_ATTRIBUTES.create(body)?;
    check_matching(&fields)?;
    Ok(fields)
}

/// Refuses a route that matches nothing of one of its protocols.
fn check_matching(fields: &Body) -> Result<(), Problem> {
    let protocols = fields["protocols"].as_array().into_iter().flatten();
    let protocols: BTreeSet<&str> = protocols.filter_map(Value::as_str).collect();
    if protocols.contains("tls") && protocols.contains("tls_passthrough") {
        let reason = "must not have both 'tls' and 'tls_passthrough'";
        return Err(Invalid::body("protocols", Rule::Named("invalid"), reason).into());
    }
    let is_set = |name: &&str| match &fields[*name] {
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        _ => false,
    };
    // One of all that its protocols allow: a route of http and https needs no attribute of each.
    let allowed: BTreeSet<&str> = NEEDED
        .iter()
        .filter(|(protocol, _)| protocols.contains(protocol))
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    if allowed.is_empty() || allowed.iter().any(is_set) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.into_iter().collect();
    let reason = format!("at least one of [{}] must be set for these protocols", names.join(", "));
    Err(Invalid::body("protocols", Rule::Named("required"), reason).into())
}
