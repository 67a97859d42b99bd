//! Certificates with their host names (SNIs), and certificates of authorities.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::entity::{
    Anywhere, Below, CREATED, Entity, Foreign, Holder, ID, Of, Owner, REFERENCE, TAGS, TEXT, TEXTS, UPDATED, complete,
    optional, shown,
};
use super::operations::{at, collection};
use super::{pem, references};
use crate::konnect::framework::collection::{id, reference, text};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{Field, Invalid, Problem, Route, Rule, Schema, Unknown};
use crate::konnect::gateway_kinds::{CA_CERTIFICATES, CERTIFICATES, MTLS_AUTHS, SNIS, UPSTREAMS};
use crate::konnect::kinds::SERVICES;
use crate::store::{Batch, Body, Partition, World};

/// Certificates.
pub(super) struct Certificates;

impl Of for Certificates {
    const ENTITY: &'static Entity = &CERTIFICATE;
    const ID: &'static str = "CertificateId";
}

/// SNIs.
pub(super) struct Snis;

impl Of for Snis {
    const ENTITY: &'static Entity = &SNI;
    const ID: &'static str = "SNIId";
}

/// Certificates of authorities.
pub(super) struct CaCertificates;

impl Of for CaCertificates {
    const ENTITY: &'static Entity = &CA_CERTIFICATE;
    const ID: &'static str = "CACertificateId";
}

/// What is below a certificate.
struct OfCertificate;

impl Below for OfCertificate {
    const OWNER: Option<Owner> =
        Some(Owner { entity: &CERTIFICATE, parameter: "CertificateId", field: "certificate", index: "@certificate" });
}

static CERTIFICATE_ROUTES: [Route; 5] =
    collection::<Certificates, Anywhere>(at!("/certificates"), at!("/certificates/{CertificateId}"));
static SNI_ROUTES: [Route; 5] = collection::<Snis, Anywhere>(at!("/snis"), at!("/snis/{SNIId}"));
static OWN_SNI_ROUTES: [Route; 5] = collection::<Snis, OfCertificate>(
    at!("/certificates/{CertificateId}/snis"),
    at!("/certificates/{CertificateId}/snis/{SNIId}"),
);
static CA_ROUTES: [Route; 5] =
    collection::<CaCertificates, Anywhere>(at!("/ca_certificates"), at!("/ca_certificates/{CACertificateId}"));

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    CERTIFICATE_ROUTES.iter().chain(&SNI_ROUTES).chain(&OWN_SNI_ROUTES).chain(&CA_ROUTES)
}

static CERTIFICATE: Entity = Entity {
    held_by: &[
        Holder::kept(&SERVICES, "@client_certificate", "services"),
        Holder::kept(&UPSTREAMS, "@client_certificate", "upstreams"),
        Holder::deleted(&SNIS, "@certificate"),
    ],
    transient: &["snis"],
    also: write_snis,
    view: with_snis,
    ..Entity::new(&CERTIFICATES, "certificate", "certificates", read)
};

static SNI: Entity = Entity {
    key: Some("name"),
    foreign: &[Foreign::new("certificate", "@certificate", &CERTIFICATES, "certificates").required()],
    ..Entity::new(&SNIS, "SNI", "snis", |body| SNI_SCHEMA.create(body))
};

static CA_CERTIFICATE: Entity = Entity {
    held_by: &[
        Holder::kept(&SERVICES, "@ca_certificates", "services"),
        Holder::deleted(&MTLS_AUTHS, "@ca_certificate"),
    ],
    ..Entity::new(&CA_CERTIFICATES, "CA certificate", "ca_certificates", read_ca)
};

/// What manages an entity, by a name of letters, digits, hyphens, points and underscores.
const MANAGER: Is = Is::Shaped(
    1,
    63,
    Shape {
        pattern: "^[a-z0-9A-Z]{1}([a-z0-9A-Z-._]*[a-z0-9A-Z]+)?$",
        matches: |text| {
            let is_edge = |character: Option<char>| character.is_some_and(|edge| edge.is_ascii_alphanumeric());
            let is_inner = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
            is_edge(text.chars().next()) && is_edge(text.chars().last()) && text.chars().all(is_inner)
        },
    },
);

