//! The credentials of consumers: six kinds, each written below its consumer, and read in all of a control plane as well.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};

use super::consumers::OfConsumer;
use super::entity::{Anywhere, CREATED, Entity, Foreign, ID, INTEGER, Of, REFERENCE, TAGS, TEXT, Times, optional};
use super::operations::{at, collection, readable};
use crate::konnect::framework::collection::text;
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Initial, Problem, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::{
    ACLS, BASIC_AUTHS, CA_CERTIFICATES, CONSUMERS, HMAC_AUTHS, JWTS, KEY_AUTHS, MTLS_AUTHS,
};
use crate::store::Body;

macro_rules! credential {
    ($marker:ident, $routes:ident, $entity:ident, $id:literal, $all:literal, $own:literal) => {
        #[doc = concat!("The credentials at `", $all, "`.")]
        pub(super) struct $marker;

        impl Of for $marker {
            const ENTITY: &'static Entity = &$entity;
            const ID: &'static str = $id;
        }

        static $routes: ([Route; 5], [Route; 2]) = (
            collection::<$marker, OfConsumer>(
                at!(concat!("/consumers/{ConsumerIdForNestedEntities}/", $own)),
                at!(concat!("/consumers/{ConsumerIdForNestedEntities}/", $own, "/{", $id, "}")),
            ),
            readable::<$marker, Anywhere>(at!(concat!("/", $all)), at!(concat!("/", $all, "/{", $id, "}"))),
        );
    };
}

credential!(Acls, ACL_ROUTES, ACL, "ACLId", "acls", "acls");
credential!(BasicAuths, BASIC_AUTH_ROUTES, BASIC_AUTH, "BasicAuthId", "basic-auths", "basic-auth");
credential!(HmacAuths, HMAC_AUTH_ROUTES, HMAC_AUTH, "HMACAuthId", "hmac-auths", "hmac-auth");
credential!(Jwts, JWT_ROUTES, JWT, "JWTId", "jwts", "jwt");
credential!(KeyAuths, KEY_AUTH_ROUTES, KEY_AUTH, "KeyAuthId", "key-auths", "key-auth");
credential!(MtlsAuths, MTLS_AUTH_ROUTES, MTLS_AUTH, "MTLSAuthId", "mtls-auths", "mtls-auth");

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    [&ACL_ROUTES, &BASIC_AUTH_ROUTES, &HMAC_AUTH_ROUTES, &JWT_ROUTES, &KEY_AUTH_ROUTES, &MTLS_AUTH_ROUTES]
        .into_iter()
        .flat_map(|(own, all)| own.iter().chain(all))
}

const OF_CONSUMER: Foreign = Foreign::new("consumer", "@consumer", &CONSUMERS, "consumers");
const CONSUMER: Field = optional("consumer", REFERENCE);

static ACL: Entity = Entity {
    key: Some("group"),
    times: Times::Created,
    foreign: &[OF_CONSUMER],
    ..Entity::new(&ACLS, "ACL", "acls", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[ID, Field::new("group", TEXT).required(), CONSUMER, TAGS, CREATED],
            unknown: Unknown::Refused,
        };
        SCHEMA.create(body)
    })
};

static BASIC_AUTH: Entity = Entity {
    key: Some("username"),
    times: Times::Created,
    foreign: &[OF_CONSUMER],
    ..Entity::new(&BASIC_AUTHS, "basic-auth credential", "basicauth_credentials", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[
                ID,
                Field::new("username", TEXT).required(),
                Field::new("password", TEXT).required(),
                CONSUMER,
                TAGS,
                CREATED,
            ],
            unknown: Unknown::Refused,
        };
        let mut fields = SCHEMA.create(body)?;
        // A gateway keeps a digest of the password, and shows that.
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text(&fields, "password").as_bytes());
        fields.insert("password".to_owned(), json!(hex::encode(digest)));
        Ok(fields)
    })
};

static HMAC_AUTH: Entity = Entity {
    key: Some("username"),
    times: Times::Created,
    foreign: &[OF_CONSUMER],
    ..Entity::new(&HMAC_AUTHS, "HMAC-auth credential", "hmacauth_credentials", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[ID, Field::new("username", TEXT).required(), optional("secret", TEXT), CONSUMER, TAGS, CREATED],
            unknown: Unknown::Refused,
        };
        generated(SCHEMA.create(body)?, &["secret"])
    })
};

const ALGORITHMS: &[&str] = &[
    "ES256", "ES256K", "ES384", "ES512", "ESB256", "ESB320", "ESB384", "ESB512", "ESP256", "ESP384", "ESP512",
    "Ed25519", "Ed448", "EdDSA", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
];

static JWT: Entity = Entity {
    key: Some("key"),
    times: Times::Created,
    foreign: &[OF_CONSUMER],
    ..Entity::new(&JWTS, "JWT", "jwt_secrets", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[
                ID,
                Field::new("algorithm", Is::Choice(ALGORITHMS)).nullable().or(Initial::Text("HS256")),
                optional("key", TEXT),
                optional("secret", TEXT),
                optional("rsa_public_key", TEXT),
                CONSUMER,
                TAGS,
                CREATED,
            ],
            unknown: Unknown::Refused,
        };
        generated(SCHEMA.create(body)?, &["key", "secret"])
    })
};

static KEY_AUTH: Entity = Entity {
    key: Some("key"),
    times: Times::Created,
    foreign: &[OF_CONSUMER],
    ..Entity::new(&KEY_AUTHS, "API-key", "keyauth_credentials", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[ID, optional("key", TEXT), optional("ttl", INTEGER), CONSUMER, TAGS, CREATED],
            unknown: Unknown::Refused,
        };
        generated(SCHEMA.create(body)?, &["key"])
    })
};

static MTLS_AUTH: Entity = Entity {
    times: Times::Created,
    foreign: &[OF_CONSUMER, Foreign::new("ca_certificate", "@ca_certificate", &CA_CERTIFICATES, "ca_certificates")],
    ..Entity::new(&MTLS_AUTHS, "mTLS-auth credential", "mtls_auth_credentials", |body| {
        static SCHEMA: Schema = Schema {
            fields: &[
                ID,
                Field::new("subject_name", TEXT).required(),
                Field::new("ca_certificate", REFERENCE),
                CONSUMER,
                TAGS,
                CREATED,
            ],
            unknown: Unknown::Refused,
        };
        SCHEMA.create(body)
    })
};

/// The fields, with a random text in those that the caller leaves to the gateway.
fn generated(mut fields: Body, names: &[&str]) -> Result<Body, Problem> {
    for name in names {
        if fields.get(*name).is_none_or(Value::is_null) {
            let mut bytes = [0_u8; 24];
            SystemRandom::new().fill(&mut bytes).map_err(|_| {
                let detail = format!("The sandbox found no random bytes for [{name}].");
                Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, detail)
            })?;
            fields.insert((*name).to_owned(), json!(URL_SAFE_NO_PAD.encode(bytes)));
        }
    }
    Ok(fields)
}
