//! The gateway services of a control plane: `/v2/control-planes/{controlPlaneId}/core-entities/services`.
//!
//! In Konnect they are created by decK or by the gateway's users. They follow the gateway's conventions, not Konnect's:
//! times in seconds, paging by `size` and `offset`, errors in one line, and deletion of a missing service succeeds.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::control_planes;
use super::framework::collection::{pick, reference, text};
use super::framework::problem::Source;
use super::framework::schema::{self, Kind as Is};
use super::framework::{
    Answer, Call, Document, Field, Filter, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use super::kinds::{IMPLEMENTATIONS, SERVICES};
use crate::store::{Body, Record, World};

const COLLECTION: &str = "/v2/control-planes/{controlPlaneId}/core-entities/services";
const ITEM: &str = "/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::GatewayConfiguration, COLLECTION, list_services),
    Route::post(Document::GatewayConfiguration, COLLECTION, create_service),
    Route::get(Document::GatewayConfiguration, ITEM, get_service),
    Route::put(Document::GatewayConfiguration, ITEM, upsert_service),
    Route::delete(Document::GatewayConfiguration, ITEM, delete_service),
];

const PROTOCOLS: &[&str] = &["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp", "ws", "wss"];

/// The longest text of fields without a limit in the document.
const UNLIMITED: usize = usize::MAX;

const TEXTS: Is = Is::List(0, UNLIMITED, &Is::Text(0, UNLIMITED));

const MILLISECONDS: Is = Is::Integer(1, 2_147_483_646);

static CERTIFICATE: Schema = Schema { fields: &[Field::new("id", Is::Text(0, UNLIMITED))], unknown: Unknown::Ignored };

static TLS_SANS: Schema =
    Schema { fields: &[Field::new("dnsnames", TEXTS), Field::new("uris", TEXTS)], unknown: Unknown::Ignored };

/// The document requires `host` even with a `url`, which then replaces it.
static SERVICE: Schema = Schema {
    fields: &[
        Field::new("id", Is::Text(1, UNLIMITED)).nullable(),
        Field::new("name", Is::Text(0, UNLIMITED)).nullable().or(Initial::Null),
        Field::new("url", Is::Text(0, UNLIMITED)).nullable(),
        Field::new("protocol", Is::Choice(PROTOCOLS)).nullable().or(Initial::Text("http")),
        Field::new("host", Is::Text(1, UNLIMITED)).required(),
        Field::new("port", Is::Integer(0, 65_535)).nullable().or(Initial::Integer(80)),
        Field::new("path", Is::Text(0, UNLIMITED)).nullable().or(Initial::Null),
        Field::new("retries", Is::Integer(0, 32_767)).nullable().or(Initial::Integer(5)),
        Field::new("connect_timeout", MILLISECONDS).nullable().or(Initial::Integer(60_000)),
        Field::new("read_timeout", MILLISECONDS).nullable().or(Initial::Integer(60_000)),
        Field::new("write_timeout", MILLISECONDS).nullable().or(Initial::Integer(60_000)),
        Field::new("enabled", Is::Boolean).nullable().or(Initial::Boolean(true)),
        Field::new("tags", TEXTS).nullable().or(Initial::Null),
        Field::new("ca_certificates", TEXTS).nullable().or(Initial::Null),
        Field::new("client_certificate", Is::Object(&CERTIFICATE)).nullable().or(Initial::Null),
        Field::new("tls_sans", Is::Object(&TLS_SANS)).nullable().or(Initial::Null),
        Field::new("tls_verify", Is::Boolean).nullable().or(Initial::Null),
        Field::new("tls_verify_depth", Is::Integer(0, 64)).nullable().or(Initial::Null),
        Field::new("created_at", Is::Integer(0, i64::MAX)).nullable(),
        Field::new("updated_at", Is::Integer(0, i64::MAX)).nullable(),
    ],
    unknown: Unknown::Refused,
};

