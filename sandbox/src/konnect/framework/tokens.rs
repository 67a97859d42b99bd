//! Bearer tokens that were created in the sandbox. The store keeps a digest of each, never the token.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::collection::text;
use crate::konnect::kinds::{DIGEST, PERSONAL_TOKENS, SYSTEM_ACCOUNT_TOKENS};
use crate::store::{Body, GLOBAL, Partition, Record, World};

/// The organization that an active token opens.
pub(in crate::konnect) fn opened_by(world: &World, token: &str) -> Option<String> {
    let (partition, record) = found(world, token)?;
    (state(&record.body) == "ACTIVE").then(|| partition.organization.clone())
}

/// The id of the system account or the user that has a token.
pub(in crate::konnect) fn holder(world: &World, token: &str) -> Option<String> {
    let (_, record) = found(world, token)?;
    let holder = ["account_id", "user_id"].into_iter().find_map(|field| record.body.get(field)?.as_str());
    holder.map(str::to_owned)
}

fn found<'a>(world: &'a World, token: &str) -> Option<(&'a Partition, &'a Record)> {
    let key = Body::from_iter([(DIGEST.to_owned(), json!(digest(token)))]);
    let held = |kind| world.holding_anywhere(GLOBAL, kind, &[DIGEST], &key);
    held(&SYSTEM_ACCOUNT_TOKENS).or_else(|| held(&PERSONAL_TOKENS))
}

/// A token's digest, in hexadecimal digits.
pub(in crate::konnect) fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

/// A new random token.
pub(in crate::konnect) fn mint(prefix: &str) -> String {
    format!("{prefix}_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// A token's state: `ACTIVE`, `REVOKED` or `EXPIRED`.
pub(in crate::konnect) fn state(token: &Body) -> &'static str {
    let expires: Option<Timestamp> = text(token, "expires_at").parse().ok();
    match (token.get("revoked_at"), expires) {
        (Some(Value::String(_)), _) => "REVOKED",
        (_, Some(expires)) if expires <= Timestamp::now() => "EXPIRED",
        _ => "ACTIVE",
    }
}
