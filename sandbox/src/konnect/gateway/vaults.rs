//! Vaults: where a gateway looks up secrets.

use super::entity::{Anywhere, CREATED, Entity, ID, Of, TAGS, TEXT, UPDATED, optional};
use super::operations::{at, collection};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Initial, Route, Schema, Unknown};
use crate::konnect::gateway_kinds::VAULTS;

/// Vaults.
pub(super) struct Vaults;

impl Of for Vaults {
    const ENTITY: &'static Entity = &VAULT;
    const ID: &'static str = "VaultId";
}

static OPERATIONS: [Route; 5] = collection::<Vaults, Anywhere>(at!("/vaults"), at!("/vaults/{VaultId}"));

/// The operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter()
}

static VAULT: Entity =
    Entity { key: Some("prefix"), ..Entity::new(&VAULTS, "vault", "vaults", |body| SCHEMA.create(body)) };

/// The document leaves the configuration to each kind of vault.
static SCHEMA: Schema = Schema {
    fields: &[
        ID,
        Field::new("name", TEXT).required(),
        Field::new("prefix", TEXT).required(),
        optional("description", TEXT),
        Field::new("config", Is::Object(&Schema::FREE)).nullable().or(Initial::Object),
        TAGS,
        CREATED,
        UPDATED,
    ],
    unknown: Unknown::Refused,
};