static FILTERS: &[Filter] = &[Filter::new("name", &["contains", "eq"])];

fn view(service: &Body) -> Value {
    let shown: Vec<&str> = service.keys().map(String::as_str).filter(|name| *name != "control_plane_id").collect();
    Value::Object(pick(service, &shown))
}

fn control_plane<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    control_planes::of_id(world, &call.partition, call.id("controlPlaneId")?)
}

/// The service that the path names, by id or by name.
fn of_path<'a>(world: &'a World, call: &Call, control_plane: Uuid) -> Option<&'a Record> {
    let named = call.parameter("ServiceId");
    let by_id = named.parse().ok().and_then(|id| world.get(&call.partition, &SERVICES, id));
    by_id.filter(|service| reference(&service.body, "control_plane_id") == Some(control_plane)).or_else(|| {
        let key =
            Body::from_iter([("name".to_owned(), json!(named)), ("control_plane_id".to_owned(), json!(control_plane))]);
        world.holding(&call.partition, &SERVICES, SERVICES.unique[0], &key)
    })
}

/// A tag expression: `a,b` for both, `a/b` for either.
fn has_tags(wanted: &str, service: &Body) -> bool {
    let tags = service.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let has = |tag: &str| tags.iter().any(|own| own == tag);
    match wanted {
        "" => true,
        either if either.contains('/') => either.split('/').any(has),
        both => both.split(',').all(has),
    }
}

/// The offset of the next page: the number of services of the filtered list to skip.
fn decode_offset(call: &Call) -> Result<usize, Problem> {
    let Some(offset) = call.query.get("offset").filter(|offset| !offset.is_empty()) else {
        return Ok(0);
    };
    let decoded = URL_SAFE_NO_PAD.decode(offset).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.and_then(|text| text.parse().ok()).ok_or_else(|| {
        let reason = "is not a valid offset";
        Invalid::at(Source::Query, "offset", Rule::Named("invalid"), reason).into()
    })
}

fn list_services(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let size = call.query.number("size", 1, 1000, 100)?;
    let start = decode_offset(call)?;
    let conditions = call.query.conditions(FILTERS)?;
    let tags = call.query.get("tags").unwrap_or_default();
    let world = konnect.store.read();
    let control_plane = control_plane(&world, call)?.id;
    let mut found = world
        .referring(&call.partition, &SERVICES, "control_plane_id", control_plane)
        .map(|service| &*service.body)
        .filter(|service| has_tags(tags, service) && conditions.iter().all(|condition| condition.holds(service)))
        .skip(start);
    let data: Vec<Value> = found.by_ref().take(size).map(view).collect();
    let mut body = json!({ "data": data });
    if found.next().is_some() {
        let offset = URL_SAFE_NO_PAD.encode((start + size).to_string());
        body["next"] = json!(format!("/v2/control-planes/{control_plane}/core-entities/services?offset={offset}"));
        body["offset"] = json!(offset);
    }
    Ok(Answer::ok(body))
}

/// The fields of a request body, with `url` split into the four fields that it stands for.
fn service_fields(call: &Call) -> Result<Body, Problem> {
    let mut fields = SERVICE.create(call.body()?)?;
    if let Some(Value::String(url)) = fields.remove("url") {
        fields.extend(url_parts(&url)?);
    }
    for unset in ["id", "created_at", "updated_at"] {
        if fields.get(unset).is_some_and(Value::is_null) {
            fields.remove(unset);
        }
    }
    Ok(fields)
}

