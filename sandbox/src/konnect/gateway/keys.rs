//! Keys and sets of keys, for plugins that sign and verify.

use super::entity::{
    Anywhere, Below, CREATED, Entity, Foreign, Holder, ID, Of, Owner, REFERENCE, TAGS, TEXT, UPDATED, optional,
};
use super::operations::{at, collection};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::{KEY_SETS, KEYS};

/// Sets of keys.
pub(super) struct KeySets;

impl Of for KeySets {
    const ENTITY: &'static Entity = &KEY_SET;
    const ID: &'static str = "KeySetId";
}

/// Keys.
pub(super) struct Keys;

impl Of for Keys {
    const ENTITY: &'static Entity = &KEY;
    const ID: &'static str = "KeyId";
}

/// What is below a set.
struct OfKeySet;

impl Below for OfKeySet {
    const OWNER: Option<Owner> = Some(Owner { entity: &KEY_SET, parameter: "KeySetId", field: "set", index: "@set" });
}

static KEY_SET_ROUTES: [Route; 5] = collection::<KeySets, Anywhere>(at!("/key-sets"), at!("/key-sets/{KeySetId}"));
static KEY_ROUTES: [Route; 5] = collection::<Keys, Anywhere>(at!("/keys"), at!("/keys/{KeyId}"));
static OWN_KEY_ROUTES: [Route; 5] =
    collection::<Keys, OfKeySet>(at!("/key-sets/{KeySetId}/keys"), at!("/key-sets/{KeySetId}/keys/{KeyId}"));

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    KEY_SET_ROUTES.iter().chain(&KEY_ROUTES).chain(&OWN_KEY_ROUTES)
}

static KEY_SET: Entity = Entity {
    key: Some("name"),
    held_by: &[Holder::deleted(&KEYS, "@set")],
    ..Entity::new(&KEY_SETS, "key set", "key_sets", |body| {
        static SCHEMA: Schema =
            Schema { fields: &[ID, optional("name", TEXT), TAGS, CREATED, UPDATED], unknown: Unknown::Refused };
        SCHEMA.create(body)
    })
};

static KEY: Entity = Entity {
    key: Some("name"),
    foreign: &[Foreign::new("set", "@set", &KEY_SETS, "key_sets")],
    ..Entity::new(&KEYS, "key", "keys", |body| SCHEMA.create(body))
};

static PAIR: Schema =
    Schema { fields: &[Field::new("private_key", TEXT), Field::new("public_key", TEXT)], unknown: Unknown::Ignored };

static SCHEMA: Schema = Schema {
    fields: &[
        ID,
        Field::new("kid", TEXT).required(),
        optional("name", TEXT),
        optional("jwk", TEXT),
        optional("pem", Is::Object(&PAIR)),
        optional("set", REFERENCE),
        optional("x5t", TEXT),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};
