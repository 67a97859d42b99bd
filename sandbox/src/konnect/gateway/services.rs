//! Services: where a gateway sends requests to. They own routes, plugins and the tables of GraphQL plugins.

use serde_json::{Value, json};
use url::Url;

use super::entity::{
    Anywhere, Below, CREATED, Entity, Foreign, Holder, Of, Owner, PROTOCOLS, REFERENCE, TAGS, TEXT, TEXTS, UPDATED,
    optional,
};
use super::operations::{at, collection};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Filter, Initial, Invalid, Problem, Route, Rule, Schema, Unknown};
use crate::konnect::gateway_kinds::{
    CA_CERTIFICATES, CERTIFICATES, COST_DECORATIONS, DEGRAPHQL_ROUTES, PLUGINS, ROUTES,
};
use crate::konnect::kinds::{IMPLEMENTATIONS, SERVICES};
use crate::store::Body;

/// Services.
pub(super) struct Services;

impl Of for Services {
    const ENTITY: &'static Entity = &SERVICE;
    const ID: &'static str = "ServiceId";
}

/// What is below a service.
pub(super) struct OfService;

impl Below for OfService {
    const OWNER: Option<Owner> =
        Some(Owner { entity: &SERVICE, parameter: "ServiceId", field: "service", index: "@service" });
}

static OPERATIONS: [Route; 5] = collection::<Services, Anywhere>(at!("/services"), at!("/services/{ServiceId}"));

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter()
}

/// A filter by the name of an entity.
pub(super) const BY_NAME: &[Filter] = &[Filter::new("name", &["contains", "eq"])];

/// The reference of an entity to a service.
pub(super) const SERVICE_REFERENCE: Foreign = Foreign::new("service", "@service", &SERVICES, "services");

/// The entity.
pub(super) static SERVICE: Entity = Entity {
    key: Some("name"),
    filters: BY_NAME,
    foreign: &[
        Foreign::new("client_certificate", "@client_certificate", &CERTIFICATES, "certificates"),
        Foreign::new("ca_certificates", "@ca_certificates", &CA_CERTIFICATES, "ca_certificates"),
    ],
    held_by: &[
        Holder::kept(&ROUTES, "@service", "routes"),
        Holder::deleted(&PLUGINS, "@service"),
        Holder::deleted(&DEGRAPHQL_ROUTES, "@service"),
        Holder::deleted(&COST_DECORATIONS, "@service"),
        Holder::deleted(&IMPLEMENTATIONS, "service_id"),
    ],
    ..Entity::new(&SERVICES, "service", "services", read)
};

const MILLISECONDS: Is = Is::Integer(1, 2_147_483_646);

static TLS_SANS: Schema =
    Schema { fields: &[Field::new("dnsnames", TEXTS), Field::new("uris", TEXTS)], unknown: Unknown::Ignored };

/// The table of a body, without the rule about `host` and `url`.
pub(super) static SCHEMA: Schema = Schema {
    fields: &[
        Field::new("id", Is::Text(1, usize::MAX)).nullable(),
        optional("name", TEXT),
        Field::new("url", TEXT).nullable(),
        Field::new("protocol", Is::Choice(PROTOCOLS)).nullable().or(Initial::Text("http")),
        Field::new("host", Is::Text(1, usize::MAX)).required(),
        Field::new("port", Is::Integer(0, 65_535)).nullable().or(Initial::Integer(80)),
        optional("path", TEXT),
        Field::new("retries", Is::Integer(0, 32_767)).nullable().or(Initial::Integer(5)),
        Field::new("connect_timeout", MILLISECONDS).nullable().or(Initial::Integer(60_000)),
        Field::new("read_timeout", MILLISECONDS).nullable().or(Initial::Integer(60_000)),
        Field::new("write_timeout", MILLISECONDS).nullable().or(Initial::Integer(60_000)),
        Field::new("enabled", Is::Boolean).nullable().or(Initial::Boolean(true)),
        TAGS,
        optional("ca_certificates", TEXTS),
        optional("client_certificate", REFERENCE),
        optional("tls_sans", Is::Object(&TLS_SANS)),
        optional("tls_verify", Is::Boolean),
        optional("tls_verify_depth", Is::Integer(0, 64)),
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

/// The fields of a body. A `url` is split into the four fields that it stands for.
///
/// The document requires `host` even beside a `url`, which sets it. The service takes a `url` alone, which is what the
/// field is for, so that is enough here, too.
fn read(mut body: Body) -> Result<Body, Problem> {
    let url = body.get("url").and_then(Value::as_str).map(url_parts);
    if let Some(parts) = url {
        body.extend(parts?);
    }
    let mut fields = SCHEMA.create(body)?;
    fields.remove("url");
    Ok(fields)
}

fn url_parts(text: &str) -> Result<Body, Problem> {
    let refuse = || {
        let reason = "must be a URL with a host and a protocol of the gateway";
        Problem::from(Invalid::body("url", Rule::Named("invalid"), reason))
    };
    let url = Url::parse(text).ok().filter(|url| PROTOCOLS.contains(&url.scheme())).ok_or_else(refuse)?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(refuse)?;
    let path = Some(url.path()).filter(|path| !path.is_empty() && *path != "/");
    let port = url.port_or_known_default().unwrap_or(80);
    Ok(Body::from_iter([
        ("protocol".to_owned(), json!(url.scheme())),
        ("host".to_owned(), json!(host)),
        ("port".to_owned(), json!(port)),
        ("path".to_owned(), json!(path)),
    ]))
}