fn url_parts(text: &str) -> Result<Body, Problem> {
    let refuse = || {
        Problem::from(Invalid::body(
            "url",
            Rule::Named("invalid"),
            "must be a URL with a host and a protocol of the gateway",
        ))
    };
    let url = Url::parse(text).ok().filter(|url| PROTOCOLS.contains(&url.scheme())).ok_or_else(refuse)?;
    let host = url.host_str().ok_or_else(refuse)?;
    let path = Some(url.path()).filter(|path| !path.is_empty() && *path != "/");
    let port = url.port_or_known_default().unwrap_or(80);
    Ok(Body::from_iter([
        ("protocol".to_owned(), json!(url.scheme())),
        ("host".to_owned(), json!(host)),
        ("port".to_owned(), json!(port)),
        ("path".to_owned(), json!(path)),
    ]))
}

/// The id that a request gives its service; it must be a UUID.
fn given_id(fields: &Body) -> Result<Option<Uuid>, Problem> {
    match text(fields, "id") {
        "" => Ok(None),
        id if schema::is_uuid(id) => Ok(reference(fields, "id")),
        _ => Err(Invalid::body("id", Rule::Named("is_uuid"), "must be a UUID").into()),
    }
}

/// Completes a service: its id, its control plane, and the times that were not sent.
fn complete(fields: &mut Body, id: Uuid, control_plane: Uuid) {
    let now = Timestamp::now().as_second();
    fields.insert("id".to_owned(), json!(id));
    fields.insert("control_plane_id".to_owned(), json!(control_plane));
    for time in ["created_at", "updated_at"] {
        fields.entry(time).or_insert(json!(now));
    }
}

/// Refuses an id that a service of any control plane has.
fn check_free(world: &World, call: &Call, id: Uuid) -> Result<(), Problem> {
    match world.get(&call.partition, &SERVICES, id) {
        Some(_) => Err(Problem::conflict(format!("A service with the id [{id}] already exists."))),
        None => Ok(()),
    }
}

fn create_service(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut fields = service_fields(call)?;
    let id = given_id(&fields)?.unwrap_or_else(Uuid::new_v4);
    konnect.store.write(|world, batch| {
        complete(&mut fields, id, control_plane(world, call)?.id);
        check_free(world, call, id)?;
        batch.create(world, &call.partition, &SERVICES, id, fields.clone())?;
        Ok(Answer::created(view(&fields)))
    })
}

fn get_service(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let control_plane = control_plane(&world, call)?.id;
    let service = of_path(&world, call, control_plane)
        .ok_or_else(|| Problem::not_found("service", call.parameter("ServiceId")))?;
    Ok(Answer::ok(view(&service.body)))
}

fn upsert_service(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut fields = service_fields(call)?;
    let named = call.parameter("ServiceId");
    konnect.store.write(|world, batch| {
        let control_plane = control_plane(world, call)?.id;
        let existing = of_path(world, call, control_plane);
        let id = existing.map(|service| service.id).or_else(|| named.parse().ok());
        let id = match (id, given_id(&fields)?) {
            (Some(id), Some(given)) if id != given => {
                return Err(Invalid::body("id", Rule::Named("invalid"), "differs from the id in the path").into());
            }
            (id, given) => id.or(given).unwrap_or_else(Uuid::new_v4),
        };
        if named.parse::<Uuid>().is_err() && fields["name"].is_null() {
            fields.insert("name".to_owned(), json!(named));
        }
        if let Some(created) = existing.and_then(|service| service.body.get("created_at")) {
            fields.entry("created_at").or_insert(created.clone());
        }
        complete(&mut fields, id, control_plane);
        match existing {
            Some(service) => batch.update(world, &call.partition, &SERVICES, service, fields.clone())?,
            None => {
                check_free(world, call, id)?;
                batch.create(world, &call.partition, &SERVICES, id, fields.clone())?;
            }
        }
        Ok(Answer::ok(view(&fields)))
    })
}

fn delete_service(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let control_plane = control_plane(world, call)?.id;
        if let Some(service) = of_path(world, call, control_plane) {
            batch.remove(&call.partition, &SERVICES, service);
            batch.remove_referring(world, &call.partition, &IMPLEMENTATIONS, "service_id", service.id);
        }
        Ok(Answer::no_content())
    })
}
