//! `/portals/{portalId}/custom-domain`: the address of a portal under a name of the company. A portal has one at most.
//!
//! The sandbox looks at no DNS: a domain waits for its record for ever, which the document calls `pending`. A certificate
//! and its key are accepted and not stored.

use serde_json::{Value, json};

use super::portal::of_path;
use crate::konnect::framework::collection::{self, merge_deeply, now};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{
    Answer, Call, Document, Field, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{PORTAL_CUSTOM_DOMAINS, PORTALS};
use crate::store::{Batch, Body, Record, World};

const PATH: &str = "/v3/portals/{portalId}/custom-domain";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, PATH, show),
    Route::post(Document::Portals, PATH, create),
    Route::patch(Document::Portals, PATH, change),
    Route::delete(Document::Portals, PATH, delete),
];

static BY_HTTP: Schema = Schema {
    fields: &[Field::new("domain_verification_method", Is::Choice(&["http"])).required()],
    unknown: Unknown::Refused,
};

const CERTIFICATE: Field = Field::new("custom_certificate", Is::ANY_TEXT);
const PRIVATE_KEY: Field = Field::new("custom_private_key", Is::ANY_TEXT);
const SKIP_CA_CHECK: Field = Field::new("skip_ca_check", Is::Boolean);

static BY_CERTIFICATE: Schema = Schema {
    fields: &[
        Field::new("domain_verification_method", Is::Choice(&["custom_certificate"])).required(),
        CERTIFICATE.required(),
        PRIVATE_KEY.required(),
        SKIP_CA_CHECK.or(Initial::Boolean(false)),
    ],
    unknown: Unknown::Refused,
};

const SSL: Is = Is::Variant(
    "domain_verification_method",
    &[(&["http"], &Is::Object(&BY_HTTP)), (&["custom_certificate"], &Is::Object(&BY_CERTIFICATE))],
);

/// A name of hosts. The document says so of answers only, where it becomes the portal's `canonical_domain`.
const HOSTNAME: Is = Is::Shaped(
    1,
    253,
    Shape {
        pattern: "^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
        matches: |text| {
            text.split('.').all(|label| {
                let is_inner = |character: char| character.is_ascii_alphanumeric() || character == '-';
                (1..=63).contains(&label.len()) && label.chars().all(is_inner) && label.trim_matches('-') == label
            })
        },
    },
);

static CREATE: Schema = Schema {
    fields: &[
        Field::new("hostname", HOSTNAME).required(),
        Field::new("enabled", Is::Boolean).required(),
        Field::new("ssl", SSL).required(),
    ],
    unknown: Unknown::Refused,
};

static CHANGE_SSL: Schema = Schema { fields: &[CERTIFICATE, PRIVATE_KEY, SKIP_CA_CHECK], unknown: Unknown::Refused };

/// Neither the name nor the method of verification can be changed: a change has no such field.
static CHANGE: Schema = Schema {
    fields: &[Field::new("enabled", Is::Boolean), Field::new("ssl", Is::Object(&CHANGE_SSL))],
    unknown: Unknown::Refused,
};

/// The domain of the portal that the path names.
fn domain<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let portal = of_path(world, call)?;
    let mut found = world.referring(&call.partition, &PORTAL_CUSTOM_DOMAINS, "portal_id", portal.id);
    found.next().ok_or_else(|| Problem::not_found("custom domain of the portal", &portal.id.to_string()))
}

fn view(domain: &Body) -> Value {
    Value::Object(collection::pick(domain, &["hostname", "enabled", "ssl", "cname_status", "created_at", "updated_at"]))
}

/// Takes the certificate out of what is stored, and records that there was one.
fn complete(domain: &mut Body) {
    let Some(Value::Object(ssl)) = domain.get_mut("ssl") else { return };
    let sent = [ssl.remove("custom_certificate"), ssl.remove("custom_private_key")];
    if sent.iter().any(Option::is_some) {
        ssl.insert("uploaded_at".to_owned(), json!(now()));
    }
    ssl.entry("verification_status").or_insert(json!("pending"));
}

/// Makes a domain the one that a portal is known by.
fn set_canonical(world: &World, batch: &mut Batch, call: &Call, portal: &Record, domain: Value) -> Result<(), Problem> {
    let mut fields = Body::clone(&portal.body);
    fields.insert("canonical_domain".to_owned(), domain);
    Ok(batch.update(world, &call.partition, &PORTALS, portal, fields)?)
}

fn show(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(view(&domain(&konnect.store.read(), call)?.body)))
}

fn create(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut sent = CREATE.create(call.body()?)?;
    complete(&mut sent);
    konnect.store.write(|world, batch| {
        let portal = of_path(world, call)?;
        sent.insert("portal_id".to_owned(), json!(portal.id));
        let hostname = sent["hostname"].clone();
        sent.insert("cname_status".to_owned(), json!("pending"));
        // The document lists no conflict for a second domain: it is an invalid parameter.
        let made = collection::create(world, batch, &call.partition, &PORTAL_CUSTOM_DOMAINS, sent);
        let made = made.map_err(|_| {
            Problem::from(Invalid::body(
                "hostname",
                Rule::Named("invalid"),
                "is refused: the portal has a custom domain",
            ))
        })?;
        set_canonical(world, batch, call, portal, hostname)?;
        Ok(Answer::created(view(&made)))
    })
}

fn change(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = CHANGE.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let old = domain(world, call)?;
        let mut fields = Body::clone(&old.body);
        let is_http = old.body["ssl"]["domain_verification_method"] == json!("http");
        if is_http && sent.contains_key("ssl") {
            let reason = "can be changed only for a domain with a custom certificate";
            return Err(Invalid::body("ssl", Rule::Named("invalid"), reason).into());
        }
        merge_deeply(&mut fields, sent);
        complete(&mut fields);
        let changed = collection::amend(world, batch, &call.partition, &PORTAL_CUSTOM_DOMAINS, old, fields)?;
        Ok(Answer::ok(view(&changed)))
    })
}

fn delete(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        batch.remove(&call.partition, &PORTAL_CUSTOM_DOMAINS, domain(world, call)?);
        let portal = of_path(world, call)?;
        set_canonical(world, batch, call, portal, portal.body["default_domain"].clone())?;
        Ok(Answer::no_content())
    })
}