static SCHEMA: Schema = Schema {
    fields: &[
        ID,
        Field::new("cert", TEXT),
        Field::new("key", TEXT),
        optional("cert_alt", TEXT),
        optional("key_alt", TEXT),
        Field::new("vault", TEXT).nullable(),
        Field::new("vault_alt", TEXT).nullable(),
        Field::new("snis", TEXTS).nullable(),
        Field::new("description", TEXT).nullable(),
        Field::new("managed_by", Is::Mapping(&MANAGER)),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

static SNI_SCHEMA: Schema = Schema {
    fields: &[ID, Field::new("name", TEXT).required(), Field::new("certificate", REFERENCE), TAGS, CREATED, UPDATED],
    unknown: Unknown::Refused,
};

static CA_SCHEMA: Schema = Schema {
    fields: &[
        ID,
        Field::new("cert", TEXT).required(),
        Field::new("cert_digest", TEXT).nullable(),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};

/// The greatest number of entries of `managed_by`.
const GREATEST_MANAGERS: usize = 5;

/// The fields of a certificate. `vault` and `vault_alt` are expanded into a certificate and its key each.
fn read(body: Body) -> Result<Body, Problem> {
    let mut fields = SCHEMA.create(body)?;
    if fields.get("managed_by").and_then(Value::as_object).is_some_and(|entries| entries.len() > GREATEST_MANAGERS) {
        let rule = Rule::Maximum("max_items", GREATEST_MANAGERS as i64);
        return Err(Invalid::body("managed_by", rule, "must not have more than 5 entries").into());
    }
    for (vault, cert, key) in [("vault", "cert", "key"), ("vault_alt", "cert_alt", "key_alt")] {
        if let Some(Value::String(secret)) = fields.remove(vault) {
            if !pem::is_reference(&secret) {
                let reason = "must be a reference, {vault://name/secret}";
                return Err(Invalid::body(vault, Rule::Named("invalid"), reason).into());
            }
            let secret = secret.trim_end_matches(['}', '/']);
            fields.insert(cert.to_owned(), json!(format!("{secret}/cert}}")));
            fields.insert(key.to_owned(), json!(format!("{secret}/key}}")));
        }
    }
    for required in ["cert", "key"] {
        if !fields.contains_key(required) {
            return Err(Invalid::body(required, Rule::Named("required"), "is a required field").into());
        }
    }
    for field in ["cert", "cert_alt"] {
        let cert = text(&fields, field);
        if fields.get(field).is_some_and(Value::is_string) && !pem::is_reference(cert) {
            pem::certificate(field, cert)?;
        }
    }
    Ok(fields)
}

/// The fields of an authority's certificate, with its digest.
fn read_ca(body: Body) -> Result<Body, Problem> {
    let mut fields = CA_SCHEMA.create(body)?;
    let certificate = pem::certificate("cert", text(&fields, "cert"))?;
    fields.insert("cert_digest".to_owned(), json!(hex::encode(Sha256::digest(certificate))));
    Ok(fields)
}

/// A certificate with the names of its SNIs, and without what belongs to Konnect alone.
fn with_snis(world: &World, partition: &Partition, stored: &Body) -> Body {
    let mut fields = shown(stored);
    for own in ["description", "managed_by"] {
        fields.remove(own);
    }
    // A body that is being written has the names that there will be.
    if !fields.get("snis").is_some_and(Value::is_array) {
        let snis = world.referring(partition, &SNIS, "@certificate", id(stored));
        fields.insert("snis".to_owned(), snis.map(|sni| json!(text(&sni.body, "name"))).collect());
    }
    fields
}

/// Creates the SNIs that a certificate names, and removes those that it does not name any more.
fn write_snis(world: &World, batch: &mut Batch, partition: &Partition, certificate: &Body) -> Result<(), Problem> {
    let Some(names) = certificate.get("snis").and_then(Value::as_array) else { return Ok(()) };
    let own = id(certificate);
    let mut left: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    for sni in world.referring(partition, &SNIS, "@certificate", own) {
        let name = text(&sni.body, "name");
        if left.contains(&name) {
            left.retain(|other| *other != name);
        } else {
            batch.remove(partition, &SNIS, sni);
        }
    }
    left.sort_unstable();
    left.dedup();
    for name in left {
        let mut fields = SNI_SCHEMA.create(Body::from_iter([("name".to_owned(), json!(name))]))?;
        let control_plane = reference(certificate, "control_plane_id").unwrap_or_default();
        let new = Uuid::new_v4();
        complete(&SNI, &mut fields, new, control_plane);
        fields.insert("certificate".to_owned(), json!({ "id": own }));
        fields.insert("@certificate".to_owned(), json!(own));
        batch
            .create(world, partition, &SNIS, new, fields.clone())
            .map_err(|taken| references::taken(&fields, &taken))?;
    }
    Ok(())
}
